//! What goes: window rows behind the horizon of event time, then the events that no row needs any more; alerts by age and by
//! what was said of them. A little at a time, so that commits never wait long.

use std::collections::BTreeMap;

use rusqlite::TransactionBehavior;

use super::{Store, StoreError, budget, hits};

/// Alerts, and their deliveries, that go in one transaction.
const ALERTS_MAX: usize = 200;

/// How long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How late an event may be behind the watermark and still count with others, seconds: window rows are kept for so long,
    /// and for the window and the period of their rule.
    pub late_s: i64,
    /// Closed alerts go so long after they were closed, milliseconds; none for never.
    pub closed_alerts_ms: Option<i64>,
    /// All others so long after they opened; none for never.
    pub alerts_ms: Option<i64>,
}

/// A part of the rows, looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Where to go on; none when there are no more.
    pub next_seq: Option<i64>,
    /// Rows that went.
    pub rows: u64,
}

/// A window row that goes.
struct Row {
    seq: i64,
    event: i64,
    key: i64,
    bytes: i64,
}

impl Store {
    /// Looks at so many window rows from `seq` on, and deletes those that are older than `before_s` of their rule's key.
    ///
    /// # Errors
    /// SQLite's. Nothing was deleted then.
    pub fn sweep_rows(
        &mut self,
        seq: i64,
        rows_max: usize,
        before_s: &dyn Fn(&str) -> i64,
    ) -> Result<Swept, StoreError> {
        let (mut last, mut looked_at, mut old): (i64, usize, Vec<Row>) = (seq, 0, Vec::new());
        {
            let mut statement = self.connection.prepare_cached(
                "SELECT seq, keys.key, time_s, event, keys.id, hits.bytes FROM hits JOIN keys ON keys.id = hits.key
                 WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
            )?;
            let mut rows = statement.query((seq, rows_max))?;
            while let Some(row) = rows.next()? {
                (last, looked_at) = (row.get(0)?, looked_at + 1);
                let (rule, time_s): (String, i64) = (row.get(1)?, row.get(2)?);
                if time_s < before_s(&rule) {
                    old.push(Row { seq: last, event: row.get(3)?, key: row.get(4)?, bytes: row.get(5)? });
                }
            }
        }
        let next_seq = (looked_at == rows_max).then_some(last.saturating_add(1));
        if old.is_empty() {
            return Ok(Swept { next_seq, rows: 0 });
        }
        self.check_file()?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut row = transaction.prepare_cached("DELETE FROM hits WHERE seq = ?1")?;
            let mut event = transaction.prepare_cached(hits::DELETE_UNUSED)?;
            let mut totals: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
            for Row { seq, event: id, key, bytes } in &old {
                row.execute((seq,))?;
                event.execute((id,))?;
                let total = totals.entry(*key).or_default();
                *total = (total.0 - 1, total.1 - bytes);
            }
            budget::change_totals(&transaction, &totals)?;
        }
        transaction.commit()?;
        Ok(Swept { next_seq, rows: old.len() as u64 })
    }

    /// Deletes alerts that are past their time, and whose period ended before `before_s`: their rows are gone, so they do not
    /// open again. One that is still to be delivered stays. Returns how many went; as many as fit into one transaction.
    ///
    /// # Errors
    /// SQLite's. Nothing was deleted then.
    pub fn sweep_alerts(
        &mut self,
        retention: &Retention,
        before_s: i64,
        now_ms: i64,
    ) -> Result<u64, StoreError> {
        let since = |ms: Option<i64>| ms.map_or(i64::MIN, |ms| now_ms.saturating_sub(ms));
        let ids: Vec<String> = {
            let mut statement = self.connection.prepare_cached(
                "SELECT id FROM alerts WHERE ifnull(period_end_s, last_seen_s) < ?1
                     AND CASE WHEN status = 'closed' THEN ifnull(closed_ms, opened_ms) < ?2 ELSE opened_ms < ?3 END
                     AND NOT EXISTS (SELECT 1 FROM outbox WHERE alert = id AND delivered_ms IS NULL AND dead_ms IS NULL)
                 LIMIT ?4",
            )?;
            let ages = (since(retention.closed_alerts_ms), since(retention.alerts_ms));
            let rows = statement.query_map((before_s, ages.0, ages.1, ALERTS_MAX), |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        if ids.is_empty() {
            return Ok(0);
        }
        self.check_file()?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in &ids {
            transaction.prepare_cached("DELETE FROM outbox WHERE alert = ?1")?.execute((id,))?;
            transaction.prepare_cached("DELETE FROM alerts WHERE id = ?1")?.execute((id,))?;
        }
        transaction.commit()?;
        Ok(ids.len() as u64)
    }
}
