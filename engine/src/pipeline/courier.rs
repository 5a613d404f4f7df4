//! A sink's thread: takes what is due for it from the outbox, delivers, and has written down how that ended before it looks
//! again. One for each sink: an outage of one holds up nobody else. While a sink is unavailable, one delivery at a time is tried
//! ([`Breaker`]); when it answers, everything that waits is due. Waits are of [`EngineClock`], not of the wall clock.
#[cfg(test)]
mod tests;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::attempt::{self, Moment};
use super::clock::EngineClock;
use super::committer::Message;
use super::health::Stop;
use crate::alert::Hop;
use crate::failpoint;
use crate::metrics::Metrics;
use crate::sink::breaker::{self, Breaker, Change, State};
use crate::sink::{Delivery, Digest, Rate, Refusal, Settings, Sink};
use crate::store::{Due, Ended, Others, Outcome, Store, StoreError, Unreadable};

/// Deliveries read at a time.
const DUE_MAX: u32 = 32;

/// Deliveries in one digest: as many as one SNS message can name.
const DIGEST_MAX: u32 = 250;

/// Digests in a row that are divided when they are rejected. A sink that rejects everything is not sent each delivery by itself.
const DIVIDED_MAX: usize = 16;

/// Longest time between two looks at the outbox: `alerts resend` of another process wakes nobody.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// A sink at work.
pub(super) struct Courier {
    pub(super) settings: Settings,
    pub(super) sink: Sink,
    /// Reads the outbox beside the writer.
    pub(super) reader: Store,
    pub(super) outbox: SyncSender<Message>,
    pub(super) wake: Receiver<()>,
    pub(super) stop: Arc<Stop>,
    pub(super) metrics: Metrics,
    pub(super) runtime: Handle,
    /// Clock of waits.
    pub(super) clock: EngineClock,
    /// Wall clock, for what people read.
    pub(super) wall: fn() -> i64,
}

/// State of a courier between rounds.
struct Progress {
    rate: Rate,
    breaker: Breaker,
    /// Digests that were rejected and divided since the sink accepted something.
    divided: usize,
}

