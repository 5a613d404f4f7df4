//! Decode against its judges: `serde_json`, an obvious resolver, and a table of everything poisonous.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

mod aggregates;
mod grammar;
mod hostile;
mod omitted;
mod openings;
mod outlines;
mod poison;
mod resolve;
mod sequences;
mod twins;

/// Counts of one record.
fn tally(bytes: &[u8], limits: &Limits) -> Tally {
    let mut tally = Tally::default();
    Decoder::new(&Fields::new(), limits.clone()).record(bytes, &mut tally, &mut Vec::new(), |_| {});
    assert!(tally.balances(), "{tally:?}");
    tally
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A sound event.
fn good(id: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"{id}","recipientAccountId":"111122223333"}}"#
    )
}

/// A data message around log lines.
fn data_message(messages: &[&str]) -> String {
    let events: Vec<String> = messages
        .iter()
        .enumerate()
        .map(|(n, message)| {
            let message = serde_json::to_string(message).unwrap();
            format!(r#"{{"id":"{n:056}","timestamp":1767323045000,"message":{message}}}"#)
        })
        .collect();
    enveloped("DATA_MESSAGE", &events.join(","))
}

fn enveloped(kind: &str, events: &str) -> String {
    format!(
        r#"{{"messageType":"{kind}","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{events}]}}"#
    )
}
