//! Random damage to rows of random stores: detection of everything else goes on, what is damaged is kept with its bytes, and a
//! repair leaves nothing damaged.
//!
//! `TRIPLINE_DAMAGED` is the number of stores; `TRIPLINE_DAMAGED_SEED` plays one of them again.

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};

use super::*;
use crate::metrics::Metrics;
use crate::pipeline::committer::{Committer, Message};
use crate::pipeline::gate::Gate;
use crate::pipeline::health::{Health, Stop};
use crate::pipeline::keeper::Budget;
use crate::store::{Scope, StoreError};

/// Columns that are verified when they are read, by table; the first one carries the most of the row.
const COLUMNS: [(&str, &[&str]); 9] = [
    ("events", &["text", "logs_time_ms"]),
    (
        "hits",
        &["group_text", "value", "group_name", "hit_name", "time_s", "carried", "bytes", "event", "key"],
    ),
    (
        "alerts",
        &["body", "latency", "id", "rule", "account", "level", "count", "last_seen_s", "period_end_s"],
    ),
    ("keys", &["key", "rows", "bytes"]),
    ("rules", &["shape", "rule", "key"]),
    ("positions", &["position", "seen_ms"]),
    ("accounts", &["records"]),
    ("outbox", &["attempts", "alert"]),
    ("sketched", &["names"]),
];

