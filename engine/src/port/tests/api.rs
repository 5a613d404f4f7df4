//! The API for clients that poll: every change comes, nothing is ignored in silence, other sites' pages get nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::alert::Alert;
use crate::sink::sample;
use crate::store::{AlertChange, CloseReason, Commit};

const START_MS: i64 = 1_767_323_000_000;

/// Writes alert number `n` with this count.
fn write(store: &mut Store, n: i64, count: u64) {
    let alert = Alert { count, ..sample(START_MS + n) };
    let change = AlertChange { alert, sinks: Vec::new() };
    store.commit(&Commit { alerts: &[change], now_ms: START_MS, ..Commit::default() }).unwrap();
}

/// A client that keeps the last cursor and the latest count and status of each alert.
struct Client<'s> {
    served: &'s Served,
    cursor: i64,
    latest: BTreeMap<String, (u64, String)>,
}

impl Client<'_> {
    /// Reads page after page until one is empty. Returns how many alerts came.
    fn poll(&mut self) -> usize {
        let mut changes = 0;
        loop {
            let path = format!("/api/alerts?after={}&limit=2", self.cursor);
            let answer = get(self.served.address, &path, LOCAL);
            code(&answer, 200);
            let lines = answer.lines().filter(|line| line.starts_with('{'));
            let page: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
            assert!(page.len() <= 2);
            if page.is_empty() {
                return changes;
            }
            for alert in page {
                let cursor = alert["cursor"].as_i64().unwrap();
                assert!(cursor > self.cursor, "cursors only grow");
                self.cursor = cursor;
                let text = |name: &str| alert[name].as_str().unwrap().to_owned();
                self.latest.insert(text("id"), (alert["count"].as_u64().unwrap(), text("status")));
                changes += 1;
            }
        }
    }
}

#[test]
fn growth_acknowledgment_and_closing_reach_a_client_that_polls() {
    let served = serve(None);
    let mut store = Store::open(&served.store).unwrap();
    (0..5).for_each(|n| write(&mut store, n, 1));
    let mut client = Client { served: &served, cursor: 0, latest: BTreeMap::new() };
    assert_eq!((client.poll(), client.latest.len(), client.poll()), (5, 5, 0));
    write(&mut store, 1, 7);
    write(&mut store, 2, 1);
    let id = |n: i64| sample(START_MS + n).id;
    assert_eq!(client.poll(), 1, "a commit that changes nothing of an alert is no change");
    assert_eq!(client.latest[&id(1)], (7, "open".to_owned()));
    let mut beside = Store::open_for_triage(&served.store).unwrap();
    beside.acknowledge(&id(0), START_MS).unwrap();
    beside.close(&id(3), CloseReason::Benign, None, START_MS).unwrap();
    assert_eq!(client.poll(), 2);
    assert_eq!((&*client.latest[&id(0)].1, &*client.latest[&id(3)].1), ("acknowledged", "closed"));
    write(&mut store, 9, 1);
    assert_eq!((client.poll(), client.latest.len()), (1, 6));
}

#[test]
fn what_the_api_does_not_know_is_refused_by_name() {
    let served = serve(None);
    let wrong = [
        ("/api/alerts?limit=0", "limit"),
        ("/api/alerts?limit=1001", "limit"),
        ("/api/alerts?limit=x", "limit"),
        ("/api/alerts?level=high", "level"),
        ("/api/alerts?after=1&after=2", "after"),
        ("/api/status?verbose=1", "verbose"),
    ];
    for (path, named) in wrong {
        let answer = get(served.address, path, LOCAL);
        code(&answer, 400);
        assert!(answer.contains(named), "{path}: {answer}");
    }
    let reload = "POST /api/reload?force=1 HTTP/1.1\r\nConnection: close\r\n";
    code(&ask(served.address, &format!("{reload}{LOCAL}\r\n")), 400);
}

#[test]
fn a_page_of_another_site_reloads_nothing() {
    let served = serve(None);
    let post = |headers: &str| {
        let request = format!("POST /api/reload HTTP/1.1\r\nConnection: close\r\n{LOCAL}{headers}\r\n");
        ask(served.address, &request)
    };
    for refused in [
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://127.0.0.1:8080\r\n",
        "Sec-Fetch-Site: same-origin\r\nOrigin: http://evil.example\r\n",
    ] {
        let answer = post(refused);
        code(&answer, 403);
        assert!(answer.contains("cross-site"), "{answer}");
    }
    // 501: these rules are read once, so a request that is let in goes no further.
    let same_origin = "Sec-Fetch-Site: same-origin\r\nOrigin: http://127.0.0.1:9464\r\n";
    for let_in in ["", "Sec-Fetch-Site: none\r\n", same_origin] {
        code(&post(let_in), 501);
    }
}

#[test]
fn a_scheme_is_compared_without_regard_to_case() {
    let served = serve(Some("s3cret"));
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let headers = format!("{LOCAL}Authorization: {scheme} s3cret\r\n");
        code(&get(served.address, "/api/status", &headers), 200);
    }
}
