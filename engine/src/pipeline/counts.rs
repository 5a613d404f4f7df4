//! What a commit adds to the metrics: sums over its records, never a step per event.

use super::Matched;
use super::keeper::{Folded, Keeper};
use crate::alert::{Hop, Latency};
use crate::decode::Tally;
use crate::metrics::Metrics;
use crate::store::Told;
use crate::window::HitTally;

pub(super) fn committed(
    metrics: &Metrics,
    keeper: &Keeper,
    before: HitTally,
    folded: &Folded,
    told: &[Told],
    now_ms: i64,
) {
    let after = keeper.state().hits();
    metrics.hits.inc_by(after.hits - before.hits);
    metrics.hits_counted.inc_by(after.counted - before.counted);
    metrics.hits_duplicate.inc_by(after.duplicate - before.duplicate);
    metrics.hits_too_late.inc_by(after.too_old - before.too_old);
    metrics.hits_over_budget.inc_by(after.over_budget - before.over_budget);
    let ruleset = keeper.state().ruleset();
    for batch in folded.batches() {
        decoded(metrics, batch);
        for rule in batch.hits.iter().map(|hit| &hit.rule).chain(&batch.unkept) {
            metrics.rule_hits.with_label_values(&[&ruleset.rule(*rule).meta.id]).inc();
        }
    }
    for (change, _) in folded.alerts().iter().zip(told).filter(|(_, told)| **told == Told::Opened) {
        let (rule, level) = (&change.alert.rule, change.alert.rule.level);
        metrics.alerts_opened.with_label_values(&[rule.id.as_str(), level.as_str()]).inc();
        // The row says when the commit began; the figure is when it was over.
        let latency = Latency { alerted_ms: Some(now_ms), ..change.alert.latency.clone() };
        // Delivery comes later and is the courier's to tell.
        for hop in Hop::ALL {
            if let Some(ms) = latency.hop(hop) {
                metrics.latencies.observe(hop, level, ms);
            }
        }
    }
    metrics.commits.with_label_values(&["ok"]).inc();
    metrics.last_commit.set(seconds(now_ms));
    metrics.window_bytes.set(i64::try_from(keeper.state().bytes()).unwrap_or(i64::MAX));
    metrics.rules_pressed.set(i64::try_from(keeper.under_pressure()).unwrap_or(i64::MAX));
    metrics.window_groups.set(i64::try_from(keeper.state().groups()).unwrap_or(i64::MAX));
    if let Some(watermark_s) = keeper.watermark_s() {
        metrics.watermark.set(seconds(watermark_s.saturating_mul(1000)));
    }
}

fn decoded(metrics: &Metrics, batch: &Matched) {
    let Tally {
        records_received,
        records_decoded,
        records_aggregated,
        records_scanned,
        records_control,
        records_rejected,
        events_in,
        events_odd,
        events_known,
        events_outlined,
        events_evaluated,
        events_not_cloudtrail,
        events_rejected,
        events_without_id,
        events_omitted,
    } = &batch.tally;
    metrics.bytes_received.inc_by(batch.bytes);
    metrics.hits_ungrouped.inc_by(batch.ungrouped);
    metrics.records_received.inc_by(*records_received);
    metrics.records_decoded.inc_by(*records_decoded);
    metrics.records_aggregated.inc_by(*records_aggregated);
    metrics.records_scanned.inc_by(*records_scanned);
    metrics.records_control.inc_by(*records_control);
    metrics.events_in.inc_by(*events_in);
    metrics.events_odd.inc_by(*events_odd);
    metrics.events_known.inc_by(*events_known);
    metrics.events_outlined.inc_by(*events_outlined);
    metrics.events_evaluated.inc_by(*events_evaluated);
    metrics.events_not_cloudtrail.inc_by(*events_not_cloudtrail);
    metrics.events_without_id.inc_by(*events_without_id);
    metrics.events_omitted.inc_by(*events_omitted);
    for (reason, count) in records_rejected {
        metrics.records_rejected.with_label_values(&[reason.as_str()]).inc_by(*count);
    }
    for (reason, count) in events_rejected {
        metrics.events_rejected.with_label_values(&[reason.as_str()]).inc_by(*count);
    }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts time in floats")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}
