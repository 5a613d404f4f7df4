//! The tables, their version, and how SQLite is to treat them.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Goes up with every change of the tables.
const VERSION: i64 = 1;

/// Every table is STRICT; times are seconds (`_s`) or milliseconds (`_ms`) since the epoch.
const TABLES: &str = "
-- An event that some rule matched, once, as compact JSON.
CREATE TABLE events(
    account TEXT NOT NULL, event_id TEXT NOT NULL, time_s INTEGER NOT NULL, logs_time_ms INTEGER, text TEXT NOT NULL,
    PRIMARY KEY (account, event_id, time_s)
) STRICT, WITHOUT ROWID;
-- Window rows: the hits from which every window is folded, numbered as they came.
CREATE TABLE inputs(
    rule TEXT NOT NULL, grp TEXT NOT NULL, time_s INTEGER NOT NULL, account TEXT NOT NULL, event_id TEXT NOT NULL,
    value TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (rule, grp, time_s, account, event_id, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX inputs_in_order ON inputs(seq);
-- One alert a (rule, group, period): the id is the digest of those. The body is the native form without what the other
-- columns say. `told` is the count when it was last told.
CREATE TABLE alerts(
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT UNIQUE NOT NULL, rule TEXT NOT NULL, level INTEGER NOT NULL, account TEXT NOT NULL,
    count INTEGER NOT NULL, last_seen_s INTEGER NOT NULL, period_end_s INTEGER,
    revision INTEGER NOT NULL, told INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL, latency TEXT NOT NULL, opened_ms INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'open', acknowledged_ms INTEGER, closed_ms INTEGER, close_reason TEXT, close_text TEXT
) STRICT;
CREATE INDEX alerts_to_end ON alerts(period_end_s) WHERE ended = 0 AND period_end_s IS NOT NULL;
-- Deliveries to be made and made: one a (alert, revision, sink). The idempotency key is ID.REVISION.
CREATE TABLE outbox(
    alert TEXT NOT NULL REFERENCES alerts(id), revision INTEGER NOT NULL, sink TEXT NOT NULL, level INTEGER NOT NULL,
    ended INTEGER NOT NULL, created_ms INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT NULL,
    delivered_ms INTEGER, dead_ms INTEGER, error TEXT,
    PRIMARY KEY (alert, revision, sink)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_pending ON outbox(sink, level DESC, created_ms, alert, revision)
    WHERE delivered_ms IS NULL AND dead_ms IS NULL;
-- What was set aside: its beginning, and the digest of that and of its place.
CREATE TABLE quarantine(
    digest TEXT PRIMARY KEY NOT NULL, position TEXT NOT NULL, ordinal INTEGER NOT NULL, reason TEXT NOT NULL,
    bytes BLOB NOT NULL, seen_ms INTEGER NOT NULL
) STRICT;
-- How far each source was read, and its watermark; written only together with everything of what was read.
CREATE TABLE positions(
    source TEXT PRIMARY KEY NOT NULL, position TEXT NOT NULL, low_s INTEGER, committed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Durable commits (a power cut loses none), readers that never wait for the writer, and no trust in what a schema says.
pub(super) fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

/// Makes the tables in a new file; refuses what another version wrote.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        0 => {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        VERSION => {}
        found => return Err(StoreError::Version { found, known: VERSION }),
    }
    Ok(transaction.commit()?)
}
