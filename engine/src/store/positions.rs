//! How far each source was read, and what was lost on the way.

use rusqlite::{Row, Transaction};

use super::{Damage, Store, StoreError, checksum};
use crate::record::Gap;

/// How far a source was read, and what that says about event time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPosition {
    /// The source.
    pub source: String,
    /// The last record of it that is wholly in the store.
    pub position: String,
    /// Its watermark, seconds of event time.
    pub low_s: Option<i64>,
    /// Everything that had arrived by then is in the store, milliseconds since the epoch.
    pub seen_ms: Option<i64>,
}

pub(super) fn set(
    transaction: &Transaction<'_>,
    positions: &[StoredPosition],
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut statement = transaction.prepare_cached(
        "INSERT OR REPLACE INTO positions(source, position, low_s, committed_ms, seen_ms, sum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for StoredPosition { source, position, low_s, seen_ms } in positions {
        let sum = checksum::of(&[
            checksum::text(source),
            checksum::text(position),
            checksum::integer(*low_s),
            checksum::integer(now_ms),
            checksum::integer(*seen_ms),
        ]);
        statement.execute((source, position, low_s, now_ms, seen_ms, sum))?;
    }
    Ok(())
}

/// A gap that is found again, because what followed it was not written, is the same row.
pub(super) fn keep_gaps(
    transaction: &Transaction<'_>,
    gaps: &[(&str, &Gap)],
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut statement = transaction.prepare_cached(
        "INSERT OR IGNORE INTO gaps(source, from_ms, to_ms, found_ms, sum) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (source, Gap { from_ms, to_ms }) in gaps {
        let times = [*from_ms, *to_ms, now_ms].map(checksum::integer);
        let sum = checksum::of(&[checksum::text(source), times[0], times[1], times[2]]);
        statement.execute((source, from_ms, to_ms, now_ms, sum))?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<StoredPosition, StoreError> {
    let damaged = |problem: &str| -> StoreError {
        let key = row.get_ref(0).ok().and_then(|source| source.as_bytes().ok()).unwrap_or_default();
        StoreError::DamagedRows(vec![Damage::of_text("positions", "source", key, problem)])
    };
    let mut values = Vec::with_capacity(5);
    for column in 0..5 {
        values.push(row.get_ref(column)?);
    }
    if !checksum::matches(row.get(5)?, &values) {
        return Err(damaged("its checksum is not that of what was written"));
    }
    let text =
        |at: usize| values[at].as_str().map(str::to_owned).map_err(|_| damaged("a text of it is not UTF-8"));
    Ok(StoredPosition { source: text(0)?, position: text(1)?, low_s: row.get(2)?, seen_ms: row.get(4)? })
}

impl Store {
    /// How far every source was read.
    ///
    /// # Errors
    /// SQLite's; a row is damaged: reading on from it could skip records.
    pub fn positions(&self) -> Result<Vec<StoredPosition>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT source, position, low_s, committed_ms, seen_ms, sum FROM positions")?;
        let mut rows = statement.query(())?;
        let (mut positions, mut damaged) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            match read(row) {
                Ok(position) => positions.push(position),
                Err(StoreError::DamagedRows(rows)) => damaged.extend(rows),
                Err(error) => return Err(error),
            }
        }
        if damaged.is_empty() { Ok(positions) } else { Err(StoreError::DamagedRows(damaged)) }
    }

    /// The sources that are not known to be read to their end.
    ///
    /// # Errors
    /// SQLite's.
    pub fn open_sources(&self) -> Result<Vec<String>, StoreError> {
        let text = "SELECT source FROM positions WHERE position != 'SHARD_END' ORDER BY source";
        let mut statement = self.connection.prepare_cached(text)?;
        let rows = statement.query_map((), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What was lost, and of which source, in the order of the sources.
    ///
    /// # Errors
    /// SQLite's.
    pub fn gaps(&self) -> Result<Vec<(String, Gap)>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT source, from_ms, to_ms FROM gaps")?;
        let rows = statement
            .query_map((), |row| Ok((row.get(0)?, Gap { from_ms: row.get(1)?, to_ms: row.get(2)? })))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