/// Rules and groups whose alerts may lack hits.
#[derive(Default)]
struct Affected {
    /// Key and group.
    groups: BTreeSet<(String, String)>,
    /// Ids of alerts whose own row is damaged: right again after a repair.
    alerts: BTreeSet<String>,
    /// What must be in `damaged` in the end: by table and place, the bytes.
    bytes: BTreeMap<(String, String), Vec<u8>>,
    /// Damaged rows.
    rows: u64,
    /// Table and place of each; a second change of one row could undo the first.
    places: BTreeSet<(String, String)>,
    /// Whether the position is damaged.
    position: bool,
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn damage_stops_no_group_but_its_own_and_a_repair_leaves_none() {
    let seeds = match number("TRIPLINE_DAMAGED_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("TRIPLINE_DAMAGED").unwrap_or(30),
    };
    let mut sums = Sums::default();
    let stores = seeds.end - seeds.start;
    for seed in seeds {
        one_store(seed, &mut sums);
    }
    let Sums { rows, compared, groups, rebuilt, incomplete } = sums;
    println!(
        "{stores} stores: {rows} damaged rows, {compared} alerts equal to the undamaged run's, {groups} groups with damaged rows, \
         {rebuilt} alerts rebuilt, {incomplete} incomplete"
    );
    assert!(rows >= stores && compared > 0);
}

#[derive(Default)]
struct Sums {
    rows: u64,
    compared: u64,
    groups: u64,
    rebuilt: u64,
    incomplete: u64,
}

fn one_store(seed: u64, sums: &mut Sums) {
    let mut rng = Rng(seed ^ 0xDA3A_6ED0);
    let records = records(&mut rng);
    let mut judge = Pipeline::new(ruleset(), Limits::STREAM);
    records.iter().for_each(|record| drop(judge.take(record)));
    let wanted = judge.alerts();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let half = 1 + rng.index(records.len());
    let keeper = run(opened(&path, &mut rng).unwrap(), &records[..half]);
    // Damage under a running engine, or between two runs.
    let keeper = (rng.below(2) == 0).then_some(keeper);
    let mut affected = Affected::default();
    for _ in 0..1 + rng.below(4) {
        damage(&path, &mut rng, &mut affected, seed);
    }
    sums.rows += affected.rows;
    let mut from = half;
    let keeper = match keeper {
        Some(keeper) => keeper,
        None => reopen(&path, &mut rng, &affected, &mut from),
    };
    let keeper = run(keeper, &records[from..]);
    let alerts =
        |store: &Store| store.list(&Query::default()).unwrap().into_iter().map(|stored| stored.alert);
    let keys: BTreeMap<String, String> = (0..)
        .map(tripline_rules::rule::RuleId)
        .zip(ruleset().rules())
        .map(|(id, rule)| (rule.meta.id.clone(), keeper.keys().of(id).to_owned()))
        .collect();
    let is_affected = |alert: &Alert| {
        affected.groups.contains(&(keys[&alert.rule.id].clone(), json!(alert.group.as_ref()).to_string()))
    };
    // By their ids: an alert of which nothing but its columns is left does not know its group.
    let ids_affected: BTreeSet<String> =
        wanted.iter().filter(|alert| is_affected(alert)).map(|alert| alert.id.clone()).collect();
    let others = |of: &mut dyn Iterator<Item = Alert>, and_damaged: bool| {
        facts(of.filter(|alert| {
            !ids_affected.contains(&alert.id) && (and_damaged || !affected.alerts.contains(&alert.id))
        }))
    };
    let expected = others(&mut wanted.iter().cloned(), false);
    // The id of an alert may be what is damaged.
    let ids: BTreeSet<&String> = wanted.iter().map(|alert| &alert.id).collect();
    let found = others(&mut alerts(keeper.store()).filter(|alert| ids.contains(&alert.id)), false);
    assert_eq!(found, expected, "seed {seed}: alerts of groups without damage");
    sums.compared += expected.len() as u64;
    sums.groups += affected.groups.len() as u64;
    drop(keeper);
    let repaired =
        Keeper::repair(Store::open(&path).unwrap(), &ruleset(), Arc::new(|_| Vec::new()), 9).unwrap();
    sums.rebuilt += repaired.rebuilt;
    sums.incomplete += repaired.incomplete.len() as u64;
    let store = Store::open(&path).unwrap();
    assert_eq!(store.examine(Scope::All).unwrap(), [], "seed {seed}: nothing is damaged after a repair");
    assert_eq!(
        others(&mut alerts(&store), true),
        others(&mut wanted.iter().cloned(), true),
        "seed {seed}: after a repair"
    );
    let kept = kept(&path);
    for ((table, _), bytes) in &affected.bytes {
        // How far sources were read is written anew by a commit, whatever was there.
        let is_kept = kept.contains(&(table.clone(), bytes.clone()));
        assert!(
            is_kept || table == "positions" || bytes.is_empty(),
            "seed {seed}: {table} {}",
            String::from_utf8_lossy(bytes)
        );
    }
}

fn opened(path: &Path, rng: &mut Rng) -> Result<Keeper, StoreError> {
    let mut store = Store::open(path)?;
    store.set_small_damage_aside(2)?;
    let bytes_max = rng.pick(&[0, 3_000, 1 << 20]);
    let route: Route = Arc::new(|_| vec!["sink".to_owned()]);
    let mut keeper = Keeper::open_on_demand(store, &ruleset(), route, bytes_max)?;
    let budget = Budget { rule_bytes_max: 1 << 30, bytes_max: 1 << 30 };
    keeper.set_budget(budget, 2)?;
    Ok(keeper)
}

/// Opens a damaged store. A damaged position is refused and left to a repair, after which everything is read again.
fn reopen(path: &Path, rng: &mut Rng, affected: &Affected, from: &mut usize) -> Keeper {
    let keeper = opened(path, rng).unwrap();
    match keeper.positions() {
        Ok(_) => {
            assert!(!affected.position);
            keeper
        }
        Err(error) => {
            assert!(affected.position, "{error}");
            assert!(error.to_string().contains("tripline store repair"), "{error}");
            drop(keeper);
            let route: Route = Arc::new(|_| vec!["sink".to_owned()]);
            Keeper::repair(Store::open(path).unwrap(), &ruleset(), route, 3).unwrap();
            *from = 0;
            opened(path, rng).unwrap()
        }
    }
}

/// Sends records to the state thread. A commit that fails and would be waited for ends it early, because it is asked to end.
fn run(keeper: Keeper, records: &[Record]) -> Keeper {
    let (sender, inbox) = sync_channel(records.len().max(1));
    let mut matcher = Matcher::new(ruleset(), Limits::STREAM);
    for record in records {
        sender.send(Message::Batch(Box::new(matcher.take(record)), None)).unwrap();
    }
    drop(sender);
    let (metrics, stop, health) =
        (Metrics::new().unwrap(), Arc::new(Stop::default()), Arc::new(Health::default()));
    stop.ask();
    health.started(0);
    let committer = Committer {
        keeper,
        inbox,
        metrics: metrics.clone(),
        health: Arc::clone(&health),
        stop,
        gate: Arc::new(Gate::new(1 << 30)),
        wake: Vec::new(),
        patience: Duration::ZERO,
    };
    let keeper = committer.run();
    assert_eq!(metrics.commits.with_label_values(&["failed"]).get(), 0, "{:?}", health.readiness());
    let damaged = !keeper.damage_totals().unwrap().is_empty();
    let readiness = health.readiness();
    assert!(readiness.ready, "{readiness:?}");
    assert_eq!(readiness.store.starts_with("degraded"), damaged, "{readiness:?}");
    keeper
}

/// What is in `damaged`: table and bytes.
fn kept(path: &Path) -> BTreeSet<(String, Vec<u8>)> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare("SELECT name, bytes FROM damaged").unwrap();
    statement.query_map((), |row| row.try_into()).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Damages a column of a row, as a disk or a stranger could; the check finds it.
fn damage(path: &Path, rng: &mut Rng, affected: &mut Affected, seed: u64) {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    for _ in 0..1_000 {
        let (table, columns) = rng.pick(&COLUMNS);
        let column = if rng.below(2) == 0 { columns[0] } else { rng.pick(columns) };
        let rows: i64 =
            connection.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).unwrap();
        if rows == 0 {
            continue;
        }
        let nth = rng.below(rows);
        let place = place_of(&connection, table, nth);
        if affected.places.contains(&(table.to_owned(), place.clone())) {
            continue;
        }
        let text = format!("SELECT {column} FROM {table} WHERE {place}");
        let before = connection.query_row(&text, (), |row| Ok(any(row.get_ref(0)?))).unwrap();
        let after = changed(rng, table, column, &before);
        if after == before {
            continue;
        }
        let mut hit = Affected::default();
        note(&connection, (table, column), &place, &mut hit);
        let is_text = matches!(before, Value::Text(_));
        let value = if is_text { "CAST(?1 AS TEXT)" } else { "?1" };
        let update = format!("UPDATE OR IGNORE {table} SET {column} = {value} WHERE {place}");
        // NULL is refused where it cannot be.
        if connection.execute(&update, (bytes_of(after),)).unwrap_or(0) == 0 {
            continue;
        }
        affected.groups.append(&mut hit.groups);
        affected.alerts.append(&mut hit.alerts);
        affected.position |= table == "positions";
        affected.rows += 1;
        affected.places.insert((table.to_owned(), place.clone()));
        // What is damaged beside the main column is kept with whatever that holds by then: an alert may have grown.
        if column == columns[0] && (is_text || table == "sketched") {
            let bytes = main_bytes(&connection, table, column, &place);
            affected.bytes.extend(bytes.map(|bytes| ((table.to_owned(), place.clone()), bytes)));
        }
        let found = Store::open_beside(path).unwrap().examine(Scope::All).unwrap();
        let is_found = found.iter().any(|damage| damage.table == table);
        assert!(is_found, "seed {seed}: {table}.{column}: {found:?}");
        return;
    }
}

