//! Deliveries to make: which are due, which one to try at a sink that was unavailable, and which were asked for.

use rusqlite::{OptionalExtension, Row};

use super::{DUE, Due, FIRST, Unreadable, read_gains};
use crate::store::{Store, StoreError, alerts};

/// Columns of [`Due`] that precede those of the alert.
const DUE_COLUMNS: &str =
    "outbox.revision, outbox.ended, outbox.attempts, outbox.created_ms, outbox.tried_ms,
    outbox.wait_ms, outbox.refused_ms, outbox.gained, outbox.since_acknowledgment";

/// Returns the statement that reads deliveries for which `condition` holds, in this order.
fn due_statement(condition: &str, order: &str) -> String {
    let columns = alerts::COLUMNS.split(", ").map(|column| format!("alerts.{column}"));
    let columns = columns.collect::<Vec<_>>().join(", ");
    format!(
        "SELECT {DUE_COLUMNS}, {columns}, alerts.id FROM outbox JOIN alerts ON alerts.id = outbox.alert
         WHERE sink = ?1 AND delivered_ms IS NULL AND dead_ms IS NULL AND {condition} AND {FIRST} ORDER BY {order}"
    )
}

fn read_due(row: &Row<'_>) -> Result<Result<Due, Unreadable>, StoreError> {
    let revision: u32 = row.get(0)?;
    match alerts::row::read(row, 9) {
        Ok(mut stored) => {
            stored.alert.revision = revision;
            Ok(Ok(Due {
                stored,
                ended: row.get(1)?,
                attempts: row.get(2)?,
                created_ms: row.get(3)?,
                tried_ms: row.get(4)?,
                wait_ms: row.get(5)?,
                refused_ms: row.get(6)?,
                gained: read_gains(row, 7)?,
                since_acknowledgment: row.get(8)?,
            }))
        }
        Err(error) if error.is_damaged_row() => {
            Ok(Err(Unreadable { alert: row.get("id")?, revision, problem: error.to_string() }))
        }
        Err(error) => Err(error),
    }
}

impl Store {
    /// Makes every waiting delivery due. Called once at the start of the engine: times of an earlier run are of another clock.
    ///
    /// # Errors
    /// SQLite's.
    pub fn restart_deliveries(&mut self) -> Result<(), StoreError> {
        self.connection.execute(
            "UPDATE outbox SET next_ms = min(next_ms, ?1), refused_ms = NULL WHERE delivered_ms IS NULL AND dead_ms IS NULL
             AND (next_ms > ?1 OR refused_ms IS NOT NULL)",
            (DUE,),
        )?;
        Ok(())
    }

    /// Returns the one delivery to try at a sink that was unavailable, whether it is due or not: one that a person asked for,
    /// else the one that was refused the longest time ago, so that a delivery that the sink cannot take does not keep it from
    /// being reached by another.
    ///
    /// # Errors
    /// SQLite's.
    pub fn probe(&self, sink: &str) -> Result<Option<Result<Due, Unreadable>>, StoreError> {
        let order =
            "outbox.next_ms >= 0, outbox.refused_ms, outbox.level DESC, outbox.created_ms, outbox.alert,
            outbox.revision LIMIT 1";
        let mut statement = self.connection.prepare_cached(&due_statement("true", order))?;
        let mut rows = statement.query((sink,))?;
        rows.next()?.map(read_due).transpose()
    }

    /// True if a person asked for deliveries to this sink that were not tried since.
    ///
    /// # Errors
    /// SQLite's.
    pub fn has_requests(&self, sink: &str) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT EXISTS(SELECT 1 FROM outbox INDEXED BY outbox_requested
             WHERE sink = ?1 AND next_ms < 0 AND delivered_ms IS NULL AND dead_ms IS NULL)",
        )?;
        Ok(statement.query_row((sink,), |row| row.get(0))?)
    }

    /// What is due for a sink at `now_ms`, by the clock of this run of the engine: the gravest first, then the oldest. A revision waits for the one before.
    ///
    /// # Errors
    /// SQLite's.
    pub fn due(
        &self,
        sink: &str,
        now_ms: i64,
        rows_max: u32,
    ) -> Result<Vec<Result<Due, Unreadable>>, StoreError> {
        let order = "outbox.level DESC, outbox.created_ms, outbox.alert, outbox.revision LIMIT ?3";
        let mut statement = self.connection.prepare_cached(&due_statement("next_ms <= ?2", order))?;
        let mut rows = statement.query((sink, now_ms, rows_max))?;
        let mut due = Vec::new();
        while let Some(row) = rows.next()? {
            due.push(read_due(row)?);
        }
        Ok(due)
    }

    /// When the next delivery of a sink is due, by the clock of this run of the engine; none when nothing waits.
    ///
    /// # Errors
    /// SQLite's.
    pub fn next_due_ms(&self, sink: &str) -> Result<Option<i64>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT min(next_ms) FROM outbox
             WHERE sink = ?1 AND delivered_ms IS NULL AND dead_ms IS NULL AND {FIRST}"
        ))?;
        Ok(statement.query_row((sink,), |row| row.get(0)).optional()?.flatten())
    }

    /// How many deliveries are due for a sink, as far as `rows_max`.
    ///
    /// # Errors
    /// SQLite's.
    pub fn due_count(&self, sink: &str, now_ms: i64, rows_max: u64) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE sink = ?1 AND delivered_ms IS NULL AND dead_ms IS NULL
             AND next_ms <= ?2 AND {FIRST} LIMIT ?3)"
        ))?;
        Ok(statement.query_row((sink, now_ms, rows_max), |row| row.get(0))?)
    }
}
