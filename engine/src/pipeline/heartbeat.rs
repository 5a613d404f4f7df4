//! The heartbeat: whether alerts would come, told to somebody outside who misses it when it stops.
//!
//! Each time a synthetic event takes the way of every event: it is decoded, held against the rules that run, its hit is a
//! window row, and the commit that holds it is written. Only then is the address called; and only if the source can be read,
//! and no sink has owed a delivery for too long: an alert that reaches nobody is none. What is in the way is said in the log.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::committer::Message;
use super::live::LiveRules;
use super::own::Own;
use super::service::Shared;
use super::{Matcher, now_ms};
use crate::sink::Ping;
use crate::source::kinesis::board::Board;
use crate::store::Store;

/// How often the heartbeat is sent, and what keeps it back.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two.
    pub every: Duration,
    /// A shard may fail for so long.
    pub source_patience: Duration,
    /// A delivery may wait for so long.
    pub sink_patience: Duration,
}

/// The heartbeat's surroundings.
pub(super) struct Heartbeat {
    pub(super) pace: Pace,
    pub(super) ping: Ping,
    pub(super) board: Arc<Board>,
    pub(super) rules: Arc<LiveRules>,
    pub(super) matcher: Matcher,
    pub(super) queue: SyncSender<Message>,
    pub(super) reader: Store,
    pub(super) shared: Shared,
}

/// Why no heartbeat was sent.
#[derive(Debug)]
enum Withheld {
    Source(String),
    /// The event matched nothing: the rule is not loaded.
    Rule,
    /// It was not written in time.
    Commit,
    Sink(String),
    Store(String),
    /// The other side did not take it.
    Refused(String),
}

impl Withheld {
    /// One of a few words, for a metric.
    fn label(&self) -> &'static str {
        match self {
            Withheld::Source(_) => "source",
            Withheld::Rule => "rule",
            Withheld::Commit => "commit",
            Withheld::Sink(_) => "sink",
            Withheld::Store(_) => "store",
            Withheld::Refused(_) => "refused",
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Withheld::Source(trouble) => write!(f, "the source cannot be read: {trouble}"),
            Withheld::Rule => write!(f, "no rule matches it: load the pack `engine`"),
            Withheld::Commit => write!(f, "it was not written in time"),
            Withheld::Sink(sink) => write!(f, "deliveries to sink {sink} wait for too long"),
            Withheld::Store(error) => write!(f, "the outbox cannot be read: {error}"),
            Withheld::Refused(refusal) => write!(f, "the address did not take it: {refusal}"),
        }
    }
}

impl Heartbeat {
    /// Runs until the service ends.
    pub(super) fn run(mut self) {
        let mut next = Instant::now();
        while !self.shared.stop.wait(next.saturating_duration_since(Instant::now())) {
            next = Instant::now() + self.pace.every;
            let label = match self.beat() {
                Ok(()) => {
                    #[expect(clippy::cast_precision_loss, reason = "Prometheus counts time in floats")]
                    self.shared.metrics.heartbeat_last.set(now_ms() as f64 / 1000.0);
                    "sent"
                }
                Err(withheld) => {
                    tracing::warn!(%withheld, "no heartbeat");
                    withheld.label()
                }
            };
            self.shared.metrics.heartbeats.with_label_values(&[label]).inc();
        }
    }

    fn beat(&mut self) -> Result<(), Withheld> {
        if let Some(trouble) = self.board.trouble(self.pace.source_patience) {
            return Err(Withheld::Source(trouble));
        }
        self.matcher.follow(&self.rules);
        let matched = self.matcher.own(&Own::Heartbeat { at_ms: now_ms() }, &self.shared.about);
        if matched.hits.is_empty() {
            return Err(Withheld::Rule);
        }
        let (answer, written) = oneshot::channel();
        self.shared.metrics.queue_batches.inc();
        let message = Message::Batch(Box::new(matched), Some(answer));
        self.queue.send(message).map_err(|_| Withheld::Commit)?;
        let in_time = async { tokio::time::timeout(self.pace.every, written).await };
        self.shared.runtime.block_on(in_time).ok().and_then(Result::ok).ok_or(Withheld::Commit)?;
        self.sinks()?;
        let sent = self.shared.runtime.block_on(self.ping.send(now_ms()));
        sent.map_err(|refusal| Withheld::Refused(refusal.to_string()))
    }

    /// Whether every sink takes what is for it.
    fn sinks(&self) -> Result<(), Withheld> {
        let patience_ms = i64::try_from(self.pace.sink_patience.as_millis()).unwrap_or(i64::MAX);
        let since_ms = now_ms().saturating_sub(patience_ms);
        let outbox = self.reader.outbox().map_err(|error| Withheld::Store(error.to_string()))?;
        match outbox.into_iter().find(|sink| sink.oldest_ms.is_some_and(|oldest_ms| oldest_ms < since_ms)) {
            Some(late) => Err(Withheld::Sink(late.sink)),
            None => Ok(()),
        }
    }
}
