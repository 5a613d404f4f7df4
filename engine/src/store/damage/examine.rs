//! Reads rows back and reports those that are damaged; changes nothing.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use tripline_rules::field::Fields;

use super::tables::{SMALL, Table};
use super::{Damage, RowKey, alert};
use crate::hit::Facts;
use crate::store::accounts;
use crate::store::hits::read;
use crate::store::{Store, StoreError, checksum};

/// Damaged rows that one examination reports; the next one, after they are moved aside, reports more.
pub const DAMAGED_ROWS_MAX: usize = 10_000;

/// A number that is only ever added to is damaged beyond this: another addition could exceed 64 bits.
const COUNT_MAX: i64 = 1 << 62;

/// Bytes of a name in `sketched`.
const NAME_BYTES: usize = 16;

/// Which rows to examine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every row.
    All,
    /// Alerts and their deliveries.
    Deliveries,
    /// The tables that the engine reads when it starts: few rows.
    Small,
}

impl Store {
    /// Reads back every row of `scope` and returns those that are damaged, at most [`DAMAGED_ROWS_MAX`].
    ///
    /// # Errors
    /// SQLite's.
    pub fn examine(&self, scope: Scope) -> Result<Vec<Damage>, StoreError> {
        examine(&self.connection, scope)
    }
}

pub(in crate::store) fn examine(connection: &Connection, scope: Scope) -> Result<Vec<Damage>, StoreError> {
    let mut found = Found::default();
    if scope != Scope::Deliveries {
        for table in &SMALL {
            small(connection, table, &mut found)?;
        }
        accounts(connection, &mut found)?;
    }
    if scope == Scope::All {
        events(connection, &mut found)?;
        hits(connection, &mut found)?;
        totals(connection, &mut found)?;
    }
    if scope != Scope::Small {
        alert::examine(connection, &mut found)?;
        outbox(connection, &mut found)?;
    }
    Ok(found.0)
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Found(Vec<Damage>);

impl Found {
    /// Adds a damaged row, unless there are [`DAMAGED_ROWS_MAX`].
    pub(super) fn push(&mut self, damage: Damage) {
        if self.0.len() < DAMAGED_ROWS_MAX {
            self.0.push(damage);
        }
    }

    /// Adds the damaged rows of `table` that reading a row reported.
    fn add<T>(&mut self, table: &str, read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(StoreError::DamagedRows(rows)) => {
                rows.into_iter().filter(|row| row.table == table).for_each(|row| self.push(row));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// True if every text of a row is UTF-8.
pub(super) fn is_text(values: &[ValueRef<'_>]) -> bool {
    values.iter().all(|value| match value {
        ValueRef::Text(text) => std::str::from_utf8(text).is_ok(),
        _ => true,
    })
}

/// Examines a table whose rows carry a checksum over all of their columns.
fn small(connection: &Connection, table: &Table, found: &mut Found) -> Result<(), StoreError> {
    let Table { name, key, summed } = table;
    let columns = [*key, *summed].concat().join(", ");
    let mut statement = connection.prepare(&format!("SELECT {columns}, sum FROM {name}"))?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let sum_at = key.len() + summed.len();
        let values = values(row, key.len()..sum_at)?;
        let problem = if !checksum::matches(row.get(sum_at)?, &values) {
            "its checksum is not that of what was written"
        } else if !is_text(&values) {
            "a text of it is not UTF-8"
        } else if *name == "sketched" && !is_names(&values) {
            "it holds no names"
        } else {
            continue;
        };
        found.push(Damage { table: name, key: RowKey::read(key, row, 0)?, problem: problem.to_owned() });
    }
    Ok(())
}

fn is_names(values: &[ValueRef<'_>]) -> bool {
    matches!(values.last(), Some(ValueRef::Blob(names)) if names.len() % NAME_BYTES == 0)
}

pub(super) fn values<'r>(
    row: &'r Row<'_>,
    columns: std::ops::Range<usize>,
) -> Result<Vec<ValueRef<'r>>, StoreError> {
    Ok(columns.map(|column| row.get_ref(column)).collect::<Result<_, _>>()?)
}

/// Examines events: each is decoded, and needed by a window row.
fn events(connection: &Connection, found: &mut Found) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT id, text, logs_time_ms, sum, EXISTS (SELECT 1 FROM hits WHERE event = events.id) FROM events",
    )?;
    let mut rows = statement.query(())?;
    let fields = Fields::new();
    while let Some(row) = rows.next()? {
        let Some((text, time_ms)) = found.add("events", read::event(row, [0, 1, 2, 3]))? else { continue };
        let problem = if Facts::kept(&text, time_ms, &fields).is_none() {
            "its text is no CloudTrail event"
        } else if row.get(4)? {
            continue;
        } else {
            "no window row refers to it"
        };
        found.push(Damage::of_row("events", "id", row.get(0)?, problem));
    }
    Ok(())
}

/// Examines window rows: each is decoded, and its key and its event are there.
fn hits(connection: &Connection, found: &mut Found) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&format!("SELECT {} ORDER BY seq", read::COLUMNS))?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        found.add("hits", read::hit(row))?;
    }
    Ok(())
}

