//! Window rows: every hit, once, with the event behind it.
//!
//! A hit is its rule's key, group, second, event, and the value that a `value_count` rule counts. The fold needs less (a value
//! counts once a second), evidence needs the events. Rows are numbered in the order in which they came, and folded again in that
//! order: the one thing that hangs on it, which groups beyond the limit share an alert, is then the same after a restart.
//!
//! Rows are added at the end, and so are events; only the index by group is written to where chance has it, so it holds numbers
//! and names of sixteen bytes instead of texts.

pub(super) mod read;

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, OptionalExtension, Transaction};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Store, StoreError, budget, checksum, known_rules};
use crate::hit::{Facts, Group, Hit};

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

/// A group, or a hit among those of its group and second: the digest of its texts. That two are named alike nobody can bring
/// about (SHA-256, 128 bits of it).
type Name = [u8; 16];

/// Names these texts; where one ends is a part of it.
pub(super) fn name(texts: &[&str]) -> Name {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let mut name = Name::default();
    name.copy_from_slice(&hash.finalize()[..size_of::<Name>()]);
    name
}

/// Adds hits; those that are there already change nothing. Of unequal deliveries of one event the lesser stands, as in
/// [`Facts::precedes`].
pub(super) fn insert(transaction: &Transaction<'_>, hits: &[(&str, &Hit)]) -> Result<(), StoreError> {
    if hits.is_empty() {
        return Ok(());
    }
    let mut insertion = Insertion::new(transaction)?;
    let mut keys: BTreeMap<&str, i64> = BTreeMap::new();
    let mut last: Option<(&Arc<Facts>, i64)> = None;
    for (rule, hit) in hits {
        let key = match keys.get(rule) {
            Some(key) => *key,
            None => *keys.entry(rule).or_insert(known_rules::number(transaction, rule)?),
        };
        let group = json!(hit.group.as_ref()).to_string();
        let value = hit.value.as_deref().map(|value| json!(value).to_string()).unwrap_or_default();
        let row = NewRow { key, group: &group, value: &value, event: &hit.event, carried: hit.carried };
        // Hits of one event stand in a row.
        let known = last.filter(|(event, _)| Arc::ptr_eq(event, &hit.event)).map(|(_, id)| id);
        last = insertion.add(&row, known)?.map(|id| (&hit.event, id));
    }
    insertion.finish()
}

/// A row that may be there already.
pub(super) struct NewRow<'r> {
    pub(super) key: i64,
    /// Names and values, as JSON.
    pub(super) group: &'r str,
    /// As JSON; empty for none.
    pub(super) value: &'r str,
    pub(super) event: &'r Facts,
    pub(super) carried: u32,
}

impl NewRow<'_> {
    /// What it costs, about.
    fn bytes(&self) -> i64 {
        i64::try_from(budget::ROW_BYTES + self.event.text.len()).unwrap_or(i64::MAX)
    }
}

/// Rows on their way in: the statements that each takes, and what they amount to.
pub(super) struct Insertion<'t> {
    transaction: &'t Transaction<'t>,
    find: CachedStatement<'t>,
    event: CachedStatement<'t>,
    row: CachedStatement<'t>,
    /// (rows, bytes) by the number of their key.
    totals: BTreeMap<i64, (i64, i64)>,
}

