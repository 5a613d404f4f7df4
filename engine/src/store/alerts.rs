//! Alerts, and when each is told.
//!
//! Sinks are notified of an alert when it opens; when its count passes 10, 100, 1,000 …; when it gains something new in kind
//! (an event name, a target, an address, a region, the first success, a higher level: [`gain`]); and a last time when its
//! period is over and it has grown since. Once a person has acknowledged or closed it, only gains are notified of, marked
//! so. Each notification is a revision, and a row in the outbox for each sink that takes it.

pub(super) mod row;

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Transaction, params_from_iter};

use super::{Store, StoreError, outbox};
use crate::alert::gain::{self, Notified};
use crate::alert::{Alert, Period, Status};

/// An alert that opened or changed. Its revision and status are the store's to say.
#[derive(Debug, Clone)]
pub struct AlertChange {
    /// The alert as it stands; its ledger counts only when it opens.
    pub alert: Alert,
    /// The sinks that take it.
    pub sinks: Vec<String>,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The alert is new.
    Opened,
    /// It has grown tenfold or gained something new in kind: sinks are notified again.
    Again,
    /// Only its row changed.
    Quietly,
    /// The store knows of as many events already, or of more: a backfill saw what the stream did not, or the other way round.
    Unchanged,
}

impl Told {
    /// Whether sinks hear of it.
    pub fn is_news(self) -> bool {
        matches!(self, Told::Opened | Told::Again)
    }
}

/// An alert as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAlert {
    /// Its place in the order of opening.
    pub seq: i64,
    /// The number of its latest change, of which each has its own; a cursor.
    pub changed: i64,
    /// The alert, with its revision, status and ledger.
    pub alert: Alert,
    /// When it opened, milliseconds since the epoch, like the other times.
    pub opened_ms: i64,
    /// When a person first took it.
    pub acknowledged_ms: Option<i64>,
    /// When it was closed.
    pub closed_ms: Option<i64>,
    /// Why, in one of the words of [`CloseReason`](super::CloseReason).
    pub close_reason: Option<String>,
    /// Why, in a person's words.
    pub close_text: Option<String>,
}

/// Which alerts to read.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Opened after the alert of this place in the order of opening.
    pub after_seq: Option<i64>,
    /// Changed after this cursor; then in the order of the changes.
    pub changed_after: Option<i64>,
    /// In this status.
    pub status: Option<Status>,
    /// Not in the status `closed`.
    pub but_closed: bool,
    /// At least this level, as its place in the order of levels.
    pub level_min: Option<u8>,
    /// Of this rule.
    pub rule: Option<String>,
    /// Of this account.
    pub account: Option<String>,
    /// Newest first rather than oldest first.
    pub newest_first: bool,
    /// At most so many.
    pub rows_max: Option<i64>,
}

pub(super) const COLUMNS: &str = "seq, body, revision, status, latency, opened_ms, acknowledged_ms, closed_ms, close_reason, close_text, \
     changed, body_sum, latency_sum";

/// Opens and grows alerts, and puts into the outbox what is to be told.
pub(super) fn upsert(
    transaction: &Transaction<'_>,
    changes: &[AlertChange],
    now_ms: i64,
) -> Result<Vec<Told>, StoreError> {
    changes
        .iter()
        .map(|AlertChange { alert, sinks }| {
            let Some(known) = Known::read(transaction, &alert.id)? else {
                open(transaction, alert, now_ms)?;
                let first = outbox::New { alert: &alert.id, revision: 1, ..outbox::New::default() };
                outbox::insert_for(transaction, sinks, &first, now_ms)?;
                return Ok(Told::Opened);
            };
            if known.count > alert.count {
                return Ok(Told::Unchanged);
            }
            let gained = gain::gains(alert, &known.notified);
            let grown = known.is_open && Alert::is_worth_telling(alert.count, known.told);
            if gained.is_empty() && !grown {
                known.grow(transaction, alert)?;
                return Ok(if alert.count > known.count { Told::Quietly } else { Told::Unchanged });
            }
            let notified = Known {
                revision: known.revision + 1,
                told: alert.count,
                notified: Notified::of(alert),
                ..known
            };
            notified.grow(transaction, alert)?;
            let again = outbox::New {
                alert: &alert.id,
                revision: notified.revision,
                gained: &gained,
                since_acknowledgment: !notified.is_open,
                ..outbox::New::default()
            };
            outbox::insert_for(transaction, sinks, &again, now_ms)?;
            Ok(Told::Again)
        })
        .collect()
}

/// The row of an alert, as far as it decides about notifications.
struct Known {
    revision: u32,
    /// The count at the last notification.
    told: u64,
    is_open: bool,
    count: u64,
    notified: Notified,
}

