//! Window rows: every hit, once, with the event behind it.
//!
//! The row's key is the hit itself: rule, group, second, event, and the value that a `value_count` rule counts. The fold
//! needs less (a value counts once a second), evidence needs the events. Rows are numbered in the order in which they came,
//! and folded again in that order: the one thing that hangs on it, which groups beyond the limit share an alert, is then the
//! same after a restart.

use std::collections::BTreeMap;

use rusqlite::{Row, Transaction};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Store, StoreError, budget};
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
    /// Hits of the group before it that have no rows.
    pub carried: u32,
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
    let mut input = transaction
        .prepare_cached("INSERT OR IGNORE INTO inputs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?;
    let mut lesser = transaction.prepare_cached(
        "UPDATE inputs SET event = ?7
         WHERE (rule, grp, time_s, account, event_id, value) = (?1, ?2, ?3, ?4, ?5, ?6) AND (
             SELECT (new.text, ifnull(new.logs_time_ms, ?8)) < (old.text, ifnull(old.logs_time_ms, ?8))
             FROM events AS new, events AS old WHERE new.digest = ?7 AND old.digest = inputs.event)",
    )?;
    let mut totals: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (seq, (rule, hit)) in (next..).zip(hits) {
        let Facts { account, event_id, time_s, logs_time_ms, text, .. } = hit.event.as_ref();
        let digest = digest(text, *logs_time_ms);
        event.execute((&digest, logs_time_ms, text))?;
        let group = json!(hit.group.as_ref()).to_string();
        let value = hit.value.as_deref().map(|value| json!(value).to_string()).unwrap_or_default();
        let bytes = i64::try_from(budget::ROW_BYTES + text.len()).unwrap_or(i64::MAX);
        let row = (rule, &group, time_s, account, event_id, &value);
        let new =
            input.execute((row.0, row.1, row.2, row.3, row.4, row.5, &digest, seq, hit.carried, bytes))?;
        if new == 0 {
            lesser.execute((row.0, row.1, row.2, row.3, row.4, row.5, &digest, i64::MIN))?;
        } else {
            let total = totals.entry(*rule).or_default();
            *total = (total.0 + 1, total.1.saturating_add(bytes));
        }
    }
    budget::change_totals(transaction, &totals)
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
const COLUMNS: &str = "rule, grp, value, text, logs_time_ms, carried";

fn read(row: &Row<'_>) -> Result<StoredHit, StoreError> {
    type Columns = (String, String, String, Option<String>, Option<i64>, u32);
    let (rule, group, value, text, logs_time_ms, carried): Columns = row.try_into()?;
    let problem = |problem: String| StoreError::Row { table: "inputs", problem };
    let not_ours = |error: serde_json::Error| problem(format!("{error} in {group} or {value}"));
    let text = text.ok_or_else(|| problem(format!("a hit of rule {rule} has no event")))?;
    let group = serde_json::from_str(&group).map_err(not_ours)?;
    let value = match value.as_str() {
        "" => None,
        value => Some(serde_json::from_str(value).map_err(not_ours)?),
    };
    Ok(StoredHit { rule, group, value, text, logs_time_ms, carried })
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

    /// Whether a group of a rule's key has any rows.
    ///
    /// # Errors
    /// SQLite's.
    pub fn has_rows(&self, key: &str, group: &Group) -> Result<bool, StoreError> {
        let text = "SELECT 1 FROM inputs WHERE rule = ?1 AND grp = ?2 LIMIT 1";
        Ok(self.connection.prepare_cached(text)?.exists((key, json!(group.as_ref()).to_string()))?)
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
