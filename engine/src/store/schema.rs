//! The tables, their version, and how SQLite is to treat them.

mod renumber;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;
use crate::failpoint;

/// What each version added to the one before; the tables are those of all of them, in this order.
pub(super) const VERSIONS: [&str; 9] =
    [TABLES, SHARDS, RULES, BUDGETS, NUMBERS, NOTIFIED, CHANGES, CHECKSUMS, DELIVERY_TIME];

/// The version that this binary reads and writes: that of the last of them.
const VERSION: i64 = 9;

/// How long to wait for another process that writes: people's transactions are short.
const BUSY: Duration = Duration::from_secs(5);

/// Memory of the writer for pages, so that the index by group, which is written to everywhere, is seldom read again.
const CACHE_KIB: i64 = 16 << 10;

/// Pages that the log of changes may hold before they are brought into the file: more, and what is changed often is written once.
const WAL_PAGES: i64 = 4_000;

/// Every table is STRICT; times are seconds (`_s`) or milliseconds (`_ms`) since the epoch.
const TABLES: &str = "
-- A delivery of an event that some rule matched, as compact JSON. Two deliveries of one event may differ.
CREATE TABLE events(digest TEXT PRIMARY KEY NOT NULL, logs_time_ms INTEGER, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- Window rows: the hits from which every window is folded, numbered as they came; `event` is the delivery that stands.
CREATE TABLE inputs(
    rule TEXT NOT NULL, grp TEXT NOT NULL, time_s INTEGER NOT NULL, account TEXT NOT NULL, event_id TEXT NOT NULL,
    value TEXT NOT NULL, event TEXT NOT NULL REFERENCES events(digest), seq INTEGER NOT NULL,
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
CREATE INDEX alerts_by_status ON alerts(status, level, opened_ms);
CREATE INDEX alerts_to_end ON alerts(period_end_s) WHERE ended = 0 AND period_end_s IS NOT NULL;
-- Deliveries to be made and made: one a (alert, revision, sink). The idempotency key is ID.REVISION.
CREATE TABLE outbox(
    alert TEXT NOT NULL REFERENCES alerts(id), revision INTEGER NOT NULL, sink TEXT NOT NULL, level INTEGER NOT NULL,
    ended INTEGER NOT NULL, created_ms INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT NULL,
    delivered_ms INTEGER, dead_ms INTEGER, error TEXT,
    PRIMARY KEY (alert, revision, sink)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_pending ON outbox(sink, level DESC, created_ms, alert, revision, next_ms)
    WHERE delivered_ms IS NULL AND dead_ms IS NULL;
CREATE INDEX outbox_of_alert ON outbox(alert, sink, revision) WHERE delivered_ms IS NULL AND dead_ms IS NULL;
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

/// Version 2: shards of a stream, and where it falls silent.
const SHARDS: &str = "
-- Everything of a source that had arrived by `seen_ms` is in the store: what retention is held against after a pause.
ALTER TABLE positions ADD COLUMN seen_ms INTEGER;
-- Stretches of a source that were gone before they were read.
CREATE TABLE gaps(
    source TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, found_ms INTEGER NOT NULL,
    PRIMARY KEY (source, from_ms)
) STRICT, WITHOUT ROWID;
-- When each account and region was first and last heard of, and what is usual there; the stream itself has neither.
CREATE TABLE seen(
    account TEXT NOT NULL, region TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (account, region)
) STRICT, WITHOUT ROWID;
";

/// Version 3: window rows are of what decides a rule's hits, and go.
const RULES: &str = "
-- What decides the hits of a rule, as a digest: `inputs.rule` is one. `shape` is when its hits become an alert.
CREATE TABLE rules(
    key TEXT NOT NULL, rule TEXT NOT NULL, shape TEXT NOT NULL, PRIMARY KEY (key, rule)
) STRICT, WITHOUT ROWID;
CREATE INDEX inputs_by_event ON inputs(event);
CREATE INDEX alerts_by_period ON alerts(rule, period_end_s);
-- A row of a kilobyte and more lies whole on a page of a table with a rowid; in one without, its text is on a page of its own.
CREATE TABLE events_by_rowid(digest TEXT PRIMARY KEY NOT NULL, logs_time_ms INTEGER, text TEXT NOT NULL) STRICT;
INSERT INTO events_by_rowid SELECT digest, logs_time_ms, text FROM events;
DROP TABLE events;
ALTER TABLE events_by_rowid RENAME TO events;
";

/// Version 4: budgets of rows and what is beyond them, digests, and where everything went that came in.
const BUDGETS: &str = "
-- The digest that a delivery was made in, with others.
ALTER TABLE outbox ADD COLUMN digest TEXT;
-- `carried`: hits of the group before it that have no rows, for only a sketch counted them. `bytes`: what the row costs, about.
ALTER TABLE inputs ADD COLUMN carried INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inputs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 1024;
-- What the window rows of each key amount to.
CREATE TABLE row_totals(rule TEXT PRIMARY KEY NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO row_totals SELECT rule, count(*), sum(bytes) FROM inputs GROUP BY rule;
-- Hits that have no rows, for the sketch to be folded again: 16 bytes each, those of one commit and bucket together.
CREATE TABLE sketched(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, width_s INTEGER NOT NULL, bucket INTEGER NOT NULL, names BLOB NOT NULL
) STRICT;
-- Stretches of time in which a rule's hits were beyond the budget of rows.
CREATE TABLE pressures(
    rule TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER, PRIMARY KEY (rule, from_ms)
) STRICT, WITHOUT ROWID;
-- Where everything went that came in, by source: each total before its parts.
CREATE TABLE accounts(
    source TEXT PRIMARY KEY NOT NULL,
    records INTEGER NOT NULL, records_decoded INTEGER NOT NULL, records_control INTEGER NOT NULL,
    records_rejected INTEGER NOT NULL, events INTEGER NOT NULL, events_evaluated INTEGER NOT NULL,
    events_not_cloudtrail INTEGER NOT NULL, events_rejected INTEGER NOT NULL, hits INTEGER NOT NULL,
    hits_counted INTEGER NOT NULL, hits_duplicate INTEGER NOT NULL, hits_too_old INTEGER NOT NULL,
    hits_over_budget INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Version 5: rows are added at the end, and what is looked up is short.
const NUMBERS: &str = "
-- Rules' keys, by number, and what the window rows of each amount to.
CREATE TABLE keys(
    id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, rows INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
ALTER TABLE events RENAME TO events_by_digest;
ALTER TABLE inputs RENAME TO hits_by_texts;
DROP INDEX inputs_in_order;
DROP INDEX inputs_by_event;
-- Deliveries of events that some rule matched, as compact JSON.
CREATE TABLE events(id INTEGER PRIMARY KEY, logs_time_ms INTEGER, text TEXT NOT NULL) STRICT;
-- Window rows: the hits from which every window is folded, numbered as they came; `event` is the delivery that stands. The two
-- names are digests of sixteen bytes: of the group, and of what tells a hit from the others of its group and second.
CREATE TABLE hits(
    seq INTEGER PRIMARY KEY, key INTEGER NOT NULL, group_name BLOB NOT NULL, time_s INTEGER NOT NULL, hit_name BLOB NOT NULL,
    group_text TEXT NOT NULL, value TEXT NOT NULL, event INTEGER NOT NULL, carried INTEGER NOT NULL, bytes INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX hits_by_group ON hits(key, group_name, time_s, hit_name);
CREATE INDEX hits_by_event ON hits(event);
";

/// Version 6: alerts remember what sinks were last notified of, deliveries say what the alert gained.
const NOTIFIED: &str = "
-- The scope and the level that the last revision had, against which gains are measured.
ALTER TABLE alerts ADD COLUMN notified_scope TEXT;
ALTER TABLE alerts ADD COLUMN notified_level INTEGER NOT NULL DEFAULT 0;
UPDATE alerts SET notified_level = level;
-- Earlier alerts have no scope: their first event stands for it.
UPDATE alerts SET notified_scope = json_object(
    'event_names', json_object('count', 1, 'first', json_array(body ->> 'event_name')),
    'targets', json_object('count', 1, 'first', json_array()),
    'source_ips', json_object('count', 1, 'first', json_array(body ->> 'source_ip')),
    'regions', json_object('count', 1, 'first', json_array(body ->> 'region')),
    'succeeded', json(iif(body ->> 'error_code' = '', 'true', 'false'))
) WHERE json_valid(body);
-- What the alert has that its last notification did not have, as JSON; whether a person had taken the alert before.
ALTER TABLE outbox ADD COLUMN gained TEXT NOT NULL DEFAULT '[]';
ALTER TABLE outbox ADD COLUMN since_acknowledgment INTEGER NOT NULL DEFAULT 0;
";

/// Version 7: every change of an alert has a number, so that a client that polls sees each.
const CHANGES: &str = "
-- The number of the latest change. A table of its own: the alert that had it may be deleted, and no number comes twice.
CREATE TABLE alert_changes(last INTEGER NOT NULL) STRICT;
INSERT INTO alert_changes SELECT ifnull(max(seq), 0) FROM alerts;
-- Begins with the order of opening: cursors of earlier versions stay valid.
ALTER TABLE alerts ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
UPDATE alerts SET changed = seq;
CREATE INDEX alerts_by_change ON alerts(changed);
-- Triggers, because the engine and people's commands both write. Setting `changed` fires neither of them.
CREATE TRIGGER alert_opened AFTER INSERT ON alerts BEGIN
    UPDATE alert_changes SET last = max(last, NEW.seq - 1) + 1;
    UPDATE alerts SET changed = (SELECT last FROM alert_changes) WHERE seq = NEW.seq;
END;
CREATE TRIGGER alert_changed
AFTER UPDATE OF body, level, revision, status, acknowledged_ms, closed_ms, close_reason, close_text ON alerts
WHEN OLD.body IS NOT NEW.body OR OLD.level IS NOT NEW.level OR OLD.revision IS NOT NEW.revision
    OR OLD.status IS NOT NEW.status OR OLD.acknowledged_ms IS NOT NEW.acknowledged_ms
    OR OLD.closed_ms IS NOT NEW.closed_ms OR OLD.close_reason IS NOT NEW.close_reason
    OR OLD.close_text IS NOT NEW.close_text
BEGIN
    UPDATE alert_changes SET last = last + 1;
    UPDATE alerts SET changed = (SELECT last FROM alert_changes) WHERE seq = NEW.seq;
END;
";

/// Version 8: damage is found when a row is read, and what is damaged is kept apart; the file is told from copies of it.
const CHECKSUMS: &str = "
-- Checksums of rows, over the other columns (`body_sum`, `latency_sum`: over that one). NULL: the row is of an earlier version.
ALTER TABLE events ADD COLUMN sum INTEGER;
ALTER TABLE hits ADD COLUMN sum INTEGER;
ALTER TABLE alerts ADD COLUMN body_sum INTEGER;
ALTER TABLE alerts ADD COLUMN latency_sum INTEGER;
ALTER TABLE keys ADD COLUMN sum INTEGER;
ALTER TABLE rules ADD COLUMN sum INTEGER;
ALTER TABLE positions ADD COLUMN sum INTEGER;
ALTER TABLE gaps ADD COLUMN sum INTEGER;
ALTER TABLE seen ADD COLUMN sum INTEGER;
ALTER TABLE sketched ADD COLUMN sum INTEGER;
ALTER TABLE pressures ADD COLUMN sum INTEGER;
-- Damaged rows that were moved out of the other tables. `bytes` is the text or blob that carries the most of the row, as it was
-- found; `row` is the other columns as JSON. `settled_ms`: when `tripline store repair` rebuilt what can be rebuilt.
CREATE TABLE damaged(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, bytes BLOB NOT NULL, row TEXT NOT NULL,
    found_ms INTEGER NOT NULL, problem TEXT NOT NULL, settled_ms INTEGER
) STRICT;
-- One row: which store this is, its last opening by a writer, and how many commits there were.
CREATE TABLE identity(
    id INTEGER PRIMARY KEY CHECK (id = 1), store TEXT NOT NULL, opening TEXT NOT NULL, commits INTEGER NOT NULL
) STRICT;
";

/// Version 9: how long deliveries were tried, by a clock that no one sets.
const DELIVERY_TIME: &str = "
-- `tried_ms`: time of trying that counts toward the end of a delivery. `wait_ms`: the wait after the last refusal. `refused_ms`: the
-- time of that refusal, by the clock of the run of the engine that made it; none when it was an earlier run. `next_ms` is of the same
-- clock; 0 is due at any time, and negative asked for by a person.
ALTER TABLE outbox ADD COLUMN tried_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN wait_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN refused_ms INTEGER;
CREATE INDEX outbox_requested ON outbox(sink) WHERE next_ms < 0 AND delivered_ms IS NULL AND dead_ms IS NULL;
";

/// Says whose file it is: `TRIP`.
pub(super) const APPLICATION_ID: i64 = 0x5452_4950;

/// Durable commits: a power cut loses none. Readers never wait for the writer.
pub(super) fn make_durable(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    Ok(())
}

/// Patience with other processes, references that hold, and no trust in what a schema says.
pub(super) fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

/// Makes the tables in a new file, and adds to those of an earlier version what came since; leaves what is not ours, or a
/// later version's, as it is.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    // A table that others refer to is made anew below.
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_master", (), |row| row.get(0))?;
    let found = if tables > 0 { version(&transaction, path)? } else { 0 };
    assert_eq!(usize::try_from(VERSION), Ok(VERSIONS.len()));
    let Some(missing) = usize::try_from(found).ok().and_then(|found| VERSIONS.get(found..)) else {
        return Err(StoreError::Version { found, known: VERSION });
    };
    apply(&transaction, missing)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    failpoint::die("store.migrated");
    Ok(transaction.commit()?)
}

/// Adds what these versions added.
fn apply(transaction: &Transaction<'_>, versions: &[&str]) -> Result<(), StoreError> {
    for version in versions {
        transaction.execute_batch(version)?;
    }
    // Rows are written with all of their present columns, so every table must be there.
    if versions.contains(&NUMBERS) {
        renumber::every_hit(transaction)?;
    }
    Ok(())
}

/// Whether the file is a store of this version; only looks.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    match version(connection, path)? {
        VERSION => Ok(()),
        found => Err(StoreError::Version { found, known: VERSION }),
    }
}

/// The version of a store; it says that it is one.
fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let says = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if says("application_id")? != APPLICATION_ID {
        return Err(StoreError::Foreign { path: path.to_path_buf() });
    }
    Ok(says("user_version")?)
}
