//! What is in the table `damaged`.

use crate::store::{Store, StoreError};

/// The damaged rows of a table that were moved aside and not settled by `tripline store repair`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamageTotal {
    /// The table.
    pub table: String,
    /// Its damaged rows.
    pub rows: u64,
    /// When the last of them was found, milliseconds since the epoch.
    pub found_ms: i64,
}

impl Store {
    /// Returns how many damaged rows of each table were moved aside and are not settled.
    ///
    /// # Errors
    /// SQLite's.
    pub fn damage_totals(&self) -> Result<Vec<DamageTotal>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name, count(*), max(found_ms) FROM damaged WHERE settled_ms IS NULL GROUP BY name ORDER BY name",
        )?;
        let rows = statement.query_map((), |row| {
            let (table, rows, found_ms) = row.try_into()?;
            Ok(DamageTotal { table, rows, found_ms })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Marks every damaged row that was moved aside as settled: it stays in the store, and is not reported any more.
    ///
    /// # Errors
    /// SQLite's.
    pub fn settle_damage(&mut self, now_ms: i64) -> Result<usize, StoreError> {
        Ok(self
            .connection
            .execute("UPDATE damaged SET settled_ms = ?1 WHERE settled_ms IS NULL", (now_ms,))?)
    }
}
