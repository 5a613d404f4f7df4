//! A service on loopback: keeps every call, and answers as it was told to.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

/// A call as it came.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) at: Instant,
    /// `PutRecords`.
    pub(super) operation: String,
    pub(super) body: Value,
}

/// Status and body.
pub(super) type Answer = (u16, Value);

/// The service, for as long as the test's runtime lives.
pub(super) struct Service {
    pub(super) url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Service {
    /// `answer` is told how many calls came before.
    pub(super) async fn start(answer: impl Fn(usize, &Call) -> Answer + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (calls, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let kept = Arc::clone(&calls);
        let app = Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
            let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
            async move {
                let call = Call::of(&headers, &body);
                let mut kept = kept.lock().unwrap();
                let (status, body) = answer(kept.len(), &call);
                kept.push(call);
                let head = [(header::CONTENT_TYPE, "application/x-amz-json-1.1")];
                (StatusCode::from_u16(status).unwrap(), head, body.to_string())
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, calls }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

impl Call {
    fn of(headers: &HeaderMap, body: &[u8]) -> Self {
        let target = headers.get("x-amz-target").unwrap().to_str().unwrap();
        let operation = target.rsplit('.').next().unwrap().to_owned();
        Self { at: Instant::now(), operation, body: serde_json::from_slice(body).unwrap() }
    }
}

/// An error of the services' JSON protocol.
pub(super) fn error(status: u16, code: &str) -> Answer {
    (status, json!({"__type": code, "message": format!("why {code}")}))
}
