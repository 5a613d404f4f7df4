//! NDJSON, a line at a time. A line that cannot be read is an error that says where: half a ledger judges nothing.

use std::io::{self, BufRead};

use serde::de::DeserializeOwned;

/// Why a ledger or a list of alerts was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file.
    #[error("{file}: {error}")]
    Io {
        /// Which.
        file: String,
        /// What happened.
        error: io::Error,
    },
    /// A line that is no JSON, or lacks something.
    #[error("{file}:{line}: {}", without_place(.error))]
    Line {
        /// Which file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// What is wrong.
        error: serde_json::Error,
    },
    /// A line that holds something else.
    #[error("{file}:{line}: not a JSON object")]
    NoObject {
        /// Which file.
        file: String,
        /// Counted from 1.
        line: u64,
    },
    /// A line of a ledger that is none of its kinds.
    #[error("{file}:{line}: neither `must` nor `may` nor `sent`")]
    Kind {
        /// Which file.
        file: String,
        /// Counted from 1.
        line: u64,
    },
    /// A ledger tells of one sending.
    #[error("{file}:{line}: `sent` for the second time")]
    SentTwice {
        /// Which file.
        file: String,
        /// Counted from 1.
        line: u64,
    },
}

/// A line, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Line<'l> {
    pub(super) file: &'l str,
    pub(super) n: u64,
    text: &'l [u8],
}

impl Line<'_> {
    pub(super) fn parse<T: DeserializeOwned>(self) -> Result<T, ReadError> {
        serde_json::from_slice(self.text).map_err(|error| ReadError::Line {
            file: self.file.to_owned(),
            line: self.n,
            error,
        })
    }
}

/// Hands on every line that is not empty.
pub(super) fn each(
    file: &str,
    mut from: impl BufRead,
    mut take: impl FnMut(Line<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut text = Vec::new();
    for n in 1.. {
        text.clear();
        match from.read_until(b'\n', &mut text) {
            Ok(0) => break,
            Ok(_) if text.trim_ascii().is_empty() => {}
            // A type would also be read from an array, by the order of its members.
            Ok(_) if text.trim_ascii_start().first() != Some(&b'{') => {
                return Err(ReadError::NoObject { file: file.to_owned(), line: n });
            }
            Ok(_) => take(Line { file, n, text: text.trim_ascii_end() })?,
            Err(error) => return Err(ReadError::Io { file: file.to_owned(), error }),
        }
    }
    Ok(())
}

/// The place inside of the line is its column: to the parser every line is the first.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(what) => format!("column {}: {what}", error.column()),
        None => text,
    }
}
