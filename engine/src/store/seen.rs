//! When each account and region was first and last heard of, and what is usual there: what the silence check goes on from
//! after a restart. Its state is its own to read.

use rusqlite::Transaction;

use super::{Store, StoreError, checksum};

/// One account and region; the whole stream is the row with neither. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRow {
    /// `recipientAccountId`.
    pub account: String,
    /// `awsRegion`.
    pub region: String,
    /// When its first event arrived.
    pub first_ms: i64,
    /// When its latest did.
    pub last_ms: i64,
    /// What the check has learned of it.
    pub state: String,
}

pub(super) fn set(transaction: &Transaction<'_>, rows: &[SeenRow]) -> Result<(), StoreError> {
    let mut statement = transaction.prepare_cached(
        "INSERT OR REPLACE INTO seen(account, region, first_ms, last_ms, state, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for SeenRow { account, region, first_ms, last_ms, state } in rows {
        let sum = checksum::of(&[
            checksum::text(account),
            checksum::text(region),
            checksum::integer(*first_ms),
            checksum::integer(*last_ms),
            checksum::text(state),
        ]);
        statement.execute((account, region, first_ms, last_ms, state, sum))?;
    }
    Ok(())
}

impl Store {
    /// Every account and region that was ever heard of.
    ///
    /// # Errors
    /// SQLite's.
    pub fn seen(&self) -> Result<Vec<SeenRow>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT account, region, first_ms, last_ms, state FROM seen")?;
        let rows = statement.query_map((), |row| {
            let (account, region, first_ms, last_ms, state) = row.try_into()?;
            Ok(SeenRow { account, region, first_ms, last_ms, state })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
