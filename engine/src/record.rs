//! The bytes that a source hands on, and where and when they came from. Nothing here looks inside them.

use std::fmt;
use std::sync::Arc;

/// Where a record came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// What yields records in an order of its own: a file as it was named, `-` for standard input, a shard.
    pub source: Arc<str>,
    /// Which record of it, from 0: a large file of lines comes in several.
    pub part: u64,
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
        Self { bytes, position: Position { source: Arc::clone(source), part }, stamps: Stamps::default() }
    }
}
