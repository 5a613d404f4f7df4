//! The state thread: takes what gathered, folds it, writes it in one transaction, and only then says so.
//!
//! A commit takes whatever came while the last one ran. It waits for more only while nobody waits for it: records that match
//! nothing move how far their source was read, and a commit for each would cost more than reading them. One that fails is
//! repeated until it succeeds or the service ends: meanwhile nothing is acknowledged, the queue fills, and the workers wait.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::RuleId;

use super::gate::Gate;
use super::health::{Health, Stop};
use super::keeper::{Folded, Keeper};
use super::{Matched, counts, now_ms};
use crate::failpoint;
use crate::metrics::Metrics;
use crate::store::{Outcome, SeenRow, StoreError, Told, Written};

/// Records in one commit: bounds how long one takes and how much it holds.
pub const COMMIT_BATCHES_MAX: usize = 256;

/// How long what nobody waits for may gather: so much more is read again after a crash.
const QUIET_PATIENCE: Duration = Duration::from_millis(100);

/// Between attempts to write, at first and at most.
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);

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
}

/// What gathered for one commit.
#[derive(Default)]
struct Gathered {
    batches: Vec<Matched>,
    outcomes: Vec<Outcome>,
    seen: Vec<SeenRow>,
    answers: Vec<oneshot::Sender<()>>,
    rules: Vec<(Arc<Ruleset>, u64, oneshot::Sender<Vec<RuleId>>)>,
    /// Whether somebody waits for it.
    is_urgent: bool,
}

impl Gathered {
    /// Takes what is there, and while nothing of that is urgent what comes as well, for no longer than `patience`.
    fn from(first: Message, inbox: &Receiver<Message>, patience: Duration) -> Self {
        let (mut gathered, began) = (Self::default(), Instant::now());
        gathered.add(first);
        while gathered.batches.len() + gathered.outcomes.len() < COMMIT_BATCHES_MAX {
            let left =
                if gathered.is_urgent { Duration::ZERO } else { patience.saturating_sub(began.elapsed()) };
            let Ok(message) = inbox.recv_timeout(left) else { break };
            gathered.add(message);
        }
        gathered
    }