/// Why a round was cut short.
enum Trouble {
    /// Nobody writes down any more how deliveries end.
    Gone,
    /// The outbox cannot be read.
    Store(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Courier {
    /// Runs until the service ends.
    pub(super) fn run(mut self) {
        // A counter that is first seen at one has grown by nothing, to Prometheus.
        for result in ["delivered", "refused"] {
            self.metrics.digests.with_label_values(&[&self.settings.name, result]);
        }
        self.metrics.sink_unavailable.with_label_values(&[&self.settings.name]).set(0);
        let mut progress =
            Progress { rate: Rate::new(self.settings.rate_per_s), breaker: Breaker::default(), divided: 0 };
        while !self.stop.is_asked() {
            let idle = match self.round(&mut progress) {
                Ok(idle) => idle,
                Err(Trouble::Gone) => return,
                Err(Trouble::Store(error)) => {
                    tracing::error!(sink = self.settings.name, %error, "the outbox cannot be read");
                    if error.is_damaged_row() && matches!(self.report_damage(), Err(Trouble::Gone)) {
                        return;
                    }
                    Duration::from_secs(1)
                }
            };
            // A wake-up, a wish to end, or time: in each case look again.
            let _ = self.wake.recv_timeout(idle);
        }
    }

    /// Delivers what is due, or one delivery if the sink was unavailable. Returns how long there is nothing to do.
    fn round(&mut self, progress: &mut Progress) -> Result<Duration, Trouble> {
        match progress.breaker.state(self.clock.now_ms()) {
            State::Closed => self.deliver_due(progress),
            State::Open { until_ms } if !self.reader.has_requests(&self.settings.name)? => {
                Ok(self.until(until_ms))
            }
            State::Open { .. } | State::HalfOpen => self.probe(progress),
        }
    }

    fn deliver_due(&mut self, progress: &mut Progress) -> Result<Duration, Trouble> {
        let (name, after, now_ms) = (&self.settings.name, self.settings.digest_after, self.clock.now_ms());
        let is_storm = after > 0 && self.reader.due_count(name, now_ms, after + 1)? > after;
        let due = self.reader.due(name, now_ms, if is_storm { DIGEST_MAX } else { DUE_MAX })?;
        if due.is_empty() {
            return Ok(self.reader.next_due_ms(name)?.map_or(LOOK_AGAIN, |next_ms| self.until(next_ms)));
        }
        let (readable, unreadable): (Vec<_>, Vec<_>) = due.into_iter().partition(Result::is_ok);
        if !unreadable.is_empty() && self.report_damage()? {
            return Ok(Duration::ZERO);
        }
        for unreadable in unreadable.into_iter().filter_map(Result::err) {
            self.give_up(unreadable)?;
        }
        let readable: Vec<Due> = readable.into_iter().filter_map(Result::ok).collect();
        let at_once = if is_storm { readable.len().max(1) } else { 1 };
        for due in readable.chunks(at_once) {
            if progress.breaker.state(self.clock.now_ms()) != State::Closed || !self.wait_for(progress) {
                break;
            }
            self.deliver(due, progress)?;
        }
        Ok(Duration::ZERO)
    }

    /// Delivers the halves of a digest that was rejected: the delivery that the sink does not accept is found among the others.
    fn divide(&mut self, due: &[Due], progress: &mut Progress) -> Result<(), Trouble> {
        progress.divided += 1;
        for half in due.chunks(due.len().div_ceil(2)) {
            if progress.breaker.state(self.clock.now_ms()) == State::Closed && self.wait_for(progress) {
                self.deliver(half, progress)?;
            }
        }
        Ok(())
    }

    /// Tries one delivery at a sink that was unavailable.
    fn probe(&mut self, progress: &mut Progress) -> Result<Duration, Trouble> {
        match self.reader.probe(&self.settings.name)? {
            None => return Ok(LOOK_AGAIN),
            Some(Err(unreadable)) => {
                if !self.report_damage()? {
                    self.give_up(unreadable)?;
                }
            }
            Some(Ok(due)) if self.wait_for(progress) => self.deliver(&[due], progress)?,
            // The service ends.
            Some(Ok(_)) => {}
        }
        Ok(Duration::ZERO)
    }

    /// Returns the time until `at_ms`, as far as the courier sleeps.
    fn until(&self, at_ms: i64) -> Duration {
        let wait_ms = u64::try_from(at_ms.saturating_sub(self.clock.now_ms())).unwrap_or(0);
        Duration::from_millis(wait_ms).min(LOOK_AGAIN)
    }

    /// Waits until one more may go. Whether it may; if not, the service ends.
    fn wait_for(&self, progress: &mut Progress) -> bool {
        while let Err(at_ms) = progress.rate.take(self.clock.now_ms()) {
            let wait_ms = u64::try_from(at_ms.saturating_sub(self.clock.now_ms())).unwrap_or(0);
            if self.stop.wait(Duration::from_millis(wait_ms.max(1))) {
                return false;
            }
        }
        !self.stop.is_asked()
    }

    /// Delivers one, or several as one digest, and has written down how that ended.
    fn deliver(&mut self, due: &[Due], progress: &mut Progress) -> Result<(), Trouble> {
        failpoint::die("sink.called");
        let (began, wall_ms) = (Instant::now(), (self.wall)());
        let (answer, digest) = match due {
            [one] => (self.runtime.block_on(self.sink.deliver(&delivery(one, wall_ms))), None),
            many => {
                let digest = Digest::new(many.iter().map(|due| delivery(due, wall_ms)).collect(), wall_ms);
                (self.runtime.block_on(self.sink.deliver_digest(&digest)), Some(digest.key))
            }
        };
        failpoint::die("sink.accepted");
        let name = self.settings.name.as_str();
        self.metrics.delivery_seconds.with_label_values(&[name]).observe(began.elapsed().as_secs_f64());
        if digest.is_some() {
            let result = if answer.is_ok() { "delivered" } else { "refused" };
            self.metrics.digests.with_label_values(&[name, result]).inc();
        }
        let is_rejected = answer.as_ref().is_err_and(|refusal| !refusal.is_outage());
        if is_rejected && due.len() > 1 && progress.divided < DIVIDED_MAX {
            return self.divide(due, progress);
        }
        if answer.is_ok() {
            progress.divided = 0;
        }
        self.end_attempt(due, &answer, digest.as_deref(), &mut progress.breaker)
    }

    /// Has written down how an attempt ended, for each of the deliveries that were made in it.
    fn end_attempt(
        &self,
        due: &[Due],
        answer: &Result<(), Refusal>,
        digest: Option<&str>,
        breaker: &mut Breaker,
    ) -> Result<(), Trouble> {
        let name = self.settings.name.as_str();
        // One draw for all, so that those of a digest come back together.
        let at = Moment { wall_ms: (self.wall)(), engine_ms: self.clock.now_ms() };
        let random = RandomState::new().hash_one(at.engine_ms);
        let others = self.record(answer, at.engine_ms, random, breaker);
        let each = std::iter::once(others).chain(std::iter::repeat(Others::Unchanged));
        let outcomes = due.iter().zip(each).map(|(due, others)| {
            let (ended, label) = attempt::ended(due, answer, digest, at, random);
            self.metrics.deliveries.with_label_values(&[name, label]).inc();
            self.tell(due, &ended);
            let alert = &due.stored.alert;
            Outcome {
                alert: alert.id.clone(),
                revision: alert.revision,
                sink: name.to_owned(),
                ended,
                others,
            }
        });
        self.settle(outcomes.collect())?;
        failpoint::die("sink.settled");
        Ok(())
    }

    /// Records what the answer to an attempt says of the sink. Returns what that changes for the other deliveries.
    fn record(
        &self,
        answer: &Result<(), Refusal>,
        now_ms: i64,
        random: u64,
        breaker: &mut Breaker,
    ) -> Others {
        let change = match answer {
            Err(refusal) if refusal.is_outage() => breaker.failed(now_ms, refusal.retry_after(), random),
            Err(_) | Ok(()) => breaker.reached(),
        };
        let (name, gauge) =
            (&self.settings.name, self.metrics.sink_unavailable.with_label_values(&[&self.settings.name]));
        match change {
            Change::None => Others::Unchanged,
            Change::Opened => {
                if gauge.get() == 0 {
                    tracing::warn!(sink = name, "sink unavailable, will try one delivery at a time");
                }
                gauge.set(1);
                Others::RequestsTried
            }
            Change::Closed { failures } => {
                tracing::info!(sink = name, failures, "sink available again");
                gauge.set(0);
                if failures < breaker::OUTAGE_AFTER { Others::Unchanged } else { Others::Due }
            }
        }
    }

    /// Says in figures and in the log how an attempt ended.
    fn tell(&self, due: &Due, ended: &Ended) {
        let (name, alert, attempt) = (self.settings.name.as_str(), &due.stored.alert, due.attempts + 1);
        match ended {
            Ended::Delivered { at_ms, .. } if alert.revision == 1 => {
                let ms = at_ms - due.created_ms;
                self.metrics.latencies.observe(Hop::AlertedToDelivered, alert.rule.level, ms);
            }
            Ended::Delivered { .. } => {}
            Ended::Retry { error, .. } => {
                tracing::warn!(sink = name, alert = alert.id, attempt, %error, "not delivered");
            }
            Ended::Dead { error, .. } => {
                tracing::error!(sink = name, alert = alert.id, attempt, %error, "given up");
            }
        }
    }

    /// Has damaged alerts and deliveries moved aside. True if there were any: then what is due can be read again.
    fn report_damage(&self) -> Result<bool, Trouble> {
        let (answer, moved) = oneshot::channel();
        self.outbox.send(Message::Damaged(answer)).map_err(|_| Trouble::Gone)?;
        Ok(moved.blocking_recv().map_err(|_| Trouble::Gone)? > 0)
    }

    /// A row that cannot be read must not hold up the others.
    fn give_up(&self, unreadable: Unreadable) -> Result<(), Trouble> {
        let Unreadable { alert, revision, problem } = unreadable;
        let sink = self.settings.name.clone();
        tracing::error!(sink, alert, problem, "given up: the alert cannot be read");
        self.metrics.deliveries.with_label_values(&[sink.as_str(), "dead"]).inc();
        let ended = Ended::Dead { at_ms: (self.wall)(), error: problem };
        self.settle(vec![Outcome { alert, revision, sink, ended, others: Others::Unchanged }])
    }

    /// Has written down how deliveries ended.
    fn settle(&self, outcomes: Vec<Outcome>) -> Result<(), Trouble> {
        let (answer, written) = oneshot::channel();
        self.outbox.send(Message::Outcomes(outcomes, answer)).map_err(|_| Trouble::Gone)?;
        written.blocking_recv().map_err(|_| Trouble::Gone)
    }
}

fn delivery(due: &Due, now_ms: i64) -> Delivery<'_> {
    Delivery {
        ended: due.ended,
        gained: &due.gained,
        since_acknowledgment: due.since_acknowledgment,
        ..Delivery::new(&due.stored.alert, now_ms)
    }
}
