//! Deliveries: what is to be told to which sink, and how that ended. `created = delivered + pending + dead` for each sink.

mod due;

use rusqlite::{Row, Transaction};

use super::{Store, StoreError};
use crate::alert::gain::Gain;
use crate::store::StoredAlert;

/// `next_ms` of a delivery that is due at any time, whatever a clock says.
const DUE: i64 = 0;

/// `next_ms` of a delivery that a person asked for: it is tried even while its sink is unavailable.
pub(super) const REQUESTED: i64 = -1;

/// A delivery to be made.
#[derive(Default)]
pub(super) struct New<'n> {
    pub(super) alert: &'n str,
    pub(super) revision: u32,
    /// Whether this is the last telling: the period is over.
    pub(super) ended: bool,
    /// What the alert has that its last notification did not have.
    pub(super) gained: &'n [Gain],
    /// Whether a person had acknowledged or closed the alert before.
    pub(super) since_acknowledgment: bool,
}

/// Adds a delivery to each of these sinks.
pub(super) fn insert_for(
    transaction: &Transaction<'_>,
    sinks: &[String],
    row: &New<'_>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut statement = transaction.prepare_cached(
        "INSERT OR IGNORE INTO outbox(alert, revision, sink, level, ended, created_ms, next_ms, gained, since_acknowledgment)
         SELECT id, ?2, ?3, level, ?4, ?5, ?8, ?6, ?7 FROM alerts WHERE id = ?1",
    )?;
    let gained = serde_json::to_string(row.gained)
        .map_err(|error| StoreError::Row { table: "outbox", problem: error.to_string() })?;
    let since = row.since_acknowledgment;
    for sink in sinks {
        statement.execute((row.alert, row.revision, sink, row.ended, now_ms, &gained, since, DUE))?;
    }
    Ok(())
}

/// A delivery that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// The alert as it stands now, at this revision.
    pub stored: StoredAlert,
    /// Whether this is the last telling: the period is over.
    pub ended: bool,
    /// Attempts that failed.
    pub attempts: u32,
    /// When it was put here, milliseconds since the epoch.
    pub created_ms: i64,
    /// What the alert has that its last notification did not have.
    pub gained: Vec<Gain>,
    /// True if a person had acknowledged or closed the alert before it gained this.
    pub since_acknowledgment: bool,
    /// Counted time of trying, milliseconds: see [`crate::store::Ended::Retry`].
    pub tried_ms: i64,
    /// Wait that followed the last refusal, milliseconds.
    pub wait_ms: i64,
    /// Time of the last refusal, by the clock of this run of the engine; none if there was none in this run.
    pub refused_ms: Option<i64>,
}

/// A delivery whose alert cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The alert.
    pub alert: String,
    /// Its revision.
    pub revision: u32,
    /// What is wrong with it.
    pub problem: String,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The alert.
    pub alert: String,
    /// Its revision.
    pub revision: u32,
    /// The sink.
    pub sink: String,
    /// How.
    pub ended: Ended,
    /// What it changes for the other deliveries that wait for the sink.
    pub others: Others,
}

/// What an attempt changes for the other deliveries that wait for its sink.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Others {
    /// Nothing.
    #[default]
    Unchanged,
    /// The sink recovered from an outage: all of them are due.
    Due,
    /// The sink is unavailable: what a person asked for was tried.
    RequestsTried,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The sink took it.
    Delivered {
        /// When, milliseconds since the epoch.
        at_ms: i64,
        /// With others, in the digest of this key.
        digest: Option<String>,
    },
    /// It did not; another attempt is due.
    Retry {
        /// Time of the refusal, milliseconds, by the clock of this run of the engine.
        refused_ms: i64,
        /// Shortest time until the next attempt, milliseconds.
        wait_ms: i64,
        /// Counted time of trying, milliseconds: the sum of the monotonic times between refusals, each at most its wait and a margin.
        tried_ms: i64,
        /// Why.
        error: String,
    },
    /// It did not for too long; no more attempts.
    Dead {
        /// Since when, milliseconds since the epoch.
        at_ms: i64,
        /// Why.
        error: String,
    },
}

/// One delivery of an alert, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Which revision.
    pub revision: u32,
    /// To which sink.
    pub sink: String,
    /// What the alert has that its last notification did not have.
    pub gained: Vec<Gain>,
    /// True if a person had acknowledged or closed the alert before it gained this.
    pub since_acknowledgment: bool,
    /// Attempts that failed.
    pub attempts: u32,
    /// When the sink took it.
    pub delivered_ms: Option<i64>,
    /// The digest that it was told in.
    pub digest: Option<String>,
    /// When it was given up.
    pub dead_ms: Option<i64>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// What a sink answered to deliveries that it has not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryError {
    /// The sink.
    pub sink: String,
    /// What it answered.
    pub error: String,
    /// Whether they were given up.
    pub dead: bool,
    /// How many met that.
    pub deliveries: u64,
}

/// The deliveries of a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The sink.
    pub sink: String,
    /// Every delivery there ever was.
    pub created: u64,
    /// Those that were taken.
    pub delivered: u64,
    /// Those that wait.
    pub pending: u64,
    /// Those that were given up.
    pub dead: u64,
    /// Since when the oldest waits.
    pub oldest_ms: Option<i64>,
}

