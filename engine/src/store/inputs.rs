//! Window rows: every hit, once, with the event behind it.
//!
//! The row's key is the hit itself: rule, group, second, event, and the value that a `value_count` rule counts. The fold
//! needs less (a value counts once a second), evidence needs the events. Rows are numbered in the order in which they came,
//! and folded again in that order: the one thing that hangs on it, which groups beyond the limit share an alert, is then the
//! same after a restart.

use rusqlite::{Row, Transaction};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Store, StoreError};
use crate::hit::{Facts, Group, Hit, hex};

/// A hit as it was kept: everything but the compiled rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHit {
    /// The key of the rule.
    pub rule: String,
    /// Names and values of the group.
    pub group: Vec<(String, String)>,
    /// What a `value_count` rule counts.
    pub value: Option<Vec<String>>,
    /// The event, as compact JSON.
    pub text: String,
    /// When the log received it.
    pub logs_time_ms: Option<i64>,
}

/// Adds hits; those that are there already change nothing. Of unequal deliveries of one event the lesser stands, as in
/// [`Facts::precedes`].
pub(super) fn insert(transaction: &Transaction<'_>, hits: &[(&str, &Hit)]) -> Result<(), StoreError> {
    if hits.is_empty() {
        return Ok(());
    }
    // Asked each time: a backfill writes beside us.
    let next: i64 =
        transaction.query_row("SELECT ifnull(max(seq), 0) + 1 FROM inputs", (), |row| row.get(0))?;
    let mut event = transaction.prepare_cached("INSERT OR IGNORE INTO events VALUES (?1, ?2, ?3)")?;
    let mut input = transaction.prepare_cached(
        "INSERT INTO inputs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET event = excluded.event WHERE (
             SELECT (new.text, ifnull(new.logs_time_ms, ?9)) < (old.text, ifnull(old.logs_time_ms, ?9))
             FROM events AS new, events AS old WHERE new.digest = excluded.event AND old.digest = inputs.event)",
    )?;
    for (seq, (rule, hit)) in (next..).zip(hits) {
        let Facts { account, event_id, time_s, logs_time_ms, text, .. } = hit.event.as_ref();
        let digest = digest(text, *logs_time_ms);
        event.execute((&digest, logs_time_ms, text))?;
        let group = json!(hit.group.as_ref()).to_string();
        let value = hit.value.as_deref().map(|value| json!(value).to_string()).unwrap_or_default();
        input.execute((rule, group, time_s, account, event_id, value, digest, seq, i64::MIN))?;
    }
    Ok(())
}

/// Names a delivery of an event.
fn digest(text: &str, logs_time_ms: Option<i64>) -> String {
    let mut hash = Sha256::new();
    hash.update(logs_time_ms.map_or([0; 9], |ms| {
        let mut marked = [1; 9];
        marked[1..].copy_from_slice(&ms.to_be_bytes());
        marked
    }));
    hash.update(text);
    hex(&hash.finalize()[..16])
}

/// The columns of a [`StoredHit`].
const COLUMNS: &str = "rule, grp, value, text, logs_time_ms";

fn read(row: &Row<'_>) -> Result<StoredHit, StoreError> {
    let (rule, group, value, text, logs_time_ms): (String, String, String, Option<String>, Option<i64>) =
        row.try_into()?;
    let problem = |problem: String| StoreError::Row { table: "inputs", problem };
    let not_ours = |error: serde_json::Error| problem(format!("{error} in {group} or {value}"));
    let text = text.ok_or_else(|| problem(format!("a hit of rule {rule} has no event")))?;
    let group = serde_json::from_str(&group).map_err(not_ours)?;
    let value = match value.as_str() {
        "" => None,
        value => Some(serde_json::from_str(value).map_err(not_ours)?),
    };
    Ok(StoredHit { rule, group, value, text, logs_time_ms })
}

impl Store {
    /// Shows every hit that was committed, in the order in which they came, to fold the windows again.
    ///
    /// # Errors
    /// SQLite's, or a row that is not ours.
    pub fn hits(&self, each: &mut dyn FnMut(StoredHit) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let text = format!("SELECT {COLUMNS} FROM inputs LEFT JOIN events ON digest = event ORDER BY seq");
        let mut statement = self.connection.prepare(&text)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            each(read(row)?)?;
        }
        Ok(())
    }

    /// The hits of one group of a rule's key from a time on, in seconds, by time.
    ///
    /// # Errors
    /// SQLite's, or a row that is not ours.
    pub fn group_hits(&self, key: &str, group: &Group, from_s: i64) -> Result<Vec<StoredHit>, StoreError> {
        let text = format!(
            "SELECT {COLUMNS} FROM inputs LEFT JOIN events ON digest = event
             WHERE rule = ?1 AND grp = ?2 AND time_s >= ?3 ORDER BY time_s"
        );
        let mut statement = self.connection.prepare_cached(&text)?;
        let mut rows = statement.query((key, json!(group.as_ref()).to_string(), from_s))?;
        let mut hits = Vec::new();
        while let Some(row) = rows.next()? {
            hits.push(read(row)?);
        }
        Ok(hits)
    }

    /// Every group that a rule's key has rows of.
    ///
    /// # Errors
    /// SQLite's, or a row that is not ours.
    pub fn groups_of(&self, key: &str) -> Result<Vec<Group>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT DISTINCT grp FROM inputs WHERE rule = ?1")?;
        let mut rows = statement.query((key,))?;
        let mut groups = Vec::new();
        while let Some(row) = rows.next()? {
            let text: String = row.get(0)?;
            let group: Vec<(String, String)> = serde_json::from_str(&text).map_err(|error| {
                StoreError::Row { table: "inputs", problem: format!("{error} in {text}") }
            })?;
            groups.push(group.into());
        }
        Ok(groups)
    }
}
