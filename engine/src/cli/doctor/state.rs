//! How far the store is, what it holds and owes, and what went wrong last.

use super::Findings;
use super::engine::Answers;
use crate::alert::rfc3339_ms;
use crate::config::Config;
use crate::source::kinesis;
use crate::store::{DamageTotal, Store, StoreError};

/// A delivery that waits for longer is worth a look; the other limit is a failure.
const WAITS_MS: i64 = 60_000;
const WAITS_LONG_MS: i64 = 15 * 60_000;

/// A position that is older than that may soon be older than the stream: it keeps a day by default.
const BEHIND_MS: i64 = 15 * 60_000;
const BEHIND_LONG_MS: i64 = 20 * 3_600_000;

/// What is listed one by one.
const SHOWN_MAX: usize = 5;

pub(super) fn look(
    store: &Store,
    config: &Config,
    engine: Answers,
    now_ms: i64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    positions(store, engine, now_ms, findings)?;
    outbox(store, now_ms, findings)?;
    rows(store, config, findings)?;
    for (source, gap) in store.gaps()?.into_iter().rev().take(SHOWN_MAX) {
        let (from, to) = (rfc3339_ms(gap.from_ms), rfc3339_ms(gap.to_ms));
        let group = config.log_group.as_deref().unwrap_or("LOG-GROUP");
        findings.warn(
            "gap",
            format!("records of {source} from {from} to {to} were gone before they were read"),
            format!("unless that was done: tripline backfill --log-group {group} --from {from} --to {to}"),
        );
    }
    for DamageTotal { table, rows, found_ms } in store.damage_totals()? {
        findings.fail(
            "damage",
            format!(
                "{rows} rows of table {table} are damaged and were moved aside, the last at {}",
                rfc3339_ms(found_ms)
            ),
            "check the disk; then stop the engine and run `tripline store repair`",
        );
    }
    let quarantined = store.quarantined()?;
    if !quarantined.is_empty() {
        let each: Vec<String> = quarantined.iter().map(|(reason, rows)| format!("{rows} {reason}")).collect();
        findings.warn("quarantine", each.join(", "), "see \"Reject reasons\" in the handbook");
    }
    Ok(())
}

fn positions(store: &Store, engine: Answers, now_ms: i64, findings: &mut Findings) -> Result<(), StoreError> {
    let positions = store.positions()?;
    let shards = positions.iter().filter(|position| kinesis::is_shard(&position.source));
    // Of a shard that was read to its end nothing newer will ever be known.
    let newest_ms = shards.clone().filter_map(|position| position.seen_ms).max();
    let Some(newest_ms) = newest_ms else {
        findings.ok("positions", format!("{} sources, none of a stream yet", positions.len()));
        return Ok(());
    };
    let behind_ms = now_ms.saturating_sub(newest_ms);
    let says = format!(
        "{} shards; everything that had arrived by {} is in the store, {} min ago",
        shards.count(),
        rfc3339_ms(newest_ms),
        behind_ms / 60_000
    );
    // An idle shard is written down once an hour.
    let expected_ms = BEHIND_MS + if engine == Answers::Yes { 3_600_000 } else { 0 };
    if behind_ms > BEHIND_LONG_MS {
        let mend = "start the engine before the stream forgets what it has not read, or lengthen the stream's retention";
        findings.fail("positions", says, mend);
    } else if behind_ms > expected_ms {
        findings.warn(
            "positions",
            says,
            "is the engine running? `tripline_kinesis_behind_latest_seconds` says by how much it lags",
        );
    } else {
        findings.ok("positions", says);
    }
    Ok(())
}

fn outbox(store: &Store, now_ms: i64, findings: &mut Findings) -> Result<(), StoreError> {
    for sink in store.outbox()? {
        let Some(oldest_ms) = sink.oldest_ms else { continue };
        let waits_ms = now_ms.saturating_sub(oldest_ms);
        let says = format!(
            "{}: the oldest of {} deliveries has waited for {} s",
            sink.sink,
            sink.pending,
            waits_ms / 1000
        );
        let mend = format!("`tripline sink test {}` says what the other side answers", sink.sink);
        match waits_ms {
            WAITS_LONG_MS.. => findings.fail("outbox", says, mend),
            WAITS_MS.. => findings.warn("outbox", says, mend),
            _ => findings.ok("outbox", says),
        }
    }
    for failure in store.delivery_errors(SHOWN_MAX)? {
        let kind = if failure.dead { "given up" } else { "tried again" };
        let says = format!(
            "{}: {} deliveries {kind}, the last answer: {}",
            failure.sink, failure.deliveries, failure.error
        );
        findings.warn("last error", says, format!("`tripline sink test {}`", failure.sink));
    }
    Ok(())
}

fn rows(store: &Store, config: &Config, findings: &mut Findings) -> Result<(), StoreError> {
    let mut totals = store.row_totals()?;
    let (rows, bytes) = totals.iter().fold((0, 0), |(rows, bytes), of| (rows + of.rows, bytes + of.bytes));
    totals.sort_by_key(|total| std::cmp::Reverse(total.bytes));
    let largest = totals.first().map_or(0, |total| total.bytes);
    let mib = |bytes: u64| bytes >> 20;
    let budget = config.store.budget;
    findings.ok(
        "window rows",
        format!(
            "{rows} of {} rules, {} MiB of {} MiB; the largest {} MiB of {} MiB",
            totals.len(),
            mib(bytes),
            mib(budget.bytes_max),
            mib(largest),
            mib(budget.rule_bytes_max)
        ),
    );
    let open = store.pressures()?.into_iter().filter(|pressure| pressure.to_ms.is_none());
    for pressure in open.take(SHOWN_MAX) {
        findings.fail(
            "pressure",
            format!("rule {} is beyond its budget since {}: new groups are counted approximately", pressure.rule, rfc3339_ms(pressure.from_ms)),
            "see what floods it (`tripline alerts list --rule`), narrow the rule, or raise store.rule_rows_mib_max",
        );
    }
    Ok(())
}
