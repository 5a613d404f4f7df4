//! What is written to the streams of simulated worlds: good records, repeated ones, broken ones.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::rng::Rng;

/// Event times lie within two hours from then on.
const START_S: i64 = 1_770_000_000;

/// One record of one to six events, in any order; some are gzip data messages, some lines; a few are broken.
pub(super) fn record(rng: &mut Rng, serial: &mut usize) -> Vec<u8> {
    let events: Vec<String> = (0..1 + rng.below(6)).map(|_| event(rng, serial).to_string()).collect();
    if rng.one_in(3) {
        return events.join("\n").into_bytes();
    }
    let log_events: Vec<Value> = events
        .iter()
        .enumerate()
        .map(|(n, event)| json!({"id": n.to_string(), "timestamp": START_S * 1000, "message": event}))
        .collect();
    let message = json!({
        "messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "trail", "logStream": "s",
        "subscriptionFilters": ["f"], "logEvents": log_events,
    });
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(message.to_string().as_bytes()).unwrap();
    let mut bytes = gzip.finish().unwrap();
    if rng.one_in(15) {
        bytes.truncate(bytes.len() / 2);
    }
    bytes
}

fn event(rng: &mut Rng, serial: &mut usize) -> Value {
    const NAMES: [&str; 9] =
        ["StopLogging", "Failed", "Failed", "Failed", "Failed", "Every", "Login", "Login", "Other"];
    *serial += 1;
    let name = NAMES[rng.below(NAMES.len())];
    let time_s = START_S + i64::try_from(rng.below(2 * 3_600)).unwrap();
    let time = jiff::Timestamp::from_second(time_s).unwrap().to_string();
    let parameters = match rng.below(4) {
        0 => json!({"from": "office"}),
        1 => json!({"omitted": true, "reason": "requestParameters too large"}),
        2 => json!({"from": "home"}),
        _ => Value::Null,
    };
    json!({
        "eventVersion": "1.08", "eventID": format!("e{serial}"), "eventTime": time, "eventSource": "x.amazonaws.com",
        "eventName": name, "awsRegion": "eu-west-1", "recipientAccountId": format!("11112222333{}", rng.below(2)),
        "sourceIPAddress": format!("198.51.100.{}", rng.below(3)), "requestParameters": parameters,
    })
}
