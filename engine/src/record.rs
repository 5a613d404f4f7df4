//! The bytes that a source hands on, and where they came from. Nothing here looks inside them.

use std::path::PathBuf;
use std::sync::Arc;

/// Where a record came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// A file, or a chunk of one.
    File {
        /// The path as it was reached.
        path: Arc<PathBuf>,
        /// How many log events of this file came before this record's first.
        ordinal: u64,
    },
    /// Standard input, or a chunk of it.
    Stdin {
        /// How many log events came before this record's first.
        ordinal: u64,
    },
}

/// One Kinesis record, or one chunk of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The bytes as they came, compressed or not.
    pub bytes: Vec<u8>,
    /// Where they came from.
    pub position: Position,
}
