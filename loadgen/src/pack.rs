//! Log events packed as CloudWatch Logs sends them to Kinesis: one gzip'd JSON message a record, of one log stream.
//!
//! Invariants: no record exceeds 1 MiB; messages leave in the order of `sent_ms`; memory holds one unfinished message a stream.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write as _;
use std::mem;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::json::{Json, escape, object};
use crate::org::Org;
use crate::rng::{self, Rng};
use crate::stream::LogEvents;
use crate::{Corpus, LogEvent};

mod id;
mod unusual;

pub use unusual::Unusual;

/// A message's text stays under this; gzip adds at most some bytes a block, so the record stays under Kinesis' 1 MiB.
const TEXT_BYTES_MAX: usize = 1_000_000;
/// What the last event of a message waits for before the message leaves.
const SEND_MS: i64 = 1_500;
/// A repeated message leaves after so many others at most.
const REPEAT_AFTER_MAX: u32 = 40;

/// How log events become messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    /// Log events a message, at most.
    pub events_max: u32,
    /// How long an event waits for others, in milliseconds of event time.
    pub hold_ms: i64,
    /// How messages are spread over shards.
    pub distribution: Distribution,
    /// gzip's level; CloudWatch Logs uses 6.
    pub level: u32,
}

/// How messages are spread over shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// The log stream is the partition key: its messages stay in order, on one shard.
    ByLogStream,
    /// A random partition key for every message.
    Random,
}

/// One Kinesis record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The record's data: gzip.
    pub bytes: Vec<u8>,
    /// Its partition key.
    pub partition_key: String,
    /// The log stream; empty for the control message that comes first.
    pub log_stream: String,
    /// When it leaves, in milliseconds of event time.
    pub sent_ms: i64,
    /// Log events in it that count: none in a control message.
    pub log_events: u32,
    /// Whether the same bytes left before.
    pub repeat: bool,
    /// What is unusual among its log events.
    pub unusual: Unusual,
}

/// The iterator over a corpus' messages.
#[derive(Debug)]
pub struct Messages<'a> {
    corpus: &'a Corpus,
    packing: Packing,
    events: LogEvents<'a>,
    /// By log stream, ordered so that what is due at once leaves in one order everywhere.
    open: BTreeMap<String, Open>,
    /// The earliest instant at which an unfinished message is due.
    due_ms: i64,
    ready: VecDeque<Message>,
    /// Repeats to come: (after how many more messages, what).
    repeats: Vec<(u32, Message)>,
    /// Log events taken, and messages made: what their ids, their keys and their repeats hang on.
    sequence: u64,
    made: u64,
    /// When the last event was written, and when the last message left.
    now_ms: i64,
    sent_ms: i64,
    ended: bool,
}

/// A message that is being filled: its `logEvents` so far.
#[derive(Debug, Default)]
struct Open {
    text: String,
    log_events: u32,
    unusual: Unusual,
    first_ms: i64,
    last_ms: i64,
}

impl Default for Packing {
    /// About fifty events a message, held for two minutes at most, by log stream, at level 6.
    fn default() -> Self {
        Self { events_max: 50, hold_ms: 120_000, distribution: Distribution::ByLogStream, level: 6 }
    }
}

impl Corpus {
    /// The log stream of an event.
    pub fn log_stream(&self, event: &LogEvent) -> String {
        self.org.stream(&event.account, event.region)
    }

    /// One data message of events of one log stream, beside those of the corpus: number n of its kind, sent when it is made.
    pub fn message_of(&self, events: &[LogEvent], n: u64, packing: Packing) -> Message {
        let log_stream = events.first().map(|event| self.log_stream(event)).unwrap_or_default();
        let low = id_low(self.options.seed, &log_stream);
        let mut open = Open::default();
        events.iter().zip(n << 20..).for_each(|(event, sequence)| open.push(event, sequence, low));
        Message {
            bytes: gzip(&open.data_message(&self.org, &log_stream), packing.level),
            partition_key: packing.distribution.key(&log_stream, Rng::keyed(self.options.seed, 0x9A8, n)),
            sent_ms: open.last_ms,
            log_events: open.log_events,
            log_stream,
            repeat: false,
            unusual: open.unusual,
        }
    }
}

impl Distribution {
    /// The partition key of a message. Kinesis wants at least one character; a control message has no log stream.
    fn key(self, log_stream: &str, mut rng: Rng) -> String {
        let mut key = String::new();
        match self {
            Distribution::ByLogStream if log_stream.is_empty() => key.push_str("control"),
            Distribution::ByLogStream => key.push_str(log_stream),
            Distribution::Random => rng.hex(&mut key, 32),
        }
        key
    }
}

/// One number a stream: the ids of a message differ in their beginnings and their last digits, as published ones do.
fn id_low(seed: u64, stream: &str) -> u64 {
    stream.bytes().fold(seed, |hash, byte| rng::hash(hash, u64::from(byte)))
}

impl<'a> Messages<'a> {
    pub(crate) fn new(corpus: &'a Corpus, packing: Packing) -> Self {
        let mut messages = Self {
            corpus,
            packing,
            events: corpus.log_events(),
            open: BTreeMap::new(),
            due_ms: i64::MAX,
            ready: VecDeque::new(),
            repeats: Vec::new(),
            sequence: 0,
            made: 0,
            now_ms: 0,
            sent_ms: 0,
            ended: false,
        };
        messages.control();
        messages
    }

