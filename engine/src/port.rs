//! The port (design §11): metrics, health, alerts and status for those who ask. Reads the store beside its writer and writes
//! nothing.
//!
//! Loopback by default; elsewhere only with a token. Invariant: without the token nothing that an event said leaves by the
//! port, and a browser that was led here by somebody else's page gets nothing either.

mod access;
mod connections;
mod gauges;
mod limits;
mod server;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{Query as Parameters, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::alert::rfc3339_ms;
use crate::metrics::Metrics;
use crate::pipeline::health::Health;
use crate::pipeline::live::{Reloaded, Wish};
use crate::store::{Query, Store, StoreError};
pub use access::Access;
use connections::{Connections, Reason};
use limits::BODY_BYTES_MAX;
pub use limits::{DESCRIPTORS_RESERVED, Limits};

/// Alerts in one answer; the cursor of the last one asks for the next.
const ALERTS_MAX: i64 = 1_000;

/// Bytes after which an answer takes no more alerts.
const ALERTS_BYTES_MAX: usize = 8 << 20;

/// What the port tells of.
#[derive(Clone)]
pub struct Told {
    /// What is counted.
    pub metrics: Metrics,
    /// Whether the service works.
    pub health: Arc<Health>,
    /// The store's file; opened beside its writer.
    pub store: PathBuf,
    /// Who may ask.
    pub access: Access,
    /// Limits of connections.
    pub limits: Limits,
    /// When the service started, milliseconds since the epoch.
    pub started_ms: i64,
    /// Where the wish goes that the rules be loaded again; none where they are read once.
    pub reload: Option<mpsc::Sender<Wish>>,
}

struct Served {
    told: Told,
    connections: Arc<Connections>,
    /// The connection to the store for `/metrics`, so that a scrape waits for no request to `/api`.
    for_metrics: Arc<Mutex<Store>>,
    for_api: Arc<Mutex<Store>>,
}

type Shared = State<Arc<Served>>;

/// The port could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Somebody else has the address, or it is not ours.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Listens, and answers in the background for as long as the runtime lives. Returns the address, whose port may have been 0.
///
/// # Errors
/// The address cannot be had, or the store cannot be read.
pub async fn open(address: SocketAddr, told: Told) -> Result<SocketAddr, PortError> {
    let failed = |error| PortError::Listen { address, error };
    let reader = || Ok::<_, StoreError>(Arc::new(Mutex::new(Store::open_beside(&told.store)?)));
    let (for_metrics, for_api) = (reader()?, reader()?);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let metrics = told.metrics.clone();
    let connections = Arc::new(Connections::new(told.limits.clone(), metrics.clone()));
    let served = Arc::new(Served { told, connections: Arc::clone(&connections), for_metrics, for_api });
    let router = Router::new()
        .route("/metrics", get(self::metrics))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/api/alerts", get(alerts))
        .route("/api/status", get(status))
        .route("/api/reload", post(reload))
        .layer(middleware::from_fn_with_state(Arc::clone(&served), guard))
        .with_state(served);
    tokio::spawn(server::run(listener, router, connections, metrics));
    Ok(bound)
}

/// Lets in whom it may, and counts.
async fn guard(State(served): Shared, request: Request, next: Next) -> Response {
    let path = match request.uri().path() {
        known @ ("/metrics" | "/livez" | "/readyz" | "/api/alerts" | "/api/status" | "/api/reload") => known,
        _ => "other",
    }
    .to_owned();
    let mut response = match served.told.access.refuses(&request) {
        Some(refusal) => refusal.into_response(),
        None if request.body().size_hint().upper().is_none_or(|bytes| bytes > BODY_BYTES_MAX) => {
            served.connections.dropped(Reason::BodySize);
            let refusal = "no path of this server takes a body of this size, or of unknown size\n";
            (StatusCode::PAYLOAD_TOO_LARGE, [(header::CONNECTION, "close")], refusal).into_response()
        }
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    let code = response.status();
    served.told.metrics.http_requests.with_label_values(&[path.as_str(), code.as_str()]).inc();
    response
}

async fn metrics(State(served): Shared) -> Response {
    let reader = Arc::clone(&served.for_metrics);
    blocking(served, reader, |told, store| {
        gauges::refresh(&told.metrics, store, &told.store, crate::pipeline::now_ms())?;
        told.metrics.ready.set(i64::from(told.health.readiness().ready));
        let kind = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
        Ok(match told.metrics.text() {
            Ok(text) => ([kind], text).into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        })
    })
    .await
}

async fn readyz(State(served): Shared) -> Response {
    let readiness = served.told.health.readiness();
    let code = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, axum_json(&json!(readiness))).into_response()
}

/// Parameters of `/api/alerts`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    after: Option<i64>,
    limit: Option<i64>,
}

