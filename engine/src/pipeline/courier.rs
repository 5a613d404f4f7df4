//! A sink's thread: takes what is due for it from the outbox, delivers, and has written down how that ended before it looks
//! again. One for each sink: an outage of one holds up nobody else.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::committer::Message;
use super::health::Stop;
use super::{attempt, now_ms};
use crate::alert::Hop;
use crate::failpoint;
use crate::metrics::Metrics;
use crate::sink::{Delivery, Digest, Rate, Settings, Sink};
use crate::store::{Due, Ended, Outcome, Store, StoreError, Unreadable};

/// Deliveries read at a time.
const DUE_MAX: u32 = 32;

/// Deliveries in one digest: as many as one SNS message can name.
const DIGEST_MAX: u32 = 250;

/// Nothing is due: look again after so long even if nobody says so.
const IDLE: Duration = Duration::from_secs(60);

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
        let mut rate = Rate::new(self.settings.rate_per_s);
        while !self.stop.is_asked() {
            let idle = match self.round(&mut rate) {
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

    /// Delivers what is due; says how long there is nothing to do.
    fn round(&mut self, rate: &mut Rate) -> Result<Duration, Trouble> {
        let (name, after) = (&self.settings.name, self.settings.digest_after);
        let is_storm = after > 0 && self.reader.due_count(name, now_ms(), after + 1)? > after;
        let due = self.reader.due(name, now_ms(), if is_storm { DIGEST_MAX } else { DUE_MAX })?;
        if due.is_empty() {
            let next_ms = self.reader.next_due_ms(name)?;
            let wait_ms = next_ms.map(|next_ms| u64::try_from(next_ms - now_ms()).unwrap_or(0));
            return Ok(wait_ms.map_or(IDLE, |ms| Duration::from_millis(ms).min(IDLE)));
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
            if !self.wait_for(rate) {
                break;
            }
            self.deliver(due)?;
        }
        Ok(Duration::ZERO)
    }

    /// Waits until one more may go. Whether it may; if not, the service ends.
    fn wait_for(&self, rate: &mut Rate) -> bool {
        while let Err(at_ms) = rate.take(now_ms()) {
            let wait_ms = u64::try_from(at_ms - now_ms()).unwrap_or(0);
            if self.stop.wait(Duration::from_millis(wait_ms.max(1))) {
                return false;
            }
        }
        !self.stop.is_asked()
    }

    /// Delivers one, or several as one digest, and has written down how that ended.
    fn deliver(&mut self, due: &[Due]) -> Result<(), Trouble> {
        failpoint::die("sink.called");
        let began = Instant::now();
        let (answer, digest) = match due {
            [one] => (self.runtime.block_on(self.sink.deliver(&delivery(one))), None),
            many => {
                let digest = Digest::new(many.iter().map(delivery).collect(), now_ms());
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
        // One draw for all, so that those of a digest come back together.
        let (now_ms, random) = (now_ms(), RandomState::new().hash_one(now_ms()));
        let outcomes = due.iter().map(|due| {
            let (ended, label) = attempt::ended(due, &answer, digest.as_deref(), now_ms, random);
            self.metrics.deliveries.with_label_values(&[name, label]).inc();
            self.tell(due, &ended);
            let alert = &due.stored.alert;
            Outcome { alert: alert.id.clone(), revision: alert.revision, sink: name.to_owned(), ended }
        });
        self.settle(outcomes.collect())?;
        failpoint::die("sink.settled");
        Ok(())
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
        let ended = Ended::Dead { at_ms: now_ms(), error: problem };
        self.settle(vec![Outcome { alert, revision, sink, ended }])
    }

    /// Has written down how deliveries ended.
    fn settle(&self, outcomes: Vec<Outcome>) -> Result<(), Trouble> {
        let (answer, written) = oneshot::channel();
        self.outbox.send(Message::Outcomes(outcomes, answer)).map_err(|_| Trouble::Gone)?;
        written.blocking_recv().map_err(|_| Trouble::Gone)
    }
}

fn delivery(due: &Due) -> Delivery<'_> {
    Delivery {
        ended: due.ended,
        gained: &due.gained,
        since_acknowledgment: due.since_acknowledgment,
        ..Delivery::new(&due.stored.alert, now_ms())
    }
}
