//! The summary of a run: where every record, log event and hit went.

use std::collections::BTreeMap;

use tripline_rules::rule::Level;

use super::output::counted;
use super::talk;
use crate::alert::Alert;
use crate::decode::{Reason, Tally};
use crate::pipeline::Accounts;

/// The whole summary of a replay.
pub(super) fn tell(accounts: &Accounts, alerts: &[Alert], rules: usize) {
    tell_decode(&accounts.decode);
    let hits = &accounts.hits;
    let ungrouped = match accounts.ungrouped {
        0 => String::new(),
        1 => "; 1 match left out of correlations for lack of a field".to_owned(),
        n => format!("; {n} matches left out of correlations for lack of a field"),
    };
    talk(&format!(
        "hits        {} of {} = {} counted + {} duplicate{ungrouped}",
        hits.hits,
        counted(rules, "rule"),
        hits.counted,
        hits.duplicate
    ));
    let of = |level: Level| alerts.iter().filter(|alert| alert.rule.level == level).count();
    let levels: Vec<String> = Level::ALL
        .iter()
        .rev()
        .map(|level| (of(*level), level.as_str()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, level)| format!("{count} {level}"))
        .collect();
    let levels = if levels.is_empty() { String::new() } else { format!(": {}", levels.join(", ")) };
    talk(&format!("alerts      {}{levels}", alerts.len()));
}

/// Records and log events.
pub(super) fn tell_decode(tally: &Tally) {
    talk(&format!(
        "records     {} received = {} decoded + {} control + {} rejected{}",
        tally.records_received,
        tally.records_decoded,
        tally.records_control,
        tally.records_rejected.values().sum::<u64>(),
        reasons(&tally.records_rejected)
    ));
    let without_id = match tally.events_without_id {
        0 => String::new(),
        n => format!("; {n} without eventID"),
    };
    talk(&format!(
        "log events  {} in = {} evaluated + {} not CloudTrail + {} rejected{}{without_id}",
        tally.events_in,
        tally.events_evaluated,
        tally.events_not_cloudtrail,
        tally.events_rejected.values().sum::<u64>(),
        reasons(&tally.events_rejected)
    ));
}

fn reasons(rejected: &BTreeMap<Reason, u64>) -> String {
    if rejected.is_empty() {
        return String::new();
    }
    let each = rejected.iter().map(|(reason, count)| format!("{} {count}", reason.as_str()));
    format!(" ({})", each.collect::<Vec<_>>().join(", "))
}
