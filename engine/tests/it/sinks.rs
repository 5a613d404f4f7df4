//! Sinks against real HTTP servers that answer well, badly, slowly and not at all; and against what people really run.

/// A server of a few lines, so that every byte on the wire is ours to choose and to see.
pub(crate) mod server;

/// SNS and SQS as moto plays them, and a real Alertmanager.
mod peers;

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use server::{Behaviour, Request, Server};
use sha2::{Digest, Sha256};
use tripline::alert::Alert;
use tripline::sink::{Delivery, Filter, Format, Refusal, Secret, Settings, Sink, Target, sample};
use tripline_rules::rule::Level;

const NOW_MS: i64 = 1_767_323_000_000;
const TIMEOUT: Duration = Duration::from_secs(1);

/// Delivers one alert to a target, within `TIMEOUT`.
fn deliver(target: Target, alert: &Alert) -> Result<(), Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut sink = Sink::open(settings(target, TIMEOUT)).await.unwrap();
        sink.deliver(&Delivery::new(alert, NOW_MS)).await
    })
}

fn settings(target: Target, timeout: Duration) -> Settings {
    Settings {
        name: "test".to_owned(),
        level_min: Level::Informational,
        filter: Filter::default(),
        rate_per_s: 0.0,
        digest_after: 0,
        timeout,
        target,
    }
}

fn secret(text: &str) -> Secret {
    Secret::from_text(text).unwrap()
}

fn webhook(server: &Server, secrets: Vec<Secret>) -> Target {
    Target::Webhook { url: server.url("/hook?a=b"), secrets, allow_private: true, format: Format::Native }
}

/// A webhook's refusal by a server that behaves so.
#[track_caller]
fn refused(behaviour: Behaviour) -> Refusal {
    let server = Server::start(behaviour);
    let before = Instant::now();
    let refusal = deliver(webhook(&server, Vec::new()), &sample(NOW_MS)).unwrap_err();
    assert!(before.elapsed() < TIMEOUT * 5, "{:?}", before.elapsed());
    assert_eq!(server.requests().len(), 1, "one delivery is one request");
    refusal
}

#[test]
fn a_webhook_is_posted_and_signed_byte_by_byte() {
    let server = Server::start(Behaviour::Answer("204 No Content", "", String::new()));
    let keys = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"];
    let secrets = keys.iter().map(|key| secret(&format!("whsec_{}", STANDARD.encode(key))));
    let alert = Alert { revision: 7, ..sample(NOW_MS) };
    deliver(webhook(&server, secrets.collect()), &alert).unwrap();
    let [request] = server.requests().try_into().unwrap();
    assert_eq!(request.line, "POST /hook?a=b HTTP/1.1");
    assert_eq!(String::from_utf8(request.body.clone()).unwrap(), alert.json().unwrap());
    assert_eq!(request.header("content-type"), "application/json");
    let key = format!("{}.7", alert.id);
    assert_eq!(request.header("webhook-id"), key);
    assert_eq!(request.header("webhook-timestamp"), "1767323000");
    let signed = [key.as_bytes(), b".1767323000.", &request.body].concat();
    let expected = keys.map(|key| format!("v1,{}", STANDARD.encode(hmac(key.as_bytes(), &signed))));
    assert_eq!(request.header("webhook-signature"), expected.join(" "));
    let names: Vec<_> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    let known = [
        "accept",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
    ];
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, known, "nothing else is told");
}

/// RFC 2104, from the hash up: a judge that shares nothing with the library.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let pad = |with: u8| {
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        block.map(|byte| byte ^ with)
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

#[test]
fn without_a_secret_nothing_is_signed() {
    let server = Server::start(Behaviour::Answer("200 OK", "", "thanks".to_owned()));
    deliver(webhook(&server, Vec::new()), &sample(NOW_MS)).unwrap();
    let [request] = server.requests().try_into().unwrap();
    assert_eq!(request.header("webhook-signature"), "");
    assert_ne!(request.header("webhook-id"), "");
}

#[test]
fn what_a_server_does_wrong_is_told_apart() {
    let answer = |status, headers, body: &str| refused(Behaviour::Answer(status, headers, body.to_owned()));
    let throttled = answer("429 Too Many Requests", "Retry-After: 30\r\n", "slow down");
    assert_eq!((throttled.label(), throttled.retry_after()), ("throttled", Some(Duration::from_secs(30))));
    let dated = answer("503 Service Unavailable", "Retry-After: Fri, 02 Jan 2026 03:04:20 GMT\r\n", "");
    assert_eq!((dated.label(), dated.retry_after()), ("server_error", Some(Duration::from_secs(60))));
    let error = answer("500 Internal Server Error", "", "\u{1b}[31mstack\ntrace");
    assert_eq!(error.to_string(), "answered 500: \u{fffd}[31mstack\u{fffd}trace");
    assert_eq!(answer("400 Bad Request", "", "no").label(), "client_error");
    assert_eq!(refused(Behaviour::Bytes(b"\x16\x03\x01garbage\r\n\r\n")).label(), "http");
    assert_eq!(refused(Behaviour::Bytes(b"")).label(), "http");
    assert_eq!(refused(Behaviour::Bytes(b"HTTP/1.1 200")).label(), "http");
    assert_eq!(refused(Behaviour::Hang).to_string(), "no answer within 1000 ms");
}

