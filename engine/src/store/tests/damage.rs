//! Rows that are not what was written: found, moved aside with their bytes, and everything else goes on.

use super::*;

/// A store with two alerts, three hits of two rules, and a row of each small table.
fn filled(folder: &Folder) -> Store {
    let mut store = Store::open(&folder.file()).unwrap();
    let positions =
        [StoredPosition { source: "s".to_owned(), position: "5".to_owned(), low_s: None, seen_ms: Some(3) }];
    let seen = SeenRow {
        account: "1".to_owned(),
        region: "eu-west-1".to_owned(),
        first_ms: 1,
        last_ms: 2,
        state: "{}".to_owned(),
    };
    let accounts =
        [("s".to_owned(), SourceAccounts { records: 2, records_decoded: 2, ..Default::default() })];
    let sketched = BTreeMap::from([((60, 7), crate::window::sketch::written(&[7]))]);
    let gap = Gap { from_ms: 5, to_ms: 9 };
    let hits = [hit(1), hit(2), hit(2)];
    store
        .commit(&Commit {
            hits: ["r", "r", "q"].into_iter().zip(&hits).collect(),
            alerts: &[change("aa", 3), change("ab", 1)].concat(),
            positions: &positions,
            seen: &[seen],
            accounts: &accounts,
            sketched: &sketched,
            gaps: vec![("s", &gap)],
            now_ms: 1_000,
            ..Commit::default()
        })
        .unwrap();
    let known = ["r", "q"].map(|key| KnownRule { key, id: "rule", shape: "1".to_owned() });
    store.know_rules(&known).unwrap();
    store.set_pressure(&Pressure { rule: "rule".to_owned(), from_ms: 1, to_ms: None }).unwrap();
    assert_eq!(store.examine(Scope::All).unwrap(), [], "nothing is damaged");
    store
}

