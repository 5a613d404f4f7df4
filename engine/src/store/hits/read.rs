//! Window rows and events, read back and compared with their checksums.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use tripline_rules::field::Fields;

use super::StoredHit;
use crate::hit::Facts;
use crate::store::damage::Damage;
use crate::store::{StoreError, checksum};

/// The columns of a [`StoredHit`] with what verifies them, and the tables they are from.
pub(in crate::store) const COLUMNS: &str =
    "keys.key, group_text, value, text, logs_time_ms, carried, seq, events.id,
    hits.sum, events.sum, hits.key, group_name, time_s, hit_name, hits.bytes, hits.event
    FROM hits LEFT JOIN keys ON keys.id = hits.key LEFT JOIN events ON events.id = hits.event";

/// The columns of [`COLUMNS`] over which the checksum of a window row is computed, in its order.
const SUMMED: [usize; 9] = [10, 11, 12, 13, 1, 2, 5, 14, 15];

/// The columns over which the checksum of a window row is computed; the last one is `event`, which may change.
pub(super) const SUMMED_NAMES: &str = "key, group_name, time_s, hit_name, group_text, value, carried, bytes";

/// Reads a row of [`COLUMNS`].
///
/// # Errors
/// SQLite's; the row or its event is damaged.
pub(in crate::store) fn hit(row: &Row<'_>) -> Result<StoredHit, StoreError> {
    let seq = row.get(6)?;
    let damaged = |problem: &str| Damage::error("hits", "seq", seq, problem);
    let values = SUMMED.map(|column| row.get_ref(column).unwrap_or(ValueRef::Null));
    if !checksum::matches(row.get(8)?, &values) {
        return Err(damaged("its checksum is not that of what was written"));
    }
    let rule = match row.get_ref(0)? {
        ValueRef::Null => return Err(damaged("its key is not there")),
        value => value.as_str().map_err(|_| damaged("its key cannot be read"))?.to_owned(),
    };
    let value = match row.get_ref(2)?.as_str() {
        Ok("") => None,
        Ok(value) => Some(serde_json::from_str(value).map_err(|_| damaged("its value cannot be read"))?),
        Err(_) => return Err(damaged("its value cannot be read")),
    };
    if row.get_ref(7)? == ValueRef::Null {
        return Err(damaged("its event is not there"));
    }
    let (text, logs_time_ms) = event(row, [7, 3, 4, 9])?;
    let carried = u32::try_from(row.get::<_, i64>(5)?).map_err(|_| damaged("its count is out of range"))?;
    Ok(StoredHit { rule, group: group(row, 1, seq)?, value, text, logs_time_ms, carried })
}

/// Reads the group of the window row `seq` from column `at`.
///
/// # Errors
/// SQLite's; the row is damaged.
pub(super) fn group(row: &Row<'_>, at: usize, seq: i64) -> Result<Vec<(String, String)>, StoreError> {
    let text = row.get_ref(at)?.as_str().ok();
    let group = text.and_then(|text| serde_json::from_str(text).ok());
    group.ok_or_else(|| Damage::error("hits", "seq", seq, "its group cannot be read"))
}

/// Reads an event: its text, and when the log received it. `columns` are those of its id, text, time and checksum.
///
/// # Errors
/// SQLite's; the event is damaged.
pub(in crate::store) fn event(
    row: &Row<'_>,
    [id, text, time, sum]: [usize; 4],
) -> Result<(String, Option<i64>), StoreError> {
    let (id, sum): (i64, Option<i64>) = (row.get(id)?, row.get(sum)?);
    let damaged = |problem| Damage::error("events", "id", id, problem);
    let values = [row.get_ref(time)?, row.get_ref(text)?];
    if !checksum::matches(sum, &values) {
        return Err(damaged("its checksum is not that of what was written"));
    }
    let text = values[1].as_str().map_err(|_| damaged("its text is not UTF-8"))?.to_owned();
    let logs_time_ms = row.get(time)?;
    // An event of an earlier version has no checksum: it must at least be an event.
    if sum.is_none() && Facts::kept(&text, logs_time_ms, &Fields::new()).is_none() {
        return Err(damaged("its text is no CloudTrail event"));
    }
    Ok((text, logs_time_ms))
}