/// Names a row: by its rowid, or by the bytes of its key.
fn place_of(connection: &Connection, table: &str, nth: i64) -> String {
    let key: &[&str] = match table {
        "rules" => &["key", "rule"],
        "positions" | "accounts" => &["source"],
        "outbox" => &["alert", "revision", "sink"],
        _ => &["rowid"],
    };
    let text = format!(
        "SELECT {} FROM {table} LIMIT 1 OFFSET {nth}",
        key.iter().map(|name| format!("hex({name})")).collect::<Vec<_>>().join(", ")
    );
    connection
        .query_row(&text, (), |row| {
            let parts: Result<Vec<String>, rusqlite::Error> = key
                .iter()
                .enumerate()
                .map(|(at, name)| Ok(format!("hex({name}) = '{}'", row.get::<_, String>(at)?)))
                .collect();
            Ok(parts?.join(" AND "))
        })
        .unwrap()
}

fn any(value: rusqlite::types::ValueRef<'_>) -> Value {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::Real(real),
        // Lossy only for what was damaged before.
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(blob) => Value::Blob(blob.to_vec()),
    }
}

/// A value as it is bound: texts by their bytes, which need not be UTF-8.
fn bytes_of(value: Value) -> Value {
    match value {
        Value::Text(text) => Value::Blob(text.into_bytes()),
        other => other,
    }
}