/// Returns what the store kept of damaged rows: table, bytes, the other columns.
fn kept(store: &Store) -> Vec<(String, Vec<u8>, String)> {
    let mut statement = store.connection.prepare("SELECT name, bytes, row FROM damaged ORDER BY id").unwrap();
    let rows = statement.query_map((), |row| row.try_into()).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Changes of one row each, by table.
const DAMAGE: &[(&str, &str)] = &[
    ("events", "text = substr(text, 1, 40) WHERE id = 1"),
    ("events", "text = replace(text, 'StopLogging', 'StopLoggin1') WHERE id = 1"),
    ("events", "text = '' WHERE id = 1"),
    ("events", "text = CAST(x'ff00ff' AS TEXT) WHERE id = 1"),
    ("events", "logs_time_ms = NULL WHERE id = 1"),
    ("events", "sum = 5 WHERE id = 1"),
    ("events", "id = 99 WHERE id = 1"),
    ("hits", "group_text = '[]' WHERE seq = 1"),
    ("hits", "value = 'x' WHERE seq = 1"),
    ("hits", "group_name = x'00' WHERE seq = 1"),
    ("hits", "time_s = -1 WHERE seq = 1"),
    ("hits", "carried = -1 WHERE seq = 1"),
    ("hits", "bytes = 1 WHERE seq = 1"),
    ("hits", "event = 2 WHERE seq = 1"),
    ("hits", "key = 7 WHERE seq = 1"),
    ("alerts", "body = substr(body, 1, 100) WHERE seq = 1"),
    ("alerts", "body = '' WHERE seq = 1"),
    ("alerts", "body = CAST(x'ff' AS TEXT) WHERE seq = 1"),
    ("alerts", "body = replace(body, '\"count\":3', '\"count\":8') WHERE seq = 1"),
    ("alerts", "latency = '{}' WHERE seq = 1"),
    ("alerts", "id = 'ax' WHERE seq = 1"),
    ("alerts", "rule = CAST(x'ff' AS TEXT) WHERE seq = 1"),
    ("alerts", "level = 77 WHERE seq = 1"),
    ("alerts", "account = '' WHERE seq = 1"),
    ("alerts", "count = -4 WHERE seq = 1"),
    ("alerts", "last_seen_s = 0 WHERE seq = 1"),
    ("alerts", "period_end_s = NULL WHERE seq = 1"),
    ("alerts", "revision = -1 WHERE seq = 1"),
    ("alerts", "told = -1 WHERE seq = 1"),
    ("alerts", "ended = 9 WHERE seq = 1"),
    ("alerts", "status = 'opem' WHERE seq = 1"),
    ("alerts", "close_text = CAST(x'ff' AS TEXT) WHERE seq = 1"),
    ("alerts", "id = CAST(x'ff' AS TEXT), body = '' WHERE seq = 1"),
    ("outbox", "alert = 'ax' WHERE alert = 'aa'"),
    ("outbox", "attempts = -1 WHERE alert = 'aa'"),
    ("outbox", "error = CAST(x'ff' AS TEXT) WHERE alert = 'aa'"),
    ("outbox", "delivered_ms = 1, dead_ms = 1 WHERE alert = 'aa'"),
    ("keys", "key = 'x' WHERE key = 'r'"),
    ("keys", "key = CAST(x'ff' AS TEXT) WHERE key = 'r'"),
    ("keys", "rows = 77 WHERE key = 'r'"),
    ("keys", "bytes = 77 WHERE key = 'r'"),
    ("rules", "shape = '2' WHERE key = 'r'"),
    ("positions", "position = '6'"),
    ("positions", "seen_ms = 9"),
    ("gaps", "to_ms = 10"),
    ("seen", "state = CAST(x'ff' AS TEXT)"),
    ("sketched", "names = x'00'"),
    ("pressures", "rule = 'other'"),
    ("accounts", "hits = -1"),
    ("accounts", "hits = 9223372036854775807"),
];

#[test]
fn damage_of_every_column_is_found_and_nothing_is_found_after_it_was_moved_aside() {
    for (table, change) in DAMAGE {
        let folder = Folder::new();
        let mut store = filled(&folder);
        store.connection.pragma_update(None, "foreign_keys", false).unwrap();
        store.connection.execute(&format!("UPDATE {table} SET {change}"), ()).unwrap();
        store.connection.pragma_update(None, "foreign_keys", true).unwrap();
        let found = store.examine(Scope::All).unwrap();
        assert!(!found.is_empty(), "{table}: {change}");
        let aside = store.set_damage_aside(&found, 2_000).unwrap();
        assert!(aside.rows + aside.totals > 0, "{table}: {change}");
        assert_eq!(store.examine(Scope::All).unwrap(), [], "{table}: {change}");
        // Every row can be read now, and every commit succeeds.
        store.hits(&mut |_| Ok(())).unwrap();
        store.list(&Query::default()).unwrap();
        let (again, changes) = (hit(3), change_of_all());
        let commit =
            Commit { hits: vec![("r", &again)], alerts: &changes, now_ms: 3_000, ..Commit::default() };
        store.commit(&commit).unwrap();
        store.commit(&Commit { watermark_s: Some(PERIOD_END_S), ..Commit::default() }).unwrap();
        for due in store.due("pager", i64::MAX, 100).unwrap() {
            due.unwrap();
        }
        assert_eq!(store.examine(Scope::All).unwrap(), [], "{table}: {change}");
    }
}

fn change_of_all() -> Vec<AlertChange> {
    [change("aa", 30), change("ab", 2)].concat()
}

#[test]
fn a_damaged_event_takes_its_hits_along_and_totals_are_right() {
    let folder = Folder::new();
    let mut store = filled(&folder);
    store.connection.execute("UPDATE events SET text = 'cut' WHERE id = 2", ()).unwrap();
    let group = hit(1).group;
    let read = store.group_hits("r", &group, i64::MIN);
    let Err(StoreError::DamagedRows(found)) = read else { panic!("{read:?}") };
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["events id 2: its checksum is not that of what was written"]
    );
    assert_eq!(store.set_damage_aside(&found, 2_000).unwrap().rows, 2);
    assert_eq!(store.group_hits("r", &group, i64::MIN).unwrap().len(), 1);
    let totals: Vec<_> =
        store.row_totals().unwrap().into_iter().map(|total| (total.rule, total.rows)).collect();
    assert_eq!(totals, [("r".to_owned(), 1), ("q".to_owned(), 1)]);
    let kept = kept(&store);
    assert_eq!((kept[0].0.as_str(), kept[0].1.as_slice()), ("events", b"cut".as_slice()));
    assert_eq!(kept[1].0, "hits");
    let total = DamageTotal { table: "events".to_owned(), rows: 1, found_ms: 2_000 };
    assert_eq!(store.damage_totals().unwrap()[0], total);
    assert_eq!((store.settle_damage(3_000).unwrap(), store.damage_totals().unwrap()), (2, Vec::new()));
}

