//! Many alerts at once: a storm is one message, not one a second for an hour.
//!
//! A digest says how many alerts of which rules there are, and names each with its key, so that whoever was told of one by
//! itself knows it again. What it leaves out the store has. Pure: who digests, and when, is the courier's to say.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tripline_rules::rule::Level;

use super::Delivery;
use super::body::escaped;
use crate::alert::{gain, rfc3339};

/// What the members of the JSON mean; a new number when one changes its meaning.
pub(super) const SCHEMA: &str = "tripline.digest.1";

/// As much of a summary or a title as a digest has room for.
const TEXT_CHARS_MAX: usize = 200;

/// Deliveries that are made together.
#[derive(Debug, Clone)]
pub struct Digest<'a> {
    /// What is told, the gravest first.
    pub deliveries: Vec<Delivery<'a>>,
    /// The digest of their keys: the same for the same deliveries.
    pub key: String,
    /// The clock, milliseconds since the epoch.
    pub now_ms: i64,
}

/// The alerts of one rule in a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OfRule<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) level: Level,
    pub(super) alerts: usize,
    pub(super) events: u64,
    pub(super) first_seen_s: i64,
    pub(super) last_seen_s: i64,
}

impl<'a> Digest<'a> {
    /// Deliveries in the order in which they are due.
    pub fn new(deliveries: Vec<Delivery<'a>>, now_ms: i64) -> Self {
        let keys: Vec<&str> = deliveries.iter().map(|delivery| delivery.key.as_str()).collect();
        let digest = Sha256::digest(keys.join("\n"));
        let key = digest.iter().take(16).fold(0, |key: u128, byte| key << 8 | u128::from(*byte));
        let key = format!("digest-{key:032x}");
        Self { deliveries, key, now_ms }
    }

    /// The level of the gravest.
    pub(super) fn level(&self) -> Level {
        let levels = self.deliveries.iter().map(|delivery| delivery.alert.rule.level);
        levels.max().unwrap_or(Level::Informational)
    }

    /// `37 alerts: 2 critical, 35 high`.
    pub(super) fn heading(&self) -> String {
        let of = |level: Level| self.deliveries.iter().filter(|one| one.alert.rule.level == level).count();
        let levels = Level::ALL.into_iter().rev().map(|level| (of(level), level));
        let levels: Vec<String> =
            levels.filter(|(n, _)| *n > 0).map(|(n, level)| format!("{n} {}", level.as_str())).collect();
        format!("{} alerts: {}", self.deliveries.len(), levels.join(", "))
    }

    /// The rules, the gravest first, then those with most alerts.
    pub(super) fn rules(&self) -> Vec<OfRule<'a>> {
        let mut rules: BTreeMap<&str, OfRule<'a>> = BTreeMap::new();
        for alert in self.deliveries.iter().map(|delivery| delivery.alert) {
            let of_rule = rules.entry(&alert.rule.id).or_insert(OfRule {
                id: &alert.rule.id,
                title: &alert.rule.title,
                level: alert.rule.level,
                alerts: 0,
                events: 0,
                first_seen_s: alert.first_seen_s,
                last_seen_s: alert.last_seen_s,
            });
            of_rule.alerts += 1;
            of_rule.events = of_rule.events.saturating_add(alert.count);
            of_rule.first_seen_s = of_rule.first_seen_s.min(alert.first_seen_s);
            of_rule.last_seen_s = of_rule.last_seen_s.max(alert.last_seen_s);
        }
        let mut rules: Vec<_> = rules.into_values().collect();
        rules.sort_by_key(|rule| (std::cmp::Reverse((rule.level, rule.alerts)), rule.id));
        rules
    }

    /// One line of JSON that is safe to show, of no more than so many bytes if it can be: then without summaries and titles.
    pub(super) fn json(&self, bytes_max: usize) -> String {
        let whole = escaped(&self.value(TEXT_CHARS_MAX).to_string());
        if whole.len() <= bytes_max { whole } else { escaped(&self.value(0).to_string()) }
    }

    fn value(&self, chars_max: usize) -> Value {
        let text = |text: &str| text.chars().take(chars_max).collect::<String>();
        let rules: Vec<Value> = self
            .rules()
            .into_iter()
            .map(|rule| {
                json!({
                    "id": rule.id, "title": text(rule.title), "level": rule.level.as_str(), "alerts": rule.alerts,
                    "events": rule.events, "first_seen": rfc3339(rule.first_seen_s),
                    "last_seen": rfc3339(rule.last_seen_s),
                })
            })
            .collect();
        let alerts: Vec<Value> = self
            .deliveries
            .iter()
            .map(|Delivery { alert, key, ended, gained, since_acknowledgment, .. }| {
                json!({
                    "gained": text(&gain::phrase(gained)), "since_acknowledgment": since_acknowledgment,
                    "key": key, "id": alert.id, "revision": alert.revision, "ended": ended, "rule": alert.rule.id,
                    "level": alert.rule.level.as_str(), "summary": text(&alert.summary), "count": alert.count,
                    "account": text(&alert.account), "region": text(&alert.region),
                    "first_seen": rfc3339(alert.first_seen_s), "last_seen": rfc3339(alert.last_seen_s),
                })
            })
            .collect();
        json!({
            "schema": SCHEMA, "id": self.key, "level": self.level().as_str(), "count": alerts.len(),
            "rules": rules, "alerts": alerts,
        })
    }
}
