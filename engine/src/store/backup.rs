//! A copy of the store while it is in use, and whether a store is whole.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Store, StoreError, private};

impl Store {
    /// Checks every page, and every index against its table. `path` is for the words.
    ///
    /// # Errors
    /// It is damaged, or cannot be read.
    pub fn check_pages(&self, path: &Path) -> Result<(), StoreError> {
        ask(&self.connection, path, "PRAGMA integrity_check(1)")
    }

    /// Writes a copy of the store as it is now to `to`: whole or not at all, checked, and on the disk when this returns. The
    /// service goes on meanwhile. What is there already is not replaced.
    ///
    /// # Errors
    /// There is such a file; it cannot be written; the copy is not whole.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let failed = |error| StoreError::File { path: to.to_path_buf(), error };
        if to.exists() {
            return Err(failed(io::Error::from(io::ErrorKind::AlreadyExists)));
        }
        let mut part = to.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        // What an earlier one left that was ended.
        if let Err(error) = fs::remove_file(&part)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(failed(error));
        }
        // `VACUUM INTO` takes an empty file for a new one. What prevents this file prevents it, too, and it reports that.
        let _ = private::create_if_missing(&part);
        self.connection.execute("VACUUM INTO ?1", (part.to_string_lossy(),))?;
        check(&Connection::open(&part)?, &part)?;
        File::open(&part).and_then(|file| file.sync_all()).map_err(failed)?;
        fs::rename(&part, to).map_err(failed)?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

/// Whether every page of a store is what it should be, as far as SQLite can tell without comparing indexes.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    ask(connection, path, "PRAGMA quick_check(1)")
}

fn ask(connection: &Connection, path: &Path, pragma: &str) -> Result<(), StoreError> {
    let said: String = connection.query_row(pragma, (), |row| row.get(0))?;
    if said == "ok" {
        return Ok(());
    }
    Err(StoreError::Damaged { path: path.to_path_buf(), problem: said })
}
