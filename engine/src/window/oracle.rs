//! The judge of the windows: brute force over the whole set, straight from the definitions of `spec/windows.md` §1. Shares
//! no code with what it judges.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Scope, Values};

/// One distinct event of one (rule, group).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OracleHit {
    pub(super) time_s: i64,
    pub(super) id: String,
    pub(super) value: u32,
}

impl OracleHit {
    /// Number of the event in its case.
    fn number(&self) -> u32 {
        self.id.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0)
    }

    /// `eventName`: more of them than an alert names.
    pub(super) fn event_name(&self) -> String {
        format!("Do{}", self.id)
    }

    /// Name of the target; none for every third event.
    pub(super) fn target(&self) -> Option<String> {
        (!self.number().is_multiple_of(3)).then(|| format!("t{}", self.value))
    }

    /// `sourceIPAddress`: of IPv6 many in one network.
    pub(super) fn source_ip(&self) -> String {
        match self.number() % 2 {
            0 => format!("198.51.100.{}", self.value),
            _ => format!("2001:db8:0:{}::{}", self.value + 1, self.number()),
        }
    }

    /// The address as the scope counts it.
    fn network(&self) -> String {
        match self.number() % 2 {
            0 => self.source_ip(),
            _ => format!("2001:db8:0:{}::/64", self.value + 1),
        }
    }

    /// `awsRegion`; absent in some.
    pub(super) fn region(&self) -> String {
        ["", "eu-west-1", "us-east-1"][self.value as usize % 3].to_owned()
    }

    /// True if the call succeeded.
    pub(super) fn succeeded(&self) -> bool {
        self.number() % 4 == 3
    }
}

/// T, W, S, and whether values are counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct OracleRule {
    pub(super) values: bool,
    pub(super) threshold: usize,
    pub(super) within_s: i64,
    pub(super) suppress_s: i64,
}

/// What a period must say: `count` is of distinct events, for values too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OracleAlert {
    pub(super) count: u64,
    pub(super) first_s: i64,
    pub(super) last_s: i64,
    pub(super) distinct: Option<u64>,
    pub(super) from_s: i64,
    pub(super) to_s: i64,
    pub(super) n: u64,
    pub(super) continues: bool,
    pub(super) ids: Vec<String>,
    pub(super) latest: String,
    pub(super) scope: Scope,
}

/// The alerts of a set of events, by period.
pub(super) fn alerts(rule: OracleRule, events: &BTreeSet<OracleHit>) -> BTreeMap<i64, OracleAlert> {
    // A hit is an event, or a (value, second).
    let hits: BTreeSet<(i64, String)> = events
        .iter()
        .map(|e| (e.time_s, if rule.values { e.value.to_string() } else { e.id.clone() }))
        .collect();
    let period = |time_s: i64| time_s.div_euclid(rule.suppress_s);
    let mut found: BTreeMap<i64, OracleAlert> = BTreeMap::new();
    for (end, _) in &hits {
        if found.contains_key(&period(*end)) {
            continue;
        }
        if let Some((from_s, n)) = window(rule, &hits, *end) {
            found.insert(period(*end), read_out(rule, events, &hits, period(*end), (from_s, *end, n)));
        }
    }
    let fired: BTreeSet<i64> = found.keys().copied().collect();
    for (period, alert) in &mut found {
        alert.continues = fired.contains(&(period - 1));
    }
    found
}

/// Where the T-th newest hit (or most recently seen value) of the window ending at `end` is, and what lies from there on.
fn window(rule: OracleRule, hits: &BTreeSet<(i64, String)>, end: i64) -> Option<(i64, u64)> {
    let inside: Vec<&(i64, String)> =
        hits.iter().filter(|(t, _)| end - rule.within_s <= *t && *t <= end).collect();
    if !rule.values {
        let mut times: Vec<i64> = inside.iter().map(|(t, _)| *t).collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        let from = *times.get(rule.threshold - 1)?;
        return Some((from, times.iter().filter(|t| **t >= from).count() as u64));
    }
    let mut latest: BTreeMap<&String, i64> = BTreeMap::new();
    for (t, value) in &inside {
        latest.insert(value, *t);
    }
    let mut times: Vec<i64> = latest.values().copied().collect();
    times.sort_unstable_by(|a, b| b.cmp(a));
    let from = *times.get(rule.threshold - 1)?;
    let values: BTreeSet<&String> =
        inside.iter().filter(|(t, _)| *t >= from).map(|(_, value)| value).collect();
    Some((from, values.len() as u64))
}

fn read_out(
    rule: OracleRule,
    events: &BTreeSet<OracleHit>,
    hits: &BTreeSet<(i64, String)>,
    period: i64,
    (from_s, to_s, n): (i64, i64, u64),
) -> OracleAlert {
    let of_period: Vec<_> = hits.iter().filter(|(t, _)| t.div_euclid(rule.suppress_s) == period).collect();
    let values: BTreeSet<_> = of_period.iter().map(|(_, value)| value).collect();
    let mut behind: Vec<(i64, &String)> = events
        .iter()
        .filter(|event| event.time_s.div_euclid(rule.suppress_s) == period)
        .map(|event| (event.time_s, &event.id))
        .collect();
    behind.sort();
    OracleAlert {
        count: behind.len() as u64,
        first_s: of_period[0].0,
        last_s: of_period[of_period.len() - 1].0,
        distinct: rule.values.then_some(values.len() as u64),
        from_s,
        to_s,
        n,
        continues: false,
        ids: behind.iter().map(|(_, id)| (*id).clone()).collect(),
        latest: behind[behind.len() - 1].1.clone(),
        scope: scope(
            &events.iter().filter(|e| e.time_s.div_euclid(rule.suppress_s) == period).collect::<Vec<_>>(),
        ),
    }
}

/// Distinct values of the events of a period, by the time at which each first comes.
fn scope(events: &[&OracleHit]) -> Scope {
    let values = |of: &dyn Fn(&OracleHit) -> Option<String>| {
        let mut first_s: BTreeMap<String, i64> = BTreeMap::new();
        for event in events {
            if let Some(value) = of(event).filter(|value| !value.is_empty()) {
                let at_s = first_s.entry(value).or_insert(event.time_s);
                *at_s = event.time_s.min(*at_s);
            }
        }
        let mut in_order: Vec<(i64, String)> =
            first_s.into_iter().map(|(value, at_s)| (at_s, value)).collect();
        in_order.sort();
        let count = in_order.len() as u64;
        Values { count, first: in_order.into_iter().take(10).map(|(_, value)| value).collect() }
    };
    Scope {
        event_names: values(&|event| Some(event.event_name())),
        targets: values(&OracleHit::target),
        source_ips: values(&|event| Some(event.network())),
        regions: values(&|event| Some(event.region())),
        succeeded: events.iter().any(|event| event.succeeded()),
    }
}