#[test]
fn a_redirect_is_not_followed() {
    let target = Server::start(Behaviour::Answer("200 OK", "", String::new()));
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let header = format!("Location: {}\r\n", target.url("/"));
        assert_eq!(refused(Behaviour::Answer(status, header.leak(), String::new())).label(), "redirect");
    }
    assert_eq!(target.requests().len(), 0);
}

#[test]
fn nobody_listens_is_no_connection() {
    let server = Server::start(Behaviour::Hang);
    let target = webhook(&server, Vec::new());
    drop(server);
    let refusal = deliver(target, &sample(NOW_MS)).unwrap_err();
    assert_eq!(refusal.label(), "connect", "{refusal}");
}

#[test]
fn an_answer_is_read_as_far_as_anybody_would_read_it() {
    let before = Instant::now();
    for behaviour in [Behaviour::SlowBody, Behaviour::EndlessBody] {
        let server = Server::start(behaviour);
        deliver(webhook(&server, Vec::new()), &sample(NOW_MS)).unwrap();
    }
    assert!(before.elapsed() < TIMEOUT * 5);
    let long = "é".repeat(100_000);
    let Refusal::Status { answer, .. } = refused(Behaviour::Answer("500 Oops", "", long)) else {
        panic!("a status");
    };
    assert!(answer.chars().count() <= 513, "{}", answer.chars().count());
}

#[test]
fn slack_takes_a_message_only_by_its_word() {
    let post = |status, headers, body: &str| {
        let server = Server::start(Behaviour::Answer(status, headers, body.to_owned()));
        let url = secret(&server.url("/services/T0/B0/hush"));
        let answer = deliver(Target::Slack { url, allow_private: true }, &sample(NOW_MS));
        if let Err(refusal) = &answer {
            assert!(!format!("{refusal} {refusal:?}").contains("hush"), "{refusal:?}");
        }
        (answer, server.requests())
    };
    let (accepted, requests) = post("200 OK", "", "ok");
    accepted.unwrap();
    assert_eq!(requests[0].line, "POST /services/T0/B0/hush HTTP/1.1");
    let message: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!(message["blocks"][0]["text"]["type"], "plain_text");
    assert_eq!(post("200 OK", "", "invalid_blocks").0.unwrap_err().label(), "answer");
    assert_eq!(
        post("404 Not Found", "", "no_service").0.unwrap_err().to_string(),
        "answered 404: no_service"
    );
    let throttled = post("429 Too Many Requests", "Retry-After: 1\r\n", "rate_limited").0.unwrap_err();
    assert_eq!(throttled.retry_after(), Some(Duration::from_secs(1)));
}

#[test]
fn an_alertmanagers_neighbour_may_be_down_but_not_all() {
    let bad = || Behaviour::Answer("400 Bad Request", "", "\"bad label\"".to_owned());
    let tell = |servers: &[&Server]| {
        let urls = servers.iter().map(|server| server.url("/prefix/")).collect();
        let bearer = Some(secret("hush"));
        deliver(Target::Alertmanager { urls, bearer, allow_private: true }, &sample(NOW_MS))
    };
    let (good, failing, hanging) = (
        Server::start(Behaviour::Answer("200 OK", "", String::new())),
        Server::start(bad()),
        Server::start(Behaviour::Hang),
    );
    tell(&[&failing, &hanging, &good]).unwrap();
    let [request]: [Request; 1] = good.requests().try_into().unwrap();
    assert_eq!(request.line, "POST /prefix/api/v2/alerts HTTP/1.1");
    assert_eq!(request.header("authorization"), "Bearer hush");
    assert_eq!(tell(&[&failing]).unwrap_err().to_string(), "answered 400: \"bad label\"");
}

#[test]
fn a_standing_connection_that_the_server_closed_loses_nothing() {
    let server = Server::start(Behaviour::Answer("200 OK", "Connection: close\r\n", "ok".to_owned()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut sink = Sink::open(settings(webhook(&server, Vec::new()), TIMEOUT)).await.unwrap();
        let alert = sample(NOW_MS);
        for _ in 0..3 {
            sink.deliver(&Delivery::new(&alert, NOW_MS)).await.unwrap();
        }
    });
    let keys: Vec<_> =
        server.requests().iter().map(|request| request.header("webhook-id").to_owned()).collect();
    assert_eq!(keys, vec![format!("{}.1", sample(NOW_MS).id); 3], "the same key on every attempt");
}