#[test]
fn a_damaged_alert_keeps_its_place_its_deliveries_and_what_was_said() {
    let folder = Folder::new();
    let mut store = filled(&folder);
    Store::open_for_triage(&folder.file()).unwrap().acknowledge("aa", 5_000).unwrap();
    store.connection.execute("UPDATE alerts SET body = substr(body, 1, 99) WHERE id = 'aa'", ()).unwrap();
    // People can list it, and what grows it finds the damage before the bytes are gone.
    let listed = store.list(&Query::default()).unwrap();
    assert_eq!((listed[0].alert.id.as_str(), listed[0].alert.count), ("aa", 3));
    let grown = store.commit(&Commit { alerts: &change("aa", 4), ..Commit::default() });
    let Err(StoreError::DamagedRows(found)) = grown else { panic!("{grown:?}") };
    let aside = store.set_damage_aside(&found, 2_000).unwrap();
    assert_eq!((aside.rows, aside.alerts), (1, ["aa".to_owned()].into()));
    assert_eq!(kept(&store)[0].1.len(), 99);
    let stored = store.alert("aa").unwrap();
    assert_eq!((stored.alert.status, stored.acknowledged_ms), (Status::Acknowledged, Some(5_000)));
    assert!(stored.alert.summary.contains("was damaged"), "{}", stored.alert.summary);
    assert_eq!(revisions(&store, "aa"), [(1, false)]);
    commit(&mut store, &change("aa", 4));
    let stored = store.alert("aa").unwrap();
    assert_eq!((stored.alert.summary.as_str(), stored.alert.count), ("s", 4), "the next hit makes it whole");
}

#[test]
fn a_key_that_is_damaged_is_found_among_the_rules() {
    let folder = Folder::new();
    let mut store = filled(&folder);
    store.connection.execute("UPDATE keys SET key = 'x' WHERE key = 'r'", ()).unwrap();
    let found = store.examine(Scope::Small).unwrap();
    assert_eq!(store.set_damage_aside(&found, 2_000).unwrap().rows, 1);
    assert_eq!(store.group_hits("r", &hit(1).group, i64::MIN).unwrap().len(), 2);
}

#[test]
fn rows_of_an_earlier_version_are_decoded_instead() {
    let folder = Folder::new();
    let store = filled(&folder);
    store
        .connection
        .execute_batch(
            "UPDATE events SET sum = NULL; UPDATE hits SET sum = NULL; UPDATE alerts SET body_sum = NULL, latency_sum = NULL",
        )
        .unwrap();
    assert_eq!(store.examine(Scope::All).unwrap(), []);
    store.connection.execute("UPDATE events SET text = substr(text, 1, 99) WHERE id = 1", ()).unwrap();
    store.connection.execute("UPDATE alerts SET body = substr(body, 1, 99) WHERE id = 'aa'", ()).unwrap();
    let found = store.examine(Scope::All).unwrap();
    assert_eq!(found.iter().map(|damage| damage.table).collect::<Vec<_>>(), ["events", "alerts"]);
    let all = store.hits(&mut |_| Ok(()));
    assert!(matches!(all, Err(StoreError::DamagedRows(_))));
}
