//! Everything that goes wrong between a reader and its stream: at random, from a seed, and counted. It also keeps the
//! service's own limit, which no emulator does: five reads a second and shard.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use super::lacking::{self, Large};

/// Reads of one shard in a second, as the service grants them.
const READS_A_SECOND: usize = 5;

/// What may happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Throttled,
    Internal,
    Slow,
    /// The answer breaks off in its middle.
    Truncated,
    /// The connection stays open, and nothing comes.
    HalfOpen,
    Expired,
    /// 200, and no JSON.
    Garbage,
}

const ALL: [Fault; 7] = [
    Fault::Throttled,
    Fault::Internal,
    Fault::Slow,
    Fault::Truncated,
    Fault::HalfOpen,
    Fault::Expired,
    Fault::Garbage,
];

/// The plan, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Faults {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Of 1,000 calls so many fail.
    per_mille: u64,
    random: u64,
    /// No call is answered, or none for these shards.
    hang: bool,
    hang_shards: Vec<String>,
    /// How often each happened.
    happened: BTreeMap<Fault, u64>,
    /// The shard of each iterator.
    iterators: HashMap<String, String>,
    /// When each shard was read last.
    reads: HashMap<String, VecDeque<Instant>>,
    /// Reads beyond the limit.
    too_many: u64,
    large: Large,
}

impl Faults {
    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap())
    }

    /// From now on so many of 1,000 calls fail.
    pub(super) fn set(&self, seed: u64, per_mille: u64) {
        self.with(|inner| (inner.random, inner.per_mille) = (seed, per_mille));
    }

    /// What the records stand for that are marked so.
    pub(super) fn swell(&self, large: Large) {
        self.with(|inner| inner.large = large);
    }

    /// From now on no call is answered, or every one is again.
    pub(super) fn hang(&self, hang: bool) {
        self.with(|inner| inner.hang = hang);
    }

    /// From now on no call for these shards is answered.
    pub(super) fn hang_shards(&self, shards: Vec<String>) {
        self.with(|inner| inner.hang_shards = shards);
    }

    fn hangs(&self, asked: &Value) -> bool {
        self.with(|inner| {
            let of_iterator = |iterator: &str| inner.iterators.get(iterator).cloned();
            let shard = asked["ShardId"].as_str().map(str::to_owned);
            let shard = shard.or_else(|| asked["ShardIterator"].as_str().and_then(of_iterator));
            shard.is_some_and(|shard| inner.hang_shards.contains(&shard))
        })
    }

    pub(super) fn happened(&self) -> BTreeMap<Fault, u64> {
        self.with(|inner| inner.happened.clone())
    }

    /// Whether each kind has happened so often.
    pub(super) fn all_happened(&self, times: u64) -> bool {
        self.with(|inner| ALL.iter().all(|fault| inner.happened.get(fault).is_some_and(|n| *n >= times)))
    }

    /// Reads beyond the service's limit.
    pub(super) fn too_many(&self) -> u64 {
        self.with(|inner| inner.too_many)
    }

    fn draw(&self) -> Option<Fault> {
        self.with(|inner| {
            inner.random = inner.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = inner.random;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^= mixed >> 31;
            if mixed % 1000 >= inner.per_mille {
                return None;
            }
            // A half-open connection costs a whole timeout: rarer than the others.
            let fault = ALL[usize::try_from((mixed >> 32) % ALL.len() as u64).unwrap()];
            let rare = fault == Fault::HalfOpen && (mixed >> 40) % 4 != 0;
            (!rare).then(|| {
                *inner.happened.entry(fault).or_default() += 1;
                fault
            })
        })
    }

    /// Whether a read is one too many.
    fn is_too_many(&self, iterator: &str) -> bool {
        self.with(|inner| {
            let Some(shard) = inner.iterators.get(iterator).cloned() else { return false };
            let reads = inner.reads.entry(shard).or_default();
            let now = Instant::now();
            while reads.front().is_some_and(|at| now.duration_since(*at) >= Duration::from_secs(1)) {
                reads.pop_front();
            }
            reads.push_back(now);
            let is = reads.len() > READS_A_SECOND;
            inner.too_many += u64::from(is);
            is
        })
    }

    fn learn(&self, asked: &Value, answer: &Value) {
        self.with(|inner| {
            let known = asked["ShardIterator"].as_str().and_then(|one| inner.iterators.get(one).cloned());
            let shard = asked["ShardId"].as_str().map(str::to_owned).or(known);
            let next = answer["ShardIterator"].as_str().or(answer["NextShardIterator"].as_str());
            if let (Some(shard), Some(next)) = (shard, next) {
                inner.iterators.insert(next.to_owned(), shard);
            }
        });
    }
}

/// Lets a call through, or not.
pub(super) async fn pass(faults: std::sync::Arc<Faults>, request: Request, next: Next) -> Response {
    let target =
        request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let reads = ["GetRecords", "GetShardIterator", "ListShards", "DescribeStreamSummary"];
    let signed = request.headers().get(header::AUTHORIZATION).and_then(|signed| signed.to_str().ok());
    let is_writer = signed.is_some_and(|signed| signed.contains("Credential=writer/"));
    if is_writer || !reads.contains(&operation.as_str()) {
        return next.run(request).await;
    }
    if faults.with(|inner| inner.hang) {
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let page = lacking::page(&mut asked);
    if faults.hangs(&asked) {
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
    let is_read = operation == "GetRecords";
    if is_read && faults.is_too_many(asked["ShardIterator"].as_str().unwrap_or_default()) {
        return refusal("ProvisionedThroughputExceededException");
    }
    let fault = faults.draw();
    match fault {
        Some(Fault::Throttled) => return refusal("ProvisionedThroughputExceededException"),
        Some(Fault::Internal) => {
            return (StatusCode::INTERNAL_SERVER_ERROR, "{\"__type\":\"InternalFailure\"}").into_response();
        }
        Some(Fault::Expired) if is_read => return refusal("ExpiredIteratorException"),
        Some(Fault::HalfOpen) => tokio::time::sleep(Duration::from_secs(3600)).await,
        Some(Fault::Slow) => tokio::time::sleep(Duration::from_millis(700)).await,
        _ => {}
    }
    let response = next.run(Request::from_parts(parts, Body::from(asked.to_string()))).await;
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    faults.learn(&asked, &answer);
    let body = match operation.as_str() {
        "ListShards" => {
            lacking::paged(&asked, page, &mut answer);
            Bytes::from(answer.to_string())
        }
        "GetRecords" if faults.with(|inner| !inner.large.is_empty()) => {
            faults.with(|inner| lacking::swell(&inner.large, &mut answer));
            Bytes::from(answer.to_string())
        }
        _ => body,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    match fault {
        Some(Fault::Truncated) => truncated(parts.headers, &body),
        Some(Fault::Garbage) => "{\"Records\": [{".into_response(),
        _ => Response::from_parts(parts, Body::from(body)),
    }
}

fn refusal(code: &str) -> Response {
    let said = json!({"__type": code, "message": "said the layer of faults"}).to_string();
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], said).into_response()
}

/// Promises all and sends half.
fn truncated(headers: HeaderMap, body: &Bytes) -> Response {
    let half = body.slice(..body.len() / 2);
    let broken = || Err(std::io::Error::other("broken off"));
    let stream = stream::iter(vec![Ok(half), broken()]);
    let mut response = Response::new(Body::from_stream(stream));
    *response.headers_mut() = headers;
    response.headers_mut().insert(header::CONTENT_LENGTH, body.len().into());
    response
}