    /// The probe that CloudWatch Logs sends when a subscription is made.
    fn control(&mut self) {
        let sent_ms = self.corpus.options().start_s * 1000;
        let text = object(|j| {
            j.str("messageType", "CONTROL_MESSAGE").str("owner", "CloudwatchLogs").str("logGroup", "");
            j.str("logStream", "").list("subscriptionFilters", |_| {}).list("logEvents", |j| {
                j.item(|j| {
                    j.str("id", "").int("timestamp", sent_ms);
                    j.str("message", "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.");
                });
            });
        });
        let message = self.message(&text, String::new(), sent_ms);
        self.ready.push_back(message);
    }

    fn take(&mut self, event: &LogEvent) {
        let now_ms = event.logs_time_ms;
        self.now_ms = now_ms;
        if self.due_ms <= now_ms {
            self.flush_until(now_ms);
        }
        let stream = self.corpus.org.stream(&event.account, event.region);
        let id_low = id_low(self.corpus.options().seed, &stream);
        self.sequence += 1;
        let mut open = self.open.remove(&stream).unwrap_or_default();
        // Escaping doubles a text at worst, and an id and a time come with it.
        if open.log_events > 0 && open.text.len() + 2 * event.message.len() + 200 > TEXT_BYTES_MAX {
            self.close(&stream, &open, now_ms);
            open = Open::default();
        }
        open.push(event, self.sequence, id_low);
        if open.log_events >= self.packing.events_max.max(1) {
            self.close(&stream, &open, now_ms);
        } else {
            self.due_ms = self.due_ms.min(open.first_ms.saturating_add(self.packing.hold_ms));
            self.open.insert(stream, open);
        }
    }

    /// Closes what has waited long enough.
    fn flush_until(&mut self, now_ms: i64) {
        let hold_ms = self.packing.hold_ms;
        let mut due: Vec<(i64, String)> = self
            .open
            .iter()
            .map(|(stream, open)| (open.first_ms.saturating_add(hold_ms), stream.clone()))
            .filter(|(due_ms, _)| *due_ms <= now_ms)
            .collect();
        due.sort();
        for (due_ms, stream) in due {
            if let Some(open) = self.open.remove(&stream) {
                // When nothing more comes, what is not yet due leaves at once.
                self.close(&stream, &open, due_ms.min(self.now_ms));
            }
        }
        let next = self.open.values().map(|open| open.first_ms.saturating_add(hold_ms)).min();
        self.due_ms = next.unwrap_or(i64::MAX);
    }

    fn close(&mut self, stream: &str, open: &Open, at_ms: i64) {
        let Corpus { org, options, .. } = self.corpus;
        let text = open.data_message(org, stream);
        let sent_ms = at_ms.max(open.last_ms) + SEND_MS;
        self.sent_ms = sent_ms;
        self.made += 1;
        let message = Message {
            log_events: open.log_events,
            unusual: open.unusual,
            ..self.message(&text, stream.to_owned(), sent_ms)
        };
        let mut rng = Rng::keyed(options.seed, 0x3E55, self.made);
        if rng.chance(options.duplicates_ppm) {
            self.repeats.push((rng.below(REPEAT_AFTER_MAX), Message { repeat: true, ..message.clone() }));
        }
        self.ready.push_back(message);
        self.repeat(sent_ms);
    }

    /// Sends again what is due again.
    fn repeat(&mut self, now_ms: i64) {
        for (left, mut message) in mem::take(&mut self.repeats) {
            if left == 0 || self.ended {
                message.sent_ms = now_ms;
                self.ready.push_back(message);
            } else {
                self.repeats.push((left - 1, message));
            }
        }
    }

    /// With nothing in it yet.
    fn message(&self, text: &str, log_stream: String, sent_ms: i64) -> Message {
        let rng = Rng::keyed(self.corpus.options().seed, 0x9A7, self.made);
        Message {
            bytes: gzip(text, self.packing.level),
            partition_key: self.packing.distribution.key(&log_stream, rng),
            log_stream,
            sent_ms,
            log_events: 0,
            repeat: false,
            unusual: Unusual::default(),
        }
    }
}

impl Iterator for Messages<'_> {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        while self.ready.is_empty() && !self.ended {
            if let Some(event) = self.events.next() {
                self.take(&event);
            } else {
                self.flush_until(i64::MAX);
                self.ended = true;
                self.repeat(self.sent_ms);
            }
        }
        self.ready.pop_front()
    }
}

impl Open {
    /// The text of a whole message.
    fn data_message(&self, org: &Org, stream: &str) -> String {
        let mut j = Json::with_capacity(self.text.len() + 400);
        j.item(|j| {
            j.str("messageType", "DATA_MESSAGE").str("owner", &org.owner).str("logGroup", &org.log_group);
            j.str("logStream", stream).list("subscriptionFilters", |j| {
                j.item_str("tripline");
            });
            j.key("logEvents").out.push('[');
            j.out.push_str(&self.text);
            j.out.push(']');
        });
        j.out
    }

    fn push(&mut self, event: &LogEvent, sequence: u64, id_low: u64) {
        if self.log_events == 0 {
            self.first_ms = event.logs_time_ms;
        } else {
            self.text.push(',');
        }
        self.last_ms = event.logs_time_ms;
        self.log_events += 1;
        self.unusual += Unusual::of(event);
        self.text.push_str("{\"id\":\"");
        id::push(&mut self.text, event.logs_time_ms, sequence, id_low);
        self.text.push_str("\",\"timestamp\":");
        self.text.push_str(&event.logs_time_ms.to_string());
        self.text.push_str(",\"message\":\"");
        escape(&mut self.text, &event.message);
        self.text.push_str("\"}");
    }
}

/// One gzip member, without a name or a time: the same text gives the same bytes.
fn gzip(text: &str, level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 6), Compression::new(level.min(9)));
    // Writing into memory cannot fail.
    let _ = encoder.write_all(text.as_bytes());
    encoder.finish().unwrap_or_default()
}
