//! Whether the file at the store's path is still the one that is open.
//!
//! A file that is deleted or replaced under a running engine stays open: everything could be written to it, and nothing of that
//! would be there at the next start. So each commit first compares device and inode of the path (one `stat`). That does not see
//! a file that is overwritten in place. SQLite does not see it either: what it wrote last it reads back from its own cache and from
//! the write-ahead log. But only checkpoints write to the file itself. So when its time of change or its size differs from the
//! last look, the row of the table `identity` is read from the file alone, without the log: it names the store and its present
//! opening, and counts commits. A file with another store, another opening or fewer commits than there were is not ours.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags, Transaction};

use super::StoreError;

/// Attempts to read the row of the file: another process may be in the middle of a checkpoint.
const READS: usize = 3;

/// The file that is open.
#[derive(Debug)]
pub(super) struct Identity {
    path: PathBuf,
    inode: (u64, u64),
    row: Row,
    /// Time of change and size at the last look into the file; none until its row is that of this opening.
    seen: Option<(Option<SystemTime>, u64)>,
}

/// The row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    store: String,
    opening: String,
    commits: i64,
}

impl Identity {
    /// Begins an opening of the store by its writer: names it in the file.
    ///
    /// # Errors
    /// SQLite's; the file is not there.
    pub(super) fn begin(connection: &Connection, path: &Path) -> Result<Self, StoreError> {
        connection.execute(
            "INSERT OR IGNORE INTO identity(id, store, opening, commits) VALUES (1, hex(randomblob(16)), '', 0)",
            (),
        )?;
        let row = connection.query_row(
            "UPDATE identity SET opening = hex(randomblob(16)) RETURNING store, opening, commits",
            (),
            |row| Ok(Row { store: row.get(0)?, opening: row.get(1)?, commits: row.get(2)? }),
        )?;
        // A reader can prevent that; then the first checkpoint that succeeds brings the row into the file.
        empty_log(connection)?;
        let metadata = metadata(path)?;
        let mut identity = Self { path: path.to_path_buf(), inode: inode(&metadata), row, seen: None };
        identity.look(&metadata)?;
        Ok(identity)
    }

    /// Checks that the path still names the file that is open, with what was written to it.
    ///
    /// # Errors
    /// [`StoreError::Replaced`].
    pub(super) fn check(&mut self) -> Result<(), StoreError> {
        let metadata = metadata(&self.path)?;
        if inode(&metadata) != self.inode {
            return Err(replaced(&self.path, "another file is there"));
        }
        if self.seen == Some(state(&metadata)) {
            return Ok(());
        }
        self.look(&metadata)
    }

    /// Reads the row of the file, without the log.
    fn look(&mut self, metadata: &Metadata) -> Result<(), StoreError> {
        let mut found = None;
        for _ in 0..READS {
            found = read(&self.path);
            if found.as_ref().is_some_and(|row| self.is_ours(row)) {
                break;
            }
        }
        match found {
            Some(row) if self.is_ours(&row) => {
                (self.row, self.seen) = (row, Some(state(metadata)));
                Ok(())
            }
            // Nothing of this opening has come into the file yet.
            _ if self.seen.is_none() => Ok(()),
            Some(row) if row.store != self.row.store => {
                Err(replaced(&self.path, "it was overwritten with another store"))
            }
            Some(_) => Err(replaced(&self.path, "it was overwritten with an older copy")),
            None => Err(replaced(&self.path, "it was overwritten with something else")),
        }
    }

    fn is_ours(&self, row: &Row) -> bool {
        row.store == self.row.store && row.opening == self.row.opening && row.commits >= self.row.commits
    }
}

/// Counts a commit.
pub(super) fn count(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.prepare_cached("UPDATE identity SET commits = commits + 1")?.execute(())?;
    Ok(())
}

/// Brings everything of the write-ahead log into the file, and empties it. False if another process that reads prevents it.
pub(super) fn empty_log(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get::<_, i64>(0))? == 0)
}

fn replaced(path: &Path, problem: &str) -> StoreError {
    StoreError::Replaced { path: path.to_path_buf(), problem: problem.to_owned() }
}

fn metadata(path: &Path) -> Result<Metadata, StoreError> {
    std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => replaced(path, "it was deleted"),
        _ => replaced(path, &error.to_string()),
    })
}

/// Device and inode.
#[cfg(unix)]
fn inode(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Where files have no inode, only their content tells them apart.
#[cfg(not(unix))]
fn inode(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

fn state(metadata: &Metadata) -> (Option<SystemTime>, u64) {
    (metadata.modified().ok(), metadata.len())
}

/// Reads the row of the file itself; none if it cannot be read.
fn read(path: &Path) -> Option<Row> {
    let mut uri = String::from("file:");
    for character in path.to_str()?.chars() {
        match character {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            other => uri.push(other),
        }
    }
    uri.push_str("?immutable=1");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri, flags).ok()?;
    let row = connection.query_row("SELECT store, opening, commits FROM identity", (), |row| {
        Ok(Row { store: row.get(0)?, opening: row.get(1)?, commits: row.get(2)? })
    });
    row.ok()
}