impl Known {
    fn read(transaction: &Transaction<'_>, id: &str) -> Result<Option<Self>, StoreError> {
        let mut statement = transaction.prepare_cached(
            "SELECT revision, told, status = 'open', count, notified_scope, notified_level FROM alerts WHERE id = ?1",
        )?;
        let known = statement.query_row((id,), |row| {
            // A scope or level that cannot be read notifies once more than it must.
            let scope = row.get_ref(4)?.as_str().ok().and_then(|text| serde_json::from_str(text).ok());
            let scope = scope.unwrap_or_default();
            let level = u8::try_from(row.get::<_, i64>(5)?).unwrap_or_default();
            Ok(Self {
                revision: row.get(0)?,
                told: row.get(1)?,
                is_open: row.get(2)?,
                count: row.get(3)?,
                notified: Notified { scope, level },
            })
        });
        Ok(known.optional()?)
    }

    /// Writes the alert as it is now, with this state of notification.
    fn grow(&self, transaction: &Transaction<'_>, alert: &Alert) -> Result<(), StoreError> {
        let mut statement = transaction.prepare_cached(
            "UPDATE alerts SET count = ?2, last_seen_s = ?3, body = ?4, level = ?5, revision = ?6, told = ?7,
                    notified_scope = ?8, notified_level = ?9, body_sum = ?10 WHERE id = ?1",
        )?;
        row::verify(transaction, &alert.id)?;
        let scope = serde_json::to_string(&self.notified.scope).map_err(|error| not_ours(&error))?;
        let (level, notified_level) = (alert.rule.level as u8, self.notified.level);
        let (count, last_s) = (alert.count, alert.last_seen_s);
        let body = body(alert)?;
        let sum = row::sum(&body);
        statement.execute((
            &alert.id,
            count,
            last_s,
            body,
            level,
            self.revision,
            self.told,
            scope,
            notified_level,
            sum,
        ))?;
        Ok(())
    }
}

fn open(transaction: &Transaction<'_>, alert: &Alert, now_ms: i64) -> Result<(), StoreError> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO alerts(id, rule, level, account, count, last_seen_s, period_end_s, revision, told, body, latency, \
         opened_ms, notified_scope, notified_level, body_sum, latency_sum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?5, ?8, ?9, ?10, ?11, ?3, ?12, ?13)",
    )?;
    let end_s = alert.period.as_ref().map(Period::end_s);
    let latency = serde_json::to_string(&alert.latency).map_err(|error| not_ours(&error))?;
    let body = body(alert)?;
    let sums = (row::sum(&body), row::sum(&latency));
    insert.execute((
        &alert.id,
        &alert.rule.id,
        alert.rule.level as u8,
        &alert.account,
        alert.count,
        alert.last_seen_s,
        end_s,
        body,
        latency,
        now_ms,
        serde_json::to_string(&alert.scope).map_err(|error| not_ours(&error))?,
        sums.0,
        sums.1,
    ))?;
    Ok(())
}

/// Tells a last time of the alerts whose period is over and that have grown since they were told. Returns how many.
pub(super) fn end_periods(
    transaction: &Transaction<'_>,
    watermark_s: i64,
    now_ms: i64,
) -> Result<usize, StoreError> {
    let mut over = transaction.prepare_cached(
        "SELECT id, revision, count > told AND status = 'open' FROM alerts \
         WHERE ended = 0 AND period_end_s IS NOT NULL AND period_end_s <= ?1",
    )?;
    let over: Vec<(String, u32, bool)> =
        over.query_map((watermark_s,), |row| row.try_into())?.collect::<Result<_, _>>()?;
    let mut end = transaction.prepare_cached("UPDATE alerts SET ended = 1 WHERE id = ?1")?;
    let mut tell = transaction.prepare_cached(
        "UPDATE alerts SET revision = ?2, told = count, notified_level = level,
                notified_scope = iif(json_valid(body), body -> '$.scope', notified_scope) WHERE id = ?1",
    )?;
    let mut sinks = transaction.prepare_cached("SELECT DISTINCT sink FROM outbox WHERE alert = ?1")?;
    let mut ended = 0;
    for (id, revision, grown) in over {
        end.execute((&id,))?;
        if !grown {
            continue;
        }
        ended += 1;
        tell.execute((&id, revision + 1))?;
        // Those who heard of it hear its end.
        let sinks: Vec<String> = sinks.query_map((&id,), |row| row.get(0))?.collect::<Result<_, _>>()?;
        let last = outbox::New { alert: &id, revision: revision + 1, ended: true, ..outbox::New::default() };
        outbox::insert_for(transaction, &sinks, &last, now_ms)?;
    }
    Ok(ended)
}

/// The native form; what other columns say is the default in it.
pub(super) fn body(alert: &Alert) -> Result<String, StoreError> {
    alert.json().map_err(|error| not_ours(&error))
}

