//! PutRecords answers of each record in its turn: an answer of status 200 may have refused some of them, or all.

use std::time::Duration;

use aws_sdk_kinesis::primitives::Blob;
use serde_json::{Value, json};
use tripline_loadgen::Unusual;

use super::service::{Answer, Call, Service, error};
use super::{NONE, PATIENCE, counts, load, sent};
use crate::cli::send;
use crate::live::unit::{Body, Unit};
use crate::progress;

pub(super) const TARGET: &str = "kinesis:trail";
const THROTTLED: &str = "ProvisionedThroughputExceededException";

/// Records by their keys, of ten log events each.
pub(super) fn records(keys: &[&str]) -> Vec<Unit> {
    let unit = |key: &&str| {
        let body =
            Body::Record { partition_key: (*key).to_owned(), data: Blob::new(format!("data of {key}")) };
        Unit { log_events: 10, unusual: Unusual::default(), bytes: 9, body }
    };
    keys.iter().map(unit).collect()
}

fn keys(call: &Call) -> Vec<&str> {
    let records = call.body["Records"].as_array().unwrap();
    records.iter().map(|record| record["PartitionKey"].as_str().unwrap()).collect()
}

/// What Kinesis answers when it refuses some: a member for each record, and how many failed.
pub(super) fn but(call: &Call, refused: &[&str]) -> Answer {
    let record = |key: &str| match refused.contains(&key) {
        true => json!({
            "ErrorCode": THROTTLED,
            "ErrorMessage": "Rate exceeded for shard shardId-000000000001 in stream trail under account 1.",
        }),
        false => json!({
            "SequenceNumber": "49543463076548007577105092703039560359975228518395019266",
            "ShardId": "shardId-000000000000",
        }),
    };
    let records: Vec<Value> = keys(call).into_iter().map(record).collect();
    let failed = records.iter().filter(|record| record.get("ErrorCode").is_some()).count();
    (200, json!({"FailedRecordCount": failed, "Records": records}))
}

/// The keys of every call, in order.
pub(super) fn asked(service: &Service) -> Vec<String> {
    service.calls().iter().map(|call| keys(call).join("")).collect()
}

#[tokio::test]
async fn only_what_was_refused_is_sent_again() {
    let refused: [&[&str]; 3] = [&["b", "d", "e"], &["d"], &["d"]];
    let service = Service::start(move |n, call| but(call, refused.get(n).copied().unwrap_or_default())).await;
    let sent = sent(load(TARGET, &service, records(&["a", "b", "c", "d", "e"]), PATIENCE).await).await;
    assert_eq!(asked(&service), ["abcde", "bde", "d", "d"]);
    assert_eq!((counts(&sent), sent.events, sent.attacks, sent.bytes), ([5, 5, 0], 50, 50, 45));
    let said = sent.last_error.as_deref().unwrap();
    assert!(said.starts_with("PutRecords: ProvisionedThroughputExceededException: Rate exceeded"), "{said}");
    assert_eq!((send::whole(&sent).ok(), sent.unsent), (Some(()), None));
    let calls = service.calls();
    assert!(calls.iter().all(|call| call.operation == "PutRecords" && call.body["StreamName"] == "trail"));
    // The same bytes each time, and each pause twice the one before.
    let last = |n: usize| calls[n].body["Records"].as_array().unwrap().last().unwrap()["Data"].clone();
    assert_eq!((last(2), last(3)), (calls[0].body["Records"][3]["Data"].clone(), last(2)));
    let pauses: Vec<_> = calls.windows(2).map(|two| two[1].at - two[0].at).collect();
    for (pause, ms_min) in pauses.into_iter().zip([5, 10, 20]) {
        assert!(pause >= Duration::from_millis(ms_min), "{pause:?}, {ms_min} ms at least");
    }
}

#[tokio::test]
async fn a_call_that_fails_whole_is_sent_again_whole() {
    for (status, code) in [
        (400, THROTTLED),
        (400, "KMSThrottlingException"),
        (400, "LimitExceededException"),
        (500, "InternalFailure"),
    ] {
        let service =
            Service::start(move |n, call| if n < 2 { error(status, code) } else { but(call, &[]) }).await;
        let sent = sent(load(TARGET, &service, records(&["a", "b"]), PATIENCE).await).await;
        // The SDK tries nothing again: each call is one of ours.
        assert_eq!(asked(&service), ["ab", "ab", "ab"], "{code}");
        assert_eq!(counts(&sent), [2, 4, 0], "{code}");
        assert!(sent.last_error.unwrap().contains(code));
    }
}

#[tokio::test]
async fn an_answer_that_leaves_records_out_took_none() {
    let service = Service::start(|n, call| {
        if n == 0 { (200, json!({"FailedRecordCount": 0, "Records": []})) } else { but(call, &[]) }
    })
    .await;
    let sent = sent(load(TARGET, &service, records(&["a", "b"]), PATIENCE).await).await;
    assert_eq!(asked(&service), ["ab", "ab"]);
    assert_eq!(counts(&sent), [2, 2, 0]);
    assert_eq!(sent.last_error.unwrap(), "PutRecords: 2 records were sent, and 0 answered");
}

#[tokio::test]
async fn what_is_refused_for_too_long_is_given_up_and_the_load_fails() {
    let service = Service::start(|_, call| but(call, &["b", "c"])).await;
    let running = load(TARGET, &service, records(&["a", "b", "c"]), NONE).await;
    let stopped = running.stop.subscribe();
    let sent = sent(running).await;
    assert_eq!(asked(&service), ["abc"]);
    assert_eq!((counts(&sent), sent.events), ([1, 0, 2], 10));
    assert!(*stopped.borrow(), "nothing more is sent");
    let told = progress::told(&sent, Duration::from_secs(1), None);
    assert!(told.contains(", 2 errors"), "{told}");
    let said = send::whole(&sent).unwrap_err().to_string();
    assert!(said.starts_with("2 messages were not taken: PutRecords: ProvisionedThroughput"), "{said}");
}

#[tokio::test]
async fn what_nobody_mends_meanwhile_is_tried_once() {
    for code in ["ResourceNotFoundException", "AccessDeniedException", "UnrecognizedClientException"] {
        let service = Service::start(move |_, _| error(400, code)).await;
        let sent = sent(load(TARGET, &service, records(&["a", "b"]), PATIENCE).await).await;
        assert_eq!(asked(&service), ["ab"], "{code}");
        assert_eq!(counts(&sent), [0, 0, 2], "{code}");
        assert!(send::whole(&sent).unwrap_err().to_string().contains(code));
    }
}
