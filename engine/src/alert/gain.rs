//! Gains: what an alert has that its last notification did not have. A new event name, target, source address or region, the
//! first success, a higher level: each is worth a notification however small the count is.
//!
//! Bounded: the first ten values of a kind each notify, then the 100th and the 1,000th.

use serde::{Deserialize, Serialize};

use super::Alert;
use crate::window::finding::{Scope, Values};

/// Distinct values of a kind that notify one by one; beyond them only powers of ten do.
const EACH_MAX: u64 = 10;

/// Values of a kind in a phrase, and characters of each.
const PHRASE_VALUES_MAX: usize = 5;
const PHRASE_CHARS_MAX: usize = 100;

/// The state of an alert that sinks were last notified of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notified {
    /// Its scope.
    pub scope: Scope,
    /// Its level, as its place in the order of levels.
    pub level: u8,
}

/// Kinds of gain, in the words of the alert's JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GainKind {
    /// An `eventName`.
    EventName,
    /// An object that calls acted on.
    Target,
    /// A `sourceIPAddress`.
    SourceIp,
    /// An `awsRegion`.
    Region,
    /// The first call that was neither refused nor failed.
    Outcome,
    /// A higher level of the rule.
    Level,
}

/// One kind of which an alert has more than its last notification had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gain {
    /// The kind.
    pub kind: GainKind,
    /// The new values, as far as the alert names them.
    pub values: Vec<String>,
    /// Distinct values of the kind, new and old.
    pub count: u64,
}

/// Returns the gains of an alert since `before`, in the order of [`GainKind`]; those too small to notify of are left out.
pub fn gains(alert: &Alert, before: &Notified) -> Vec<Gain> {
    let (now, then) = (&alert.scope, &before.scope);
    let kinds = [
        (GainKind::EventName, &now.event_names, &then.event_names),
        (GainKind::Target, &now.targets, &then.targets),
        (GainKind::SourceIp, &now.source_ips, &then.source_ips),
        (GainKind::Region, &now.regions, &then.regions),
    ];
    let mut gains: Vec<Gain> =
        kinds.into_iter().filter_map(|(kind, now, then)| gain(kind, now, then)).collect();
    let single = |kind, value: &str| Gain { kind, values: vec![value.to_owned()], count: 1 };
    if now.succeeded && !then.succeeded {
        gains.push(single(GainKind::Outcome, "succeeded"));
    }
    if alert.rule.level as u8 > before.level {
        gains.push(single(GainKind::Level, alert.rule.level.as_str()));
    }
    gains
}

fn gain(kind: GainKind, now: &Values, then: &Values) -> Option<Gain> {
    (step(now.count) > step(then.count)).then(|| Gain {
        kind,
        values: now.first.iter().filter(|value| !then.first.contains(value)).cloned().collect(),
        count: now.count,
    })
}

/// Returns the largest count up to `count` that notifies.
pub(crate) fn step(count: u64) -> u64 {
    if count <= EACH_MAX { count } else { 10_u64.pow(count.ilog10()) }
}

/// Returns the gains as a phrase of bounded length: `event names CreateAccessKey, DeactivateMFADevice; first success`. Raw text
/// of events: the caller cleans or escapes it.
pub fn phrase(gains: &[Gain]) -> String {
    let one = |Gain { kind, values, count }: &Gain| {
        let (singular, plural) = match kind {
            GainKind::EventName => ("event name", "event names"),
            GainKind::Target => ("target", "targets"),
            GainKind::SourceIp => ("source address", "source addresses"),
            GainKind::Region => ("region", "regions"),
            GainKind::Outcome => return "first success".to_owned(),
            GainKind::Level => ("level", "level"),
        };
        match values.as_slice() {
            [] => format!("{count} {plural} by now"),
            [value] => format!("{singular} {}", brief(value)),
            values => {
                let named: Vec<_> = values.iter().take(PHRASE_VALUES_MAX).map(|value| brief(value)).collect();
                let more = values.len() - named.len();
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("{plural} {}{more}", named.join(", "))
            }
        }
    };
    gains.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn brief(value: &str) -> String {
    match value.char_indices().nth(PHRASE_CHARS_MAX) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}…", &value[..end]),
    }
}

impl Notified {
    /// Returns the state that a notification of `alert` leaves behind.
    pub fn of(alert: &Alert) -> Self {
        Self { scope: alert.scope.clone(), level: alert.rule.level as u8 }
    }
}

/// Returns true if an alert `now` has gained nothing that would notify since the state `told`.
pub fn covers(told: &Notified, now: &Alert) -> bool {
    gains(now, told).is_empty()
}

#[cfg(test)]
mod tests {
    use tripline_rules::rule::Level;

    use super::*;
    use crate::sink::sample;

    fn values(names: &[&str]) -> Values {
        Values { count: names.len() as u64, first: names.iter().map(|name| (*name).to_owned()).collect() }
    }

    #[test]
    fn the_first_ten_notify_each_then_powers_of_ten() {
        let notifying: Vec<u64> = (1..=1_000).filter(|n| step(*n) > step(n - 1)).collect();
        assert_eq!(notifying, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100, 1_000]);
    }

    #[test]
    fn gains_name_what_is_new() {
        let mut alert = sample(1_767_323_000_000);
        alert.scope = Scope {
            event_names: values(&["GetAccountSummary"]),
            source_ips: values(&["198.51.100.7"]),
            ..Scope::default()
        };
        let before = Notified::of(&alert);
        assert!(covers(&before, &alert));
        alert.scope.event_names = values(&["GetAccountSummary", "CreateAccessKey", "DeactivateMFADevice"]);
        alert.scope.succeeded = true;
        alert.rule.level = Level::Critical;
        let gained = gains(&alert, &before);
        assert_eq!(
            phrase(&gained),
            "event names CreateAccessKey, DeactivateMFADevice; first success; level critical"
        );
        assert!(!covers(&before, &alert) && covers(&Notified::of(&alert), &alert));
        alert.scope.source_ips = Values { count: 120, first: values(&["198.51.100.7"]).first };
        assert!(phrase(&gains(&alert, &before)).contains("120 source addresses by now"));
        alert.scope.targets = values(&["1", "2", "3", "4", "5", "6", &"x".repeat(2_000)]);
        assert!(phrase(&gains(&alert, &before)).contains("targets 1, 2, 3, 4, 5 and 2 more"));
        alert.rule.level = Level::Informational;
        assert!(
            gains(&alert, &before).iter().all(|gain| gain.kind != GainKind::Level),
            "a lower level is no gain"
        );
    }
}
