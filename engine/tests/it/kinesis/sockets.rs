//! Strangers that hold sockets: detection and deliveries go on, under a low limit of descriptors.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;

use tripline::process;
use tripline_loadgen::Distribution;

use super::emulator::Emulator;
use super::oracle::{facts, judge, records};
use super::service::{Setup, until};
use crate::sinks::server::{Behaviour, Server};

/// The limit of descriptors that the service gets, soft and hard. The HTTP server may use a fraction of it.
const DESCRIPTORS: u64 = 512;

/// Connections that strangers hold: more than the service has descriptors.
const STRANGERS: usize = 1_500;

/// What strangers send: headers that never end, and nothing.
fn hold(address: &str, n: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    if n.is_multiple_of(2) {
        // The service may have closed it already.
        let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nX-Never-Ends: ");
        let _ = stream.write_all("a".repeat(12_000).as_bytes());
    }
    stream
}

#[test]
fn strangers_that_hold_sockets_stop_neither_detection_nor_deliveries() {
    // Both ends of each connection are counted somewhere; these are the test's.
    process::raise_descriptor_limit().unwrap();
    let emulator = Emulator::start();
    let stream = emulator.stream("sockets", 2);
    let records = records(83, 3_000, Distribution::Random);
    let (wanted, _) = judge(&records);
    let server = Server::start(Behaviour::Answer("200 OK", "", String::new()));
    let sink =
        "[sink.hook]\ntype = \"webhook\"\nurl_env = \"HOOK\"\nallow_private = true\nrate_per_s = 0.0\n";
    let setup = Setup::new(&emulator.url, &stream.name, sink)
        .with("HOOK", &server.url("/alerts"))
        .with_descriptors(DESCRIPTORS);
    let running = setup.start();
    running.wait_ready();
    let mut strangers: Vec<TcpStream> = (0..STRANGERS).map(|n| hold(&running.port, n)).collect();
    stream.put(&records);
    let received = |id: &str| {
        let requests = server.requests();
        requests.iter().any(|request| request.header("webhook-id") == format!("{id}.1"))
    };
    // Strangers come back for as long as it takes.
    let mut n = STRANGERS;
    until("all alerts", || {
        strangers.extend((n..n + 100).map(|n| hold(&running.port, n)));
        strangers.drain(..100);
        n += 100;
        (facts(&setup.alerts()) == wanted).then_some(())
    });
    until("all deliveries", || wanted.values().all(|alert| received(&alert.id)).then_some(()));
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(running.get(path).0, 200, "{path}");
    }
    assert_eq!(running.metric("process_max_fds"), DESCRIPTORS as f64);
    assert!(running.metric("process_open_fds") < DESCRIPTORS as f64 - 256.0);
    assert!(running.metric("tripline_http_connections_dropped_total") >= (STRANGERS - 512) as f64);
    assert!(running.metric("tripline_kinesis_reads_total{outcome=\"broken\"}") == 0.0);
    assert!(running.metric("tripline_http_accept_errors_total") == 0.0);
    let resident = running.metric("process_resident_memory_bytes");
    assert!(resident < 400e6, "{resident}");
    let outcomes = ["connect", "timeout", "io"];
    for outcome in outcomes {
        let name = format!("tripline_deliveries_total{{outcome=\"{outcome}\"");
        assert!(!running.get("/metrics").1.contains(&name), "{name}");
    }
    drop(strangers);
    let ended = running.terminate();
    ended.assert_ok();
    let ids: BTreeSet<&String> = wanted.values().map(|alert| &alert.id).collect();
    assert_eq!(setup.alerts().iter().map(|alert| &alert.id).collect::<BTreeSet<_>>(), ids);
}

#[test]
fn the_soft_limit_of_descriptors_is_raised_at_the_start() {
    let emulator = Emulator::start();
    let stream = emulator.stream("limit", 1);
    let setup = Setup::new(&emulator.url, &stream.name, "").with_soft_descriptors(300, 700);
    let running = setup.start();
    assert_eq!(running.metric("process_max_fds"), 700.0);
    assert_eq!(running.metric("tripline_http_connections_max"), 411.0);
    let log = running.log();
    assert!(log.contains("limit of open descriptors raised to its maximum"), "{log}");
    assert!(log.contains("fewer HTTP connections than configured"), "{log}");
    running.wait_ready();
    running.terminate().assert_ok();
}
