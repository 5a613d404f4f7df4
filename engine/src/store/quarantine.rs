//! What was set aside, to be looked at: the beginning of each, where it came from, and why. Capped: whoever can write
//! poison can write much of it.

use rusqlite::Transaction;
use sha2::{Digest, Sha256};

use super::{Store, StoreError};
use crate::decode::Reject;
use crate::hit::hex;
use crate::record::Position;

/// Rows kept unless the configuration says otherwise; the newest stay.
pub const QUARANTINE_ROWS_MAX: i64 = 10_000;

pub(super) fn insert(
    transaction: &Transaction<'_>,
    rejects: &[(&Position, &Reject)],
    now_ms: i64,
    rows_max: i64,
) -> Result<(), StoreError> {
    if rejects.is_empty() {
        return Ok(());
    }
    let mut statement =
        transaction.prepare_cached("INSERT OR IGNORE INTO quarantine VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (position, reject) in rejects {
        let place = format!("{position}#{}", position.place);
        let ordinal = i64::try_from(reject.ordinal).unwrap_or(i64::MAX);
        let digest = digest(&place, ordinal, &reject.bytes);
        statement.execute((digest, place, ordinal, reject.reason.as_str(), &reject.bytes, now_ms))?;
    }
    transaction.execute(
        "DELETE FROM quarantine WHERE rowid <= (SELECT max(rowid) FROM quarantine) - ?1",
        (rows_max,),
    )?;
    Ok(())
}

/// The place is part of it, so that the same record read again is the same row.
fn digest(place: &str, ordinal: i64, bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update((place.len() as u64).to_be_bytes());
    hash.update(place);
    hash.update(ordinal.to_be_bytes());
    hash.update(bytes);
    hex(&hash.finalize())
}

impl Store {
    /// How much is in quarantine, by reason.
    ///
    /// # Errors
    /// SQLite's.
    pub fn quarantined(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY reason")?;
        let rows = statement.query_map((), |row| row.try_into())?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
