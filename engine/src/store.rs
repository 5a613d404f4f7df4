//! What is kept: one SQLite file, one writer, one transaction a commit.
//!
//! Rows are the truth (design §6). A commit holds the hits of a batch as window rows, the alerts that opened or grew, the
//! deliveries that follow from them, what was set aside, how deliveries ended, and the positions read up to: all or nothing.
//! Rows and alerts are keyed by what they are, so that a batch that is read again changes nothing. Knows no rule and no
//! clock: the caller folds, words and dates.
//!
//! Invariant: a second alert of one (rule, group, period) is impossible by its key, and what a person said of an alert is
//! never overwritten by a commit.

mod accounts;
mod alerts;
mod backup;
mod budget;
mod checksum;
mod damage;
mod hits;
mod identity;
mod known_rules;
mod outbox;
mod positions;
mod private;
mod quarantine;
mod retention;
mod schema;
mod seen;
#[cfg(test)]
mod tests;
mod triage;

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::decode::Reject;
use crate::failpoint::{self, Fault};
use crate::hit::Hit;
use crate::record::{Gap, Position};
pub use accounts::SourceAccounts;
pub use alerts::{AlertChange, Query, StoredAlert, Told};
pub use budget::{Bucket, Pressure, RowTotal};
pub use damage::{Aside, DAMAGED_ROWS_MAX, Damage, DamageTotal, LostAlerts, RowKey, Scope};
pub use hits::StoredHit;
use identity::Identity;
pub use known_rules::{Changed, KnownRule};
pub use outbox::{Delivered, DeliveryError, Due, Ended, Others, Outcome, Pending, Unreadable};
pub use positions::StoredPosition;
pub use private::open_to_others;
pub use quarantine::QUARANTINE_ROWS_MAX;
pub use retention::{Retention, Swept};
pub use seen::SeenRow;
pub use triage::{CloseReason, Resend, TriageError};

/// The store could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file or its lock could not be opened.
    #[error("store {}: {error}", path.display())]
    File {
        /// The store.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Another engine writes to it.
    #[error("store {} is in use by another process; one store has one writer", path.display())]
    Locked {
        /// The store.
        path: PathBuf,
    },
    /// Written by another version of Tripline.
    #[error(
        "the store has schema version {found}, this binary knows {known}; use the Tripline that wrote it"
    )]
    Version {
        /// What the file says.
        found: i64,
        /// What we write.
        known: i64,
    },
    /// Pages of the file are not what they should be.
    #[error("store {} is damaged ({problem}); look at the disk, and put a backup in its place", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found first.
        problem: String,
    },
    /// A database, but none of ours.
    #[error("{} is a database of something else; name another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Rows are not what was written.
    #[error("{} damaged rows in the store, the first: {}; `tripline store check` names all of them, and with the engine stopped `tripline store repair` moves them aside", .0.len(), first(.0))]
    DamagedRows(Vec<Damage>),
    /// The file was deleted or replaced while it was open.
    #[error(
        "store {} was deleted or replaced while it was in use: {problem}; nothing more is written: put the right file or a backup \
         in its place, and restart the engine",
        path.display()
    )]
    Replaced {
        /// The file.
        path: PathBuf,
        /// What is there now.
        problem: String,
    },
    /// SQLite refused.
    #[error("the store failed: {error}{help}", error = .0, help = help(.0))]
    Sqlite(rusqlite::Error),
    /// A row of ours that we cannot read: somebody else wrote it.
    #[error("the store's table {table} holds a row that is not ours: {problem}")]
    Row {
        /// Where.
        table: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// Its text is in ours: it is no source beside it.
impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn first(rows: &[Damage]) -> String {
    rows.first().map(ToString::to_string).unwrap_or_default()
}

fn help(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => " (make room; it goes on by itself)",
        Some(ErrorCode::NotADatabase) => " (name another file)",
        Some(ErrorCode::DatabaseCorrupt) => {
            " (pages of the file are damaged: stop the engine, look at the disk, and put a backup in its place)"
        }
        Some(ErrorCode::DatabaseBusy) => " (another process holds it for long; end that one)",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
            " (the file, its folder and FILE-wal must be writable)"
        }
        _ => "",
    }
}

