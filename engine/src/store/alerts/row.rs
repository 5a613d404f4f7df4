//! Alerts, read back and compared with their checksums.

use rusqlite::types::{FromSql, ValueRef};
use rusqlite::{OptionalExtension, Row, Transaction};

use super::StoredAlert;
use crate::alert::{Alert, Latency, Status};
use crate::store::damage::{self, Damage};
use crate::store::{StoreError, checksum};

/// Returns the checksum of a body or of a latency.
pub(in crate::store) fn sum(text: &str) -> i64 {
    checksum::of(&[checksum::text(text)])
}

/// Decodes a text whose checksum is `sum`; none if it is damaged.
pub(in crate::store) fn decoded<T: serde::de::DeserializeOwned>(
    text: ValueRef<'_>,
    sum: Option<i64>,
) -> Option<T> {
    if !checksum::matches(sum, &[text]) {
        return None;
    }
    serde_json::from_str(text.as_str().ok()?).ok()
}

/// Reads a row of [`COLUMNS`](super::COLUMNS), starting at column `at`.
///
/// # Errors
/// SQLite's; the row is damaged.
pub(in crate::store) fn read(row: &Row<'_>, at: usize) -> Result<StoredAlert, StoreError> {
    let seq = row.get(at)?;
    let damaged = |problem: &str| Damage::error("alerts", "seq", seq, problem);
    let mut alert: Alert = decoded(row.get_ref(at + 1)?, row.get(at + 11)?)
        .ok_or_else(|| damaged("its body is not what was written"))?;
    alert.revision = column(row, at + 2, seq)?;
    let status: String = column(row, at + 3, seq)?;
    let known = Status::ALL.into_iter().find(|known| known.as_str() == status);
    alert.status = known.ok_or_else(|| damaged("its status is unknown"))?;
    alert.latency = decoded::<Latency>(row.get_ref(at + 4)?, row.get(at + 12)?)
        .ok_or_else(|| damaged("its latency is not what was written"))?;
    Ok(StoredAlert {
        seq,
        alert,
        opened_ms: row.get(at + 5)?,
        acknowledged_ms: row.get(at + 6)?,
        closed_ms: row.get(at + 7)?,
        close_reason: column(row, at + 8, seq)?,
        close_text: column(row, at + 9, seq)?,
        changed: row.get(at + 10)?,
    })
}

fn column<T: FromSql>(row: &Row<'_>, at: usize, seq: i64) -> Result<T, StoreError> {
    damage::get(row, at, |problem| Damage::of_row("alerts", "seq", seq, &problem))
}

/// Checks the body of the alert `id` before another one takes its place: what is damaged is kept.
///
/// # Errors
/// SQLite's; the body is damaged.
pub(super) fn verify(transaction: &Transaction<'_>, id: &str) -> Result<(), StoreError> {
    let mut statement = transaction.prepare_cached("SELECT seq, body, body_sum FROM alerts WHERE id = ?1")?;
    let damaged = statement
        .query_row((id,), |row| {
            let (seq, body, sum): (i64, ValueRef<'_>, Option<i64>) =
                (row.get(0)?, row.get_ref(1)?, row.get(2)?);
            let valid = match sum {
                Some(_) => checksum::matches(sum, &[body]),
                None => decoded::<Alert>(body, None).is_some(),
            };
            Ok((!valid).then_some(seq))
        })
        .optional()?
        .flatten();
    match damaged {
        None => Ok(()),
        Some(seq) => Err(Damage::error("alerts", "seq", seq, "its body is not what was written")),
    }
}
