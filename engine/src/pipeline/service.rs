//! The threads: N workers that share nothing, one state thread, one thread a sink, and bounded queues between them.
//!
//! Back-pressure is what follows from the bounds: a slow store fills the queue, a full queue stops the workers, stopped
//! workers leave their source where it is. Sinks stand behind the outbox and stop nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::RuleId;

use super::clock::EngineClock;
use super::committer::{Committer, Message, QUIET_PATIENCE};
use super::courier::Courier;
use super::gate::Gate;
use super::health::{Health, Stop};
use super::heartbeat::{Heartbeat, Pace};
use super::keeper::Keeper;
use super::live::LiveRules;
use super::lookout::Lookout;
use super::own::About;
use super::{Matched, Matcher, now_ms};
use crate::decode::Limits;
use crate::failpoint;
use crate::metrics::Metrics;
use crate::record::Item;
use crate::silence::LastSeen;
use crate::sink::{Ping, Settings, Sink};
use crate::source::kinesis::board::Board;
use crate::store::{Store, StoreError};

/// The service could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The outbox cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No thread to be had.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
}

/// What all threads share.
#[derive(Clone)]
pub struct Shared {
    /// What is counted.
    pub metrics: Metrics,
    /// Whether it works.
    pub health: Arc<Health>,
    /// Whether it is to end.
    pub stop: Arc<Stop>,
    /// Sockets and timers of the sinks.
    pub runtime: Handle,
    /// Who was heard of when.
    pub last_seen: Arc<LastSeen>,
    /// What the engine has to tell of itself is about.
    pub about: Arc<About>,
}

/// How much may wait for the state thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Batches.
    pub batches_max: usize,
    /// What they hold in memory, about.
    pub bytes_max: usize,
}

/// The threads at work.
pub struct Service {
    shared: Shared,
    queue: SyncSender<Message>,
    gate: Arc<Gate>,
    state: JoinHandle<Keeper>,
    couriers: Vec<(SyncSender<()>, JoinHandle<()>)>,
}

impl Service {
    /// Starts the state thread and the sinks. `store` is the file that the keeper writes.
    ///
    /// # Errors
    /// The store cannot be opened for reading, or there are no threads.
    pub fn start(
        mut keeper: Keeper,
        store: &Path,
        sinks: Vec<(Settings, Sink)>,
        room: Room,
        shared: &Shared,
    ) -> Result<Self, ServiceError> {
        let Room { batches_max: queue_batches_max, bytes_max } = room;
        let gate = Arc::new(Gate::new(bytes_max));
        let (queue, inbox) = sync_channel(queue_batches_max);
        shared.metrics.queue_batches_max.set(i64::try_from(queue_batches_max).unwrap_or(i64::MAX));
        // Without it, deliveries sit out waits of the run before.
        if let Err(error) = keeper.restart_deliveries() {
            tracing::warn!(%error, "cannot make waiting deliveries due");
        }
        let (mut couriers, mut wakes) = (Vec::new(), Vec::new());
        for (settings, sink) in sinks {
            let (wake, woken) = sync_channel(1);
            let name = format!("sink {}", settings.name);
            let courier = Courier {
                settings,
                sink,
                reader: Store::open_beside(store)?,
                outbox: queue.clone(),
                wake: woken,
                stop: Arc::clone(&shared.stop),
                metrics: shared.metrics.clone(),
                runtime: shared.runtime.clone(),
                clock: EngineClock::start(now_ms()),
                wall: now_ms,
            };
            couriers.push((wake.clone(), thread::Builder::new().name(name).spawn(move || courier.run())?));
            wakes.push(wake);
        }
        let committer = Committer {
            keeper,
            inbox,
            metrics: shared.metrics.clone(),
            health: Arc::clone(&shared.health),
            stop: Arc::clone(&shared.stop),
            gate: Arc::clone(&gate),
            wake: wakes,
            patience: QUIET_PATIENCE,
        };
        let state = thread::Builder::new().name("state".to_owned()).spawn(move || committer.run())?;
        Ok(Self { shared: shared.clone(), queue, gate, state, couriers })
    }

    /// Reads sources to their ends, each in a worker of its own, and returns when everything of them is written, or cannot be:
    /// which of both it is. Who wants it to end sooner ends the sources.
    ///
    /// # Errors
    /// There are no threads.
    pub fn read<S>(
        &self,
        sources: Vec<S>,
        rules: &Arc<LiveRules>,
        limits: &Limits,
    ) -> Result<bool, ServiceError>
    where
        S: Iterator<Item: Into<Item>> + Send + 'static,
    {
        let mut workers = Vec::new();
        for (n, source) in sources.into_iter().enumerate() {
            let (rules, limits) = (Arc::clone(rules), limits.clone());
            let (queue, gate, shared) = (self.queue.clone(), Arc::clone(&self.gate), self.shared.clone());
            let worker = move || work(source, &rules, limits, (&queue, &gate), &shared);
            workers.push(thread::Builder::new().name(format!("worker {n}")).spawn(worker)?);
        }
        for worker in workers {
            resume_panic(worker.join());
        }
        let (answer, written) = oneshot::channel();
        // An answer that never comes: the state thread has ended because it could not write.
        Ok(self.queue.send(Message::Barrier(answer)).is_ok() && written.blocking_recv().is_ok())
    }

