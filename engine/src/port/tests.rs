//! The port over real HTTP: who is let in, and what is told.

mod admission;
mod api;
mod connections;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::*;
use crate::sink::Secret;
use crate::store::Store;

/// Sends one request as it stands and returns the whole answer.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(address: SocketAddr, path: &str, headers: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n"))
}

#[track_caller]
fn code(answer: &str, wanted: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {wanted} ")), "wanted {wanted}:\n{answer}");
}

struct Served {
    address: SocketAddr,
    health: Arc<Health>,
    metrics: Metrics,
    store: PathBuf,
    _runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

/// Limits that no test reaches by being slow.
fn limits() -> Limits {
    Limits {
        connections_max: 512,
        connections_per_peer_max: 512,
        header_timeout: Duration::from_secs(600),
        idle_timeout: Duration::from_secs(600),
        request_timeout: Duration::from_secs(600),
    }
}

fn serve(token: Option<&str>) -> Served {
    serve_within(token, limits())
}

fn serve_within(token: Option<&str>, limits: Limits) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.db");
    drop(Store::open(&store).unwrap());
    let health = Arc::new(Health::default());
    let metrics = Metrics::new().unwrap();
    let told = Told {
        reload: None,
        metrics: metrics.clone(),
        health: Arc::clone(&health),
        store: store.clone(),
        limits,
        access: Access::new(token.and_then(Secret::from_text).as_ref()),
        started_ms: 0,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let address = runtime.block_on(open("127.0.0.1:0".parse().unwrap(), told)).unwrap();
    Served { address, health, metrics, store, _runtime: runtime, _folder: folder }
}

const LOCAL: &str = "Host: 127.0.0.1:9464\r\n";

#[test]
fn readiness_is_the_truth() {
    let served = serve(None);
    code(&get(served.address, "/livez", LOCAL), 200);
    code(&get(served.address, "/readyz", LOCAL), 503);
    served.health.started(2);
    let answer = get(served.address, "/readyz", LOCAL);
    code(&answer, 200);
    assert!(answer.contains("\"rules_refused\":2"), "{answer}");
    served.health.committed(Some("disk full".to_owned()));
    let answer = get(served.address, "/readyz", LOCAL);
    code(&answer, 503);
    assert!(answer.contains("disk full"), "{answer}");
    served.health.committed(None);
    code(&get(served.address, "/readyz", LOCAL), 200);
}

#[test]
fn without_a_token_only_this_machine_is_answered() {
    let served = serve(None);
    for path in ["/metrics", "/api/alerts", "/api/status"] {
        code(&get(served.address, path, LOCAL), 200);
        code(&get(served.address, path, "Host: localhost\r\n"), 200);
        code(&get(served.address, path, "Host: [::1]:9464\r\n"), 200);
        code(&get(served.address, path, "Host: LOCALHOST:80\r\n"), 200);
        for host in
            ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:evil", "[::1]evil", "127.0.0.1:1@evil", ""]
        {
            code(&get(served.address, path, &format!("Host: {host}\r\n")), 403);
        }
        code(&get(served.address, path, "Host: localhost\r\nHost: evil.example\r\n"), 403);
    }
    code(
        &ask(served.address, &format!("POST /api/reload HTTP/1.1\r\nConnection: close\r\n{LOCAL}\r\n")),
        501,
    );
    code(&get(served.address, "/nothing", LOCAL), 404);
    let metrics = get(served.address, "/metrics", LOCAL);
    assert!(
        metrics.contains("tripline_http_requests_total{code=\"403\",path=\"/api/alerts\"} 7"),
        "{metrics}"
    );
    assert!(metrics.contains("tripline_http_requests_total{code=\"404\",path=\"other\"} 1"), "{metrics}");
}

#[test]
fn with_a_token_alerts_are_its_bearers() {
    let served = serve(Some("s3cret"));
    let host = "Host: tripline.internal\r\n";
    for path in ["/metrics", "/livez"] {
        code(&get(served.address, path, host), 200);
    }
    for wrong in [
        "",
        "Authorization: Bearer s3cre\r\n",
        "Authorization: Basic s3cret\r\n",
        "Authorization: Bearer \r\n",
        "Authorization: Bearers3cret\r\n",
    ] {
        code(&get(served.address, "/api/alerts", &format!("{host}{wrong}")), 401);
    }
    code(
        &get(served.address, "/api/alerts?after=0", &format!("{host}Authorization: Bearer s3cret\r\n")),
        200,
    );
    code(
        &get(served.address, "/api/alerts?after=x", &format!("{host}Authorization: Bearer s3cret\r\n")),
        400,
    );
}
