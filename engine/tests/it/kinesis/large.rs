//! Records and answers as large as Kinesis makes them: 10 MiB a record, 10 MB an answer.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use tripline_loadgen::Distribution;

use super::emulator::Emulator;
use super::lacking::mark;
use super::oracle::{facts, judge, records};
use super::service::{Setup, until};
use super::stream::Put;

/// A data message of one event worth an alert behind so many bytes that do not shrink, in lines of another log.
fn padded(n: u64, bytes: usize) -> Put {
    let event = json!({
        "eventVersion": "1.11", "eventID": format!("stopped-{n}"), "eventTime": "2026-01-02T03:04:05Z",
        "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "awsRegion": "eu-west-1",
        "recipientAccountId": format!("{n:012}"), "requestParameters": {"name": "trail"},
    });
    let mut random = n;
    let mut noise = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Printable, and nothing that JSON escapes.
        char::from(b'A' + u8::try_from((random >> 33) % 26).unwrap())
    };
    let line = |noise: &mut dyn FnMut() -> char| (0..100_000).map(|_| noise()).collect::<String>();
    let mut messages: Vec<String> = (0..bytes / 100_000).map(|_| line(&mut noise)).collect();
    messages.push(event.to_string());
    let log_events: Vec<_> = (0..)
        .zip(messages)
        .map(|(id, message)| json!({"id": format!("{id:056}"), "timestamp": 1_767_323_045_000_i64, "message": message}))
        .collect();
    let message = json!({
        "messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "trail", "logStream": "s",
        "subscriptionFilters": ["f"], "logEvents": log_events,
    });
    // Stored, not deflated: as large as it is.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    gzip.write_all(message.to_string().as_bytes()).unwrap();
    (format!("key-{n}"), gzip.finish().unwrap())
}

#[test]
fn records_of_ten_mebibytes_and_answers_of_ten_megabytes_are_read() {
    let emulator = Emulator::start();
    let stream = emulator.stream("large", 2);
    let large = [padded(1, 10_300_000), padded(2, 10_300_000)];
    let mut others: Vec<Put> = (3..33).map(|n| padded(n, 900_000)).collect();
    others.extend(records(41, 1_000, Distribution::Random));
    let (wanted, accounts) = judge(&[&large[..], &others].concat());
    emulator.faults.swell(large.iter().map(|(_, data)| data.clone()).collect());
    stream.put(&[("a".to_owned(), mark(0)), ("b".to_owned(), mark(1))]);
    stream.put(&others);
    // A part of the answers breaks off in the middle, or comes late.
    emulator.faults.set(43, 150);
    let setup = Setup::new(&emulator.url, &stream.name, "").with("TRIPLINE__KINESIS__CALL_TIMEOUT_S", "15");
    let running = setup.start();
    until("all alerts", || (facts(&setup.alerts()) == wanted).then_some(()));
    emulator.faults.set(0, 0);
    running.wait_ready();
    let ended = running.terminate();
    ended.assert_ok();
    let decode = &accounts.decode;
    assert_eq!(ended.numbers("records ")[0], decode.records_received, "{}", ended.said);
    assert_eq!(ended.numbers("log events ")[0], decode.events_in, "{}", ended.said);
}
