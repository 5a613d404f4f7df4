//! A Kinesis that takes everything and keeps nothing, in this process: it counts records, and answers of each in its turn. It knows
//! no call but PutRecords. It costs little, so that who sends to it is what is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode, header};
use memchr::memmem;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::measure;

/// A member that every record has once, and that base64 cannot contain.
const A_RECORD: &[u8] = b"\"PartitionKey\"";
/// As long as the answers of the service.
const AN_ANSWER: &str = r#"{"SequenceNumber":"49543463076548007577105092703039560359975228518395019266","ShardId":"shardId-000000000000"}"#;

/// The sink, until it is dropped.
pub(super) struct Sink {
    pub(super) url: String,
    seen: Arc<Seen>,
    runtime: Option<Runtime>,
}

/// What came.
#[derive(Debug, Default)]
struct Seen {
    records: AtomicU64,
    /// Log events, while it looks inside.
    events: AtomicU64,
    looks_inside: AtomicBool,
}

impl Sink {
    pub(super) fn start() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let seen = Arc::new(Seen::default());
        let counts = Arc::clone(&seen);
        let url = runtime.block_on(async move {
            let answer = move |headers: HeaderMap, body: Bytes| {
                let (status, text) = counts.take(&headers, &body);
                async move { (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], text) }
            };
            let app = Router::new().fallback(answer).layer(DefaultBodyLimit::disable());
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            let url = format!("http://{}", listener.local_addr()?);
            tokio::spawn(async move { axum::serve(listener, app).await });
            anyhow::Ok(url)
        })?;
        Ok(Self { url, seen, runtime: Some(runtime) })
    }

    /// Records that came so far.
    pub(super) fn records(&self) -> u64 {
        self.seen.records.load(Ordering::SeqCst)
    }

    /// How many log events come meanwhile: their messages are inflated and read.
    pub(super) fn events_of<T>(&self, load: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(T, u64)> {
        self.seen.looks_inside.store(true, Ordering::SeqCst);
        let result = load();
        self.seen.looks_inside.store(false, Ordering::SeqCst);
        Ok((result?, self.seen.events.swap(0, Ordering::SeqCst)))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // It waits for nobody: its clients have ended.
        let _ = self.runtime.take().map(Runtime::shutdown_background);
    }
}

impl Seen {
    fn take(&self, headers: &HeaderMap, body: &[u8]) -> (StatusCode, String) {
        let refused = |code: &str, why: String| {
            (StatusCode::BAD_REQUEST, json!({"__type": code, "message": why}).to_string())
        };
        let call = headers.get("x-amz-target").map_or(&b""[..], |call| call.as_bytes());
        if !call.ends_with(b".PutRecords") {
            return refused("ValidationException", "PutRecords, and nothing else".to_owned());
        }
        if self.looks_inside.load(Ordering::Relaxed) {
            match events(body) {
                Ok(events) => self.events.fetch_add(events, Ordering::SeqCst),
                Err(error) => return refused("InvalidArgumentException", format!("{error:#}")),
            };
        }
        let records = memmem::find_iter(body, A_RECORD).count();
        self.records.fetch_add(records as u64, Ordering::SeqCst);
        let mut text = String::with_capacity(40 + records * (AN_ANSWER.len() + 1));
        text.push_str(r#"{"FailedRecordCount":0,"Records":["#);
        for n in 0..records {
            text.push_str(if n == 0 { "" } else { "," });
            text.push_str(AN_ANSWER);
        }
        text.push_str("]}");
        (StatusCode::OK, text)
    }
}

/// The log events in the records of a call; a control message has none that count.
fn events(body: &[u8]) -> anyhow::Result<u64> {
    let body: Value = serde_json::from_slice(body)?;
    let mut events = 0;
    for record in body["Records"].as_array().context("no records")? {
        let data = record["Data"].as_str().context("no data")?;
        let data = base64_simd::STANDARD.decode_to_vec(data)?;
        let message: Value = serde_json::from_slice(&measure::inflated(&data)?)?;
        if message["messageType"] == "DATA_MESSAGE" {
            events += message["logEvents"].as_array().context("no log events")?.len() as u64;
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &'static str) -> HeaderMap {
        HeaderMap::from_iter([("x-amz-target".parse().unwrap(), name.parse().unwrap())])
    }

    #[test]
    fn every_record_is_counted_and_answered() {
        let seen = Seen::default();
        let body = br#"{"StreamName":"s","Records":[{"Data":"QQ==","PartitionKey":"a"},{"Data":"Qg==","PartitionKey":"b"}]}"#;
        let (status, text) = seen.take(&call("Kinesis_20131202.PutRecords"), body);
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status, answer["Records"].as_array().unwrap().len()), (StatusCode::OK, 2));
        assert_eq!(seen.records.load(Ordering::SeqCst), 2);
        // No gzip is in these: who is to look inside refuses them.
        seen.looks_inside.store(true, Ordering::SeqCst);
        assert_eq!(seen.take(&call("Kinesis_20131202.PutRecords"), body).0, StatusCode::BAD_REQUEST);
        assert_eq!(seen.take(&call("Kinesis_20131202.CreateStream"), b"{}").0, StatusCode::BAD_REQUEST);
        assert_eq!(seen.records.load(Ordering::SeqCst), 2);
    }
}
