//! The store: all or nothing, once, and as it was written.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;
use tripline_rules::rule::RuleId;

use super::*;

mod damage;
mod deliveries;
mod identity;
mod notifications;
mod retention;
mod versions;
use crate::alert::{Alert, Status};
use crate::hit::Facts;

/// A folder that goes when the test is over.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.join("store.db")
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn hit(n: u32) -> Hit {
    let text = json!({
        "eventVersion": "1.08", "eventID": format!("e{n}"), "eventTime": "2026-01-02T03:01:00Z",
        "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "recipientAccountId": "111122223333",
    })
    .to_string();
    let fields = tripline_rules::field::Fields::new();
    Hit {
        rule: RuleId(0),
        group: Arc::from([("account".to_owned(), "111122223333".to_owned())]),
        value: None,
        event: Arc::new(Facts::kept(&text, Some(1_767_322_990_000), &fields).unwrap()),
        carried: 0,
    }
}

fn alert(id: &str, count: u64) -> Alert {
    serde_json::from_value(json!({
        "id": id,
        "rule": {"id": "r", "title": "T", "level": "high", "author": null, "tags": [], "references": [], "description": null},
        "summary": "s", "group": {"account": "111122223333"}, "count": count, "count_exact": true, "distinct": null,
        "first_seen": "2026-01-02T03:01:00Z", "last_seen": "2026-01-02T03:01:00Z",
        "window": {"from": "2026-01-02T03:01:00Z", "to": "2026-01-02T03:01:00Z", "n": 1},
        "period": {"start": "2026-01-02T03:00:00Z", "seconds": 3600}, "continues": null, "revision": 1,
        "event_ids": ["e1"], "account": "111122223333", "region": "", "principal": "-", "source_ip": "-",
        "user_agent": "", "event_source": "", "event_name": "", "error_code": "", "why": [],
        "evidence": {"first": {}, "latest": {}, "more": []},
        "latency": {"event_time": "2026-01-02T03:01:00Z", "logs_time": null, "arrival": null, "received": null,
            "decoded": null, "alerted": null, "event_to_logs_ms": null, "event_to_alerted_ms": null,
            "arrival_to_alerted_ms": null},
        "status": "open", "approximate": false, "late": false,
    }))
    .unwrap()
}

/// 2026-01-02T04:00:00Z: the end of the period of [`alert`].
const PERIOD_END_S: i64 = 1_767_326_400;

fn change(id: &str, count: u64) -> Vec<AlertChange> {
    vec![AlertChange { alert: alert(id, count), sinks: vec!["pager".to_owned(), "file".to_owned()] }]
}

#[track_caller]
fn commit(store: &mut Store, alerts: &[AlertChange]) -> Vec<Told> {
    store.commit(&Commit { alerts, now_ms: 1_000, ..Commit::default() }).unwrap().told
}

/// Every telling of an alert, and whether it is the last.
fn revisions(store: &Store, id: &str) -> Vec<(u32, bool)> {
    let mut statement = store
        .connection
        .prepare("SELECT revision, ended FROM outbox WHERE alert = ?1 AND sink = 'pager' ORDER BY revision")
        .unwrap();
    let rows = statement.query_map((id,), |row| row.try_into()).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_hit_is_kept_once_and_read_back_in_order() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    let hits: Vec<Hit> = [3, 1, 2, 1, 3].map(hit).to_vec();
    for part in hits.chunks(2) {
        let hits = part.iter().map(|hit| ("r", hit)).collect();
        store.commit(&Commit { hits, ..Commit::default() }).unwrap();
    }
    drop(store);
    let store = Store::open(&folder.file()).unwrap();
    let mut read = Vec::new();
    let keep = &mut |stored| {
        read.push(stored);
        Ok(())
    };
    store.hits(keep).unwrap();
    let texts: Vec<_> = read.iter().map(|stored| stored.text.clone()).collect();
    assert_eq!(texts, [3, 1, 2].map(|n| hit(n).event.text.clone()));
    assert_eq!(read[0].group, [("account".to_owned(), "111122223333".to_owned())]);
    assert_eq!(read[0].logs_time_ms, Some(1_767_322_990_000));
}

