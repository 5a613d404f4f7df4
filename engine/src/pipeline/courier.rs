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
use super::now_ms;
use crate::alert::Hop;
use crate::metrics::Metrics;
use crate::sink::retry::{self, Next};
use crate::sink::{Delivery, Rate, Refusal, Settings, Sink};
use crate::store::{Due, Ended, Outcome, Store, StoreError, Unreadable};

/// Deliveries read at a time.
const DUE_MAX: u32 = 32;

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
        let mut rate = Rate::new(self.settings.rate_per_s);
        while !self.stop.is_asked() {
            let idle = match self.round(&mut rate) {
                Ok(idle) => idle,
                Err(Trouble::Gone) => return,
                Err(Trouble::Store(error)) => {
                    tracing::error!(sink = self.settings.name, %error, "the outbox cannot be read");
                    Duration::from_secs(1)
                }
            };
            // A wake-up, a wish to end, or time: in each case look again.
            let _ = self.wake.recv_timeout(idle);
        }
    }

    /// Delivers what is due; says how long there is nothing to do.
    fn round(&mut self, rate: &mut Rate) -> Result<Duration, Trouble> {
        let due = self.reader.due(&self.settings.name, now_ms(), DUE_MAX)?;
        if due.is_empty() {
            let next_ms = self.reader.next_due_ms(&self.settings.name)?;
            let wait_ms = next_ms.map(|next_ms| u64::try_from(next_ms - now_ms()).unwrap_or(0));
            return Ok(wait_ms.map_or(IDLE, |ms| Duration::from_millis(ms).min(IDLE)));
        }
        for due in &due {
            while let Err(at_ms) = rate.take(now_ms()) {
                let wait_ms = u64::try_from(at_ms - now_ms()).unwrap_or(0);
                if self.stop.wait(Duration::from_millis(wait_ms.max(1))) {
                    return Ok(Duration::ZERO);
                }
            }
            if self.stop.is_asked() {
                break;
            }
            match due {
                Ok(due) => self.deliver(due)?,
                Err(unreadable) => self.give_up(unreadable)?,
            }
        }
        Ok(Duration::ZERO)
    }

    fn deliver(&mut self, due: &Due) -> Result<(), Trouble> {
        let alert = &due.stored.alert;
        let delivery = Delivery { ended: due.ended, ..Delivery::new(alert, now_ms()) };
        let began = Instant::now();
        let answer = self.runtime.block_on(self.sink.deliver(&delivery));
        let name = self.settings.name.as_str();
        self.metrics.delivery_seconds.with_label_values(&[name]).observe(began.elapsed().as_secs_f64());
        let (ended, label) = ended(due, answer, now_ms());
        self.metrics.deliveries.with_label_values(&[name, label]).inc();
        match &ended {
            Ended::Delivered { at_ms } if alert.revision == 1 => {
                self.metrics.latencies.observe(
                    Hop::AlertedToDelivered,
                    alert.rule.level,
                    at_ms - due.created_ms,
                );
            }
            Ended::Delivered { .. } => {}
            Ended::Retry { error, .. } => {
                tracing::warn!(sink = name, alert = alert.id, attempt = due.attempts + 1, %error, "not delivered");
            }
            Ended::Dead { error, .. } => {
                tracing::error!(sink = name, alert = alert.id, attempt = due.attempts + 1, %error, "given up");
            }
        }
        self.settle(&alert.id, alert.revision, ended)
    }

    /// A row that cannot be read must not hold up the others.
    fn give_up(&self, unreadable: &Unreadable) -> Result<(), Trouble> {
        let Unreadable { alert, revision, problem } = unreadable;
        tracing::error!(sink = self.settings.name, alert, problem, "given up: the alert cannot be read");
        self.metrics.deliveries.with_label_values(&[self.settings.name.as_str(), "dead"]).inc();
        self.settle(alert, *revision, Ended::Dead { at_ms: now_ms(), error: problem.clone() })
    }

    /// Has written down how a delivery ended.
    fn settle(&self, alert: &str, revision: u32, ended: Ended) -> Result<(), Trouble> {
        let sink = self.settings.name.clone();
        let outcome = Outcome { alert: alert.to_owned(), revision, sink, ended };
        let (answer, written) = oneshot::channel();
        self.outbox.send(Message::Outcome(outcome, answer)).map_err(|_| Trouble::Gone)?;
        written.blocking_recv().map_err(|_| Trouble::Gone)
    }
}

/// How an attempt ended, and its metric label.
fn ended(due: &Due, answer: Result<(), Refusal>, now_ms: i64) -> (Ended, &'static str) {
    match answer {
        Ok(()) => (Ended::Delivered { at_ms: now_ms }, "delivered"),
        Err(refusal) => {
            let (error, label) = (refusal.to_string(), refusal.label());
            let random = RandomState::new().hash_one(now_ms);
            let attempt = due.attempts + 1;
            match retry::next_attempt(attempt, due.created_ms, now_ms, refusal.retry_after(), random) {
                Next::At(next_ms) => (Ended::Retry { next_ms, error }, label),
                Next::Dead => (Ended::Dead { at_ms: now_ms, error }, "dead"),
            }
        }
    }
}