    /// Keeps an eye on the source, and on who is heard of; `tells` is whether silence is told of.
    ///
    /// # Errors
    /// There are no threads.
    pub fn look_out(
        &self,
        board: Arc<Board>,
        patience: Duration,
        tells: bool,
        rules: &Arc<LiveRules>,
        limits: &Limits,
    ) -> Result<JoinHandle<()>, ServiceError> {
        let matcher = Matcher::new(rules.current().1, limits.clone());
        let (queue, shared, rules) = (self.queue.clone(), self.shared.clone(), Arc::clone(rules));
        let (told, damage_reported) = (BTreeSet::new(), BTreeMap::new());
        let lookout =
            Lookout { board, patience, tells, rules, matcher, queue, shared, told, damage_reported };
        Ok(thread::Builder::new().name("lookout".to_owned()).spawn(move || lookout.run())?)
    }

    /// Calls a dead man's switch for as long as alerts would come; `store` is the file that the keeper writes.
    ///
    /// # Errors
    /// The store cannot be opened for reading, or there are no threads.
    pub fn beat(
        &self,
        (ping, pace): (Ping, Pace),
        store: &Path,
        board: Arc<Board>,
        rules: &Arc<LiveRules>,
        limits: &Limits,
    ) -> Result<JoinHandle<()>, ServiceError> {
        let matcher = Matcher::new(rules.current().1, limits.clone());
        let (queue, shared, rules) = (self.queue.clone(), self.shared.clone(), Arc::clone(rules));
        let reader = Store::open_beside(store)?;
        let heartbeat = Heartbeat { pace, ping, board, rules, matcher, queue, reader, shared };
        Ok(thread::Builder::new().name("heartbeat".to_owned()).spawn(move || heartbeat.run())?)
    }

    /// Waits until the outbox holds nothing that is still to be delivered, but no longer than so. Returns how much it holds.
    ///
    /// # Errors
    /// The store's.
    pub fn settle(&self, reader: &Store, at_most: Duration) -> Result<u64, StoreError> {
        let until_ms = now_ms().saturating_add(i64::try_from(at_most.as_millis()).unwrap_or(i64::MAX));
        loop {
            let pending: u64 = reader.outbox()?.iter().map(|sink| sink.pending).sum();
            let over = pending == 0 || now_ms() >= until_ms;
            if over || self.shared.stop.wait(Duration::from_millis(20)) {
                return Ok(pending);
            }
        }
    }

    /// Where other rules are handed in.
    pub fn exchange(&self, rules: &Arc<LiveRules>) -> Exchange {
        Exchange { queue: self.queue.clone(), rules: Arc::clone(rules) }
    }

    /// Ends those who look on, the sinks after the delivery that they are at, then the state thread. Returns what it held.
    pub fn end(self, onlookers: Vec<JoinHandle<()>>) -> Keeper {
        self.shared.stop.ask();
        for onlooker in onlookers {
            resume_panic(onlooker.join());
        }
        for (wake, courier) in self.couriers {
            // Full: it is awake already.
            let _ = wake.try_send(());
            drop(wake);
            resume_panic(courier.join());
        }
        drop(self.queue);
        resume_panic(self.state.join())
    }
}

/// Where other rules are handed in.
pub struct Exchange {
    queue: SyncSender<Message>,
    rules: Arc<LiveRules>,
}

impl Exchange {
    /// The rules that run.
    pub fn current(&self) -> Arc<Ruleset> {
        self.rules.current().1
    }

    /// From the next records on these rules run. Returns those whose detection the store has never seen; none when the service
    /// ends.
    pub fn adopt(&self, ruleset: &Arc<Ruleset>) -> Option<Vec<RuleId>> {
        let (answer, taken) = oneshot::channel();
        let generation = self.rules.generation() + 1;
        self.queue.send(Message::Rules(Arc::clone(ruleset), generation, answer)).ok()?;
        let new = taken.blocking_recv().ok()?;
        self.rules.publish(generation, ruleset);
        Some(new)
    }
}

/// Decodes and matches, record by record. Ends when the source does, or when nobody writes any more.
fn work(
    source: impl Iterator<Item: Into<Item>>,
    rules: &LiveRules,
    limits: Limits,
    (queue, gate): (&SyncSender<Message>, &Gate),
    shared: &Shared,
) {
    let mut matcher = Matcher::new(rules.current().1, limits);
    for item in source {
        matcher.follow(rules);
        let (mut matched, answer) = match item.into() {
            Item::Record(record) => {
                let began = Instant::now();
                let mut matched = matcher.take(&record);
                failpoint::die("worker.decoded");
                shared.metrics.worker_busy.inc_by(began.elapsed().as_secs_f64());
                matched.stamps.decoded_ms = Some(now_ms());
                note(&shared.last_seen, &matched);
                (matched, None)
            }
            Item::Mark(mark, answer) => {
                if let Some(gap) = &mark.gap {
                    shared.last_seen.lost(gap.from_ms, gap.to_ms);
                }
                (matcher.mark(mark, &shared.about), answer)
            }
        };
        matched.queued = matched.weight();
        gate.enter(matched.queued);
        shared.metrics.queue_batches.inc();
        if queue.send(Message::Batch(Box::new(matched), answer)).is_err() {
            return;
        }
    }
}

/// Notes who was heard of.
fn note(last_seen: &LastSeen, matched: &Matched) {
    let Some(arrival_ms) = matched.stamps.arrival_ms else { return };
    if matched.tally.events_evaluated > 0 {
        last_seen.observe_stream(arrival_ms);
    }
    matched.places.iter().for_each(|place| last_seen.observe(*place, arrival_ms));
}

/// A panic is a bug of ours: it goes where the caller's would.
fn resume_panic<T>(joined: thread::Result<T>) -> T {
    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
