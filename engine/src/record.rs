//! What a source hands on: bytes, where and when they came from, and how far it has come when there are none. Nothing here
//! looks inside them.

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;

/// Where a record came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// What yields records in an order of its own: a file as it was named, `-` for standard input, a shard.
    pub source: Arc<str>,
    /// Where in it.
    pub place: Place,
}

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Which record of it, from 0: a large file of lines comes in several.
    Part(u64),
    /// What the source itself calls it: a Kinesis sequence number, or the name of a place before or after all of them.
    Named(Box<str>),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Part(part) => part.fmt(f),
            Place::Named(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// When a record passed the hops that are ours, milliseconds since the epoch; none where nobody looked at a clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stamps {
    /// When the stream took it.
    pub arrival_ms: Option<i64>,
    /// When we had its bytes.
    pub received_ms: Option<i64>,
    /// When its events had been held against the rules.
    pub decoded_ms: Option<i64>,
}

/// One Kinesis record, or one chunk of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The bytes as they came, compressed or not.
    pub bytes: Vec<u8>,
    /// Where they came from.
    pub position: Position,
    /// When they came.
    pub stamps: Stamps,
}

impl Record {
    /// A record that nobody timed.
    pub fn new(source: &Arc<str>, part: u64, bytes: Vec<u8>) -> Self {
        let position = Position { source: Arc::clone(source), place: Place::Part(part) };
        Self { bytes, position, stamps: Stamps::default() }
    }
}

/// How far a source has come, without a record that would say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where it stands.
    pub position: Position,
    /// Everything that had arrived by then is behind it, milliseconds since the epoch.
    pub seen_ms: Option<i64>,
    /// What it is about to do.
    pub stage: Stage,
    /// What was lost on the way here.
    pub gap: Option<Gap>,
}

/// The stages of a source's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It will be read from here on: until it says more, nothing is known of the event time that it has reached.
    Opens,
    /// It has had nothing for so long that nobody need wait for it.
    Idles,
    /// There will be no more of it.
    Ends,
}

/// A stretch of a source that was gone before it was read. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Everything up to then was read.
    pub from_ms: i64,
    /// From then on everything is.
    pub to_ms: i64,
}

/// What a source yields.
#[derive(Debug)]
pub enum Item {
    /// Bytes to decode.
    Record(Record),
    /// Progress without bytes; who waits for it hears when it is written.
    Mark(Mark, Option<oneshot::Sender<()>>),
}

impl From<Record> for Item {
    fn from(record: Record) -> Self {
        Self::Record(record)
    }
}