/// What a disk, or a stranger, makes of a value.
fn changed(rng: &mut Rng, table: &str, column: &str, before: &Value) -> Value {
    match before {
        Value::Integer(_) if table == "accounts" || column == "attempts" => Value::Integer(-1 - rng.below(9)),
        Value::Integer(number) => match rng.below(3) {
            0 => Value::Null,
            1 => Value::Integer(number ^ (1 << rng.below(40))),
            _ => Value::Integer(rng.pick(&[-1, 0, i64::MAX, i64::MIN])),
        },
        Value::Text(text) => Value::Blob(mangled(rng, text.as_bytes())),
        Value::Blob(blob) => Value::Blob(mangled(rng, blob)),
        _ => Value::Integer(rng.below(1000)),
    }
}

fn mangled(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match rng.below(5) {
        _ if bytes.is_empty() => bytes.push(b'x'),
        0 => bytes.truncate(rng.index(bytes.len())),
        1 => bytes.clear(),
        2 => {
            let at = rng.index(bytes.len());
            bytes[at] ^= 1 << rng.below(8);
        }
        3 => {
            let (at, count) = (rng.index(bytes.len()), 1 + rng.index(64));
            bytes[at..].iter_mut().take(count).for_each(|byte| *byte = 0);
        }
        _ => bytes = (0..rng.index(200)).map(|_| u8::try_from(rng.below(256)).unwrap()).collect(),
    }
    bytes
}

/// The bytes of a damaged column; none if they are what names the row.
fn main_bytes(connection: &Connection, table: &str, column: &str, place: &str) -> Option<Vec<u8>> {
    let text = format!("SELECT CAST({column} AS BLOB) FROM {table} WHERE {place}");
    connection.query_row(&text, (), |row| row.get(0)).optional().unwrap()
}

/// Notes the groups and alerts that a row is of, before it is damaged.
fn note(connection: &Connection, (table, column): (&str, &str), place: &str, affected: &mut Affected) {
    let of_hits = "SELECT keys.key, group_text FROM hits JOIN keys ON keys.id = hits.key WHERE";
    let text = match table {
        "events" => format!("{of_hits} event IN (SELECT id FROM events WHERE {place})"),
        // Its old and, with another number in it, its new place.
        "hits" => format!("{of_hits} hits.seq IN (SELECT seq FROM hits WHERE {place})"),
        // Until the next start, rows whose key is damaged are not found.
        "keys" if column == "key" => of_hits.trim_end_matches(" WHERE").to_owned(),
        "alerts" => {
            let text = format!("SELECT id FROM alerts WHERE {place}");
            let id: Option<Vec<u8>> = connection
                .query_row(&text.replace("id FROM", "CAST(id AS BLOB) FROM"), (), |row| row.get(0))
                .optional()
                .unwrap();
            affected.alerts.extend(id.and_then(|id| String::from_utf8(id).ok()));
            return;
        }
        _ => return,
    };
    let mut statement = connection.prepare(&text).unwrap();
    let mut rows = statement.query(()).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let text = |at| row.get_ref(at).unwrap().as_str().ok().map(str::to_owned);
        affected.groups.extend(text(0).zip(text(1)));
    }
}
