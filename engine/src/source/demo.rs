//! The demo's traffic: a generated organisation, packed as CloudWatch Logs packs it, arriving as if by the shards of a
//! stream. The same seed and start give the same records in the same order on each shard, so that a run that was killed goes
//! on where it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tripline_loadgen::{Corpus, Message, Packing};

use crate::record::{Record, Stamps};

/// Records that wait for a worker. Few: in a real stream they would wait there, and their clock would run.
const WAITING_MAX: usize = 16;

/// How the traffic is played.
#[derive(Debug, Clone)]
pub struct Pace {
    /// How long the whole takes at least; zero is as fast as it is taken.
    pub play: Duration,
    /// For each shard the last record that is in the store already: those up to it are not played again.
    pub done: Vec<Option<u64>>,
}

/// One shard of the traffic.
pub struct Shard {
    records: Receiver<Record>,
    now_ms: fn() -> i64,
}

impl Iterator for Shard {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let mut record = self.records.recv().ok()?;
        record.stamps.received_ms = Some((self.now_ms)());
        Some(record)
    }
}

/// The name of a shard: a position's source.
pub fn shard_name(n: usize) -> String {
    format!("demo/{n}")
}

/// Plays a corpus over as many shards as `pace.done` has. `played` counts log events, those left out included; repeats of a
/// message count once.
pub fn play(corpus: Arc<Corpus>, pace: Pace, played: Arc<AtomicU64>, now_ms: fn() -> i64) -> Vec<Shard> {
    let (mut shards, mut senders) = (Vec::new(), Vec::new());
    for _ in &pace.done {
        let (sender, records) = sync_channel(WAITING_MAX);
        senders.push(sender);
        shards.push(Shard { records, now_ms });
    }
    thread::spawn(move || feed(&corpus, &pace, &senders, &played, now_ms));
    shards
}

fn feed(
    corpus: &Corpus,
    pace: &Pace,
    shards: &[SyncSender<Record>],
    played: &AtomicU64,
    now_ms: fn() -> i64,
) {
    let sources: Vec<Arc<str>> = (0..shards.len()).map(|n| shard_name(n).into()).collect();
    let mut parts = vec![0_u64; shards.len()];
    let mut clock = Clock::new(corpus, pace.play);
    for message in corpus.messages(Packing::default()) {
        let n = shard_of(&message, shards.len());
        let part = parts[n];
        parts[n] += 1;
        if !message.repeat {
            played.fetch_add(u64::from(message.log_events), Ordering::Relaxed);
        }
        if pace.done[n].is_some_and(|done| part <= done) {
            continue;
        }
        clock.wait(message.sent_ms);
        let stamps = Stamps { arrival_ms: Some(now_ms()), ..Stamps::default() };
        let record = Record { stamps, ..Record::new(&sources[n], part, message.bytes) };
        // The service ends.
        if shards[n].send(record).is_err() {
            return;
        }
    }
}

/// By the partition key, as Kinesis does it in principle.
fn shard_of(message: &Message, shards: usize) -> usize {
    let digest = Sha256::digest(message.partition_key.as_bytes());
    usize::from(digest[0]) % shards
}

/// Story time against ours: open loop, each record is due when it is due, however late the one before was.
struct Clock {
    span_ms: f64,
    play: Duration,
    began: Option<(Instant, i64)>,
}

impl Clock {
    fn new(corpus: &Corpus, play: Duration) -> Self {
        Self { span_ms: f64::from(corpus.options().span_s.max(1)) * 1000.0, play, began: None }
    }

    fn wait(&mut self, sent_ms: i64) {
        let (began, first_ms) = *self.began.get_or_insert((Instant::now(), sent_ms));
        let share = f64::from(u32::try_from(sent_ms - first_ms).unwrap_or(0)) / self.span_ms;
        let due = began + self.play.mul_f64(share);
        // Nothing wakes this thread early: it only lets time pass.
        thread::park_timeout(due.saturating_duration_since(Instant::now()));
    }
}