#[test]
fn an_alert_is_told_when_it_opens_when_it_is_ten_times_more_and_at_its_end() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    assert_eq!(commit(&mut store, &change("a", 1)), [Told::Opened]);
    assert_eq!(commit(&mut store, &change("a", 9)), [Told::Quietly]);
    assert_eq!(commit(&mut store, &change("a", 12)), [Told::Again]);
    assert_eq!(commit(&mut store, &change("a", 12)), [Told::Unchanged], "the same again tells nothing");
    assert_eq!(commit(&mut store, &change("a", 13)), [Told::Quietly]);
    let end = |watermark_s| Commit { watermark_s: Some(watermark_s), now_ms: 2_000, ..Commit::default() };
    store.commit(&end(PERIOD_END_S - 1)).unwrap();
    assert_eq!(revisions(&store, "a").len(), 2);
    store.commit(&end(PERIOD_END_S)).unwrap();
    store.commit(&end(PERIOD_END_S + 1)).unwrap();
    assert_eq!(revisions(&store, "a"), [(1, false), (2, false), (3, true)]);
    let due = |store: &Store| {
        let due = store.due("pager", i64::MAX, 100).unwrap();
        due.into_iter().map(|due| due.unwrap().stored.alert.revision).collect::<Vec<_>>()
    };
    assert_eq!(due(&store), [1], "what grew waits for what opened");
    let delivered = [Outcome {
        alert: "a".to_owned(),
        revision: 1,
        sink: "pager".to_owned(),
        ended: Ended::Delivered { at_ms: 3_000, digest: None },
        others: Others::Unchanged,
    }];
    store.commit(&Commit { outcomes: &delivered, ..Commit::default() }).unwrap();
    assert_eq!(due(&store), [2]);
    // One that has not grown since has nothing more to say.
    commit(&mut store, &change("b", 5));
    store.commit(&end(PERIOD_END_S)).unwrap();
    assert_eq!(revisions(&store, "b").len(), 1);
}

#[test]
fn what_a_person_has_taken_is_told_no_more_and_keeps_what_was_said() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    commit(&mut store, &change("aa", 1));
    commit(&mut store, &change("ab", 1));
    let mut beside = Store::open_for_triage(&folder.file()).unwrap();
    assert!(matches!(beside.acknowledge("a", 5_000), Err(TriageError::Ambiguous { matching: 2, .. })));
    assert!(matches!(beside.acknowledge("x", 5_000), Err(TriageError::Unknown { .. })));
    assert!(beside.acknowledge("aa", 5_000).unwrap());
    assert!(!beside.acknowledge("aa", 6_000).unwrap(), "the first one counts");
    assert_eq!(commit(&mut store, &change("aa", 500)), [Told::Quietly]);
    assert_eq!(commit(&mut store, &change("ab", 500)), [Told::Again]);
    assert_eq!(revisions(&store, "ab").len(), 2);
    store.commit(&Commit { watermark_s: Some(i64::MAX), ..Commit::default() }).unwrap();
    assert_eq!(revisions(&store, "aa").len(), 1);
    beside.close("aa", CloseReason::Benign, Some("change 17"), 9_000).unwrap();
    assert!(matches!(
        beside.close("aa", CloseReason::Other, None, 9_500),
        Err(TriageError::Closed { reason, .. }) if reason == "benign"
    ));
    assert!(matches!(beside.acknowledge("aa", 9_600), Err(TriageError::Closed { .. })));
    let stored = store.alert("aa").unwrap();
    assert_eq!((stored.alert.status, stored.alert.count, stored.alert.revision), (Status::Closed, 500, 1));
    assert_eq!(
        (stored.opened_ms, stored.acknowledged_ms, stored.closed_ms),
        (1_000, Some(5_000), Some(9_000))
    );
    assert_eq!(stored.close_text.as_deref(), Some("change 17"));
    beside.close("ab", CloseReason::Test, None, 7_000).unwrap();
    assert_eq!(store.alert("ab").unwrap().acknowledged_ms, Some(7_000));
    assert_eq!(revisions(&store, "ab"), [(1, false)], "what was not told yet is not told any more");
    assert!(matches!(store.alert(""), Err(TriageError::Unknown { .. })));
    let open = Query { but_closed: true, ..Query::default() };
    assert_eq!(store.list(&open).unwrap().len(), 0);
}

#[test]
fn the_ledger_is_that_of_the_opening() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    let mut changes = change("a", 1);
    let stamps = crate::record::Stamps { arrival_ms: Some(10), received_ms: Some(20), decoded_ms: Some(30) };
    changes[0].alert.latency.stamp(stamps, 40);
    commit(&mut store, &changes);
    commit(&mut store, &change("a", 2));
    let latency = store.alert("a").unwrap().alert.latency;
    assert_eq!((latency.arrival_ms, latency.alerted_ms), (Some(10), Some(40)));
    assert_eq!(latency.arrival_to_alerted_ms, Some(30));
}

