//! What a backfill found, put into the service's store: in short transactions, beside the service or without it. Hits are
//! rows like those that the stream brings; alerts have the ids that it would have given them, and only ever grow.

use std::sync::Arc;

use tripline_rules::plan::Ruleset;
use tripline_rules::rule::Level;

use super::Range;
use super::scratch::Scratch;
use crate::cli::Failure;
use crate::config::Config;
use crate::hit::Hit;
use crate::pipeline::{keeper, now_ms};
use crate::record::Stamps;
use crate::store::{AlertChange, Commit, Store, StoreError, Told};

/// Rows in one transaction: the service waits that long at most.
const ROWS_MAX: usize = 500;

/// What became of the alerts.
#[derive(Debug, Default)]
pub(super) struct Upserted {
    pub(super) levels: Vec<Level>,
    pub(super) opened: usize,
    pub(super) grown: usize,
    pub(super) unchanged: usize,
}

pub(super) fn into(
    config: &Config,
    ruleset: &Arc<Ruleset>,
    range: Range,
    scratch: &Scratch,
) -> Result<Upserted, Failure> {
    if !config.store.path.exists() {
        // Made, and left to whoever comes next: the service may be starting right now.
        drop(Store::open(&config.store.path)?);
    }
    let mut store = Store::open_for_triage(&config.store.path)?;
    store.set_busy_timeout(config.store.busy_timeout)?;
    hits(&mut store, ruleset, scratch)?;
    let mut alerts = scratch.keeper().state().alerts();
    alerts.retain(|alert| range.holds(alert.first_seen_s, alert.last_seen_s));
    let mut upserted = Upserted::default();
    for chunk in alerts.chunks(ROWS_MAX) {
        let now_ms = now_ms();
        let changes: Vec<AlertChange> = chunk
            .iter()
            .map(|alert| {
                let mut alert = alert.clone();
                alert.latency.stamp(Stamps::default(), now_ms);
                let sinks = config.sinks.iter().filter(|sink| sink.takes(&alert));
                let sinks = sinks.map(|sink| sink.name.clone()).collect();
                AlertChange { alert, sinks }
            })
            .collect();
        let written = store.commit(&Commit { alerts: &changes, now_ms, ..Commit::default() })?;
        for (change, told) in changes.iter().zip(&written.told) {
            upserted.levels.push(change.alert.rule.level);
            match told {
                Told::Opened => upserted.opened += 1,
                Told::Again | Told::Quietly => upserted.grown += 1,
                Told::Unchanged => upserted.unchanged += 1,
            }
        }
    }
    Ok(upserted)
}

fn hits(store: &mut Store, ruleset: &Arc<Ruleset>, scratch: &Scratch) -> Result<(), Failure> {
    let keys = scratch.keeper().keys();
    let mut chunk: Vec<Hit> = Vec::new();
    let mut write = |chunk: &mut Vec<Hit>| -> Result<(), StoreError> {
        let hits = chunk.iter().map(|hit| (keys.of(hit.rule), hit)).collect();
        store.commit(&Commit { hits, now_ms: now_ms(), ..Commit::default() })?;
        chunk.clear();
        Ok(())
    };
    keeper::each_hit(scratch.keeper().store(), ruleset, keys, &mut |hit| {
        chunk.push(hit);
        if chunk.len() < ROWS_MAX { Ok(()) } else { write(&mut chunk) }
    })?;
    Ok(write(&mut chunk)?)
}
