//! What the store holds, as gauges: read when somebody asks, so that it is true then and costs nothing else.

use std::collections::HashSet;
use std::path::Path;

use tripline_rules::rule::Level;

use crate::metrics::Metrics;
use crate::process::{self, Usage};
use crate::store::{Store, StoreError};

pub(super) fn refresh(metrics: &Metrics, store: &Store, path: &Path, now_ms: i64) -> Result<(), StoreError> {
    metrics.alerts.reset();
    for (status, level, count) in store.alert_counts()? {
        metrics.alerts.with_label_values(&[status.as_str(), self::level(level)]).set(signed(count));
    }
    metrics.alert_oldest_open.reset();
    for (level, opened_ms) in store.oldest_open_ms()? {
        metrics.alert_oldest_open.with_label_values(&[self::level(level)]).set(age_s(opened_ms, now_ms));
    }
    for sink in store.outbox()? {
        let states = [
            ("created", sink.created),
            ("delivered", sink.delivered),
            ("pending", sink.pending),
            ("dead", sink.dead),
        ];
        for (state, count) in states {
            metrics.outbox.with_label_values(&[sink.sink.as_str(), state]).set(signed(count));
        }
        let oldest_s = sink.oldest_ms.map_or(0.0, |oldest_ms| age_s(oldest_ms, now_ms));
        metrics.outbox_oldest.with_label_values(&[sink.sink.as_str()]).set(oldest_s);
    }
    metrics.quarantine_rows.reset();
    metrics.unaccounted.reset();
    for (reason, rows) in store.quarantined()? {
        metrics.quarantine_rows.with_label_values(&[reason.as_str()]).set(rows);
    }
    // A stream leaves ended shards behind for ever; they have a series only if something is wrong with them.
    let open: HashSet<String> = store.open_sources()?.into_iter().collect();
    for (source, accounts) in store.accounts()? {
        for (identity, gap) in accounts.unaccounted() {
            if gap != 0 || open.contains(&source) {
                metrics.unaccounted.with_label_values(&[source.as_str(), identity]).set(gap);
            }
        }
    }
    metrics.store_bytes.set(signed(bytes(path)));
    if let Some(usage) = Usage::read() {
        refresh_process(metrics, &usage);
    }
    Ok(())
}

/// Sets the metrics of the process itself.
#[expect(clippy::cast_precision_loss, reason = "Prometheus counts in floats")]
fn refresh_process(metrics: &Metrics, usage: &Usage) {
    metrics.process_open_fds.set(signed(usage.open_descriptors));
    metrics.process_max_fds.set(process::descriptor_limit().map_or(f64::INFINITY, |limit| limit as f64));
    metrics.process_resident_memory.set(signed(usage.resident_bytes));
    metrics.process_virtual_memory.set(signed(usage.virtual_bytes));
    metrics.process_start_time.set(usage.started_seconds);
    // A counter can only be added to.
    metrics.process_cpu.inc_by((usage.cpu_seconds - metrics.process_cpu.get()).max(0.0));
}

/// The file and its write-ahead log.
fn bytes(path: &Path) -> u64 {
    let wal = {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        name
    };
    [path.as_os_str(), &wal]
        .iter()
        .filter_map(|file| std::fs::metadata(file).ok())
        .map(|file| file.len())
        .sum()
}

/// The word for a stored level.
pub(super) fn level(stored: u8) -> &'static str {
    Level::ALL.get(usize::from(stored)).map_or("unknown", |level| level.as_str())
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts time in floats")]
fn age_s(since_ms: i64, now_ms: i64) -> f64 {
    now_ms.saturating_sub(since_ms).max(0) as f64 / 1000.0
}