#[test]
fn a_delivery_is_somewhere() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    for id in ["a", "b", "c"] {
        commit(&mut store, &change(id, 1));
    }
    let outcome = |alert: &str, ended| Outcome {
        alert: alert.to_owned(),
        revision: 1,
        sink: "pager".to_owned(),
        ended,
        others: Others::Unchanged,
    };
    let outcomes = [
        outcome("a", Ended::Delivered { at_ms: 2_000, digest: None }),
        outcome("b", Ended::Dead { at_ms: 3_000, error: "no".to_owned() }),
        outcome(
            "c",
            Ended::Retry { refused_ms: 5_000, wait_ms: 4_000, tried_ms: 7, error: "later".to_owned() },
        ),
    ];
    store.commit(&Commit { outcomes: &outcomes, ..Commit::default() }).unwrap();
    // What is settled stays so.
    let late =
        [outcome("a", Ended::Retry { refused_ms: 0, wait_ms: 0, tried_ms: 0, error: "what".to_owned() })];
    store.commit(&Commit { outcomes: &late, ..Commit::default() }).unwrap();
    let sinks = store.outbox().unwrap();
    let pager = sinks.iter().find(|sink| sink.sink == "pager").unwrap();
    assert_eq!((pager.created, pager.delivered, pager.pending, pager.dead), (3, 1, 1, 1));
    assert_eq!(pager.created, pager.delivered + pager.pending + pager.dead);
    assert_eq!(pager.oldest_ms, Some(1_000));
    assert!(store.due("pager", 8_999, 10).unwrap().is_empty());
    assert_eq!(store.next_due_ms("pager").unwrap(), Some(9_000));
    let due = store.due("pager", 9_000, 10).unwrap();
    let due = due[0].as_ref().unwrap();
    assert_eq!((due.stored.alert.id.as_str(), due.attempts), ("c", 1));
    assert_eq!((due.tried_ms, due.wait_ms, due.refused_ms), (7, 4_000, Some(5_000)));
    // One that cannot be read is named, and holds up nobody.
    store.connection.execute("UPDATE alerts SET body = '{}' WHERE id = 'c'", ()).unwrap();
    let due = store.due("pager", 9_000, 10).unwrap();
    assert!(matches!(&due[0], Err(Unreadable { alert, revision: 1, .. }) if alert == "c"));
    assert_eq!(store.deliveries("b").unwrap()[1].error.as_deref(), Some("no"));
    // What was given up is made after all, once it is asked for.
    let dead = |store: &Store| store.outbox().unwrap().iter().map(|sink| sink.dead).sum::<u64>();
    assert_eq!(store.resend(Resend::Dead, None, Some("nobody"), 9_000).unwrap(), 0);
    assert_eq!((store.resend(Resend::Dead, None, Some("pager"), 9_000).unwrap(), dead(&store)), (1, 0));
    assert_eq!(store.resend(Resend::Dead, None, None, 9_000).unwrap(), 0);
    let due = store.due("pager", 9_000, 10).unwrap().into_iter().flatten();
    assert!(due.into_iter().any(|due| (due.created_ms, due.attempts) == (9_000, 0)));
}

#[test]
fn one_file_has_one_writer_of_one_version() {
    let folder = Folder::new();
    assert!(matches!(Store::open_beside(&folder.file()), Err(StoreError::File { .. })));
    let store = Store::open(&folder.file()).unwrap();
    assert!(matches!(Store::open(&folder.file()), Err(StoreError::Locked { .. })));
    let link = folder.join("link.db");
    std::os::unix::fs::symlink(folder.file(), &link).unwrap();
    assert!(matches!(Store::open(&link), Err(StoreError::Locked { .. })), "by whichever name");
    store.connection.pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    assert!(matches!(Store::open(&folder.file()), Err(StoreError::Version { found: 99, .. })));
    assert!(matches!(Store::open_beside(&folder.file()), Err(StoreError::Version { found: 99, .. })));
}

#[test]
fn what_is_not_ours_is_left_as_it_is() {
    let folder = Folder::new();
    let text = folder.join("text.db");
    fs::write(&text, "no database, but long enough to be looked at ".repeat(40)).unwrap();
    let foreign = folder.join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE alerts(a)").unwrap();
    for path in [text, foreign] {
        let before = fs::read(&path).unwrap();
        for opened in [Store::open(&path), Store::open_beside(&path), Store::open_for_triage(&path)] {
            let error = opened.unwrap_err().to_string();
            assert!(error.contains("name another file"), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn quarantine_keeps_the_newest_and_a_repeat_is_the_same_row() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    store.set_quarantine_rows_max(3);
    let reject = Reject { ordinal: 0, reason: crate::decode::Reason::Empty, bytes: Vec::new() };
    for part in [0, 1, 1, 2, 3, 4] {
        let position = Position { source: "shard".into(), place: crate::record::Place::Part(part) };
        store.commit(&Commit { rejects: vec![(&position, &reject)], ..Commit::default() }).unwrap();
    }
    assert_eq!(store.quarantined().unwrap(), [("empty".to_owned(), 3)]);
}

#[test]
fn a_commit_that_fails_leaves_nothing() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    // A table that is gone makes the last step of the transaction fail.
    store.connection.execute_batch("DROP TABLE positions").unwrap();
    let positions =
        [StoredPosition { source: "s".to_owned(), position: "1".to_owned(), low_s: None, seen_ms: None }];
    let hit = hit(1);
    let changes = change("a", 1);
    let commit =
        Commit { hits: vec![("r", &hit)], alerts: &changes, positions: &positions, ..Commit::default() };
    assert!(matches!(store.commit(&commit), Err(StoreError::Sqlite(_))));
    let mut hits = 0;
    let count = &mut |_| {
        hits += 1;
        Ok(())
    };
    store.hits(count).unwrap();
    assert_eq!((hits, store.list(&Query::default()).unwrap().len()), (0, 0));
    assert_eq!(store.outbox().unwrap(), []);
}