/// What a commit told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// What became of each alert, in their order.
    pub told: Vec<Told>,
    /// How many alerts were told a last time.
    pub ended: usize,
}

impl Written {
    /// Whether there is anything new for a sink.
    pub fn tells(&self) -> bool {
        self.ended > 0 || self.told.iter().any(|told| told.is_news())
    }
}

/// One transaction's worth of work.
#[derive(Debug)]
pub struct Commit<'c> {
    /// Hits, each with its rule's key: what decides the hits of a rule, as a digest.
    pub hits: Vec<(&'c str, &'c Hit)>,
    /// Alerts that opened or changed.
    pub alerts: &'c [AlertChange],
    /// What was set aside, and where it came from.
    pub rejects: Vec<(&'c Position, &'c Reject)>,
    /// Sources, and how far each was read.
    pub positions: &'c [StoredPosition],
    /// Sources, and what was lost of each.
    pub gaps: Vec<(&'c str, &'c Gap)>,
    /// Accounts and regions, and when they were heard of.
    pub seen: &'c [SeenRow],
    /// Sources, and where what they brought went.
    pub accounts: &'c [(String, SourceAccounts)],
    /// What only a sketch has counted.
    pub sketched: &'c BTreeMap<Bucket, Vec<u8>>,
    /// Buckets of the sketch that went, with those before.
    pub sketched_gone: &'c [Bucket],
    /// How deliveries ended.
    pub outcomes: &'c [Outcome],
    /// The watermark, seconds of event time: alerts whose period ended before it are told a last time.
    pub watermark_s: Option<i64>,
    /// Now, milliseconds since the epoch.
    pub now_ms: i64,
}

/// What commits without a sketch keep of one.
static NOTHING_SKETCHED: BTreeMap<Bucket, Vec<u8>> = BTreeMap::new();

impl Default for Commit<'_> {
    fn default() -> Self {
        Self {
            hits: Vec::new(),
            alerts: &[],
            rejects: Vec::new(),
            positions: &[],
            gaps: Vec::new(),
            seen: &[],
            accounts: &[],
            sketched: &NOTHING_SKETCHED,
            sketched_gone: &[],
            outcomes: &[],
            watermark_s: None,
            now_ms: 0,
        }
    }
}

/// The file, open.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    quarantine_rows_max: i64,
    /// The file that the one writer has open; none for the others.
    identity: Option<Identity>,
    /// Held by the one writer; none for those who only read or speak of alerts.
    _lock: Option<File>,
}

