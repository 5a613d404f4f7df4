//! What is in the table `damaged`.

use std::collections::BTreeSet;

use crate::alert::Alert;
use crate::store::{Store, StoreError, alerts};

/// Alerts whose rows were damaged and are not settled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LostAlerts {
    /// Ids of those whose row is there.
    pub ids: BTreeSet<String>,
    /// True if there is a row that could not be kept: nothing of it was readable.
    pub are_rows_gone: bool,
}

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

    /// Returns the alerts whose rows were damaged since the last repair.
    ///
    /// # Errors
    /// SQLite's.
    pub fn lost_alerts(&self) -> Result<LostAlerts, StoreError> {
        const DAMAGED: &str = "SELECT key FROM damaged WHERE name = 'alerts' AND settled_ms IS NULL";
        let ids = format!("SELECT id FROM alerts WHERE 'seq ' || seq IN ({DAMAGED})");
        let gone = format!("SELECT EXISTS ({DAMAGED} AND key NOT IN (SELECT 'seq ' || seq FROM alerts))");
        let mut statement = self.connection.prepare(&ids)?;
        let ids = statement.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(LostAlerts { ids, are_rows_gone: self.connection.query_row(&gone, (), |row| row.get(0))? })
    }

    /// Returns the alert `id`, if there is one.
    ///
    /// # Errors
    /// SQLite's; its row is damaged.
    pub fn alert_body(&self, id: &str) -> Result<Option<Alert>, StoreError> {
        let columns = alerts::COLUMNS;
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {columns} FROM alerts WHERE id = ?1"))?;
        let mut rows = statement.query((id,))?;
        Ok(rows.next()?.map(|row| alerts::row::read(row, 0)).transpose()?.map(|stored| stored.alert))
    }

    /// Computes every index anew from its table.
    ///
    /// # Errors
    /// SQLite's.
    pub fn rebuild_indexes(&mut self) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch("REINDEX")?)
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
