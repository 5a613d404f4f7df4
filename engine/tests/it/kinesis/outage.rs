//! A receiver that is away while clocks jump: nothing dies, and when it is back everything is delivered at once.

use std::net::TcpListener;

use rusqlite::Connection;

use super::emulator::Emulator;
use super::service::{PATIENCE, Setup, until};
use crate::sinks::server::{Behaviour, Server};

/// One number of the store, whatever its version.
fn number(setup: &Setup, sql: &str) -> i64 {
    let store = Connection::open(setup.store()).unwrap();
    store.busy_timeout(PATIENCE).unwrap();
    store.query_row(sql, (), |row| row.get(0)).unwrap()
}

fn execute(setup: &Setup, sql: &str) {
    let store = Connection::open(setup.store()).unwrap();
    store.busy_timeout(PATIENCE).unwrap();
    store.execute_batch(sql).unwrap();
}

const REFUSED: &str = "SELECT count(*) FROM outbox WHERE attempts > 0 OR dead_ms IS NOT NULL";
const DEAD: &str = "SELECT count(*) FROM outbox WHERE dead_ms IS NOT NULL";
const PENDING: &str = "SELECT count(*) FROM outbox WHERE delivered_ms IS NULL AND dead_ms IS NULL";

#[test]
fn a_day_without_an_engine_kills_no_delivery_and_all_are_made_when_the_receiver_is_back() {
    let emulator = Emulator::start();
    let stream = emulator.stream("outage", 1);
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let sink = "[sink.hook]\ntype = \"webhook\"\nurl_env = \"HOOK\"\nallow_private = true\n";
    let setup =
        Setup::new(&emulator.url, &stream.name, sink).with("HOOK", &format!("http://{address}/alerts"));
    let running = setup.start();
    let event = |n: u32, name: &str| {
        format!(
            r#"{{"eventVersion":"1.08","eventID":"e{n}","eventTime":"2026-02-02T03:04:05Z","eventSource":"cloudtrail.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","recipientAccountId":"1111222233{n:02}","sourceIPAddress":"198.51.100.7","requestParameters":{{"name":"trail"}}}}"#
        )
    };
    let lines: Vec<String> = (10..40).map(|n| event(n, "StopLogging")).collect();
    stream.put(&[("all".to_owned(), lines.join("\n").into_bytes())]);
    until("everything waits, and was refused", || {
        (running.metric("tripline_deliveries_total") > 3.0 && number(&setup, PENDING) >= 30).then_some(())
    });
    running.terminate().assert_ok();
    // 26 hours pass, or so the wall clock says.
    execute(
        &setup,
        "UPDATE outbox SET created_ms = created_ms - 93600000, next_ms = max(0, next_ms - 93600000)",
    );
    let running = setup.start();
    until("refusals", || (running.metric("tripline_deliveries_total") > 5.0).then_some(()));
    assert!(number(&setup, REFUSED) > 0);
    assert_eq!(number(&setup, DEAD), 0, "{}", running.log());
    // Of everything but the breaker the next attempt is an hour away.
    execute(&setup, "UPDATE outbox SET next_ms = next_ms + 3600000 WHERE next_ms > 0");
    let resent = setup
        .command()
        .args(["alerts", "resend", "--pending", "--sink", "hook", "--store"])
        .arg(setup.store())
        .output()
        .unwrap();
    assert!(resent.status.success());
    let pending = number(&setup, PENDING);
    assert_eq!(
        String::from_utf8(resent.stderr).unwrap().trim(),
        format!("waiting deliveries that are due at once: {pending}")
    );
    let server = Server::at(&address, Behaviour::Answer("200 OK", "", String::new()));
    until("everything is delivered", || (number(&setup, PENDING) == 0).then_some(()));
    assert_eq!(number(&setup, DEAD), 0);
    assert!(server.requests().len() >= 30);
    assert!(running.metric("tripline_sink_unavailable") < 0.5);
    running.terminate().assert_ok();
}
