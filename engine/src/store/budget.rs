//! What window rows amount to, which rules were beyond their budget of them when, and what only a sketch has counted.

use std::collections::BTreeMap;

use rusqlite::Transaction;
use rusqlite::types::ValueRef;

use super::{Store, StoreError, checksum};

/// What a row costs beside the text of its event, about: its key, and the indexes.
pub(super) const ROW_BYTES: usize = 512;

/// A sketch's bucket: width in seconds, and place in the order.
pub type Bucket = (i64, i64);

/// Rows and bytes of one rule's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowTotal {
    /// The key.
    pub rule: String,
    /// Window rows.
    pub rows: u64,
    /// What they cost, about.
    pub bytes: u64,
}

/// A stretch of time in which a rule's hits were beyond the budget; milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pressure {
    /// The rule's id.
    pub rule: String,
    /// Since when.
    pub from_ms: i64,
    /// Until when; none as long as it lasts.
    pub to_ms: Option<i64>,
}

/// Adds to, or takes from, what rows amount to: (rows, bytes) by the number of their key.
pub(super) fn change_totals(
    transaction: &Transaction<'_>,
    changes: &BTreeMap<i64, (i64, i64)>,
) -> Result<(), StoreError> {
    let mut statement =
        transaction.prepare_cached("UPDATE keys SET rows = rows + ?2, bytes = bytes + ?3 WHERE id = ?1")?;
    for (key, (rows, bytes)) in changes {
        statement.execute((key, rows, bytes))?;
    }
    Ok(())
}

/// Keeps what was sketched, and lets buckets go.
pub(super) fn keep_sketched(
    transaction: &Transaction<'_>,
    sketched: &BTreeMap<Bucket, Vec<u8>>,
    gone: &[Bucket],
) -> Result<(), StoreError> {
    for ((width_s, place), names) in sketched {
        let text = "INSERT INTO sketched(width_s, bucket, names, sum) VALUES (?1, ?2, ?3, ?4)";
        let sum =
            checksum::of(&[ValueRef::Integer(*width_s), ValueRef::Integer(*place), ValueRef::Blob(names)]);
        transaction.prepare_cached(text)?.execute((width_s, place, names, sum))?;
    }
    for (width_s, place) in gone {
        let text = "DELETE FROM sketched WHERE width_s = ?1 AND bucket <= ?2";
        transaction.prepare_cached(text)?.execute((width_s, place))?;
    }
    Ok(())
}

impl Store {
    /// What the rows of every key amount to.
    ///
    /// # Errors
    /// SQLite's.
    pub fn row_totals(&self) -> Result<Vec<RowTotal>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT key, rows, bytes FROM keys")?;
        let rows = statement.query_map((), |row| {
            let (rule, rows, bytes): (String, i64, i64) = row.try_into()?;
            Ok(RowTotal { rule, rows: rows.max(0).unsigned_abs(), bytes: bytes.max(0).unsigned_abs() })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When rules were beyond their budget, the latest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn pressures(&self) -> Result<Vec<Pressure>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT rule, from_ms, to_ms FROM pressures ORDER BY from_ms DESC, rule LIMIT 1000",
        )?;
        let rows = statement.query_map((), |row| {
            let (rule, from_ms, to_ms) = row.try_into()?;
            Ok(Pressure { rule, from_ms, to_ms })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A stretch of pressure begins or ends.
    ///
    /// # Errors
    /// SQLite's.
    pub fn set_pressure(&mut self, pressure: &Pressure) -> Result<(), StoreError> {
        let Pressure { rule, from_ms, to_ms } = pressure;
        let text = "INSERT OR REPLACE INTO pressures(rule, from_ms, to_ms, sum) VALUES (?1, ?2, ?3, ?4)";
        let sum =
            checksum::of(&[checksum::text(rule), checksum::integer(*from_ms), checksum::integer(*to_ms)]);
        self.connection.prepare_cached(text)?.execute((rule, from_ms, to_ms, sum))?;
        Ok(())
    }

    /// Shows what was sketched, in the order in which it came.
    ///
    /// # Errors
    /// SQLite's, or `each`'s.
    pub fn sketched(
        &self,
        mut each: impl FnMut(Bucket, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT width_s, bucket, names FROM sketched ORDER BY seq")?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let names: Vec<u8> = row.get(2)?;
            each((row.get(0)?, row.get(1)?), &names)?;
        }
        Ok(())
    }
}
