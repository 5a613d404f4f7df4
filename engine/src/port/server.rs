//! Accepts connections and serves HTTP/1 on each, within the limits.
//!
//! Invariant: no client can make the server hold more than [`Limits::connections_max`](super::Limits) sockets (and one that is
//! about to replace another), nor keep it from accepting the next.

mod observed;

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::HttpBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::connections::{Connections, Peer, Place, Reason};
use super::limits::{ACCEPT_PAUSE, HEADER_BYTES_MAX};
use crate::metrics::Metrics;
use observed::{ObservedBody, ObservedStream};

/// Time between two log lines about connections that cannot be accepted.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Accepts connections for as long as the runtime lives.
pub(super) async fn run(
    listener: TcpListener,
    router: Router,
    connections: Arc<Connections>,
    metrics: Metrics,
) {
    let mut logged: Option<Instant> = None;
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                let peer = Peer::of(address.ip());
                let Some(place) = connections.admit(peer, Instant::now()).await else { return };
                tokio::spawn(serve(stream, router.clone(), place));
            }
            Err(error) if concerns_one_connection(&error) => metrics.http_accept_errors.inc(),
            Err(error) => {
                metrics.http_accept_errors.inc();
                let now = Instant::now();
                connections.free_descriptor(now);
                if logged.is_none_or(|logged| now.duration_since(logged) >= LOG_INTERVAL) {
                    tracing::error!(%error, "cannot accept HTTP connections, will retry");
                    logged = Some(now);
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// True for errors of a connection that broke before it was accepted; the next one may be accepted at once.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Serves one connection until its client or the server closes it.
async fn serve(stream: TcpStream, router: Router, place: Place) {
    // A response that waits for more is a response that is late; a socket that refuses works all the same.
    let _ = stream.set_nodelay(true);
    let (tracker, connections) = (Arc::clone(&place.tracker), Arc::clone(&place.connections));
    let routes = TowerToHyperService::new(router);
    let service = service_fn(|request: Request<Incoming>| {
        tracker.requested(Instant::now());
        let response = routes.call(request);
        let (tracker, connections) = (Arc::clone(&tracker), Arc::clone(&connections));
        async move {
            let Ok::<Response<axum::body::Body>, Infallible>(response) = response.await;
            let bytes = response.body().size_hint().lower();
            connections.respond(&tracker, usize::try_from(bytes).unwrap_or(usize::MAX));
            Ok::<_, Infallible>(response.map(|body| ObservedBody::new(body, tracker)))
        }
    });
    let io = TokioIo::new(ObservedStream::new(stream, Arc::clone(&tracker)));
    let mut connection = pin!(
        http1::Builder::new()
            .max_header_size(HEADER_BYTES_MAX)
            .max_buf_size(HEADER_BYTES_MAX)
            .serve_connection(io, service)
    );
    let mut closed = pin!(tracker.closed());
    let mut sleep = pin!(tokio::time::sleep_until(tracker.deadline(connections.limits()).0));
    // The phase of the connection, and with it the deadline, changes only while the connection is polled.
    let reason = std::future::poll_fn(|context| {
        if let Poll::Ready(result) = connection.as_mut().poll(context) {
            let too_large = result.is_err_and(|error| error.is_parse_too_large());
            return Poll::Ready(too_large.then_some(Reason::HeaderSize));
        }
        if closed.as_mut().poll(context).is_ready() {
            // Counted when it was chosen.
            return Poll::Ready(None);
        }
        let (deadline, reason) = tracker.deadline(connections.limits());
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(context).map(|()| Some(reason))
    })
    .await;
    if let Some(reason) = reason {
        connections.dropped(reason);
    }
}
