//! What readers take, and how they refuse the rest.

use serde_json::json;

use super::{alert, but, must, must_not, ndjson};
use crate::judge::{Alerts, Hop, Ledger, Sent, Stamps};
use crate::{Corpus, Options};

fn ledger_error(text: &str) -> String {
    Ledger::read("l.ndjson", text.as_bytes()).unwrap_err().to_string()
}

fn alerts_error(text: &str) -> String {
    Alerts::default().read("a.ndjson", text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_broken_line_says_where_and_what() {
    let good = must(1, "r", "a", 3).to_string();
    for (second, says) in [
        ("{", "l.ndjson:2: column 1: EOF while parsing an object"),
        ("[true]", "l.ndjson:2: not a JSON object"),
        ("{}", "l.ndjson:2: neither `must` nor `may` nor `sent`"),
        (r#"{"must":true,"scenario":"s"}"#, "l.ndjson:2: column 28: missing field `rule_id`"),
        (r#"{"must":false,"scenario":"s","rule_id":"r"}"#, "l.ndjson:2: column 43: missing field `group`"),
        (
            r#"{"must":false,"scenario":"s","rule_id":"r","group":{"a":1}}"#,
            "l.ndjson:2: column 57: invalid type: integer `1`, expected a string",
        ),
        (r#"{"sent":{"target":"t"}}"#, "l.ndjson:2: column 22: missing field `started_ms`"),
    ] {
        assert_eq!(ledger_error(&format!("{good}\n{second}\n")), says);
    }
    let alert = alert("1", "r", "a", 1);
    assert_eq!(alerts_error("\n\n{}\n"), "a.ndjson:3: column 2: missing field `id`");
    for (name, says) in [("period", "missing field `period`"), ("latency", "missing field `latency`")] {
        let mut line = alert.clone();
        line.as_object_mut().unwrap().remove(name);
        assert!(alerts_error(&line.to_string()).ends_with(says), "{name}");
    }
    let when = but(alert, json!({"period": {"start": "noon", "seconds": 1}}));
    assert!(alerts_error(&when.to_string()).starts_with("a.ndjson:1: column "));
    assert_eq!(alerts_error("\u{feff}{}"), "a.ndjson:1: not a JSON object");
}

#[test]
fn what_is_not_asked_for_is_passed_over() {
    let text = ndjson(&[
        but(must(1, "r", "a", 3), json!({"later": {"more": [1]}, "sent_ms": 5})),
        but(must_not(1, "r", "b"), json!({"why": null})),
    ]);
    let ledger = Ledger::read("l", format!("\n{text}  \r\n").as_bytes()).unwrap();
    assert_eq!((ledger.must.len(), ledger.must_not.len(), ledger.must[0].sent_ms), (1, 1, Some(5)));
    assert!(ledger.sent.is_none());
}

#[test]
fn one_sending_a_ledger() {
    let sent = json!({"sent": {
        "target": "kinesis", "started_ms": 1, "ended_ms": 2, "events": 3, "messages": 4, "bytes": 5, "duplicates": 6,
        "recycled": 7, "foreign": 8, "oversize": 9, "late": 10, "retries": 11, "errors": 12, "more": 13,
    }});
    let ledger = Ledger::read("l", sent.to_string().as_bytes()).unwrap();
    let sending = ledger.sent.unwrap();
    assert_eq!((sending.target.as_str(), sending.events, sending.errors), ("kinesis", 3, 12));
    assert_eq!((sending.attacks, sending.last_error), (0, None));
    assert_eq!(ledger_error(&ndjson(&[sent.clone(), sent])), "l.ndjson:2: `sent` for the second time");
}

#[test]
fn what_was_sent_is_read_as_it_was_written() {
    let sent = Sent {
        target: "kinesis:trail".to_owned(),
        started_ms: 1,
        ended_ms: 2,
        events: 3,
        messages: 4,
        bytes: 5,
        duplicates: 6,
        recycled: 7,
        foreign: 8,
        oversize: 9,
        late: 10,
        attacks: 11,
        retries: 12,
        errors: 13,
        unsent: None,
        last_error: Some("PutRecords: \"no\"\n".to_owned()),
        behind_ms: ["p50", "p99", "p99.9", "max"].map(str::to_owned).into_iter().zip(14..).collect(),
    };
    let mut line = Vec::new();
    sent.write_ledger(&mut line).unwrap();
    // Programs of others read it: a ledger of today looks like one of last year.
    let is = r#"{"sent":{"attacks":11,"behind_ms":{"max":17,"p50":14,"p99":15,"p99.9":16},"bytes":5,"duplicates":6,"ended_ms":2,"errors":13,"events":3,"foreign":8,"last_error":"PutRecords: \"no\"\n","late":10,"messages":4,"oversize":9,"recycled":7,"retries":12,"started_ms":1,"target":"kinesis:trail"}}"#;
    assert_eq!(String::from_utf8(line.clone()).unwrap(), format!("{is}\n"));
    assert_eq!(Ledger::read("l", line.as_slice()).unwrap().sent.as_ref(), Some(&sent));
    let stopped = Sent { unsent: Some(0), ..sent };
    let mut line = Vec::new();
    stopped.write_ledger(&mut line).unwrap();
    assert_eq!(Ledger::read("l", line.as_slice()).unwrap().sent, Some(stopped));
}

#[test]
fn what_a_corpus_writes_is_read() {
    let corpus = Corpus::new(Options { events: 0, ..Options::default() }).unwrap();
    let mut text = Vec::new();
    corpus.truth().write_ledger(&mut text).unwrap();
    let ledger = Ledger::read("l", text.as_slice()).unwrap();
    let truth = corpus.truth();
    assert_eq!((ledger.must.len(), ledger.must_not.len()), (truth.must.len(), truth.must_not.len()));
    assert_eq!(ledger.must[0].count, truth.must[0].count);
}

#[test]
fn hops_need_both_ends_and_may_be_negative() {
    let at = Some;
    let stamps = Stamps {
        event_ms: at(0),
        logs_ms: at(100),
        arrival_ms: at(90),
        received_ms: at(150),
        decoded_ms: None,
        alerted_ms: at(170),
    };
    let hops = Hop::ALL.map(|hop| stamps.hop(hop, Some(20)));
    let known = [at(100), at(-10), at(60), None, None, at(80), at(20), at(170), at(150)];
    assert_eq!(hops, known);
    assert_eq!(stamps.hop(Hop::SentToAlerted, None), None);
}