/// No earlier revision of the alert still waits: what grew must not arrive before what opened.
const FIRST: &str = "NOT EXISTS (SELECT 1 FROM outbox AS before WHERE before.alert = outbox.alert
    AND before.sink = outbox.sink AND before.revision < outbox.revision
    AND before.delivered_ms IS NULL AND before.dead_ms IS NULL)";

/// What is still to be told of an alert beyond its opening is not told any more: a person has taken it.
pub(super) fn silence(transaction: &Transaction<'_>, alert: &str) -> Result<(), StoreError> {
    transaction.execute(
        "DELETE FROM outbox WHERE alert = ?1 AND revision > 1 AND delivered_ms IS NULL AND dead_ms IS NULL",
        (alert,),
    )?;
    Ok(())
}

/// Writes down how attempts ended. One that is settled stays so.
pub(super) fn settle(transaction: &Transaction<'_>, outcomes: &[Outcome]) -> Result<(), StoreError> {
    const OPEN: &str =
        "WHERE alert = ?1 AND revision = ?2 AND sink = ?3 AND delivered_ms IS NULL AND dead_ms IS NULL";
    let mut delivered = transaction
        .prepare_cached(&format!("UPDATE outbox SET delivered_ms = ?4, digest = ?5, error = NULL {OPEN}"))?;
    let mut retry = transaction.prepare_cached(&format!(
        "UPDATE outbox SET attempts = attempts + 1, refused_ms = ?4, wait_ms = ?5, next_ms = ?6, tried_ms = ?7, error = ?8 {OPEN}"
    ))?;
    let mut dead = transaction.prepare_cached(&format!(
        "UPDATE outbox SET attempts = attempts + 1, dead_ms = ?4, error = ?5 {OPEN}"
    ))?;
    for Outcome { alert, revision, sink, ended, others } in outcomes {
        // Before what follows for this delivery itself.
        change_others(transaction, sink, *others)?;
        match ended {
            Ended::Delivered { at_ms, digest } => {
                delivered.execute((alert, revision, sink, at_ms, digest))?
            }
            Ended::Retry { refused_ms, wait_ms, tried_ms, error } => {
                let next_ms = refused_ms.saturating_add(*wait_ms);
                retry.execute((alert, revision, sink, refused_ms, wait_ms, next_ms, tried_ms, error))?
            }
            Ended::Dead { at_ms, error } => dead.execute((alert, revision, sink, at_ms, error))?,
        };
    }
    Ok(())
}

/// Reads the gains of a delivery. They are words about an alert that is read by itself: damaged ones are left out.
pub(super) fn read_gains(row: &Row<'_>, at: usize) -> rusqlite::Result<Vec<Gain>> {
    let gains = row.get_ref(at)?.as_str().ok().and_then(|text| serde_json::from_str(text).ok());
    Ok(gains.unwrap_or_default())
}

fn change_others(transaction: &Transaction<'_>, sink: &str, others: Others) -> Result<(), StoreError> {
    let which = match others {
        Others::Unchanged => return Ok(()),
        Others::Due => "next_ms > ?2",
        Others::RequestsTried => "next_ms < 0",
    };
    let mut statement = transaction.prepare_cached(&format!(
        "UPDATE outbox SET next_ms = ?2 WHERE sink = ?1 AND delivered_ms IS NULL AND dead_ms IS NULL AND {which}"
    ))?;
    statement.execute((sink, DUE))?;
    Ok(())
}

impl Store {
    /// The deliveries of an alert, oldest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn deliveries(&self, alert: &str) -> Result<Vec<Delivered>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT revision, sink, attempts, delivered_ms, digest, dead_ms, error, gained, since_acknowledgment
             FROM outbox WHERE alert = ?1
             ORDER BY revision, sink",
        )?;
        let rows = statement.query_map((alert,), |row| {
            Ok(Delivered {
                revision: row.get(0)?,
                sink: row.get(1)?,
                attempts: row.get(2)?,
                delivered_ms: row.get(3)?,
                digest: row.get(4)?,
                dead_ms: row.get(5)?,
                error: row.get(6)?,
                gained: read_gains(row, 7)?,
                since_acknowledgment: row.get(8)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What sinks answered last, for each sink those that most deliveries met: (sink, error) at most so many.
    ///
    /// # Errors
    /// SQLite's.
    pub fn delivery_errors(&self, rows_max: usize) -> Result<Vec<DeliveryError>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sink, error, dead_ms IS NOT NULL, count(*) AS deliveries FROM outbox
             WHERE error IS NOT NULL AND delivered_ms IS NULL GROUP BY 1, 2, 3 ORDER BY deliveries DESC, 1, 2 LIMIT ?1",
        )?;
        let rows = statement.query_map((rows_max,), |row| {
            let (sink, error, dead, deliveries) = row.try_into()?;
            Ok(DeliveryError { sink, error, dead, deliveries })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The accounts of every sink that ever had a delivery.
    ///
    /// # Errors
    /// SQLite's.
    pub fn outbox(&self) -> Result<Vec<Pending>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sink, count(*), count(delivered_ms), sum(delivered_ms IS NULL AND dead_ms IS NULL), count(dead_ms),
                    min(CASE WHEN delivered_ms IS NULL AND dead_ms IS NULL THEN created_ms END)
             FROM outbox GROUP BY sink ORDER BY sink",
        )?;
        let rows = statement.query_map((), |row| {
            Ok(Pending {
                sink: row.get(0)?,
                created: row.get(1)?,
                delivered: row.get(2)?,
                pending: row.get(3)?,
                dead: row.get(4)?,
                oldest_ms: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
