//! Permissions of the store's files: a store holds what events said, which is for its owner alone.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Permission bits of every file that the store creates: read and write for its owner. SQLite gives the write-ahead log and its
/// index the permissions of the database file.
const MODE: u32 = 0o600;

/// Permission bits of group and others.
const OTHERS: u32 = 0o077;

/// Options that open a file for writing and create it with [`MODE`]. Permissions of an existing file do not change.
pub(super) fn create_options() -> OpenOptions {
    let mut options = File::options();
    options.create(true).truncate(false).write(true).mode(MODE);
    options
}

/// Creates an empty file at `path` for its owner alone if there is none: SQLite takes an empty file for a new database, and
/// would otherwise create one that everybody may read.
pub(super) fn create_if_missing(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    create_options().open(path).map(drop)
}

/// Permission bits of the file at `path` if group or others have any of them.
///
/// # Errors
/// There is no such file, or it cannot be looked at.
pub fn open_to_others(path: &Path) -> io::Result<Option<u32>> {
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    Ok((mode & OTHERS != 0).then_some(mode))
}
