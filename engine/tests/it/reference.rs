//! A second engine, small, slow and obvious: what must come of records, by other means. It reads JSON through `serde_json`,
//! rule files through a YAML parser, evaluates detections and filter patterns as it reads them, keeps every hit, and counts
//! windows by brute force from the definitions. It shares no line of ours with what it judges, only libraries: gzip, JSON,
//! YAML, regular expressions, calendar, SHA-256.
//!
//! It knows what the shipped rules use and refuses the rest loudly, so that a rule it cannot judge is no silent success.

mod cases;
mod condition;
mod event;
mod facts;
mod field;
mod group;
mod json;
mod pattern;
mod pattern_text;
mod rule;
mod scope;
mod sigma;
mod tests;
mod window;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use facts::{Alerts, Facts, assert_same, found};

use event::{Event, events};
use group::Group;
use rule::{Rule, Trigger};
use window::{Hit, Hits, findings};

/// The rules that ship, read from where they are written.
const PACKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../rules/packs");

/// More groups than this of one rule and period share an alert, and which do hangs on arrival: nothing to judge.
const GROUPS_MAX: usize = 1_000;

/// The rules of the simulated worlds, as the engine reads them.
pub(crate) const RULES: &str = "
title: Stopped
id: stopped
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: StopLogging}, condition: a}
level: critical
---
title: Every one
id: every
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Every}, condition: a}
tripline: {suppress: 0}
level: low
---
title: Many
id: many
correlation: {type: event_count, rules: [failed], group-by: [recipientAccountId], timespan: 5m, condition: {gte: 4}}
level: high
---
title: Several addresses
id: several
correlation: {type: value_count, rules: [failed], group-by: [recipientAccountId], timespan: 5m, condition: {gte: 3, field: sourceIPAddress}}
---
title: Failed
id: failed
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Failed}, condition: a}
---
title: Not from the office
id: elsewhere
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Login}, b: {requestParameters.from: office}, condition: a and not b}
tripline: {group-by: [recipientAccountId], suppress: 10m}
";

/// Rules, and the distinct hits of all records so far.
pub(crate) struct Reference {
    rules: Vec<Rule>,
    /// By rule and group.
    hits: BTreeMap<(usize, Group), Hits>,
    /// CloudTrail events so far, every delivery counted.
    pub(crate) events: u64,
}

impl Reference {
    /// Judges by every rule of YAML texts.
    pub(crate) fn of_texts(texts: &[&str]) -> Self {
        let texts: Vec<_> = texts.iter().map(|text| (String::new(), (*text).to_owned())).collect();
        Self::new(rule::rules(&texts, |_| true))
    }

    /// Judges by the shipped rules in any of these packs.
    pub(crate) fn of_packs(packs: &[&str]) -> Self {
        Self::new(rule::rules(&shipped(), |rule| packs.iter().any(|pack| rule.is_in(pack))))
    }

    fn new(rules: Vec<Rule>) -> Self {
        assert!(!rules.is_empty(), "no rule is selected");
        Self { rules, hits: BTreeMap::new(), events: 0 }
    }

    /// The ids of the rules that raise alerts.
    pub(crate) fn rule_ids(&self) -> Vec<String> {
        self.rules.iter().filter(|rule| rule.alerts).map(|rule| rule.id.clone()).collect()
    }

    /// Takes a record in.
    pub(crate) fn take(&mut self, record: &[u8]) {
        events(record).into_iter().for_each(|event| self.judge(&Arc::new(event)));
    }

    /// Takes one event in.
    fn judge(&mut self, event: &Arc<Event>) {
        self.events += 1;
        let matched: Vec<String> =
            self.rules.iter().filter(|rule| matches(rule, event)).map(|rule| rule.id.clone()).collect();
        for (at, rule) in self.rules.iter().enumerate() {
            let bases = match &rule.trigger {
                Trigger::Rules(rules) => rules.clone(),
                _ => vec![rule.id.clone()],
            };
            for base in bases.iter().filter(|base| rule.alerts && matched.contains(base)) {
                let value = rule.value.as_ref().map(|_| group::counted(rule, base, event));
                let (Some(group), false) = (group::group(rule, base, event), value == Some(None)) else {
                    continue;
                };
                let deliveries = vec![Arc::clone(event)];
                let mut hit = Hit { event: Arc::clone(event), value: value.flatten(), deliveries };
                let place = (event.time_s, event.account.clone(), event.id.clone());
                let Some(kept) = self.hits.entry((at, group.clone())).or_default().get_mut(&place) else {
                    self.hits.entry((at, group)).or_default().insert(place, hit);
                    continue;
                };
                kept.deliveries.push(Arc::clone(event));
                // Of two deliveries that differ the lesser stands for the event; the scope counts both.
                if event.text < kept.event.text {
                    hit.deliveries = std::mem::take(&mut kept.deliveries);
                    *kept = hit;
                }
            }
        }
    }

    /// The alerts of all records so far.
    pub(crate) fn alerts(&self) -> Alerts {
        let mut alerts = Alerts::new();
        let mut groups: BTreeMap<(usize, i64), usize> = BTreeMap::new();
        for ((at, group), hits) in &self.hits {
            for finding in findings(&self.rules[*at], hits) {
                if let Some(start_s) = finding.start_s {
                    *groups.entry((*at, start_s)).or_default() += 1;
                }
                alerts.extend([Facts::of_finding(&self.rules[*at], group, &finding)]);
            }
        }
        assert!(groups.values().all(|groups| *groups <= GROUPS_MAX), "some groups share an alert");
        alerts
    }
}

/// The alerts of records by the rules in YAML texts.
pub(crate) fn alerts<'r>(rules: &[&str], records: impl IntoIterator<Item = &'r [u8]>) -> Alerts {
    let mut reference = Reference::of_texts(rules);
    records.into_iter().for_each(|record| reference.take(record));
    reference.alerts()
}

fn matches(rule: &Rule, event: &Event) -> bool {
    let truth = match &rule.trigger {
        Trigger::Detection(detection) => condition::detection(detection, event),
        Trigger::Pattern(pattern) => pattern.holds(event),
        Trigger::Rules(_) => Some(false),
    };
    truth == Some(true)
}

/// The texts of the shipped rules, each with the name of its folder.
fn shipped() -> Vec<(String, String)> {
    let rules = shipped_files().into_iter().filter(|path| !name(path).ends_with(".cases.yml"));
    rules.map(|path| (name(path.parent().unwrap()), fs::read_to_string(&path).unwrap())).collect()
}

/// Every file of the packs, rules and cases, in the order of their names.
fn shipped_files() -> Vec<PathBuf> {
    let files = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let mut found: Vec<PathBuf> = files(Path::new(PACKS)).iter().flat_map(|folder| files(folder)).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
