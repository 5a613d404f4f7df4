//! The state thread: takes what gathered, folds it, writes it in one transaction, and only then says so.
//!
//! A commit takes whatever came while the last one ran. It waits for more only while nobody waits for it: what opens no alert is
//! rows, counts and how far sources were read, and a commit for each record of that costs more than reading it. One that fails
//! is repeated until it succeeds or the service ends: meanwhile nothing is acknowledged, the queue fills, and the workers wait.

mod persist;
#[cfg(test)]
mod tests;

use std::mem::take;
use std::slice::from_mut;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::RuleId;

use super::gate::Gate;
use super::health::{Health, Stop};
use super::keeper::{Folded, Folding, Keeper};
use super::{Matched, counts, now_ms};
use crate::failpoint;
use crate::metrics::Metrics;
use crate::store::{Outcome, SeenRow, Told, Written};
use crate::window::HitTally;

/// Records in one commit: bounds how long one takes and how much it holds.
pub const COMMIT_BATCHES_MAX: usize = 256;

/// How long what nobody waits for may gather: so much more is read again after a crash, and an alert that opens has to wait until
/// so much is written.
pub(super) const QUIET_PATIENCE: Duration = Duration::from_millis(20);

/// What the state thread is sent.
pub(super) enum Message {
    /// A record or a mark, decoded and matched; whoever waits for a mark is answered when it is written.
    Batch(Box<Matched>, Option<oneshot::Sender<()>>),
    /// How deliveries ended; answered when that is written.
    Outcomes(Vec<Outcome>, oneshot::Sender<()>),
    /// When accounts and regions were heard of.
    Seen(Vec<SeenRow>),
    /// Answered when everything before it is written.
    Barrier(oneshot::Sender<()>),
    /// Other rules, and their generation; answered when they are taken over, with those whose detection is new.
    Rules(Arc<Ruleset>, u64, oneshot::Sender<Vec<RuleId>>),
    /// An alert or a delivery is damaged; answered with how many rows were moved aside.
    Damaged(oneshot::Sender<u64>),
}

/// The state thread's surroundings.
pub(super) struct Committer {
    pub(super) keeper: Keeper,
    pub(super) inbox: Receiver<Message>,
    pub(super) metrics: Metrics,
    pub(super) health: Arc<Health>,
    pub(super) stop: Arc<Stop>,
    /// The room in the inbox.
    pub(super) gate: Arc<Gate>,
    /// Wakes the sinks.
    pub(super) wake: Vec<SyncSender<()>>,
    /// See [`QUIET_PATIENCE`].
    pub(super) patience: Duration,
}

/// What gathered for one commit.
#[derive(Default)]
struct Gathered {
    folding: Folding,
    /// The hits before it.
    before: HitTally,
    /// What it takes of the room in the queue.
    queued: usize,
    outcomes: Vec<Outcome>,
    seen: Vec<SeenRow>,
    answers: Vec<oneshot::Sender<()>>,
    rules: Vec<(Arc<Ruleset>, u64, oneshot::Sender<Vec<RuleId>>)>,
    /// Sinks that met a damaged alert or delivery.
    damaged: Vec<oneshot::Sender<u64>>,
    /// Whether anybody but sources waits for it.
    is_asked_for: bool,
}

impl Gathered {
    fn len(&self) -> usize {
        self.folding.len() + self.outcomes.len()
    }

    /// Whether somebody waits for it: for an alert, or for an answer.
    fn is_urgent(&self) -> bool {
        self.is_asked_for || self.folding.opens()
    }

    /// Takes in all but a batch, which it returns.
    fn add(&mut self, message: Message) -> Option<Box<Matched>> {
        self.is_asked_for |= !matches!(message, Message::Batch(_, None));
        match message {
            Message::Batch(batch, answer) => {
                self.answers.extend(answer);
                return Some(batch);
            }
            Message::Outcomes(outcomes, answer) => {
                self.outcomes.extend(outcomes);
                self.answers.push(answer);
            }
            Message::Seen(rows) => self.seen.extend(rows),
            Message::Barrier(answer) => self.answers.push(answer),
            Message::Rules(ruleset, generation, answer) => self.rules.push((ruleset, generation, answer)),
            Message::Damaged(answer) => self.damaged.push(answer),
        }
        None
    }
}

impl Committer {
    /// Runs until nobody is left to send, or until what it holds cannot be written and the service is to end. Returns the
    /// keeper, whole.
    pub(super) fn run(mut self) -> Keeper {
        self.work();
        // Whoever waits for room must see that nobody is here.
        self.gate.open();
        self.keeper
    }

