//! Our reader against the SDK's, through real calls to a real server that answers whatever we like.

use std::sync::{Arc, Mutex};

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::{BehaviorVersion, Credentials, Region};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::*;

/// A server that answers every call with the body that was put there, and a client of it.
struct Canned {
    runtime: Runtime,
    body: Arc<Mutex<Vec<u8>>>,
    client: Client,
}

impl Canned {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let body = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::clone(&body);
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let handler = move || {
            let body = answer.lock().unwrap().clone();
            async move { ([(CONTENT_TYPE, "application/x-amz-json-1.1")], body) }
        };
        runtime.spawn(axum::serve(listener, Router::new().route("/", post(handler))).into_future());
        let config = aws_sdk_kinesis::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .endpoint_url(url);
        Self { runtime, body, client: Client::from_conf(config.build()) }
    }

    /// What the SDK reads from `body`, and what it does with our reader; none for an error.
    fn both(&self, body: &[u8]) -> (Option<GetRecordsOutput>, Option<GetRecordsOutput>) {
        *self.body.lock().unwrap() = body.to_vec();
        let call = || self.client.get_records().shard_iterator("i");
        let theirs = self.runtime.block_on(call().send());
        let ours = self.runtime.block_on(call().customize().interceptor(InOnePass).send());
        (theirs.ok(), ours.ok())
    }

    fn judge(&self, body: &[u8]) -> bool {
        let (theirs, ours) = self.both(body);
        let told = |answer: Option<GetRecordsOutput>| {
            answer.map(|answer| {
                let parts = (answer.next_shard_iterator, answer.millis_behind_latest, answer.child_shards);
                (answer.records, parts)
            })
        };
        let (theirs, ours) = (told(theirs), told(ours));
        assert_eq!(ours, theirs, "{}", String::from_utf8_lossy(body));
        // What we read alone is the same, too.
        let alone = told(read(body));
        if alone.is_some() {
            assert_eq!(alone, theirs, "{}", String::from_utf8_lossy(body));
        }
        alone.is_some()
    }
}

fn body(records: &[Value]) -> Value {
    json!({"MillisBehindLatest": 250, "NextShardIterator": "AAAA+/=", "Records": records})
}

fn record(data: &str, arrival: &Value) -> Value {
    json!({"ApproximateArrivalTimestamp": arrival, "Data": data, "PartitionKey": "k", "SequenceNumber": "4959", "EncryptionType": "KMS"})
}

#[test]
fn what_the_service_writes_is_read_as_the_sdk_reads_it_and_the_rest_is_left_to_it() {
    let canned = Canned::new();
    for arrival in
        [json!(1_767_323_045.123), json!(1_767_323_045), json!(1.767_323_045_999e9), json!(0), json!(-1.5)]
    {
        assert!(
            canned.judge(body(&[record("SGVsbG8=", &arrival), record("", &arrival)]).to_string().as_bytes()),
            "{arrival}"
        );
    }
    assert!(canned.judge(br#" {"Records":[],"MillisBehindLatest":0} "#));
    assert!(canned.judge(br#"{"NextShardIterator":"x","MillisBehindLatest":1,"Records":[{"Data":"AA==","PartitionKey":"\u00e9","SequenceNumber":"1"}]}"#.replace(b"\\u00e9".as_slice(), "é".as_bytes()).as_slice()));
    for left in [
        r#"{"Records":[],"ChildShards":[{"ShardId":"s","ParentShards":["p"],"HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"1"}}],"MillisBehindLatest":0}"#,
        r#"{"Records":[],"NextShardIterator":null,"MillisBehindLatest":0}"#,
        r#"{"Records":[{"Data":"AA==","PartitionKey":"a\"b","SequenceNumber":"1"}]}"#,
        r#"{"Records":[{"Data":"AA==","PartitionKey":"a","SequenceNumber":"1","New":1}]}"#,
        r#"{"Records":[{"Data":"A","PartitionKey":"a","SequenceNumber":"1"}]}"#,
        r#"{"Records":[{"PartitionKey":"a","SequenceNumber":"1"}]}"#,
        r#"{"Records":[],"MillisBehindLatest":1.}"#,
        r#"{"Records":[]"#,
        "",
        "{}",
        "[]",
        "null",
    ] {
        assert!(!canned.judge(left.as_bytes()), "{left}");
    }
}

trait Replace {
    fn replace(&self, what: &[u8], by: &[u8]) -> Vec<u8>;
}

impl Replace for [u8] {
    fn replace(&self, what: &[u8], by: &[u8]) -> Vec<u8> {
        let at = memchr::memmem::find(self, what).unwrap();
        [&self[..at], by, &self[at + what.len()..]].concat()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn whatever_comes_both_read_the_same(
        datas in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4),
        arrival in 0.0..4e9_f64,
        harm in prop::option::of((any::<prop::sample::Index>(), "[{}\\[\\]:,\"\\\\ 0eE.+-]")),
    ) {
        static CANNED: std::sync::LazyLock<Canned> = std::sync::LazyLock::new(Canned::new);
        let records: Vec<Value> = datas.iter().map(|data| record(&base64_simd::STANDARD.encode_to_string(data), &json!(arrival))).collect();
        let mut text = body(&records).to_string().into_bytes();
        if let Some((at, byte)) = &harm {
            let at = at.index(text.len());
            text[at] = byte.as_bytes()[0];
        }
        CANNED.judge(&text);
    }
}
