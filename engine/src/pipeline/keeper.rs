//! The state and the store, held together: what one commit folds is what it writes. The one owner of both.
//!
//! Folding comes first and cannot fail; writing can, and is repeated until it succeeds: what was folded is not folded again,
//! and nothing is acknowledged before it is written.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tripline_rules::plan::Ruleset;
use tripline_rules::rule::RuleId;

use super::watermark::Watermarks;
use super::{Accounts, Matched, State};
use crate::alert::Alert;
use crate::hit::{Facts, Hit};
use crate::record::Stamps;
use crate::store::{AlertChange, Commit, Outcome, Store, StoreError, StoredHit, StoredPosition, Told};

/// The names of the sinks that take an alert.
pub type Route = Arc<dyn Fn(&Alert) -> Vec<String> + Send + Sync>;

/// The state thread's possessions.
pub struct Keeper {
    state: State,
    store: Store,
    route: Route,
    watermarks: Watermarks,
}

/// One commit, folded and ready to be written.
#[derive(Debug, Default)]
pub struct Folded {
    batches: Vec<Matched>,
    /// When the record that opened the alert passed our hops; none for one that was open before.
    stamps: Vec<Option<Stamps>>,
    alerts: Vec<AlertChange>,
    positions: Vec<StoredPosition>,
    watermark_s: Option<i64>,
}

impl Folded {
    /// The records in it.
    pub fn batches(&self) -> &[Matched] {
        &self.batches
    }

    /// The alerts that opened or changed.
    pub fn alerts(&self) -> &[AlertChange] {
        &self.alerts
    }

    /// Leaves the positions out: a replay is read from its beginning every time.
    pub fn without_positions(mut self) -> Self {
        self.positions.clear();
        self
    }
}

impl Keeper {
    /// Folds everything that the store holds, and goes on from there. Hits of rules that are not loaded stay where they are.
    ///
    /// # Errors
    /// The store's.
    pub fn open(store: Store, ruleset: &Arc<Ruleset>, route: Route) -> Result<Self, StoreError> {
        let mut state = State::new(Arc::clone(ruleset));
        let ids: HashMap<&str, RuleId> =
            (0..).map(RuleId).zip(ruleset.rules()).map(|(id, rule)| (rule.meta.id.as_str(), id)).collect();
        let mut last: Option<Arc<Facts>> = None;
        store.hits(&mut |stored| {
            let Some(rule) = ids.get(stored.rule.as_str()) else { return };
            // Hits of one event stand in a row and share it.
            let shared = last.take().filter(|event| event.text == stored.text);
            let kept = |stored: &StoredHit| {
                Facts::kept(stored.text.clone(), stored.logs_time_ms, ruleset.fields()).map(Arc::new)
            };
            let Some(event) = shared.or_else(|| kept(&stored)) else { return };
            last = Some(Arc::clone(&event));
            let (group, value) = (Arc::from(stored.group), stored.value.map(Arc::from));
            state.restore(&Hit { rule: *rule, group, value, event });
        })?;
        Ok(Self { state, store, route, watermarks: Watermarks::default() })
    }

    /// How far each source was read.
    ///
    /// # Errors
    /// The store's.
    pub fn positions(&self) -> Result<Vec<StoredPosition>, StoreError> {
        self.store.positions()
    }

    /// Goes on with a source whose watermark was stored.
    pub fn resume(&mut self, position: &StoredPosition) {
        if let Some(low_s) = position.low_s {
            self.watermarks.resume(&position.source, low_s);
        }
    }

    /// Folds records in, in their order.
    pub fn fold(&mut self, batches: Vec<Matched>) -> Folded {
        let mut changed: BTreeMap<_, Option<Stamps>> = BTreeMap::new();
        let mut positions: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        for batch in &batches {
            for (key, opened) in self.state.take(batch) {
                let stamps = changed.entry(key).or_default();
                *stamps = stamps.or(opened.then_some(batch.stamps));
            }
            self.watermarks.observe(batch);
            positions.insert(Arc::clone(&batch.position.source), batch.position.part);
        }
        let (mut alerts, mut stamps) = (Vec::new(), Vec::new());
        for (key, opened) in changed {
            if let Some(alert) = self.state.alert(&key) {
                let sinks = (self.route)(&alert);
                alerts.push(AlertChange { alert, sinks });
                stamps.push(opened);
            }
        }
        let positions = positions.into_iter().map(|(source, part)| StoredPosition {
            low_s: self.watermarks.of(&source),
            position: part.to_string(),
            source: source.to_string(),
        });
        Folded {
            positions: positions.collect(),
            watermark_s: self.watermarks.low_s(),
            batches,
            stamps,
            alerts,
        }
    }

    /// Writes what was folded, and how deliveries ended: all, or nothing. Returns what was told of its alerts, in their order.
    ///
    /// # Errors
    /// The store's; then the same may be written again.
    pub fn write(
        &mut self,
        folded: &mut Folded,
        outcomes: &[Outcome],
        now_ms: i64,
    ) -> Result<Vec<Told>, StoreError> {
        for (change, stamps) in folded.alerts.iter_mut().zip(&folded.stamps) {
            if let Some(stamps) = stamps {
                change.alert.latency.stamp(*stamps, now_ms);
            }
        }
        let ruleset = self.state.ruleset();
        let hits = folded.batches.iter().flat_map(|batch| &batch.hits);
        let rejects = folded
            .batches
            .iter()
            .flat_map(|batch| batch.rejects.iter().map(move |reject| (&batch.position, reject)));
        let commit = Commit {
            hits: hits.map(|hit| (ruleset.rule(hit.rule).meta.id.as_str(), hit)).collect(),
            alerts: &folded.alerts,
            rejects: rejects.collect(),
            positions: &folded.positions,
            outcomes,
            watermark_s: folded.watermark_s,
            now_ms,
        };
        self.store.commit(&commit)
    }

    /// What the state amounts to.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where everything went.
    pub fn accounts(&self) -> Accounts {
        self.state.accounts()
    }

    /// What every source has passed, seconds of event time.
    pub fn watermark_s(&self) -> Option<i64> {
        self.watermarks.low_s()
    }
}