impl Store {
    /// Opens the store as its one writer, making it when there is none.
    ///
    /// # Errors
    /// The file cannot be opened, is not ours or another version's, or another engine has it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        private::create_if_missing(path)
            .map_err(|error| StoreError::File { path: path.to_path_buf(), error })?;
        let mut connection = Connection::open(path)?;
        backup::check(&connection, path)?;
        schema::migrate(&mut connection, path)?;
        schema::make_durable(&connection)?;
        let identity = Identity::begin(&connection, path)?;
        let mut store = Self::prepared(connection, Some(lock))?;
        store.identity = Some(identity);
        Ok(store)
    }

    /// Opens an existing store beside its writer, to read it.
    ///
    /// # Errors
    /// There is no such file, it is not ours, or another version's.
    pub fn open_beside(path: &Path) -> Result<Self, StoreError> {
        Self::existing(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Opens an existing store beside its writer, for the short transactions of people.
    ///
    /// # Errors
    /// There is no such file, it is not ours, or another version's.
    pub fn open_for_triage(path: &Path) -> Result<Self, StoreError> {
        Self::existing(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn existing(path: &Path, access: OpenFlags) -> Result<Self, StoreError> {
        if let Err(error) = std::fs::metadata(path) {
            return Err(StoreError::File { path: path.to_path_buf(), error });
        }
        let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        schema::check(&connection, path)?;
        Self::prepared(connection, None)
    }

    fn prepared(connection: Connection, lock: Option<File>) -> Result<Self, StoreError> {
        schema::configure(&connection)?;
        Ok(Self { connection, quarantine_rows_max: QUARANTINE_ROWS_MAX, identity: None, _lock: lock })
    }

    /// Checks that the path of the store still names the file that is open for writing.
    ///
    /// # Errors
    /// The file was deleted, replaced or overwritten: [`StoreError::Replaced`].
    pub fn check_file(&mut self) -> Result<(), StoreError> {
        self.identity.as_mut().map_or(Ok(()), Identity::check)
    }

    /// Brings everything that was committed into the one file, so that a copy of it is a backup. False if a process that reads the
    /// store prevents it.
    ///
    /// # Errors
    /// The file was replaced; SQLite's.
    pub fn empty_log(&mut self) -> Result<bool, StoreError> {
        self.check_file()?;
        identity::empty_log(&self.connection)
    }

    /// Waits so long for another process that writes.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_busy_timeout(&mut self, timeout: Duration) -> Result<(), StoreError> {
        Ok(self.connection.busy_timeout(timeout)?)
    }

    /// Keeps so many rows in quarantine.
    pub fn set_quarantine_rows_max(&mut self, rows: i64) {
        self.quarantine_rows_max = rows;
    }

    /// Writes everything of a commit, or nothing. Returns what there is to tell.
    ///
    /// # Errors
    /// SQLite's: a full disk, an I/O error, a lock held for too long. Nothing was written then.
    pub fn commit(&mut self, commit: &Commit<'_>) -> Result<Written, StoreError> {
        self.check_file()?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        identity::count(&transaction)?;
        hits::insert(&transaction, &commit.hits)?;
        failpoint::die("store.rows");
        meet_fault("store.rows")?;
        let told = alerts::upsert(&transaction, commit.alerts, commit.now_ms)?;
        let ended = match commit.watermark_s {
            Some(watermark_s) => alerts::end_periods(&transaction, watermark_s, commit.now_ms)?,
            None => 0,
        };
        outbox::settle(&transaction, commit.outcomes)?;
        quarantine::insert(&transaction, &commit.rejects, commit.now_ms, self.quarantine_rows_max)?;
        positions::set(&transaction, commit.positions, commit.now_ms)?;
        positions::keep_gaps(&transaction, &commit.gaps, commit.now_ms)?;
        seen::set(&transaction, commit.seen)?;
        accounts::add(&transaction, commit.accounts)?;
        budget::keep_sketched(&transaction, commit.sketched, commit.sketched_gone)?;
        failpoint::die("store.commit");
        meet_fault("store.commit")?;
        transaction.commit()?;
        failpoint::die("store.committed");
        Ok(Written { told, ended })
    }
}

/// Fails as SQLite does when the disk fails, where a test asks for that.
fn meet_fault(place: &'static str) -> Result<(), StoreError> {
    let code = match failpoint::fault(place) {
        None => return Ok(()),
        Some(Fault::Full) => rusqlite::ffi::SQLITE_FULL,
        Some(Fault::Io) => rusqlite::ffi::SQLITE_IOERR,
    };
    Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None).into())
}

/// The lock stands beside the store, so that nothing of SQLite's own locking is disturbed; by whichever link the store was
/// named.
fn lock(path: &Path) -> Result<File, StoreError> {
    let failed = |error| StoreError::File { path: path.to_path_buf(), error };
    let mut name = path.canonicalize().unwrap_or_else(|_| path.to_path_buf()).into_os_string();
    name.push(".lock");
    let file = private::create_options().open(&name).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_path_buf() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
