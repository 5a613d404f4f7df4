//! How far each source was read.

use rusqlite::Transaction;

use super::{Store, StoreError};

/// How far a source was read, and what that says about event time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPosition {
    /// The source.
    pub source: String,
    /// The last record of it that is wholly in the store.
    pub position: String,
    /// Its watermark, seconds of event time.
    pub low_s: Option<i64>,
}

pub(super) fn set(
    transaction: &Transaction<'_>,
    positions: &[StoredPosition],
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut statement =
        transaction.prepare_cached("INSERT OR REPLACE INTO positions VALUES (?1, ?2, ?3, ?4)")?;
    for StoredPosition { source, position, low_s } in positions {
        statement.execute((source, position, low_s, now_ms))?;
    }
    Ok(())
}

impl Store {
    /// How far every source was read.
    ///
    /// # Errors
    /// SQLite's.
    pub fn positions(&self) -> Result<Vec<StoredPosition>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT source, position, low_s FROM positions")?;
        let rows = statement.query_map((), |row| {
            Ok(StoredPosition { source: row.get(0)?, position: row.get(1)?, low_s: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
