//! Splits and merges under load, with kills in between, on emulators that follow the service through them: nothing is lost,
//! and what has one partition key stays in its order.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tripline::store::Store;

use super::emulator::Emulator;
use super::service::{Setup, until};
use super::stream::{Put, Stream};
use crate::shared::variable;

const RULES: &str = "
title: Probe
id: probe
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Probe}, condition: a}
level: low
tripline: {group-by: [requestParameters.key]}
";

/// Partition keys, and rounds of one record for each.
const KEYS: u64 = 16;
const ROUNDS: u64 = 40;

/// A record of one event that says which of its key it is.
fn probe(key: u64, n: u64) -> Put {
    let event = json!({
        "eventVersion": "1.08", "eventID": format!("{key}-{n}"), "eventTime": "2026-01-02T03:04:05Z",
        "eventSource": "x.amazonaws.com", "eventName": "Probe", "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333", "requestParameters": {"key": key, "n": n},
    });
    let message = json!({
        "messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "trail", "logStream": "s",
        "subscriptionFilters": ["f"],
        "logEvents": [{"id": format!("{key:028}{n:028}"), "timestamp": 1_767_323_045_000_i64, "message": event.to_string()}],
    });
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(message.to_string().as_bytes()).unwrap();
    (format!("key-{key}"), gzip.finish().unwrap())
}

/// For each key the numbers of its events, in the order in which they were written down.
fn seen(setup: &Setup) -> BTreeMap<u64, Vec<u64>> {
    let mut seen: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let store = Store::open_beside(&setup.store()).unwrap();
    let each = &mut |hit: tripline::store::StoredHit| {
        let event: Value = serde_json::from_str(&hit.text).unwrap();
        let number = |name: &str| event["requestParameters"][name].as_u64().unwrap();
        seen.entry(number("key")).or_default().push(number("n"));
        Ok(())
    };
    store.hits(each).unwrap();
    seen
}

fn reshards_lose_nothing(endpoint: &str, stream: &Stream, pause: Duration) {
    let rules = tempfile::tempdir().unwrap();
    std::fs::write(rules.path().join("probe.yml"), RULES).unwrap();
    let chosen = format!("[rules]\npaths = [\"{}\"]\npacks = []\n", rules.path().display());
    let setup = Setup::new(endpoint, &stream.name, &chosen);
    let mut running = setup.start();
    for n in 0..ROUNDS {
        let records: Vec<Put> = (0..KEYS).map(|key| probe(key, n)).collect();
        stream.put(&records);
        match n {
            5 => stream.split(0),
            10 => stream.split(2),
            // Killed while it reads parents, children or both.
            12 | 22 | 32 => {
                running.kill();
                running = setup.start();
            }
            15 => stream.merge(0),
            20 => stream.split(1),
            25 => stream.merge(1),
            30 => stream.merge(0),
            _ => {}
        }
        std::thread::park_timeout(pause);
    }
    let all = usize::try_from(KEYS * ROUNDS).unwrap();
    until("all records", || (seen(&setup).values().map(Vec::len).sum::<usize>() >= all).then_some(()));
    let open = stream.open_shards().len();
    until("the children", || {
        let reading = running.metric("tripline_kinesis_shards{state=\"reading\"}");
        let waiting = running.metric("tripline_kinesis_shards{state=\"waiting\"}");
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let only_open = reading == open as f64 && waiting == 0.0;
        only_open.then_some(())
    });
    running.terminate().assert_ok();
    let wanted: Vec<u64> = (0..ROUNDS).collect();
    for (key, found) in seen(&setup) {
        assert_eq!(found, wanted, "key {key}");
    }
}

#[test]
fn on_ferrokinesis() {
    let emulator = Emulator::start();
    let stream = emulator.stream("reshard", 2);
    // The end of a shard is read without its children being named, and the list comes with errors in between.
    emulator.faults.set(21, 100);
    reshards_lose_nothing(&emulator.url, &stream, Duration::from_millis(50));
}

#[test]
fn on_kinesalite() {
    let Some(url) = variable("kinesalite", "TRIPLINE_KINESALITE_URL") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let stream = Stream::create(runtime.handle(), &url, "reshard", 2);
    reshards_lose_nothing(&url, &stream, Duration::from_millis(50));
}

#[test]
fn on_kinesis_local() {
    let Some(url) = variable("kinesis-local", "TRIPLINE_KINESIS_LOCAL_URL") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let stream = Stream::create(runtime.handle(), &url, "reshard", 2);
    reshards_lose_nothing(&url, &stream, Duration::from_millis(100));
}