    fn add(&mut self, message: Message) {
        self.is_urgent |= match &message {
            Message::Batch(batch, answer) => batch.is_urgent() || answer.is_some(),
            Message::Outcomes(..) | Message::Seen(_) | Message::Barrier(_) | Message::Rules(..) => true,
        };
        match message {
            Message::Batch(batch, answer) => {
                self.batches.push(*batch);
                self.answers.extend(answer);
            }
            Message::Outcomes(outcomes, answer) => {
                self.outcomes.extend(outcomes);
                self.answers.push(answer);
            }
            Message::Seen(rows) => self.seen.extend(rows),
            Message::Barrier(answer) => self.answers.push(answer),
            Message::Rules(ruleset, generation, answer) => self.rules.push((ruleset, generation, answer)),
        }
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
        // What the rows amount to under changed rules is written before anything new.
        if self.keeper.owes() && !self.commit(&mut Gathered::default()) {
            return;
        }
        self.health.pressed(self.keeper.pressures());
        self.sweep();
        while let Ok(first) = self.inbox.recv() {
            let mut gathered = Gathered::from(first, &self.inbox, QUIET_PATIENCE);
            self.metrics.queue_batches.sub(i64::try_from(gathered.batches.len()).unwrap_or(0));
            if !self.commit(&mut gathered) {
                break;
            }
            for answer in gathered.answers {
                // Whoever asked may have gone.
                let _ = answer.send(());
            }
            failpoint::die("state.acknowledged");
            for (ruleset, generation, answer) in gathered.rules {
                if !self.adopt(&ruleset, generation) {
                    return;
                }
                let _ = answer.send(self.keeper.new_rules().to_vec());
            }
            self.sweep();
        }
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
            Err(error) => tracing::warn!(%error, "what is old could not be taken away"),
        }
    }

    /// Whether it was written. If not, the service ends and everything in it is read again.
    fn commit(&mut self, gathered: &mut Gathered) -> bool {
        let (mut batches, mut dropped) = (std::mem::take(&mut gathered.batches), 0);
        if self.persist(&mut |keeper| keeper.load(&mut batches, &mut dropped)).is_none() {
            return false;
        }
        failpoint::die("state.loaded");
        self.metrics.hits_of_no_rule.inc_by(dropped);
        let queued = batches.iter().map(|batch| batch.queued).sum();
        let before = self.keeper.state().hits();
        let mut folded = self.keeper.fold(batches);
        failpoint::die("state.folded");
        if !folded.is_due() && gathered.outcomes.is_empty() && gathered.seen.is_empty() {
            self.gate.leave(queued);
            return true;
        }
        let metrics = self.metrics.clone();
        let written = self.persist(&mut |keeper| {
            let began = Instant::now();
            let written = keeper.write(&mut folded, &gathered.outcomes, &gathered.seen, now_ms())?;
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
        settled.is_some() && (!self.keeper.owes() || self.commit(&mut Gathered::default()))
    }

    /// Tries until the store does what is asked; none when the service ends before.
    fn persist<T>(&mut self, attempt: &mut dyn FnMut(&mut Keeper) -> Result<T, StoreError>) -> Option<T> {
        let mut retry = RETRY_MIN;
        loop {
            match attempt(&mut self.keeper) {
                Ok(done) => {
                    self.health.committed(None);
                    return Some(done);
                }
                Err(error) => {
                    tracing::error!(%error, retry_ms = retry.as_millis(), "commit failed");
                    self.metrics.commits.with_label_values(&["failed"]).inc();
                    self.health.committed(Some(error.to_string()));
                    if self.stop.wait(retry) {
                        return None;
                    }
                    retry = (retry * 2).min(RETRY_MAX);
                }
            }
        }
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::hit::{Facts, Hit};

    const FOR_EVER: Duration = Duration::from_secs(3_600);

    fn batch(hits: usize) -> Message {
        let (group, event) = (Arc::from([]), Arc::new(Facts::default()));
        let hit = Hit { rule: RuleId(0), group, value: None, event, carried: 0 };
        Message::Batch(Box::new(Matched { hits: vec![hit; hits], ..Matched::default() }), None)
    }

    /// What is gathered when these come, and nothing more for an hour.
    fn gathered(messages: Vec<Message>) -> Gathered {
        let (sender, inbox) = sync_channel(messages.len());
        messages.into_iter().for_each(|message| sender.send(message).unwrap());
        Gathered::from(inbox.recv().unwrap(), &inbox, FOR_EVER)
    }

    #[test]
    fn what_matched_nothing_waits_until_something_is_urgent_or_enough() {
        assert_eq!(gathered(vec![batch(0), batch(0), batch(1)]).batches.len(), 3);
        assert_eq!(gathered(vec![batch(1), batch(0)]).batches.len(), 2, "what is there is taken");
        let (answer, _written) = oneshot::channel();
        assert_eq!(gathered(vec![batch(0), Message::Barrier(answer)]).answers.len(), 1);
        let many = (0..COMMIT_BATCHES_MAX + 1).map(|_| batch(0)).collect();
        assert_eq!(gathered(many).batches.len(), COMMIT_BATCHES_MAX);
    }

    #[test]
    fn what_nobody_waits_for_is_written_when_patience_ends_or_nobody_can_send_more() {
        let (sender, inbox) = sync_channel(1);
        assert_eq!(Gathered::from(batch(0), &inbox, Duration::from_millis(1)).batches.len(), 1);
        drop(sender);
        assert_eq!(Gathered::from(batch(0), &inbox, FOR_EVER).batches.len(), 1);
    }
}