fn not_ours(error: &serde_json::Error) -> StoreError {
    StoreError::Row { table: "alerts", problem: error.to_string() }
}

impl Store {
    /// Shows the alerts that a query asks for, in the order of their opening or of their changes, for as long as `each` wants more.
    ///
    /// # Errors
    /// SQLite's, or a row that is not ours.
    pub fn alerts(&self, query: &Query, each: &mut dyn FnMut(StoredAlert) -> bool) -> Result<(), StoreError> {
        let mut wanted = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        let mut ask = |condition: &str, value: Option<Value>| {
            if let Some(value) = value {
                values.push(value);
                wanted.push(format!("{condition} ?{}", values.len()));
            }
        };
        ask("seq >", query.after_seq.map(Value::from));
        ask("changed >", query.changed_after.map(Value::from));
        ask("status =", query.status.map(|status| Value::from(status.as_str().to_owned())));
        ask("level >=", query.level_min.map(|level| Value::from(i64::from(level))));
        ask("rule =", query.rule.clone().map(Value::from));
        ask("account =", query.account.clone().map(Value::from));
        if query.but_closed {
            wanted.push("status != 'closed'".to_owned());
        }
        let wanted = if wanted.is_empty() { "true".to_owned() } else { wanted.join(" AND ") };
        let by = if query.changed_after.is_some() { "changed" } else { "seq" };
        let order = if query.newest_first { "DESC" } else { "ASC" };
        let rows_max = query.rows_max.unwrap_or(-1);
        let text =
            format!("SELECT {COLUMNS} FROM alerts WHERE {wanted} ORDER BY {by} {order} LIMIT {rows_max}");
        let mut statement = self.connection.prepare_cached(&text)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if !each(self.readable(row::read(row, 0))?) {
                break;
            }
        }
        Ok(())
    }

    /// The place of the newest alert in the order of opening; 0 when there is none.
    ///
    /// # Errors
    /// SQLite's.
    pub fn last_alert_seq(&self) -> Result<i64, StoreError> {
        let text = "SELECT ifnull(max(seq), 0) FROM alerts";
        Ok(self.connection.query_row(text, (), |row| row.get(0))?)
    }

    /// Whether there is such an alert.
    ///
    /// # Errors
    /// SQLite's.
    pub fn has_alert(&self, id: &str) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT 1 FROM alerts WHERE id = ?1")?;
        Ok(statement.exists((id,))?)
    }

    /// How many groups of a rule have an alert of their own in the period that ends then, and the alert of the others.
    ///
    /// # Errors
    /// SQLite's, or a row that is not ours.
    pub fn period_alerts(
        &self,
        rule: &str,
        period_end_s: i64,
    ) -> Result<(usize, Option<StoredAlert>), StoreError> {
        // A body that is damaged is of a group's own alert, as nearly all are.
        let of_period = "FROM alerts WHERE rule = ?1 AND period_end_s = ?2
            AND CASE WHEN json_valid(body) THEN ifnull(body ->> '$.approximate', 0) ELSE 0 END";
        let count = format!("SELECT count(*) {of_period} = 0");
        let own =
            self.connection.prepare_cached(&count)?.query_row((rule, period_end_s), |row| row.get(0))?;
        let mut shared = self.connection.prepare_cached(&format!("SELECT {COLUMNS} {of_period} = 1"))?;
        let mut rows = shared.query((rule, period_end_s))?;
        let shared = rows.next()?.map(|row| row::read(row, 0)).transpose()?;
        Ok((own, shared))
    }

    /// The ids of all alerts.
    ///
    /// # Errors
    /// SQLite's.
    pub fn alert_ids(&self) -> Result<HashSet<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT id FROM alerts")?;
        let rows = statement.query_map((), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether the period of some alert ended before this watermark, and nobody was told yet.
    ///
    /// # Errors
    /// SQLite's.
    pub fn ends_before(&self, watermark_s: i64) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM alerts WHERE ended = 0 AND period_end_s IS NOT NULL AND period_end_s <= ?1)",
        )?;
        Ok(statement.query_row((watermark_s,), |row| row.get(0))?)
    }

    /// When the oldest alert that nobody has taken opened, by level.
    ///
    /// # Errors
    /// SQLite's.
    pub fn oldest_open_ms(&self) -> Result<Vec<(u8, i64)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT level, min(opened_ms) FROM alerts WHERE status = 'open' GROUP BY level",
        )?;
        let rows = statement.query_map((), |row| row.try_into())?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many alerts are in which status and level.
    ///
    /// # Errors
    /// SQLite's.
    pub fn alert_counts(&self) -> Result<Vec<(String, u8, u64)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT status, level, count(*) FROM alerts GROUP BY status, level")?;
        let rows = statement.query_map((), |row| row.try_into())?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
