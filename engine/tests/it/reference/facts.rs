//! What an alert must say, computed by the reference engine or read from an alert of the engine.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use tripline::alert::Alert;

use super::event::hex;
use super::group::Group;
use super::rule::Rule;
use super::scope::Scope;
use super::window::{Finding, Hit};

/// The most event ids in an alert, and events of which it keeps a line beside the first.
const IDS_MAX: usize = 1_000;
const LINES_MAX: usize = 100;

/// An alert's name: rule, values of the group, and the start of its period, or the event if there is none.
pub(crate) type Name = (String, Vec<String>, String);

/// The alerts of a set of events, by their names.
pub(crate) type Alerts = BTreeMap<Name, Facts>;

/// What an alert says. Left out is what hangs on arrival: revision, latency, status, `late`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Facts {
    pub(crate) id: String,
    pub(crate) count: u64,
    pub(crate) distinct: Option<u64>,
    pub(crate) first_s: i64,
    pub(crate) last_s: i64,
    /// From, to, and how much it holds.
    pub(crate) window: (i64, i64, u64),
    pub(crate) continues: Option<String>,
    pub(crate) event_ids: Vec<String>,
    /// The earliest event as compact JSON.
    pub(crate) first: String,
    /// The latest event as compact JSON.
    pub(crate) latest: String,
    /// Time and id of the earliest between the two.
    pub(crate) more: Vec<(i64, String)>,
    pub(crate) scope: Scope,
}

impl Facts {
    /// The name and the facts of what the reference found.
    pub(super) fn of_finding(rule: &Rule, group: &Group, finding: &Finding<'_>) -> (Name, Self) {
        let first = &finding.hits[0].event;
        let latest = &finding.hits[finding.hits.len() - 1].event;
        let values: BTreeSet<&Option<Vec<String>>> = finding.hits.iter().map(|hit| &hit.value).collect();
        let distinct = rule.value.as_ref().map(|_| values.len() as u64);
        let line = |hit: &&&Hit| (hit.event.time_s, hit.event.id.clone());
        let between = finding.hits.iter().take(LINES_MAX + 1).skip(1);
        let before_s = finding.start_s.map(|start_s| start_s - rule.suppress_s);
        let facts = Self {
            id: id(rule, group, finding, finding.start_s),
            count: finding.hits.len() as u64,
            distinct,
            first_s: first.time_s,
            last_s: latest.time_s,
            window: finding.window,
            continues: finding.continues.then(|| id(rule, group, finding, before_s)),
            event_ids: finding.hits.iter().take(IDS_MAX).map(|hit| hit.event.id.clone()).collect(),
            first: first.text.clone(),
            latest: latest.text.clone(),
            more: between.filter(|hit| hit.event != *latest).map(|hit| line(&hit)).collect(),
            scope: Scope::of_hits(&finding.hits),
        };
        let period = finding.start_s.map_or_else(|| first.id.clone(), |start_s| start_s.to_string());
        let values = group.iter().map(|(_, value)| value.clone()).collect();
        ((rule.id.clone(), values, period), facts)
    }

    /// The name and the facts of an alert of the engine.
    pub(crate) fn of_alert(alert: &Alert) -> (Name, Self) {
        let facts = Self {
            id: alert.id.clone(),
            count: alert.count,
            distinct: alert.distinct,
            first_s: alert.first_seen_s,
            last_s: alert.last_seen_s,
            window: (alert.window.from_s, alert.window.to_s, alert.window.n),
            continues: alert.continues.clone(),
            event_ids: alert.event_ids.clone(),
            first: alert.evidence.first.get().to_owned(),
            latest: alert.evidence.latest.get().to_owned(),
            more: alert.evidence.more.iter().map(|line| (line.time_s, line.event_id.clone())).collect(),
            scope: Scope::of_alert(&alert.scope),
        };
        let period = match &alert.period {
            Some(period) => period.start_s.to_string(),
            None => alert.event_ids[0].clone(),
        };
        let group = alert.group.iter().map(|(_, value)| value.clone()).collect();
        ((alert.rule.id.clone(), group, period), facts)
    }
}

/// The facts of the engine's alerts by their names, each of which must be there once.
pub(crate) fn found<'a>(alerts: impl IntoIterator<Item = &'a Alert>) -> Alerts {
    let alerts: Vec<(Name, Facts)> = alerts.into_iter().map(Facts::of_alert).collect();
    let many = alerts.len();
    let found: Alerts = alerts.into_iter().collect();
    assert_eq!(found.len(), many, "one alert a (rule, group, period)");
    found
}

/// Fails with every difference between what the engine found and what the reference wants.
#[track_caller]
pub(crate) fn assert_same(found: &Alerts, wanted: &Alerts, context: &str) {
    let names: BTreeSet<&Name> = found.keys().chain(wanted.keys()).collect();
    let differ = names.into_iter().filter(|name| found.get(*name) != wanted.get(*name));
    let said: Vec<String> = differ
        .map(|name| {
            format!("{name:?}\n   engine    {:?}\n   reference {:?}", found.get(name), wanted.get(name))
        })
        .collect();
    assert!(said.is_empty(), "{context}: {} of {} differ:\n{}", said.len(), wanted.len(), said.join("\n"));
}

/// An alert's id: a hash of the schema, the rule, the period or the event, and the group, each with its length before it.
fn id(rule: &Rule, group: &Group, finding: &Finding<'_>, start_s: Option<i64>) -> String {
    let first = &finding.hits[0].event;
    let mut parts = vec!["tripline alert 1".to_owned(), rule.id.clone()];
    match start_s {
        Some(start_s) => parts.extend([start_s.to_string(), rule.suppress_s.to_string()]),
        None => parts.extend([first.account.clone(), first.id.clone()]),
    }
    parts.extend(group.iter().flat_map(|(name, value)| [name.clone(), value.clone()]));
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part.into_bytes());
    }
    hex(&Sha256::digest(bytes))[..32].to_owned()
}
