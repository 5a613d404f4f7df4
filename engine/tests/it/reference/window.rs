//! Windows by brute force over the sorted set of distinct hits, straight from `spec/windows.md` §1.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::event::Event;
use super::rule::Rule;

/// One distinct event of a rule's group, and the value that counts in it.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) event: Arc<Event>,
    pub(super) value: Option<Vec<String>>,
    /// Every delivery of the event, as it came.
    pub(super) deliveries: Vec<Arc<Event>>,
}

/// Hits by (time, account, event id).
pub(super) type Hits = BTreeMap<(i64, String, String), Hit>;

/// What a period of a group amounts to.
#[derive(Debug)]
pub(super) struct Finding<'h> {
    /// First second of the period; none if every event is an alert of its own.
    pub(super) start_s: Option<i64>,
    /// Every hit of the period, in order.
    pub(super) hits: Vec<&'h Hit>,
    /// From, to, and how much the earliest satisfied window holds.
    pub(super) window: (i64, i64, u64),
    /// True if the period before fired, too.
    pub(super) continues: bool,
}

/// The findings of one group.
pub(super) fn findings<'h>(rule: &Rule, hits: &'h Hits) -> Vec<Finding<'h>> {
    if rule.suppress_s == 0 {
        let single = |((time_s, ..), hit): (&(i64, String, String), &'h Hit)| Finding {
            start_s: None,
            hits: vec![hit],
            window: (*time_s, *time_s, 1),
            continues: false,
        };
        return hits.iter().map(single).collect();
    }
    let period = |time_s: i64| time_s.div_euclid(rule.suppress_s);
    let mut fired: BTreeMap<i64, (i64, i64, u64)> = BTreeMap::new();
    for (end_s, ..) in hits.keys() {
        if !fired.contains_key(&period(*end_s))
            && let Some(window) = satisfied(rule, hits, *end_s)
        {
            fired.insert(period(*end_s), window);
        }
    }
    let finding = |(q, window): (&i64, &(i64, i64, u64))| Finding {
        start_s: Some(q * rule.suppress_s),
        hits: hits.iter().filter(|((time_s, ..), _)| period(*time_s) == *q).map(|(_, hit)| hit).collect(),
        window: *window,
        continues: fired.contains_key(&(q - 1)),
    };
    fired.iter().map(finding).collect()
}

/// The window that ends at `end_s`, if it satisfies the rule: from the T-th newest hit, or the T-th most recently seen
/// value, on.
fn satisfied(rule: &Rule, hits: &Hits, end_s: i64) -> Option<(i64, i64, u64)> {
    let inside: Vec<(i64, &Hit)> = hits
        .iter()
        .map(|((time_s, ..), hit)| (*time_s, hit))
        .filter(|(time_s, _)| end_s - rule.within_s <= *time_s && *time_s <= end_s)
        .collect();
    let mut times: Vec<i64> = if rule.value.is_some() {
        // Ascending, so that the last entry of a value is its latest.
        let latest: BTreeMap<&Option<Vec<String>>, i64> =
            inside.iter().map(|(time_s, hit)| (&hit.value, *time_s)).collect();
        latest.into_values().collect()
    } else {
        inside.iter().map(|(time_s, _)| *time_s).collect()
    };
    times.sort_unstable();
    let from_s = *times.iter().rev().nth(rule.threshold - 1)?;
    let held = inside.iter().filter(|(time_s, _)| *time_s >= from_s);
    let n = if rule.value.is_some() {
        held.map(|(_, hit)| &hit.value).collect::<BTreeSet<_>>().len()
    } else {
        held.count()
    };
    Some((from_s, end_s, n as u64))
}
