//! Where records come from. Kinesis, a log group, files, folders, standard input, and the
//! demo's traffic.
//!
//! Owns the reading; knows nothing of what the bytes mean. Invariant: every byte of a source is in exactly one record, and
//! a source that cannot be read is an error with its path.

mod chunks;
pub mod demo;
pub mod file;
pub mod kinesis;
pub mod logs;

use std::io;
use std::path::PathBuf;

/// Something could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct SourceError {
    /// What.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}
