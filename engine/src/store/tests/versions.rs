//! Stores that earlier versions left.

use super::schema::{APPLICATION_ID, VERSIONS};
use super::*;

/// Another delivery of the second event.
const LESSER: &str = "{\"eventID\":\"the lesser\"}";

/// The tables of a version, with a position, the alerts of `from`, and three hits of two events, the second of them of two rules.
fn left_by(version: usize, from: &std::path::Path, file: &std::path::Path) {
    let old = Connection::open(file).unwrap();
    VERSIONS[..version].iter().for_each(|text| old.execute_batch(text).unwrap());
    old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    old.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
    old.execute("ATTACH ?1 AS newer", (from.to_str().unwrap(),)).unwrap();
    old.execute_batch(
        "INSERT INTO positions(source, position, low_s, committed_ms) VALUES ('s', '5', 9, 1);
        INSERT INTO alerts(seq, id, rule, level, account, count, last_seen_s, period_end_s, revision, told, ended, body, latency,
            opened_ms, status)
        SELECT seq, id, rule, level, account, count, last_seen_s, period_end_s, revision, told, ended, body, latency, opened_ms,
            status FROM newer.alerts;",
    )
    .unwrap();
    if version >= 5 {
        return numbered(&old);
    }
    old.execute_batch(
        &r#"INSERT INTO events VALUES ('aa', NULL, '{one}'), ('bb', 7, '{two}');
        INSERT INTO inputs(rule, grp, time_s, account, event_id, value, event, seq) VALUES
            ('r', '[["account","1"]]', 30, '1', 'two', '', 'bb', 2), ('r', '[["account","1"]]', 20, '1', 'one', '', 'aa', 1),
            ('q', '[["account","1"]]', 30, '1', 'two', '["v"]', 'bb', 3);"#
            .replace("{one}", &text("one"))
            .replace("{two}", &text("two")),
    )
    .unwrap();
    if version >= 4 {
        old.execute_batch("INSERT INTO row_totals VALUES ('r', 2, 2048), ('q', 1, 1024)").unwrap();
    }
}

/// The same hits, as versions from 5 on keep them: without checksums.
fn numbered(old: &Connection) {
    old.execute_batch(&format!(
        "INSERT INTO keys(id, key, rows, bytes) VALUES (1, 'r', 2, 2048), (2, 'q', 1, 1024);
        INSERT INTO events(id, logs_time_ms, text) VALUES (1, NULL, '{}'), (2, 7, '{}');",
        text("one"),
        text("two")
    ))
    .unwrap();
    let group = r#"[["account","1"]]"#;
    for (seq, key, time_s, id, value, event) in
        [(1, 1, 20, "one", "", 1), (2, 1, 30, "two", "", 2), (3, 2, 30, "two", r#"["v"]"#, 2)]
    {
        let names = (hits::name(&[group]), hits::name(&["1", id, value]));
        old.execute(
            "INSERT INTO hits(seq, key, group_name, time_s, hit_name, group_text, value, event, carried, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 1024)",
            (seq, key, names.0, time_s, names.1, group, value, event),
        )
        .unwrap();
    }
}

/// An event of account 1.
fn text(id: &str) -> String {
    let time_s = if id == "one" { 20 } else { 30 };
    json!({
        "eventVersion": "1.08", "eventID": id, "eventTime": format!("1970-01-01T00:00:{time_s}Z"),
        "eventSource": "x.amazonaws.com", "eventName": "Y", "recipientAccountId": "1",
    })
    .to_string()
}

#[test]
fn a_store_of_an_older_version_is_brought_up_to_date() {
    for version in 1..VERSIONS.len() {
        let (folder, newer) = (Folder::new(), Folder::new());
        let mut store = Store::open(&newer.file()).unwrap();
        commit(&mut store, &change("a", 7));
        let alerts = store.list(&Query::default()).unwrap();
        left_by(version, &newer.file(), &folder.file());
        let found = i64::try_from(version).unwrap();
        let refused = Store::open_beside(&folder.file());
        assert!(matches!(refused, Err(StoreError::Version { found: known, .. }) if known == found));

        let mut store = Store::open(&folder.file()).unwrap();
        assert_eq!(store.list(&Query::default()).unwrap(), alerts);
        let position = StoredPosition {
            source: "s".to_owned(),
            position: "5".to_owned(),
            low_s: Some(9),
            seen_ms: None,
        };
        assert_eq!(store.positions().unwrap(), [position]);
        assert_eq!((store.gaps().unwrap(), store.seen().unwrap()), (Vec::new(), Vec::new()));
        let group = [("account".to_owned(), "1".to_owned())];
        let stored = |rule: &str, value: Option<&str>, id: &str, logs_time_ms| StoredHit {
            rule: rule.to_owned(),
            group: group.to_vec(),
            value: value.map(|value| vec![value.to_owned()]),
            text: text(id),
            logs_time_ms,
            carried: 0,
        };
        let (one, two) = (stored("r", None, "one", None), stored("r", None, "two", Some(7)));
        let three = stored("q", Some("v"), "two", Some(7));
        assert_eq!(hits(&store), [one.clone(), two.clone(), three.clone()]);
        assert_eq!(store.group_hits("r", &Arc::from(group.clone()), 20).unwrap(), [one.clone(), two]);
        assert_eq!(store.groups_of("q").unwrap(), [Arc::from(group)]);
        let totals: Vec<_> =
            store.row_totals().unwrap().into_iter().map(|total| (total.rule, total.rows)).collect();
        assert_eq!(totals, [("r".to_owned(), 2), ("q".to_owned(), 1)]);
        // A row is known again, and of unequal deliveries the lesser stands.
        let facts = |text: &str| Facts {
            account: "1".to_owned(),
            event_id: "two".to_owned(),
            time_s: 30,
            text: text.to_owned(),
            ..Facts::default()
        };
        let again =
            |text: &str| Hit { group: Arc::from(one.group.clone()), event: Arc::new(facts(text)), ..hit(1) };
        let (greater, lesser) = (again("~"), again(LESSER));
        for other in [&greater, &lesser] {
            store.commit(&Commit { hits: vec![("r", other)], ..Commit::default() }).unwrap();
        }
        let texts: Vec<_> = hits(&store).into_iter().map(|hit| hit.text).collect();
        assert_eq!(texts, [one.text, LESSER.to_owned(), three.text]);
    }
}

fn hits(store: &Store) -> Vec<StoredHit> {
    let mut found = Vec::new();
    store
        .hits(&mut |hit| {
            found.push(hit);
            Ok(())
        })
        .unwrap();
    found
}
