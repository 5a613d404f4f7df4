//! What people say of alerts: short transactions of their own, beside the engine's.

use std::fmt;

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior};

use super::{Query, Store, StoreError, StoredAlert, alerts, outbox};

/// Why an alert was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// An attack.
    TruePositive,
    /// It happened, and was meant to.
    Benign,
    /// It did not happen, or the rule is wrong.
    FalsePositive,
    /// Told by another alert.
    Duplicate,
    /// A test.
    Test,
    /// What the text says.
    Other,
}

impl CloseReason {
    /// Every reason, for tables.
    pub const ALL: [CloseReason; 6] = [
        CloseReason::TruePositive,
        CloseReason::Benign,
        CloseReason::FalsePositive,
        CloseReason::Duplicate,
        CloseReason::Test,
        CloseReason::Other,
    ];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            CloseReason::TruePositive => "true-positive",
            CloseReason::Benign => "benign",
            CloseReason::FalsePositive => "false-positive",
            CloseReason::Duplicate => "duplicate",
            CloseReason::Test => "test",
            CloseReason::Other => "other",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Deliveries that a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// Dead ones.
    Dead,
    /// Waiting ones.
    Pending,
}

/// What was said could not be written down.
#[derive(Debug, thiserror::Error)]
pub enum TriageError {
    /// No alert has this id or begins with it.
    #[error("no alert `{id}` in the store; `tripline alerts list` names them")]
    Unknown {
        /// What was asked for.
        id: String,
    },
    /// Several begin with it.
    #[error("`{id}` is the beginning of {matching} alerts; write more of it")]
    Ambiguous {
        /// What was asked for.
        id: String,
        /// How many.
        matching: usize,
    },
    /// It is closed already.
    #[error("alert {id} is closed already ({reason})")]
    Closed {
        /// The alert.
        id: String,
        /// Why it was.
        reason: String,
    },
    /// The store's own trouble.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for TriageError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// The alert whose id is, or unambiguously begins with, `id`.
    ///
    /// # Errors
    /// None or several do; SQLite's.
    pub fn alert(&self, id: &str) -> Result<StoredAlert, TriageError> {
        let columns = alerts::COLUMNS;
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {columns} FROM alerts WHERE ?1 != '' AND substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC"
        ))?;
        let mut rows = statement.query((id,))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(self.readable(alerts::row::read(row, 0))?);
        }
        match found.len() {
            1 => Ok(found.remove(0)),
            matching if matching > 1 && found[0].alert.id == id => Ok(found.remove(0)),
            0 => Err(TriageError::Unknown { id: id.to_owned() }),
            matching => Err(TriageError::Ambiguous { id: id.to_owned(), matching }),
        }
    }

    /// A person is on it: no more revisions are told. Returns false when somebody was already.
    ///
    /// # Errors
    /// There is no such alert, or it is closed; SQLite's.
    pub fn acknowledge(&mut self, id: &str, now_ms: i64) -> Result<bool, TriageError> {
        let stored = self.alert(id)?;
        self.take(&stored.alert.id, |transaction, id| {
            let changed = transaction.execute(
                "UPDATE alerts SET status = 'acknowledged', acknowledged_ms = ?2 WHERE id = ?1 AND status = 'open'",
                (id, now_ms),
            )?;
            Ok(changed > 0)
        })
    }

    /// A person is done with it. One that nobody acknowledged counts as acknowledged now.
    ///
    /// # Errors
    /// There is no such alert, or it is closed already; SQLite's.
    pub fn close(
        &mut self,
        id: &str,
        reason: CloseReason,
        text: Option<&str>,
        now_ms: i64,
    ) -> Result<(), TriageError> {
        let stored = self.alert(id)?;
        self.take(&stored.alert.id, |transaction, id| {
            transaction.execute(
                "UPDATE alerts SET status = 'closed', closed_ms = ?2, acknowledged_ms = ifnull(acknowledged_ms, ?2),
                                   close_reason = ?3, close_text = ?4 WHERE id = ?1",
                (id, now_ms, reason.as_str(), text),
            )?;
            Ok(())
        })
    }

    /// Makes deliveries due at once: those of one alert or sink, or all. Dead ones begin anew, as if they had just been put here;
    /// waiting ones keep their attempts. Returns how many.
    ///
    /// # Errors
    /// SQLite's.
    pub fn resend(
        &mut self,
        which: Resend,
        alert: Option<&str>,
        sink: Option<&str>,
        now_ms: i64,
    ) -> Result<usize, StoreError> {
        const OF: &str = "(?1 IS NULL OR alert = ?1) AND (?2 IS NULL OR sink = ?2)";
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let again = match which {
            Resend::Dead => transaction.execute(
                &format!(
                    "UPDATE outbox SET dead_ms = NULL, error = NULL, attempts = 0, tried_ms = 0, wait_ms = 0,
                     refused_ms = NULL, created_ms = ?4, next_ms = ?3 WHERE dead_ms IS NOT NULL AND {OF}"
                ),
                (alert, sink, outbox::REQUESTED, now_ms),
            )?,
            Resend::Pending => transaction.execute(
                &format!(
                    "UPDATE outbox SET next_ms = ?3 WHERE delivered_ms IS NULL AND dead_ms IS NULL AND {OF}"
                ),
                (alert, sink, outbox::REQUESTED),
            )?,
        };
        transaction.commit()?;
        Ok(again)
    }

    /// Changes an alert that is not closed, and silences it.
    fn take<T>(
        &mut self,
        id: &str,
        change: impl FnOnce(&Transaction<'_>, &str) -> Result<T, StoreError>,
    ) -> Result<T, TriageError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let closed: Option<String> = transaction
            .query_row("SELECT close_reason FROM alerts WHERE id = ?1", (id,), |row| row.get(0))
            .optional()?
            .flatten();
        if let Some(reason) = closed {
            return Err(TriageError::Closed { id: id.to_owned(), reason });
        }
        let changed = change(&transaction, id)?;
        outbox::silence(&transaction, id)?;
        transaction.commit()?;
        Ok(changed)
    }

    /// All alerts that a query asks for.
    ///
    /// # Errors
    /// SQLite's, or a row that is not ours.
    pub fn list(&self, query: &Query) -> Result<Vec<StoredAlert>, StoreError> {
        let mut found = Vec::new();
        self.alerts(query, &mut |stored| {
            found.push(stored);
            true
        })?;
        Ok(found)
    }
}
