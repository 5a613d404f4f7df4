//! Starts, ends and restarts: nothing between them is lost, whatever came in between.

use std::time::Duration;

use tripline::record::Gap;
use tripline::store::{Commit, Query, Store, StoredPosition};
use tripline_loadgen::Distribution;

use super::emulator::{ACCOUNT, Emulator};
use super::oracle::{facts, judge, records};
use super::service::{Ended, Setup, until};
use super::stream::{Put, Stream};
use crate::shared::variable;

#[expect(clippy::cast_precision_loss, reason = "a few hundred")]
fn float(count: u64) -> f64 {
    count as f64
}

/// Writes records while something else goes on, in a few seconds.
fn under_load<T>(stream: &Stream, records: &[Put], act: impl FnOnce() -> T) -> T {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for chunk in records.chunks(records.len().div_ceil(100)) {
                stream.put(chunk);
                std::thread::park_timeout(Duration::from_millis(30));
            }
        });
        act()
    })
}

#[test]
fn a_drain_writes_what_was_received_and_a_restart_goes_on_behind_it() {
    let emulator = Emulator::start();
    let stream = emulator.stream("drain", 3);
    let records = records(7, 8_000, Distribution::ByLogStream);
    let (wanted, accounts) = judge(&records);
    let setup = Setup::new(&emulator.url, &stream.name, "");
    let mut received = 0;
    under_load(&stream, &records, || {
        for _ in 0..3 {
            let running = setup.start();
            until("something", || (running.metric("tripline_records_received_total") > 0.0).then_some(()));
            let ended = running.terminate();
            ended.assert_ok();
            received += ended.numbers("records ")[0];
        }
        assert!(received < accounts.decode.records_received, "no end came in the middle");
    });
    let running = setup.start();
    let missing = float(accounts.decode.records_received - received);
    until("the rest", || (running.metric("tripline_records_received_total") >= missing).then_some(()));
    let ended = running.terminate();
    ended.assert_ok();
    assert_eq!(received + ended.numbers("records ")[0], accounts.decode.records_received, "none twice");
    assert_eq!(facts(&setup.alerts()), wanted);
}

#[test]
fn kills_in_the_middle_change_no_alert() {
    let emulator = Emulator::start();
    let stream = emulator.stream("kill", 4);
    let records = records(9, 8_000, Distribution::Random);
    let (wanted, _) = judge(&records);
    let setup = Setup::new(&emulator.url, &stream.name, "");
    under_load(&stream, &records, || {
        for _ in 0..4 {
            let running = setup.start();
            until("something", || (running.metric("tripline_records_received_total") > 0.0).then_some(()));
            running.kill();
        }
    });
    let running = setup.start();
    until("all alerts", || (facts(&setup.alerts()) == wanted).then_some(()));
    running.terminate().assert_ok();
    assert_eq!(facts(&setup.alerts()), wanted);
}

#[test]
fn latest_is_a_time_from_the_first_moment_on() {
    // ferrokinesis takes a time behind its newest record for the beginning.
    let Some(url) = variable("latest", "TRIPLINE_KINESALITE_URL") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let stream = Stream::create(runtime.handle(), &url, "latest", 2);
    let records = records(13, 2_000, Distribution::Random);
    let (before, after) = records.split_at(records.len() / 2);
    stream.put(before);
    // A millisecond is the grain of arrival times.
    std::thread::park_timeout(Duration::from_millis(1_100));
    let setup = Setup::new(&url, &stream.name, "").with("TRIPLINE__KINESIS__START", "LATEST");
    let running = setup.start();
    until("the start", || running.log().contains("the shard is read").then_some(()));
    // Killed before anything came; what comes now is found by the next start.
    running.kill();
    stream.put(after);
    let running = setup.start();
    let (_, accounts) = judge(after);
    until("the second half", || {
        (running.metric("tripline_records_received_total") >= float(accounts.decode.records_received))
            .then_some(())
    });
    let ended = running.terminate();
    ended.assert_ok();
    assert_eq!(
        ended.numbers("records ")[0],
        accounts.decode.records_received,
        "and nothing of the first half"
    );
}

#[test]
fn a_checkpoint_older_than_the_stream_is_a_gap_with_an_alert_that_says_how_to_mend_it() {
    let emulator = Emulator::start();
    let stream = emulator.stream("gap", 1);
    let setup = Setup::new(&emulator.url, &stream.name, "");
    let running = setup.start();
    stream.put(&records(17, 500, Distribution::Random)[..3]);
    until("three records", || (running.metric("tripline_records_received_total") >= 3.0).then_some(()));
    running.terminate().assert_ok();
    // The engine stood still for thirty hours; the stream keeps a day.
    let now_ms = tripline::pipeline::now_ms();
    let from_ms = now_ms - 30 * 3_600_000;
    let mut store = Store::open(&setup.store()).unwrap();
    let positions: Vec<StoredPosition> = store
        .positions()
        .unwrap()
        .into_iter()
        .map(|position| StoredPosition { seen_ms: Some(from_ms), ..position })
        .collect();
    assert_eq!(positions.len(), 1);
    store.commit(&Commit { positions: &positions, ..Commit::default() }).unwrap();
    drop(store);
    let running = setup.start();
    let own = || {
        let stored = Store::open_beside(&setup.store()).unwrap().list(&Query::default()).unwrap();
        stored.into_iter().map(|stored| stored.alert).find(|alert| alert.rule.id == "tripline-events-lost")
    };
    let alert = until("the alert", own);
    let ended: Ended = running.terminate();
    ended.assert_ok();
    let gaps = Store::open_beside(&setup.store()).unwrap().gaps().unwrap();
    let [(source, Gap { from_ms: kept_from_ms, to_ms })] = gaps.as_slice() else { panic!("{gaps:?}") };
    assert_eq!((source, *kept_from_ms), (&positions[0].source, from_ms));
    assert!((now_ms - 24 * 3_600_000..now_ms - 23 * 3_600_000).contains(to_ms), "{to_ms}");
    assert_eq!(alert.account, ACCOUNT);
    assert!(alert.summary.contains("shard shardId-000000000000"), "{}", alert.summary);
    assert!(alert.summary.contains("tripline backfill --log-group trail --from 20"), "{}", alert.summary);
    // From the oldest that the stream still has; the engine's own event is nothing that was received.
    assert_eq!(ended.numbers("records ")[0], 3);
    // Found once.
    let running = setup.start();
    running.wait_ready();
    running.terminate().assert_ok();
    assert_eq!(own().unwrap().count, 1);
}