impl<'t> Insertion<'t> {
    pub(super) fn new(transaction: &'t Transaction<'t>) -> Result<Self, StoreError> {
        Ok(Self {
            transaction,
            find: transaction.prepare_cached(
                "SELECT seq FROM hits WHERE key = ?1 AND group_name = ?2 AND time_s = ?3 AND hit_name = ?4",
            )?,
            event: transaction
                .prepare_cached("INSERT INTO events(logs_time_ms, text, sum) VALUES (?1, ?2, ?3)")?,
            row: transaction.prepare_cached(
                "INSERT INTO hits(key, group_name, time_s, hit_name, group_text, value, event, carried, bytes, sum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            totals: BTreeMap::new(),
        })
    }

    /// Adds a row whose event may be kept already, under the id `known`. Returns the id of its
    /// event if this is known.
    pub(super) fn add(&mut self, row: &NewRow<'_>, known: Option<i64>) -> Result<Option<i64>, StoreError> {
        let Facts { account, event_id, time_s, .. } = row.event;
        let (group, hit) = (name(&[row.group]), name(&[account, event_id, row.value]));
        let found: Option<i64> =
            self.find.query_row((row.key, group, time_s, hit), |row| row.get(0)).optional()?;
        if let Some(seq) = found {
            self.settle(seq, row.event)?;
            return Ok(known);
        }
        let event = match known {
            Some(event) => event,
            None => self.insert_event(row.event)?,
        };
        let sum = checksum::of(&[
            ValueRef::Integer(row.key),
            ValueRef::Blob(&group),
            ValueRef::Integer(*time_s),
            ValueRef::Blob(&hit),
            checksum::text(row.group),
            checksum::text(row.value),
            ValueRef::Integer(i64::from(row.carried)),
            ValueRef::Integer(row.bytes()),
            ValueRef::Integer(event),
        ]);
        self.row.execute((
            row.key,
            group,
            time_s,
            hit,
            row.group,
            row.value,
            event,
            row.carried,
            row.bytes(),
            sum,
        ))?;
        let total = self.totals.entry(row.key).or_default();
        *total = (total.0 + 1, total.1.saturating_add(row.bytes()));
        Ok(Some(event))
    }

    /// Inserts an event with its checksum. Returns its id.
    fn insert_event(&mut self, event: &Facts) -> Result<i64, StoreError> {
        let Facts { logs_time_ms, text, .. } = event;
        let sum = checksum::of(&[checksum::integer(*logs_time_ms), checksum::text(text)]);
        Ok(self.event.insert((logs_time_ms, text, sum))?)
    }

    /// Says of each key what its rows amount to now.
    pub(super) fn finish(self) -> Result<(), StoreError> {
        budget::change_totals(self.transaction, &self.totals)
    }

    /// Lets the window row `seq` refer to another event.
    fn refer_to(&self, seq: i64, event: i64) -> Result<(), StoreError> {
        let select = format!("SELECT {} FROM hits WHERE seq = ?1", read::SUMMED_NAMES);
        let mut statement = self.transaction.prepare_cached(&select)?;
        let sum = statement.query_row((seq,), |row| {
            let mut values = Vec::with_capacity(9);
            for column in 0..8 {
                values.push(row.get_ref(column)?);
            }
            values.push(ValueRef::Integer(event));
            Ok(checksum::of(&values))
        })?;
        let mut update =
            self.transaction.prepare_cached("UPDATE hits SET event = ?2, sum = ?3 WHERE seq = ?1")?;
        update.execute((seq, event, sum))?;
        Ok(())
    }

    /// Another delivery of an event that is kept.
    fn settle(&mut self, seq: i64, other: &Facts) -> Result<(), StoreError> {
        let mut kept = self.transaction.prepare_cached(
            "SELECT events.id, events.text, events.logs_time_ms, events.sum FROM hits JOIN events ON events.id = hits.event
             WHERE seq = ?1",
        )?;
        let mut rows = kept.query((seq,))?;
        let Some(row) = rows.next()? else { return Ok(()) };
        let event: i64 = row.get(0)?;
        let (text, logs_time_ms) = read::event(row, [0, 1, 2, 3])?;
        drop(rows);
        if (&other.text, other.logs_time_ms) < (&text, logs_time_ms) {
            let lesser = self.insert_event(other)?;
            self.refer_to(seq, lesser)?;
            self.transaction.prepare_cached(DELETE_UNUSED)?.execute((event,))?;
        }
        Ok(())
    }
}

/// Deletes an event that no row needs any more.
pub(super) const DELETE_UNUSED: &str =
    "DELETE FROM events WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM hits WHERE event = ?1)";

fn name_of(group: &Group) -> Name {
    name(&[&json!(group.as_ref()).to_string()])
}

impl Store {
    /// Shows every hit that was committed, in the order in which they came, to fold the windows again.
    ///
    /// # Errors
    /// SQLite's, or a row that is not ours.
    pub fn hits(&self, each: &mut dyn FnMut(StoredHit) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare(&format!("SELECT {} ORDER BY seq", read::COLUMNS))?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            each(read::hit(row)?)?;
        }
        Ok(())
    }

    /// The hits of one group of a rule's key from a time on, in seconds, by time.
    ///
    /// # Errors
    /// SQLite's, or a row that is not ours.
    pub fn group_hits(&self, key: &str, group: &Group, from_s: i64) -> Result<Vec<StoredHit>, StoreError> {
        super::meet_fault("store.read")?;
        let text = format!(
            "SELECT {} WHERE hits.key = (SELECT id FROM keys WHERE key = ?1) AND group_name = ?2
             AND time_s >= ?3 ORDER BY time_s",
            read::COLUMNS
        );
        let mut statement = self.connection.prepare_cached(&text)?;
        let mut rows = statement.query((key, name_of(group), from_s))?;
        let (mut hits, mut damaged) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            match read::hit(row) {
                Ok(hit) => hits.push(hit),
                // All of the group at once, so that the caller has to read it only once more.
                Err(StoreError::DamagedRows(rows)) => damaged.extend(rows),
                Err(error) => return Err(error),
            }
        }
        if damaged.is_empty() { Ok(hits) } else { Err(StoreError::DamagedRows(damaged)) }
    }

    /// Whether a group of a rule's key has any rows.
    ///
    /// # Errors
    /// SQLite's.
    pub fn has_rows(&self, key: &str, group: &Group) -> Result<bool, StoreError> {
        let text =
            "SELECT 1 FROM hits WHERE key = (SELECT id FROM keys WHERE key = ?1) AND group_name = ?2 LIMIT 1";
        Ok(self.connection.prepare_cached(text)?.exists((key, name_of(group)))?)
    }

    /// Every group that a rule's key has rows of.
    ///
    /// # Errors
    /// SQLite's, or a row that is not ours.
    pub fn groups_of(&self, key: &str) -> Result<Vec<Group>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT group_text, seq FROM hits JOIN (
                 SELECT min(seq) AS first FROM hits WHERE key = (SELECT id FROM keys WHERE key = ?1) GROUP BY group_name
             ) ON seq = first",
        )?;
        let mut rows = statement.query((key,))?;
        let mut groups = Vec::new();
        while let Some(row) = rows.next()? {
            groups.push(read::group(row, 0, row.get(1)?)?.into());
        }
        Ok(groups)
    }
}
