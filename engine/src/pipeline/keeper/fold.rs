//! Records in, what they amount to out: one commit's folding, record by record. Nothing here can fail.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Keeper;
use crate::alert::OWN_SOURCE;
use crate::pipeline::Matched;
use crate::record::{Place, Stage, Stamps};
use crate::store::{AlertChange, SourceAccounts, StoredPosition};
use crate::window::FindingKey;
use crate::window::sketch::{Bucket, Name};

/// How old may become what the store knows of idle sources, when nothing else is to be written: far less than any stream
/// keeps records, so that a pause is not taken for a gap.
const IDLE_MS_MAX: i64 = 60 * 60 * 1000;

/// How far a source was read, and what had arrived by then.
pub(super) type Reached = (Place, Option<i64>);

/// What records and marks amount to that were folded in since the last commit.
#[derive(Debug, Default)]
pub struct Folding {
    batches: Vec<Matched>,
    /// When the record that opened the alert passed our hops; none for one that was open before.
    changed: BTreeMap<FindingKey, Option<Stamps>>,
    reached: BTreeMap<Arc<str>, Reached>,
    accounts: BTreeMap<Arc<str>, SourceAccounts>,
    opens: bool,
}

impl Folding {
    /// How many records and marks.
    pub fn len(&self) -> usize {
        self.batches.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Whether an alert opened: somebody waits for the commit.
    pub fn opens(&self) -> bool {
        self.opens
    }
}

/// One commit, folded and ready to be written.
#[derive(Debug, Default)]
pub struct Folded {
    pub(super) batches: Vec<Matched>,
    /// When the record that opened the alert passed our hops; none for one that was open before.
    pub(super) stamps: Vec<Option<Stamps>>,
    pub(super) alerts: Vec<AlertChange>,
    pub(super) positions: Vec<StoredPosition>,
    pub(super) watermark_s: Option<i64>,
    /// Sources, and where what they brought went.
    pub(super) accounts: BTreeMap<Arc<str>, SourceAccounts>,
    /// What only the sketch knows, and which of its buckets went.
    pub(super) sketched: BTreeMap<Bucket, Vec<Name>>,
    pub(super) sketched_gone: Vec<Bucket>,
    due: bool,
}

impl Folded {
    /// Whether it must be written: an idle source alone is worth no commit, unless event time has come past the end of an
    /// alert's period, or the store has known nothing of it for an hour.
    pub fn is_due(&self) -> bool {
        self.due
    }

    /// The records in it.
    pub fn batches(&self) -> &[Matched] {
        &self.batches
    }

    /// The alerts that opened or changed.
    pub fn alerts(&self) -> &[AlertChange] {
        &self.alerts
    }

    /// Leaves out how far sources were read, and how far event time came: a replay is read from its beginning every time,
    /// file by file.
    pub fn without_progress(mut self) -> Self {
        self.positions.clear();
        self.accounts.clear();
        self.watermark_s = None;
        self
    }
}

impl Keeper {
    /// Folds records and marks in, in their order. What they need must be in memory: [`Keeper::load`].
    pub fn fold(&mut self, batches: Vec<Matched>) -> Folded {
        let mut folding = self.begin();
        batches.into_iter().for_each(|batch| self.fold_in(&mut folding, batch));
        self.finish(folding)
    }

    /// Begins a commit: from here on what is late is late after what is written.
    pub fn begin(&mut self) -> Folding {
        self.move_horizon();
        let opens = self.owes();
        let owed = self.owed.drain(..).map(|key| (key, Some(Stamps::default())));
        Folding { changed: owed.collect(), opens, ..Folding::default() }
    }

    /// Folds one record or mark in. What it needs must be in memory: [`Keeper::load`].
    pub fn fold_in(&mut self, folding: &mut Folding, mut batch: Matched) {
        for (key, opened) in self.state.take(&mut batch) {
            folding.opens |= opened;
            let stamps = folding.changed.entry(key).or_default();
            *stamps = stamps.or(opened.then_some(batch.stamps));
        }
        self.watermarks.observe(&batch);
        let came = batch.accounts();
        if !came.is_empty() {
            let source = batch.position.as_ref().map(|position| Arc::clone(&position.source));
            folding.accounts.entry(source.unwrap_or_else(|| Arc::from(OWN_SOURCE))).or_default().add(&came);
        }
        if let Some(position) = &batch.position {
            let source = Arc::clone(&position.source);
            let place = (position.place.clone(), batch.seen_ms);
            if batch.stage == Some(Stage::Idles) {
                self.idle.insert(source, place);
            } else {
                self.idle.remove(&source);
                folding.reached.insert(source, place);
            }
        }
        folding.batches.push(batch);
    }

    /// Ends a commit's folding.
    pub fn finish(&mut self, folding: Folding) -> Folded {
        let Folding { batches, changed, reached, accounts, opens: _ } = folding;
        let (sketched, sketched_gone) = self.state.sketched(self.watermarks.low_s());
        let rows = batches.iter().any(|batch| !batch.hits.is_empty() || !batch.rejects.is_empty());
        let due = rows
            || !changed.is_empty()
            || !reached.is_empty()
            || !accounts.is_empty()
            || !sketched.is_empty()
            || self.idle_is_due();
        let (mut alerts, mut stamps) = (Vec::new(), Vec::new());
        for (key, opened) in changed {
            if let Some(alert) = self.state.alert(&key) {
                let sinks = (self.route)(&alert);
                alerts.push(AlertChange { alert, sinks });
                stamps.push(opened);
            }
        }
        let idle = self.idle.iter().map(|(source, place)| (Arc::clone(source), place.clone()));
        let positions = reached.into_iter().chain(idle.filter(|_| due)).map(|(source, (place, seen_ms))| {
            let low_s = self.watermarks.of(&source);
            StoredPosition { low_s, position: place.to_string(), source: source.to_string(), seen_ms }
        });
        let positions = positions.collect();
        if due {
            self.idle_written_ms = self.newest_idle_ms().unwrap_or(self.idle_written_ms);
            self.idle.clear();
        }
        let watermark_s = self.watermarks.low_s();
        Folded { positions, watermark_s, batches, stamps, alerts, accounts, sketched, sketched_gone, due }
    }

    fn newest_idle_ms(&self) -> Option<i64> {
        self.idle.values().filter_map(|(_, seen_ms)| *seen_ms).max()
    }

    /// Whether what is known of idle sources is worth a commit of its own.
    fn idle_is_due(&self) -> bool {
        let Some(newest_ms) = self.newest_idle_ms() else { return false };
        let old = newest_ms.saturating_sub(self.idle_written_ms) >= IDLE_MS_MAX;
        // A store that cannot be asked is asked again by the commit, which says what is wrong.
        old || self.watermarks.low_s().is_some_and(|low_s| self.store.ends_before(low_s).unwrap_or(true))
    }
}
