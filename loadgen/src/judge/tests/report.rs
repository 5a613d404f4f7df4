//! A report as it stands, and what may not stand in it.

use serde_json::{Value, json};

use super::{alert, but, must, must_not, ndjson};
use crate::judge::{Alerts, Ledger, Report, Sent, Verdict, judge};

fn timed(line: Value, logs: &str, alerted: &str) -> Value {
    but(
        line,
        json!({"latency": {
            "event_time": "2026-01-01T00:00:10Z", "logs_time": logs, "arrival": "2026-01-01T00:01:00.000Z",
            "received": "2026-01-01T00:01:00.150Z", "decoded": "2026-01-01T00:01:00.151Z", "alerted": alerted,
        }}),
    )
}

fn small() -> (Ledger, Verdict) {
    let sent = json!({"sent": {
        "target": "kinesis trail", "started_ms": 1_767_225_600_000_i64, "ended_ms": 1_767_225_602_000_i64,
        "events": 5000, "messages": 100, "bytes": 123_456, "duplicates": 10, "recycled": 0, "foreign": 1,
        "oversize": 0, "late": 2, "attacks": 9, "retries": 3, "errors": 0, "last_error": "slow", "behind_ms": {"p50": 4, "p99": 9},
    }});
    let ms = 1_767_225_659_000_i64;
    let ledger = ndjson(&[
        but(must(1, "root-usage", "a", 3), json!({"scenario": "root", "sent_ms": ms})),
        but(must(2, "root-usage", "a", 1), json!({"scenario": "root", "sent_ms": ms + 500})),
        but(must(1, "trail-stopped", "b", 2), json!({"scenario": "blind", "sent_ms": ms})),
        but(must(1, "key-deleted", "b", 1), json!({"scenario": "blind"})),
        but(must_not(1, "root-usage", "c"), json!({"scenario": "root"})),
        sent,
    ]);
    let own = json!({"event_source": "tripline", "period": null});
    let alerts = ndjson(&[
        timed(alert("a1", "root-usage", "a", 4), "2026-01-01T00:00:40Z", "2026-01-01T00:01:00.200Z"),
        timed(alert("b1", "trail-stopped", "b", 1), "2026-01-01T00:01:01Z", "2026-01-01T00:01:01.400Z"),
        alert("c1", "root-usage", "c", 1),
        alert("d1", "root-usage", "\u{202e}d\u{1b}[31m", 1),
        alert("d1", "root-usage", "\u{202e}d\u{1b}[31m", 1),
        but(alert("e1", "tripline-account-region-new", "a", 1), own),
    ]);
    let ledger = Ledger::read("l", ledger.as_bytes()).unwrap();
    let mut read = Alerts::default();
    read.read("a", alerts.as_bytes()).unwrap();
    let verdict = judge(&ledger, &read);
    (ledger, verdict)
}

#[test]
fn a_table() {
    let (ledger, verdict) = small();
    let mut out = Vec::new();
    Report { verdict: &verdict, sent: ledger.sent.as_ref() }.table(&mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), include_str!("report.txt"));
}

#[test]
fn a_load_that_was_stopped_says_so() {
    let (ledger, verdict) = small();
    let sent = Sent { unsent: Some(7), ..ledger.sent.unwrap() };
    let mut out = Vec::new();
    Report { verdict: &verdict, sent: Some(&sent) }.table(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("3 retries, 0 errors; stopped, 7 messages were not sent\n"), "{text}");
}

#[test]
fn an_object() {
    let (ledger, verdict) = small();
    let object = Report { verdict: &verdict, sent: ledger.sent.as_ref() }.json();
    let is: Value = serde_json::from_str(include_str!("report.json")).unwrap();
    assert_eq!(object, is, "{object:#}");
}

#[test]
fn a_plot_is_well_formed_and_escapes() {
    let (mut ledger, verdict) = small();
    let sent = ledger.sent.as_mut().unwrap();
    sent.target = "<script>\"a&b\"\u{7}".to_owned();
    let svg = Report { verdict: &verdict, sent: Some(sent) }.svg();
    assert!(svg.contains("&lt;script&gt;&quot;a&amp;b&quot;\u{fffd}") && !svg.contains("<script>"), "{svg}");
    assert_eq!(svg.matches("<polyline").count(), 9);
    assert!(svg.contains("sent_to_alerted, 2 alerts, at most 2400 ms"), "{svg}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    let empty = Report { verdict: &Verdict::default(), sent: None }.svg();
    assert!(empty.starts_with("<svg ") && empty.ends_with("</svg>\n") && !empty.contains("NaN"), "{empty}");
}

#[test]
fn many_are_counted_and_some_are_named() {
    let ledger: Vec<_> = (0..25).map(|n| must(n, "r", &n.to_string(), 1)).collect();
    let ledger = Ledger::read("l", ndjson(&ledger).as_bytes()).unwrap();
    let verdict = judge(&ledger, &Alerts::default());
    let mut out = Vec::new();
    Report { verdict: &verdict, sent: None }.table(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.matches("missed      s#").count(), 20);
    assert!(text.contains("missed      … and 5 more\n"), "{text}");
    assert!(text.contains("latency     unknown"), "{text}");
}

#[test]
fn the_slowest_ten_are_named() {
    let ledger: Vec<_> = (0..12)
        .map(|n| but(must(n, "r", &n.to_string(), 1), json!({"sent_ms": 1_767_225_660_000_i64})))
        .collect();
    let ledger = Ledger::read("l", ndjson(&ledger).as_bytes()).unwrap();
    let mut alerts = Alerts::default();
    for n in 0..12 {
        let line = alert(&n.to_string(), "r", &n.to_string(), 1);
        // One was raised before it was sent: clocks disagree.
        let alerted =
            if n == 0 { "2026-01-01T00:00:59Z".to_owned() } else { format!("2026-01-01T00:01:{n:02}Z") };
        alerts.read("a", timed(line, "2026-01-01T00:00:40Z", &alerted).to_string().as_bytes()).unwrap();
    }
    let verdict = judge(&ledger, &alerts);
    let worst = verdict.worst.unwrap();
    let named: Vec<_> = worst.cases.iter().map(|(ms, case)| (*ms, case.play.instance)).collect();
    assert_eq!(named, (2..12).rev().map(|n| (i64::try_from(n).unwrap() * 1000, n)).collect::<Vec<_>>());
    let took = &verdict.took[&worst.hop];
    assert_eq!((took.alerts(), took.clamped(), took.max_ms(), took.quantile_ms(0.5)), (12, 1, 11_000, 5_003));
}