    fn work(&mut self) {
        self.report_damage();
        // What the rows amount to under changed rules is written before anything new.
        if self.persist(&mut Keeper::settle_reshaped).is_none() || !self.commit_owed() {
            return;
        }
        self.health.pressed(self.keeper.pressures());
        self.sweep();
        while let Ok(first) = self.inbox.recv() {
            let Some(mut gathered) = self.gather(first) else { return };
            let (answers, rules) = (take(&mut gathered.answers), take(&mut gathered.rules));
            let damaged = take(&mut gathered.damaged);
            if !self.commit(gathered) {
                return;
            }
            for answer in answers {
                // Whoever asked may have gone.
                let _ = answer.send(());
            }
            failpoint::die("state.acknowledged");
            if !self.examine_deliveries(damaged) || !self.commit_owed() {
                return;
            }
            for (ruleset, generation, answer) in rules {
                if !self.adopt(&ruleset, generation) {
                    return;
                }
                let _ = answer.send(self.keeper.new_rules().to_vec());
            }
            self.sweep();
        }
    }

    /// Writes what the rows amount to and the store has no alerts for, if there is any. Whether it could.
    fn commit_owed(&mut self) -> bool {
        if !self.keeper.owes() {
            return true;
        }
        let owed = self.begin();
        self.commit(owed)
    }

    fn begin(&mut self) -> Gathered {
        let before = self.keeper.state().hits();
        Gathered { folding: self.keeper.begin(), before, ..Gathered::default() }
    }

    /// Takes what is there, and for a while, unless somebody waits for it, what comes as well. None when the service ends
    /// before it could be folded.
    fn gather(&mut self, first: Message) -> Option<Gathered> {
        let (mut gathered, began) = (self.begin(), Instant::now());
        let mut next = Some(first);
        while let Some(message) = next {
            if let Some(batch) = gathered.add(message) {
                self.metrics.queue_batches.dec();
                self.fold_in(&mut gathered, *batch)?;
            }
            if gathered.len() >= COMMIT_BATCHES_MAX {
                break;
            }
            let patience = if gathered.is_urgent() { Duration::ZERO } else { self.patience };
            next = self.inbox.recv_timeout(patience.saturating_sub(began.elapsed())).ok();
        }
        failpoint::die("state.folded");
        Some(gathered)
    }

    /// Loads what a batch needs, and folds it in.
    fn fold_in(&mut self, gathered: &mut Gathered, mut batch: Matched) -> Option<()> {
        let mut dropped = 0;
        self.persist(&mut |keeper| keeper.load(from_mut(&mut batch), &mut dropped))?;
        failpoint::die("state.loaded");
        self.metrics.hits_of_no_rule.inc_by(dropped);
        gathered.queued += batch.queued;
        self.keeper.fold_in(&mut gathered.folding, batch);
        Some(())
    }

    /// Takes away a little of what need not be kept. What fails is tried again when it is time again.
    fn sweep(&mut self) {
        match self.keeper.sweep(now_ms()) {
            Ok(gone) => {
                for (what, count) in [("window_row", gone.rows), ("alert", gone.alerts)] {
                    self.metrics.store_swept.with_label_values(&[what]).inc_by(count);
                }
                self.health.pressed(self.keeper.pressures());
            }
            Err(error) => {
                tracing::warn!(%error, "what is old could not be taken away");
                self.set_damage_aside(&error);
            }
        }
    }

    /// Whether it was written. If not, the service ends and everything in it is read again.
    fn commit(&mut self, gathered: Gathered) -> bool {
        let Gathered { folding, before, queued, outcomes, seen, .. } = gathered;
        let mut folded = self.keeper.finish(folding);
        if !folded.is_due() && outcomes.is_empty() && seen.is_empty() {
            self.gate.leave(queued);
            return true;
        }
        let metrics = self.metrics.clone();
        let written = self.persist(&mut |keeper| {
            let began = Instant::now();
            let written = keeper.write(&mut folded, &outcomes, &seen, now_ms())?;
            metrics.commit_seconds.observe(began.elapsed().as_secs_f64());
            Ok(written)
        });
        let Some(written) = written else { return false };
        counts::committed(&self.metrics, &self.keeper, before, &folded, &written.told, now_ms());
        self.health.pressed(self.keeper.pressures());
        self.tell(&folded, &written);
        drop(folded);
        let held = self.gate.leave(queued);
        self.metrics.queue_bytes.set(i64::try_from(held).unwrap_or(i64::MAX));
        true
    }

    /// Takes other rules over, between two commits. Whether it could; if not, the service ends.
    fn adopt(&mut self, ruleset: &Arc<Ruleset>, generation: u64) -> bool {
        let adopted = self.persist(&mut |keeper| keeper.adopt(ruleset, generation));
        failpoint::die("rules.adopted");
        let settled = adopted.and_then(|()| self.persist(&mut Keeper::settle_reshaped));
        settled.is_some() && self.commit_owed()
    }

    /// Wakes the sinks if there is something for them, and says in the log what opened.
    fn tell(&self, folded: &Folded, written: &Written) {
        let told = folded.alerts().iter().zip(&written.told);
        for (change, _) in told.filter(|(_, told)| **told == Told::Opened) {
            let alert = &change.alert;
            tracing::info!(
                alert = alert.id,
                rule = alert.rule.id,
                level = alert.rule.level.as_str(),
                "alert opened"
            );
        }
        for wake in self.wake.iter().filter(|_| written.tells()) {
            // Full: it is awake already.
            let _ = wake.try_send(());
        }
    }
}
