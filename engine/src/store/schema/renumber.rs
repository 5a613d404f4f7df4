//! From version 4 to 5: every window row is written anew, in its order, under numbers and names.

use rusqlite::Transaction;

use crate::hit::Facts;
use crate::store::hits::{Insertion, NewRow};
use crate::store::{StoreError, known_rules};

/// Takes the rows over from the tables of the version before, which then go.
pub(super) fn every_hit(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let mut insertion = Insertion::new(transaction)?;
    let mut last: Option<(String, i64)> = None;
    let mut old = transaction.prepare(
        "SELECT rule, grp, value, carried, account, event_id, time_s, digest, logs_time_ms, text
         FROM hits_by_texts JOIN events_by_digest ON digest = event ORDER BY seq",
    )?;
    let mut rows = old.query(())?;
    while let Some(row) = rows.next()? {
        let (rule, group, value, digest): (String, String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(7)?);
        let event = Facts {
            account: row.get(4)?,
            event_id: row.get(5)?,
            time_s: row.get(6)?,
            logs_time_ms: row.get(8)?,
            text: row.get(9)?,
            ..Facts::default()
        };
        let key = known_rules::number(transaction, &rule)?;
        let new = NewRow { key, group: &group, value: &value, event: &event, carried: row.get(3)? };
        let known = last.filter(|(before, _)| *before == digest).map(|(_, id)| id);
        last = insertion.add(&new, known)?.map(|id| (digest, id));
    }
    insertion.finish()?;
    drop(rows);
    Ok(transaction
        .execute_batch("DROP TABLE hits_by_texts; DROP TABLE events_by_digest; DROP TABLE row_totals;")?)
}
