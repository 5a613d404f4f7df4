//! Messages are what CloudWatch Logs sends: within Kinesis' limits, of one log stream each, and nothing is lost in packing.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;

use serde_json::Value;
use tripline_loadgen::{Corpus, Distribution, Message, Options, Packing};

fn corpus(duplicates_ppm: u32) -> Corpus {
    Corpus::new(Options { events: 6_000, duplicates_ppm, ..Options::default() }).unwrap()
}

fn read(message: &Message) -> Value {
    let mut text = String::new();
    flate2::read::GzDecoder::new(message.bytes.as_slice()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn packing_loses_nothing_and_adds_nothing() {
    let corpus = corpus(0);
    let mut wanted: Vec<(i64, String)> =
        corpus.log_events().map(|event| (event.logs_time_ms, event.message)).collect();
    let mut found = Vec::new();
    let mut ids = HashSet::new();
    for message in corpus.messages(Packing::default()).skip(1) {
        let value = read(&message);
        assert_eq!(value["messageType"], "DATA_MESSAGE");
        assert_eq!(value["logStream"], message.log_stream.as_str());
        assert_eq!(message.partition_key, message.log_stream);
        let events = value["logEvents"].as_array().unwrap();
        assert_eq!(events.len(), message.log_events as usize);
        for event in events {
            let id = event["id"].as_str().unwrap();
            assert!(id.len() == 56 && ids.insert(id.to_owned()), "{id}");
            let time_ms = event["timestamp"].as_i64().unwrap();
            assert!(time_ms <= message.sent_ms);
            found.push((time_ms, event["message"].as_str().unwrap().to_owned()));
        }
    }
    wanted.sort();
    found.sort();
    assert!(wanted == found);
}

#[test]
fn messages_keep_their_limits_and_leave_in_order() {
    for (events_max, hold_ms) in [(1, 0), (50, 120_000), (10_000, 3_600_000)] {
        let corpus = corpus(20_000);
        let packing = Packing { events_max, hold_ms, level: 1, ..Packing::default() };
        let mut last_ms = 0;
        for message in corpus.messages(packing) {
            assert!(message.bytes.len() <= 1 << 20 && message.log_events <= events_max);
            assert!(message.sent_ms >= last_ms, "{} before {last_ms}", message.sent_ms);
            assert!(!message.partition_key.is_empty() && message.partition_key.len() <= 256);
            last_ms = message.sent_ms;
        }
    }
}

#[test]
fn huge_messages_are_cut_below_a_mebibyte() {
    let options = Options { events: 3_000, accounts: 4, regions: 1, span_s: 600, ..Options::default() };
    let corpus = Corpus::new(options).unwrap();
    let packing = Packing { events_max: u32::MAX, hold_ms: i64::MAX, level: 0, ..Packing::default() };
    let sizes: Vec<usize> = corpus.messages(packing).map(|message| message.bytes.len()).collect();
    assert!(sizes.iter().all(|size| *size <= 1 << 20), "{sizes:?}");
    assert!(sizes.iter().any(|size| *size > 900_000), "{sizes:?}");
}

#[test]
fn the_probe_comes_first_and_repeats_are_the_same_bytes() {
    let corpus = corpus(100_000);
    let packing = Packing { distribution: Distribution::Random, events_max: 10, ..Packing::default() };
    let messages: Vec<Message> = corpus.messages(packing).collect();
    assert_eq!(read(&messages[0])["messageType"], "CONTROL_MESSAGE");
    assert_eq!(messages[0].log_events, 0);
    let mut seen: BTreeMap<&[u8], u32> = BTreeMap::new();
    for message in &messages {
        let times = seen.entry(&message.bytes).or_default();
        assert_eq!(*times > 0, message.repeat);
        *times += 1;
    }
    let repeats = messages.iter().filter(|message| message.repeat).count();
    let share = repeats as f64 / seen.len() as f64;
    assert!((0.06..0.14).contains(&share), "{share}");
    let keys: HashSet<&str> = messages.iter().map(|message| message.partition_key.as_str()).collect();
    assert!(keys.len() > seen.len() * 9 / 10, "random keys spread");
}
