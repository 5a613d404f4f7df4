//! Reads a whole file that an operator named: a regular file of bounded size, and nothing else. A pipe would block the reader for
//! ever, and a device has no end.

#[cfg(test)]
mod tests;

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Reason why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is something else.
    #[error("it is {kind}, not a regular file; put a regular file there, or remove it")]
    NotRegular {
        /// What it is, with its article.
        kind: &'static str,
    },
    /// It is too large.
    #[error("it has more than {bytes_max} bytes; make it smaller, or split it")]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Reads the regular file at `path`, or at the end of the links there, if it has at most `bytes_max` bytes.
///
/// Neither opening nor reading blocks on a pipe or reads from a device: the kind is checked before the file is opened, which is done
/// without waiting for a writer, and again on what was opened. The size is checked before reading and enforced while reading.
///
/// # Errors
/// The path leads to no regular file, to one that is larger, or to one that cannot be read.
pub fn read_regular_file(path: &Path, bytes_max: u64) -> Result<Vec<u8>, ReadError> {
    check(&fs::metadata(path)?, bytes_max)?;
    let file = open(path)?;
    let about = file.metadata()?;
    check(&about, bytes_max)?;
    let mut bytes = Vec::new();
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= bytes_max => Ok(bytes),
        _ => Err(ReadError::TooLarge { bytes_max }),
    }
}

fn check(about: &fs::Metadata, bytes_max: u64) -> Result<(), ReadError> {
    if !about.is_file() {
        return Err(ReadError::NotRegular { kind: kind(about.file_type()) });
    }
    if about.len() > bytes_max {
        return Err(ReadError::TooLarge { bytes_max });
    }
    Ok(())
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // A pipe may have taken the place of the file since it was looked at.
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(unix)]
fn kind(of: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if of.is_dir() {
        "a folder"
    } else if of.is_fifo() {
        "a pipe (FIFO)"
    } else if of.is_socket() {
        "a socket"
    } else if of.is_char_device() || of.is_block_device() {
        "a device"
    } else {
        "something else"
    }
}

#[cfg(not(unix))]
fn kind(of: FileType) -> &'static str {
    if of.is_dir() { "a folder" } else { "something else" }
}