/// Compares what is stored of the window rows of each key with the rows.
fn totals(connection: &Connection, found: &mut Found) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT id, rows, keys.bytes, ifnull(many, 0), ifnull(all_bytes, 0) FROM keys LEFT JOIN (
             SELECT key, count(*) AS many, total(bytes) AS all_bytes FROM hits GROUP BY key
         ) AS sums ON sums.key = keys.id",
    )?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let (id, rows, bytes, many, all): (i64, i64, i64, i64, f64) = row.try_into()?;
        #[expect(clippy::cast_precision_loss, reason = "below 2^53 in any store")]
        let differs = rows != many || (bytes as f64 - all).abs() >= 1.0;
        if differs {
            let problem =
                format!("{TOTAL}: {rows} rows of {bytes} bytes, of which there are {many} of {all:.0}");
            found.push(Damage::of_row("keys", "id", id, &problem));
        }
    }
    Ok(())
}

/// The beginning of the problem of a key whose row is whole and whose total is wrong.
pub(super) const TOTAL: &str = "its total of window rows is wrong";

/// Examines the counters of sources: they are numbers to which can be added.
fn accounts(connection: &Connection, found: &mut Found) -> Result<(), StoreError> {
    let columns = accounts::COLUMNS;
    let mut statement =
        connection.prepare(&format!("SELECT source, {} FROM accounts", columns.join(", ")))?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let values = values(row, 0..columns.len() + 1)?;
        let in_range = |value: &ValueRef<'_>| matches!(value, ValueRef::Integer(0..=COUNT_MAX));
        if !is_text(&values[..1]) || !values[1..].iter().all(in_range) {
            let (key, problem) = (RowKey::read(&["source"], row, 0)?, "a counter is out of range".to_owned());
            found.push(Damage { table: "accounts", key, problem });
        }
    }
    Ok(())
}

/// The columns that name a delivery.
const DELIVERY: [&str; 3] = ["alert", "revision", "sink"];

/// Examines deliveries: the alert of each is there, and its numbers are in range.
fn outbox(connection: &Connection, found: &mut Found) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT alert, revision, sink, error, digest, EXISTS (SELECT 1 FROM alerts WHERE id = alert),
                revision NOT BETWEEN 1 AND 4294967294 OR level NOT BETWEEN 0 AND 255 OR ended NOT BETWEEN 0 AND 1
                OR attempts NOT BETWEEN 0 AND 4294967294 OR (delivered_ms IS NOT NULL AND dead_ms IS NOT NULL)
         FROM outbox",
    )?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let problem = if !is_text(&values(row, 0..5)?) {
            "a text of it is not UTF-8"
        } else if !row.get::<_, bool>(5)? {
            "its alert is not there"
        } else if row.get(6)? {
            "a number of it is out of range"
        } else {
            continue;
        };
        let key = RowKey::read(&DELIVERY, row, 0)?;
        found.push(Damage { table: "outbox", key, problem: problem.to_owned() });
    }
    Ok(())
}
