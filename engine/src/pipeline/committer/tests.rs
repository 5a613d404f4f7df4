//! What a commit waits for, and what it does not.

use std::sync::mpsc::sync_channel;
use std::thread;

use tempfile::TempDir;

use super::*;
use crate::decode::Limits;
use crate::pipeline::Matcher;
use crate::record::Record;
use crate::store::{Store, StoreError};
use crate::testing::ruleset;

const RULES: &str = "
title: Stopped
id: stopped
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: StopLogging}, condition: a}
---
title: Many
id: many
correlation: {type: event_count, rules: [failed], group-by: [recipientAccountId], timespan: 5m, condition: {gte: 3}}
---
title: Failed
id: failed
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Failed}, condition: a}
";

/// A state thread that would wait for an hour.
fn committer(inbox: Receiver<Message>) -> (Committer, Matcher, TempDir) {
    let ruleset = ruleset(RULES);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).unwrap();
    let committer = Committer {
        keeper: Keeper::open(store, &ruleset, Arc::new(|_| Vec::new())).unwrap(),
        inbox,
        metrics: Metrics::new().unwrap(),
        health: Arc::default(),
        stop: Arc::default(),
        gate: Arc::new(Gate::new(1 << 20)),
        wake: Vec::new(),
        patience: Duration::from_secs(3_600),
    };
    (committer, Matcher::new(ruleset, Limits::STREAM), folder)
}

fn record(matcher: &mut Matcher, n: u64, name: &str) -> Message {
    let event = format!(
        "{{\"eventVersion\":\"1.08\",\"eventID\":\"e{n}\",\"eventTime\":\"2026-01-02T03:04:05Z\",\"eventName\":\"{name}\",\"recipientAccountId\":\"111122223333\"}}"
    );
    let matched = matcher.take(&Record::new(&"shard".into(), n, event.into_bytes()));
    assert_eq!(matched.tally.events_evaluated, 1);
    Message::Batch(Box::new(matched), None)
}

/// How many records one commit takes in when these come, each when the one before was taken, and then nothing for an hour.
fn gathered(names: &[&str], last: Option<Message>) -> usize {
    let (sender, inbox) = sync_channel(0);
    let (mut committer, mut matcher, _folder) = committer(inbox);
    let records = (0..).zip(names).map(|(n, name)| record(&mut matcher, n, name));
    let messages: Vec<Message> = records.chain(last).collect();
    thread::scope(|scope| {
        let sending = scope.spawn(move || {
            // What it does not take in nobody takes.
            let _ = messages.into_iter().try_for_each(|message| sender.send(message));
            sender
        });
        let first = committer.inbox.recv().unwrap();
        let gathered = committer.gather(first).unwrap().folding.len();
        drop(committer);
        drop(sending.join().unwrap());
        gathered
    })
}

#[test]
fn what_opens_no_alert_waits_for_what_does() {
    assert_eq!(gathered(&["Other", "Failed", "Failed", "StopLogging"], None), 4);
    assert_eq!(gathered(&["Failed", "Other", "Failed", "Failed"], None), 4, "the third of them opens one");
}

#[test]
fn or_until_somebody_asks() {
    let (answer, _asked) = oneshot::channel();
    assert_eq!(gathered(&["Other", "Other"], Some(Message::Barrier(answer))), 2);
    assert_eq!(
        gathered(&["Other"], Some(Message::Seen(Vec::new()))),
        1,
        "what was told must not be told again"
    );
}

#[test]
fn or_until_there_is_enough() {
    assert_eq!(gathered(&["Other"; COMMIT_BATCHES_MAX], None), COMMIT_BATCHES_MAX);
}

#[test]
fn or_until_nobody_can_send_more() {
    let (sender, inbox) = sync_channel(1);
    let (mut committer, mut matcher, _folder) = committer(inbox);
    drop(sender);
    assert_eq!(committer.gather(record(&mut matcher, 0, "Other")).unwrap().folding.len(), 1);
}

#[test]
fn damaged_pages_are_reported_and_waited_for_and_no_row_is_moved() {
    let (_sender, inbox) = sync_channel(1);
    let (mut committer, _, _folder) = committer(inbox);
    let corrupt = || {
        let failure = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        StoreError::from(rusqlite::Error::SqliteFailure(failure, None))
    };
    let unusable =
        |committer: &Committer| committer.metrics.store_unusable.with_label_values(&["pages"]).get();
    let mut attempts = 0;
    // One attempt, then it waits; asked to end, it does.
    committer.stop.ask();
    let done = committer.persist(&mut |_| {
        attempts += 1;
        Err::<(), _>(corrupt())
    });
    assert_eq!((done, attempts, unusable(&committer)), (None, 1, 1));
    let readiness = committer.health.readiness();
    assert!(!readiness.ready && readiness.store.contains("put a backup in its place"), "{readiness:?}");
    assert_eq!(committer.keeper.damage_totals().unwrap(), []);
    assert_eq!((committer.persist(&mut |_| Ok(())), unusable(&committer)), (Some(()), 0));
}
