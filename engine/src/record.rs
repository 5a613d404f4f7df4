//! The bytes that a source hands on, and where they came from. Nothing here looks inside them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a record came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The path as it was reached; none for standard input.
    pub path: Option<Arc<PathBuf>>,
    /// Which part of it, from 0: a large file of lines comes in several.
    pub part: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}", path.display()),
            None => f.write_str("-"),
        }
    }
}

/// One Kinesis record, or one chunk of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The bytes as they came, compressed or not.
    pub bytes: Vec<u8>,
    /// Where they came from.
    pub position: Position,
}
