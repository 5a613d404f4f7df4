//! More alerts than a sink takes at a time, and the dead man's switch.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;
use tripline::store::{Query, Store};
use tripline_loadgen::Distribution;

use super::emulator::Emulator;
use super::oracle::{facts, judge, records};
use super::service::{Setup, until};
use crate::reference::Facts;
use crate::sinks::server::{Behaviour, Server};

fn fine() -> Behaviour {
    Behaviour::Answer("200 OK", "", String::new())
}

/// The keys that a request delivered: those of a digest, or its own.
fn keys(body: &[u8], id: &str) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap();
    match body["alerts"].as_array() {
        None => vec![id.to_owned()],
        Some(alerts) => {
            assert_eq!((&body["id"], body["count"].as_u64()), (&Value::from(id), Some(alerts.len() as u64)));
            let rank = |alert: &Value| {
                ["informational", "low", "medium", "high", "critical"]
                    .iter()
                    .position(|level| alert["level"] == *level)
            };
            assert!(alerts.is_sorted_by_key(|alert| std::cmp::Reverse(rank(alert))), "the gravest first");
            alerts.iter().map(|alert| alert["key"].as_str().unwrap().to_owned()).collect()
        }
    }
}

#[test]
fn a_storm_is_a_few_digests_and_every_alert_is_in_one() {
    let emulator = Emulator::start();
    let stream = emulator.stream("storm", 2);
    let records = records(61, 6_000, Distribution::Random);
    let (wanted, _) = judge(&records);
    // Nobody listens there yet: everything waits.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let sink = "[sink.hook]\ntype = \"webhook\"\nurl_env = \"HOOK\"\nallow_private = true\ndigest_after = 5\nrate_per_s = 2.0\n";
    let setup =
        Setup::new(&emulator.url, &stream.name, sink).with("HOOK", &format!("http://{address}/alerts"));
    let running = setup.start();
    stream.put(&records);
    until("all alerts", || (facts(&setup.alerts()) == wanted).then_some(()));
    let server = Server::at(&address, fine());
    let pending = || Store::open_beside(&setup.store()).unwrap().outbox().unwrap()[0].pending;
    until("everything delivered", || (pending() == 0).then_some(()));
    let requests = server.requests();
    let told: Vec<String> =
        requests.iter().flat_map(|request| keys(&request.body, request.header("webhook-id"))).collect();
    let distinct: BTreeSet<&String> = told.iter().collect();
    assert_eq!(distinct.len(), told.len(), "nothing was told twice");
    for Facts { id, .. } in wanted.values() {
        assert!(distinct.contains(&format!("{id}.1")), "{id} was never told");
    }
    assert!(requests.len() < told.len() / 4, "{} requests told of {}", requests.len(), told.len());
    let store = Store::open_beside(&setup.store()).unwrap();
    let digests = wanted
        .values()
        .flat_map(|facts| store.deliveries(&facts.id).unwrap())
        .filter(|one| one.digest.is_some())
        .count();
    assert!(digests > wanted.len() / 2, "{digests} of {}", wanted.len());
    running.terminate().assert_ok();
}

#[test]
fn the_dead_mans_switch_is_called_when_the_event_was_written_and_not_without_its_rule() {
    let emulator = Emulator::start();
    let stream = emulator.stream("heart", 1);
    let server = Server::start(fine());
    let heart = "[heartbeat]\nurl_env = \"HEART\"\nallow_private = true\nevery_s = 10\n";
    let setup = Setup::new(&emulator.url, &stream.name, heart).with("HEART", &server.url("/ping/secret"));
    let running = setup.start();
    until("a heartbeat", || {
        (running.metric("tripline_heartbeats_total{result=\"sent\"}") > 0.0).then_some(())
    });
    let requests = server.requests();
    assert_eq!((requests[0].line.as_str(), requests[0].body.len()), ("GET /ping/secret HTTP/1.1", 0));
    assert!(running.metric("tripline_hits_counted_total") >= 1.0, "its hit is a row");
    let log = running.log();
    running.terminate().assert_ok();
    assert!(!log.contains("ping/secret"), "the address is a secret");
    assert!(setup.alerts().is_empty());
    let silent = Setup::new(&emulator.url, &stream.name, &format!("{heart}[rules]\npacks = [\"threats\"]\n"))
        .with("HEART", &server.url("/never"));
    let running = silent.start();
    until("none", || (running.metric("tripline_heartbeats_total{result=\"rule\"}") > 0.0).then_some(()));
    running.terminate().assert_ok();
    assert!(server.requests().iter().all(|request| !request.line.contains("never")));
}

#[test]
fn who_refuses_a_heartbeat_is_named_in_the_figures() {
    let emulator = Emulator::start();
    let stream = emulator.stream("ill", 1);
    let server = Server::start(Behaviour::Answer("500 Oh", "", String::new()));
    let heart = "[heartbeat]\nurl_env = \"HEART\"\nallow_private = true\nevery_s = 10\n";
    let setup = Setup::new(&emulator.url, &stream.name, heart).with("HEART", &server.url("/"));
    let running = setup.start();
    until("a refusal", || {
        (running.metric("tripline_heartbeats_total{result=\"refused\"}") > 0.0).then_some(())
    });
    std::thread::park_timeout(Duration::from_millis(100));
    running.terminate().assert_ok();
}

#[test]
fn a_rule_that_is_flooded_beyond_its_rows_is_an_alert_of_its_own() {
    let emulator = Emulator::start();
    let stream = emulator.stream("pressure", 1);
    let setup = Setup::new(&emulator.url, &stream.name, "").with("TRIPLINE__STORE__RULE_ROWS_MIB_MAX", "1");
    let running = setup.start();
    let event = |n: usize| {
        format!(
            r#"{{"eventVersion":"1.08","eventID":"e{n}","eventTime":"2026-02-02T03:{:02}:05Z","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"eu-west-1","recipientAccountId":"111122223333","sourceIPAddress":"198.51.100.7","userAgent":"{}","requestParameters":{{"name":"trail-{n}"}}}}"#,
            n / 60 % 60,
            "x".repeat(500)
        )
    };
    for part in 0..20 {
        let lines: Vec<String> = (part * 100..part * 100 + 100).map(event).collect();
        stream.put(&[(part.to_string(), lines.join("\n").into_bytes())]);
    }
    let told = || {
        let stored = Store::open_beside(&setup.store()).unwrap().list(&Query::default()).unwrap();
        stored.into_iter().map(|stored| stored.alert).find(|alert| alert.rule.id == "tripline-state-pressure")
    };
    let alert = until("the alert", told);
    assert!(alert.summary.contains("trail-stopped") || alert.summary.contains("cis-"), "{}", alert.summary);
    assert!(running.metric("tripline_rules_under_pressure") >= 1.0);
    running.terminate().assert_ok();
    let pressures = Store::open_beside(&setup.store()).unwrap().pressures().unwrap();
    assert!(
        !pressures.is_empty() && pressures.iter().all(|pressure| pressure.to_ms.is_none()),
        "{pressures:?}"
    );
    // A second start tells nothing anew.
    let running = setup.start();
    running.wait_ready();
    std::thread::park_timeout(Duration::from_secs(2));
    running.terminate().assert_ok();
    assert_eq!(told().unwrap().count, 1);
}
