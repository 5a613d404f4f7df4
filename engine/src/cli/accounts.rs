//! The summary of a run: where every record, log event and hit went.

use std::collections::BTreeMap;

use tripline_rules::rule::Level;

use super::output::counted;
use super::talk;
use crate::decode::{Reason, Tally};
use crate::pipeline::Accounts;

/// The whole summary: records, log events, hits, and alerts by level.
pub(super) fn lines(accounts: &Accounts, alerts: impl Iterator<Item = Level>, rules: usize) -> Vec<String> {
    let mut lines = decoded(&accounts.decode);
    let hits = &accounts.hits;
    let ungrouped = match accounts.ungrouped {
        0 => String::new(),
        1 => "; 1 match left out of correlations for lack of a field".to_owned(),
        n => format!("; {n} matches left out of correlations for lack of a field"),
    };
    let part = |count: u64, word: &str| if count == 0 { String::new() } else { format!(" + {count} {word}") };
    lines.push(format!(
        "hits        {} of {} = {} counted + {} duplicate{}{}{ungrouped}",
        hits.hits,
        counted(rules, "rule"),
        hits.counted,
        hits.duplicate,
        part(hits.too_old, "too late"),
        part(hits.over_budget, "over budget"),
    ));
    let mut by_level: BTreeMap<Level, u64> = BTreeMap::new();
    alerts.for_each(|level| *by_level.entry(level).or_default() += 1);
    let levels: Vec<String> =
        by_level.iter().rev().map(|(level, count)| format!("{count} {}", level.as_str())).collect();
    let levels = if levels.is_empty() { String::new() } else { format!(": {}", levels.join(", ")) };
    lines.push(format!("alerts      {}{levels}", by_level.values().sum::<u64>()));
    lines
}

/// Tells where records and log events went.
pub(super) fn tell_decode(tally: &Tally) {
    decoded(tally).iter().for_each(|line| talk(line));
}

fn decoded(tally: &Tally) -> Vec<String> {
    let aggregated = match tally.records_aggregated {
        0 => String::new(),
        n => format!("; {n} KPL aggregates"),
    };
    let records = format!(
        "records     {} received = {} decoded + {} control + {} rejected{}{aggregated}",
        tally.records_received,
        tally.records_decoded,
        tally.records_control,
        tally.records_rejected.values().sum::<u64>(),
        reasons(&tally.records_rejected)
    );
    let without_id = match tally.events_without_id {
        0 => String::new(),
        n => format!("; {n} without eventID"),
    };
    let events = format!(
        "log events  {} in = {} evaluated + {} not CloudTrail + {} rejected{}{without_id}",
        tally.events_in,
        tally.events_evaluated,
        tally.events_not_cloudtrail,
        tally.events_rejected.values().sum::<u64>(),
        reasons(&tally.events_rejected)
    );
    vec![records, events]
}

/// The reasons of `rejected` and their counts, in parentheses; nothing if there are none.
pub(super) fn reasons(rejected: &BTreeMap<Reason, u64>) -> String {
    if rejected.is_empty() {
        return String::new();
    }
    let each = rejected.iter().map(|(reason, count)| format!("{} {count}", reason.as_str()));
    format!(" ({})", each.collect::<Vec<_>>().join(", "))
}
