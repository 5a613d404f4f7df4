//! Damaged alerts. The body of an alert and its other columns say the same, so what is damaged of one is taken from the other.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use serde_json::json;
use tripline_rules::rule::Level;

use super::examine::Found;
use super::{Damage, Part};
use crate::alert::{Alert, Latency, Period, Status, rfc3339};
use crate::store::alerts::{self, row};
use crate::store::{Store, StoreError, StoredAlert};

/// Everything of an alert's row.
const COLUMNS: &str =
    "seq, id, rule, level, account, count, last_seen_s, period_end_s, revision, told, ended, body, body_sum,
    latency, latency_sum, status, close_reason, close_text, opened_ms, acknowledged_ms, closed_ms";

/// Examines alerts: body and latency are what was written, and the other columns agree with the body.
pub(super) fn examine(connection: &Connection, found: &mut Found) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM alerts"))?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        if let Some(problem) = problem(row)? {
            found.push(Damage::of_row("alerts", "seq", row.get(0)?, problem));
        }
    }
    Ok(())
}

fn problem(row: &Row<'_>) -> Result<Option<&'static str>, StoreError> {
    let Some(alert) = body(row)? else { return Ok(Some("its body is not what was written")) };
    let period_end_s = alert.period.as_ref().map(Period::end_s);
    let agrees = text(row, 1)?.is_some_and(|id| id == alert.id)
        && text(row, 2)?.is_some_and(|rule| rule == alert.rule.id)
        && row.get::<_, i64>(3)? == i64::from(alert.rule.level as u8)
        && text(row, 4)?.is_some_and(|account| account == alert.account)
        && u64::try_from(row.get::<_, i64>(5)?).is_ok_and(|count| count == alert.count)
        && row.get::<_, i64>(6)? == alert.last_seen_s
        // The body that took the place of a damaged one knows neither its events nor its period.
        && (alert.event_ids.is_empty() || row.get::<_, Option<i64>>(7)? == period_end_s);
    let in_range = (1..=i64::from(u32::MAX) - 1).contains(&row.get::<_, i64>(8)?)
        && row.get::<_, i64>(9)? >= 0
        && (0..=1).contains(&row.get::<_, i64>(10)?);
    let texts =
        [16, 17].into_iter().all(|at| row.get_ref(at).is_ok_and(|value| super::examine::is_text(&[value])));
    Ok(match (agrees, latency(row)?.is_some(), status(row)?.is_some()) {
        (false, ..) => Some("its columns differ from its body"),
        (_, false, _) => Some("its latency is not what was written"),
        (_, _, false) => Some("its status is unknown"),
        _ if !in_range => Some("a number of it is out of range"),
        _ if !texts => Some("a text of it is not UTF-8"),
        _ => None,
    })
}

fn body(row: &Row<'_>) -> Result<Option<Alert>, StoreError> {
    Ok(row::decoded(row.get_ref(11)?, row.get(12)?))
}

fn latency(row: &Row<'_>) -> Result<Option<Latency>, StoreError> {
    Ok(row::decoded(row.get_ref(13)?, row.get(14)?))
}

fn status(row: &Row<'_>) -> Result<Option<Status>, StoreError> {
    let word = text(row, 15)?;
    Ok(Status::ALL.into_iter().find(|known| word.as_deref() == Some(known.as_str())))
}

fn text(row: &Row<'_>, at: usize) -> Result<Option<String>, StoreError> {
    Ok(match row.get_ref(at)? {
        ValueRef::Text(text) => String::from_utf8(text.to_vec()).ok(),
        _ => None,
    })
}

/// An alert without what is damaged of it.
pub(super) struct Healed {
    stored: StoredAlert,
    told: i64,
    ended: bool,
    period_end_s: Option<i64>,
}

impl Healed {
    /// Reads a row of [`COLUMNS`]; none if neither its body nor its id can be read.
    fn read(row: &Row<'_>) -> Result<Option<Self>, StoreError> {
        let seq = row.get(0)?;
        let (known, period_end_s) = (body(row)?, row.get(7)?);
        let period_end_s = match &known {
            Some(alert) if !alert.event_ids.is_empty() => alert.period.as_ref().map(Period::end_s),
            _ => period_end_s,
        };
        let Some(mut alert) = known.map_or_else(|| substitute(row), |alert| Ok(Some(alert)))? else {
            return Ok(None);
        };
        alert.status = status(row)?.unwrap_or(Status::Open);
        alert.latency = latency(row)?.unwrap_or_default();
        alert.revision =
            u32::try_from(row.get::<_, i64>(8)?).ok().filter(|n| (1..u32::MAX).contains(n)).unwrap_or(1);
        let count = i64::try_from(alert.count).unwrap_or(i64::MAX);
        let told = Some(row.get(9)?).filter(|told| *told >= 0).unwrap_or(count);
        let stored = StoredAlert {
            seq,
            // Healing writes other columns, and the trigger numbers that.
            changed: 0,
            alert,
            opened_ms: row.get(18)?,
            acknowledged_ms: row.get(19)?,
            closed_ms: row.get(20)?,
            close_reason: text(row, 16)?,
            close_text: text(row, 17)?,
        };
        Ok(Some(Self { stored, told, ended: row.get::<_, i64>(10)? != 0, period_end_s }))
    }

    /// The id of the alert.
    pub(super) fn id(&self) -> &str {
        &self.stored.alert.id
    }
}

/// Makes an alert of the other columns, in place of a body that is damaged; none if they cannot be read.
fn substitute(row: &Row<'_>) -> Result<Option<Alert>, StoreError> {
    let (Some(id), Some(rule), Some(account)) = (text(row, 1)?, text(row, 2)?, text(row, 4)?) else {
        return Ok(None);
    };
    let (level, count, last_seen_s): (i64, i64, i64) = (row.get(3)?, row.get(5)?, row.get(6)?);
    let level = Level::ALL.into_iter().find(|known| i64::from(*known as u8) == level).unwrap_or(Level::High);
    let (count, last_seen) = (count.max(1), rfc3339(last_seen_s));
    let summary = format!(
        "the stored text of this alert was damaged: {count} events of account {account}, the last at {last_seen}; \
         `tripline store repair` rebuilds it from its events"
    );
    let alert = json!({
        "id": id, "summary": summary, "group": {"account": account}, "count": count, "count_exact": true, "distinct": null,
        "rule": {"id": rule, "title": rule, "level": level.as_str(), "author": null, "tags": [], "references": [],
                 "description": null},
        "first_seen": last_seen, "last_seen": last_seen, "window": {"from": last_seen, "to": last_seen, "n": count},
        "period": null, "continues": null, "revision": 1, "event_ids": [], "account": account, "region": "",
        "principal": "-", "source_ip": "-", "user_agent": "", "event_source": "", "event_name": "", "error_code": "",
        "why": [], "evidence": {"first": {}, "latest": {}, "more": []}, "latency": Latency::default(), "status": "open",
        "approximate": false, "late": false,
    });
    Ok(serde_json::from_value(alert).ok())
}

/// Reads the alert that `key` names without what is damaged of it.
fn read(connection: &Connection, seq: i64) -> Result<Option<Healed>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM alerts WHERE seq = ?1"))?;
    let mut rows = statement.query((seq,))?;
    rows.next()?.map_or(Ok(None), Healed::read)
}

