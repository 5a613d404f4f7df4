//! What goes, what stays, and copies of it.

use super::*;

/// A hit of rule `r` at a time, of an event of that name.
fn at(time_s: i64, name: &str) -> Hit {
    let mut hit = hit(1);
    let event = Facts {
        time_s,
        event_id: name.to_owned(),
        text: format!("{{\"eventID\":\"{name}\"}}"),
        ..(*hit.event).clone()
    };
    hit.event = Arc::new(event);
    hit
}

fn texts(store: &Store) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let each = &mut |stored: StoredHit| {
        found.push((stored.rule, stored.text));
        Ok(())
    };
    store.hits(each).unwrap();
    found
}

fn events(store: &Store) -> i64 {
    store.connection.query_row("SELECT count(*) FROM events", (), |row| row.get(0)).unwrap()
}

#[test]
fn rows_behind_the_horizon_of_their_rule_go_and_events_with_the_last_of_their_rows() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    let (old, new, shared) = (at(10, "old"), at(100, "new"), at(20, "shared"));
    let hits = vec![("short", &old), ("short", &shared), ("long", &shared), ("short", &new), ("long", &new)];
    store.commit(&Commit { hits, ..Commit::default() }).unwrap();
    let horizon = |key: &str| if key == "short" { 50 } else { 15 };
    // Two rows at a time: the sweep goes on where it was.
    let (mut seq, mut rows) = (0, 0);
    loop {
        let swept = store.sweep_rows(seq, 2, &horizon).unwrap();
        rows += swept.rows;
        let Some(next) = swept.next_seq else { break };
        seq = next;
    }
    let text = |rule: &str, name: &str| (rule.to_owned(), format!("{{\"eventID\":\"{name}\"}}"));
    assert_eq!(rows, 2);
    assert_eq!(texts(&store), [text("long", "shared"), text("short", "new"), text("long", "new")]);
    assert_eq!(events(&store), 2, "what another rule still needs stays");
    assert_eq!(store.sweep_rows(0, 100, &|_| 1_000).unwrap(), Swept { next_seq: None, rows: 3 });
    assert_eq!((texts(&store), events(&store)), (Vec::new(), 0));
}

#[test]
fn alerts_go_by_age_and_by_what_was_said_of_them_once_nobody_waits_for_them() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    for id in ["closed", "open", "waiting"] {
        commit(&mut store, &change(id, 1));
    }
    let ended = Ended::Delivered { at_ms: 1_000, digest: None };
    let to = |alert: &str, sink: &str| Outcome {
        alert: alert.to_owned(),
        revision: 1,
        sink: sink.to_owned(),
        ended: ended.clone(),
        others: Others::Unchanged,
    };
    let delivered = [to("closed", "pager"), to("closed", "file"), to("open", "pager"), to("open", "file")];
    store.commit(&Commit { outcomes: &delivered, ..Commit::default() }).unwrap();
    store.close("closed", CloseReason::Test, None, 5_000).unwrap();
    let opened_ms = store.list(&Query::default()).unwrap()[0].opened_ms;
    let retention = Retention { late_s: 0, closed_alerts_ms: Some(1_000), alerts_ms: Some(1_000_000) };
    let ids = |store: &Store| {
        let mut ids: Vec<_> =
            store.list(&Query::default()).unwrap().into_iter().map(|one| one.alert.id).collect();
        ids.sort();
        ids
    };
    assert_eq!(store.sweep_alerts(&retention, PERIOD_END_S, 10_000).unwrap(), 0, "its period is not over");
    assert_eq!(store.sweep_alerts(&retention, PERIOD_END_S + 1, 6_000).unwrap(), 0, "not a second ago");
    assert_eq!(store.sweep_alerts(&retention, PERIOD_END_S + 1, 6_001).unwrap(), 1);
    assert_eq!(ids(&store), ["open", "waiting"]);
    let old_ms = opened_ms + 1_000_001;
    let never = Retention { alerts_ms: None, ..retention };
    assert_eq!(store.sweep_alerts(&never, PERIOD_END_S + 1, old_ms).unwrap(), 0);
    assert_eq!(store.sweep_alerts(&retention, PERIOD_END_S + 1, old_ms).unwrap(), 1);
    assert_eq!(ids(&store), ["waiting"], "its delivery is still to be made");
    let sums: u64 = store.outbox().unwrap().iter().map(|sink| sink.created).sum();
    assert_eq!(sums, 2, "deliveries go with their alert");
}

#[test]
fn a_copy_is_whole_checked_and_of_one_moment() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    commit(&mut store, &change("a", 7));
    let copy = folder.join("copy.db");
    fs::write(folder.join("copy.db.part"), "what an earlier one left").unwrap();
    Store::open_for_triage(&folder.file()).unwrap().backup(&copy).unwrap();
    commit(&mut store, &change("b", 1));
    let restored = Store::open(&copy).unwrap();
    let ids: Vec<_> = restored.list(&Query::default()).unwrap().into_iter().map(|one| one.alert.id).collect();
    assert_eq!(ids, ["a"]);
    assert!(!folder.join("copy.db.part").exists());
    assert!(matches!(store.backup(&copy), Err(StoreError::File { .. })), "nothing is replaced");
    assert!(matches!(store.backup(&folder.join("no/such/copy.db")), Err(StoreError::Sqlite(_))));
}

#[test]
fn a_damaged_store_is_refused_with_what_to_do() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    let changes: Vec<_> = (0..200).flat_map(|n| change(&format!("a{n}"), 1)).collect();
    commit(&mut store, &changes);
    store.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(store);
    let mut bytes = fs::read(folder.file()).unwrap();
    // Some pages in the middle, overwritten.
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 8 * 4096].fill(0x5a);
    fs::write(folder.file(), bytes).unwrap();
    let error = Store::open(&folder.file()).unwrap_err().to_string();
    assert!(error.contains("is damaged (") && error.contains("put a backup in its place"), "{error}");
}

#[test]
fn rules_are_new_once_and_rows_of_an_older_version_are_found_by_their_key() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    let hit = at(10, "kept");
    store.commit(&Commit { hits: vec![("by-id", &hit)], ..Commit::default() }).unwrap();
    let mut know = |rules: &[(&str, &str, &str)]| {
        let rules: Vec<_> =
            rules.iter().map(|(key, id, shape)| KnownRule { key, id, shape: (*shape).to_owned() }).collect();
        let changed = store.know_rules(&rules).unwrap();
        (changed.new, changed.reshaped)
    };
    let first = know(&[("key1", "by-id", "1"), ("key2", "other", "1")]);
    assert_eq!(first, (vec![], vec![0]), "nothing is new at the first start, and rows of old are looked at");
    assert_eq!(know(&[("key1", "by-id", "1"), ("key2", "other", "1")]), (vec![], vec![]));
    assert_eq!(know(&[("key1", "by-id", "2"), ("key3", "other", "1")]), (vec![1], vec![0]));
    assert_eq!(
        know(&[("key3", "renamed", "1"), ("key2", "other", "1")]),
        (vec![], vec![0]),
        "by another name"
    );
    assert_eq!(texts(&store)[0].0, "key1");
}
