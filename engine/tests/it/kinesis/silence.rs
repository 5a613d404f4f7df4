//! A stream that stands still, and an account that nobody has heard of: both are alerts, once, through restarts.

use serde_json::json;
use tripline::alert::Alert;
use tripline::store::{Commit, Query, SeenRow, Store};

use super::emulator::{ACCOUNT, Emulator};
use super::service::{Running, Setup, until};
use super::stream::Put;

/// One harmless event of an account.
fn event(account: &str, id: &str) -> Put {
    let event = json!({
        "eventVersion": "1.11", "eventID": id, "eventTime": "2026-01-02T03:04:05Z",
        "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "awsRegion": "eu-west-1",
        "recipientAccountId": account,
    });
    (id.to_owned(), event.to_string().into_bytes())
}

fn own(setup: &Setup, rule: &str) -> Vec<Alert> {
    let stored = Store::open_beside(&setup.store()).unwrap().list(&Query::default()).unwrap();
    stored.into_iter().map(|stored| stored.alert).filter(|alert| alert.rule.id == rule).collect()
}

/// Waits until what is put was received.
fn receive(running: &Running, count: f64) {
    until("records", || (running.metric("tripline_records_received_total") >= count).then_some(()));
}

#[test]
fn a_stream_that_stands_still_and_an_account_that_is_new_are_alerts_once() {
    let emulator = Emulator::start();
    let stream = emulator.stream("silence", 2);
    let setup = Setup::new(&emulator.url, &stream.name, "");
    let running = setup.start();
    stream.put(&[event(ACCOUNT, "first")]);
    receive(&running, 1.0);
    running.terminate().assert_ok();
    // All that was two days ago.
    let mut store = Store::open(&setup.store()).unwrap();
    let rows: Vec<SeenRow> = store.seen().unwrap();
    assert_eq!(rows.len(), 2, "the stream, and one account in one region");
    let ago = |ms: i64| ms - 2 * 24 * 3_600_000;
    let rows: Vec<SeenRow> = rows
        .into_iter()
        .map(|row| SeenRow { first_ms: ago(row.first_ms), last_ms: ago(row.last_ms), ..row })
        .collect();
    store.commit(&Commit { seen: &rows, ..Commit::default() }).unwrap();
    drop(store);
    let running = setup.start();
    let silent = until("the alert", || own(&setup, "tripline-stream-silent").pop());
    assert_eq!((silent.account.as_str(), silent.count), (ACCOUNT, 1));
    assert!(
        silent.summary.contains("no CloudTrail event has come through stream silence-"),
        "{}",
        silent.summary
    );
    for cause in
        ["the trail was stopped", "logs:PutLogEvents", "ten minutes' pause", "log streams named o-…_*"]
    {
        assert!(silent.summary.contains(cause), "{}", silent.summary);
    }
    until("the figure", || {
        (running.metric("tripline_account_regions{state=\"silent\"}") >= 1.0).then_some(())
    });
    // A kill: it is not told again.
    running.kill();
    let running = setup.start();
    stream.put(&[event("444455556666", "second")]);
    let new = until("the other alert", || own(&setup, "tripline-account-region-new").pop());
    assert_eq!((new.account.as_str(), new.region.as_str()), ("444455556666", "eu-west-1"));
    until("its end", || running.log().contains("\"heard again\"").then_some(()));
    let ended = running.terminate();
    ended.assert_ok();
    assert_eq!(ended.numbers("records ")[0], 1, "what the engine says of itself is nothing received");
    assert_eq!(own(&setup, "tripline-stream-silent").len(), 1);
    assert_eq!(
        own(&setup, "tripline-account-region-silent"),
        [],
        "one event says nothing about what is usual"
    );
}