/// Writes an alert's row anew without what is damaged of it. Returns the alert; none if the row cannot be kept.
pub(super) fn heal(transaction: &Transaction<'_>, seq: i64) -> Result<Option<Healed>, StoreError> {
    let Some(healed) = read(transaction, seq)? else { return Ok(None) };
    let Healed { stored, told, ended, period_end_s } = &healed;
    let alert = &stored.alert;
    let taken = "SELECT 1 FROM alerts WHERE id = ?1 AND seq != ?2";
    if transaction.query_row(taken, (&alert.id, seq), |_| Ok(())).optional()?.is_some() {
        return Ok(None);
    }
    let body = alerts::body(alert)?;
    let latency = serde_json::to_string(&alert.latency)
        .map_err(|error| StoreError::Row { table: "alerts", problem: error.to_string() })?;
    let sums = (row::sum(&body), row::sum(&latency));
    transaction
        .prepare_cached(
            "UPDATE alerts SET id = ?2, rule = ?3, level = ?4, account = ?5, count = ?6, last_seen_s = ?7, period_end_s = ?8,
                 revision = ?9, told = ?10, ended = ?11 WHERE seq = ?1",
        )?
        .execute((
            seq,
            &alert.id,
            &alert.rule.id,
            alert.rule.level as u8,
            &alert.account,
            alert.count,
            alert.last_seen_s,
            period_end_s,
            alert.revision,
            told,
            ended,
        ))?;
    transaction
        .prepare_cached(
            "UPDATE alerts SET body = ?2, body_sum = ?3, latency = ?4, latency_sum = ?5, status = ?6, close_reason = ?7,
                 close_text = ?8 WHERE seq = ?1",
        )?
        .execute((
            seq,
            body,
            sums.0,
            latency,
            sums.1,
            alert.status.as_str(),
            &stored.close_reason,
            &stored.close_text,
        ))?;
    Ok(Some(healed))
}

impl Store {
    /// Returns what can be read of an alert whose row is damaged: people must be able to list the others.
    pub(in crate::store) fn readable(
        &self,
        read_row: Result<StoredAlert, StoreError>,
    ) -> Result<StoredAlert, StoreError> {
        let Err(StoreError::DamagedRows(rows)) = &read_row else { return read_row };
        let seq = rows.first().and_then(|row| row.key.0.first()).map(|(_, part)| part);
        if let Some(Part::Integer(seq)) = seq
            && let Some(healed) = read(&self.connection, *seq)?
        {
            return Ok(healed.stored);
        }
        read_row
    }
}