/// No parameters: one that is misspelled or of another version is an error, never ignored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParameters {}

/// Answers with alerts by their latest change, the earliest first, a line each: the native form and, as its last member, the
/// cursor to go on from. An alert that changes again comes again, with a later cursor.
async fn alerts(State(served): Shared, Parameters(Page { after, limit }): Parameters<Page>) -> Response {
    let limit = limit.unwrap_or(ALERTS_MAX);
    if !(1..=ALERTS_MAX).contains(&limit) {
        let problem = format!("invalid value for limit: expected 1 to {ALERTS_MAX}\n");
        return (StatusCode::BAD_REQUEST, problem).into_response();
    }
    let reader = Arc::clone(&served.for_api);
    blocking(served, reader, move |_, store| {
        let changed_after = Some(after.unwrap_or(0));
        let query = Query { changed_after, rows_max: Some(limit), ..Query::default() };
        let mut lines = String::new();
        store.alerts(&query, &mut |stored| {
            let text = stored.alert.json().unwrap_or_default();
            if let Some(members) = text.strip_suffix('}') {
                lines.push_str(&format!("{members},\"cursor\":{}}}\n", stored.changed));
            }
            lines.len() < ALERTS_BYTES_MAX
        })?;
        Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
    })
    .await
}

async fn status(State(served): Shared, Parameters(NoParameters {}): Parameters<NoParameters>) -> Response {
    let reader = Arc::clone(&served.for_api);
    blocking(served, reader, |told, store| {
        let sinks = store.outbox()?.into_iter().map(|sink| {
            json!({
                "sink": sink.sink, "created": sink.created, "delivered": sink.delivered, "pending": sink.pending,
                "dead": sink.dead, "oldest": sink.oldest_ms.map(rfc3339_ms),
            })
        });
        let positions = store.positions()?.into_iter().map(|position| {
            json!({"source": position.source, "position": position.position})
        });
        let alerts = store.alert_counts()?.into_iter().map(|(status, level, count)| {
            json!({"status": status, "level": gauges::level(level), "count": count})
        });
        let pressures = told.health.pressures().into_values().filter(|pressure| pressure.to_ms.is_none());
        let pressures = pressures.map(|pressure| {
            json!({"rule": pressure.rule, "since": rfc3339_ms(pressure.from_ms)})
        });
        let body = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "started": rfc3339_ms(told.started_ms),
            "readiness": told.health.readiness(),
            "alerts": alerts.collect::<Vec<_>>(),
            "sinks": sinks.collect::<Vec<_>>(),
            "positions": positions.collect::<Vec<_>>(),
            "pressures": pressures.collect::<Vec<_>>(),
        });
        Ok(axum_json(&body).into_response())
    })
    .await
}

/// Loads the rules again, and says what came of it; 409 when the ones that ran run on.
async fn reload(State(served): Shared, Parameters(NoParameters {}): Parameters<NoParameters>) -> Response {
    let Some(wishes) = &served.told.reload else {
        let body = json!({"error": "these rules are read once"});
        return (StatusCode::NOT_IMPLEMENTED, axum_json(&body)).into_response();
    };
    let (answer, reloaded) = oneshot::channel();
    // Either fails only when the service ends.
    let reloaded = match wishes.send(Some(answer)).await {
        Ok(()) => reloaded.await.ok(),
        Err(_) => None,
    };
    let (code, body) = match reloaded {
        Some(Reloaded::Taken { rules, refused, new, gone }) => {
            (StatusCode::OK, json!({"rules": rules, "refused": refused, "new": new, "gone": gone}))
        }
        Some(Reloaded::Refused { problems }) => {
            (StatusCode::CONFLICT, json!({"error": "the rules that ran run on", "problems": problems}))
        }
        None => (StatusCode::SERVICE_UNAVAILABLE, json!({"error": "the service ends"})),
    };
    (code, axum_json(&body)).into_response()
}

fn axum_json(body: &serde_json::Value) -> impl IntoResponse + use<> {
    ([(header::CONTENT_TYPE, "application/json")], format!("{body}\n"))
}

/// Reads the store on a thread that may block. Requests wait for the connection to the store before they take such a thread, so
/// that any number of them takes one.
async fn blocking<F>(served: Arc<Served>, reader: Arc<Mutex<Store>>, read: F) -> Response
where
    F: FnOnce(&Told, &Store) -> Result<Response, StoreError> + Send + 'static,
{
    let store = reader.lock_owned().await;
    let read = tokio::task::spawn_blocking(move || read(&served.told, &store));
    match read.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            tracing::error!(%error, "the store cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, axum_json(&json!({"error": error.to_string()}))).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
