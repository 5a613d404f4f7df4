//! Ledgers and alerts by table, a judge without an index beside the judge, and a report as it stands.

mod naive;
mod reading;
mod report;

use serde_json::{Value, json};

use super::{Alerts, Ledger, Verdict, judge};

/// A ledger's line: `instance`, rule, group, count.
fn must(instance: u64, rule: &str, group: &str, count: u64) -> Value {
    json!({
        "must": true, "scenario": "s", "instance": instance, "look_alike": false, "rule_id": rule,
        "group": {"account": group}, "period_start_s": 1_767_225_600, "period_s": 3600, "count": count, "needs": 1,
    })
}

fn must_not(instance: u64, rule: &str, group: &str) -> Value {
    json!({"must": false, "scenario": "s", "instance": instance, "rule_id": rule, "group": {"account": group}})
}

fn may(instance: u64, rule: &str, group: &str) -> Value {
    json!({"may": true, "scenario": "s", "instance": instance, "rule_id": rule, "group": {"account": group}})
}

/// An alert's line: id, rule, group, count.
fn alert(id: &str, rule: &str, group: &str, count: u64) -> Value {
    json!({
        "id": id, "rule": {"id": rule, "title": "t"}, "summary": "", "group": {"account": group}, "count": count,
        "count_exact": true, "period": {"start": "2026-01-01T00:00:00Z", "seconds": 3600}, "revision": 1,
        "event_source": "iam.amazonaws.com",
        "latency": {
            "event_time": "2026-01-01T00:00:00Z", "logs_time": null, "arrival": null, "received": null,
            "decoded": null, "alerted": null,
        },
    })
}

/// The line with something else in it.
fn but(mut line: Value, change: Value) -> Value {
    let Value::Object(change) = change else { panic!("members") };
    line.as_object_mut().unwrap().extend(change);
    line
}

fn ndjson(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn judged(ledger: &[Value], alerts: &[Value]) -> Verdict {
    let ledger = Ledger::read("ledger", ndjson(ledger).as_bytes()).unwrap();
    let mut read = Alerts::default();
    read.read("alerts", ndjson(alerts).as_bytes()).unwrap();
    judge(&ledger, &read)
}

/// Found, missed, miscounted, duplicates, forbidden, unexpected, own; and whether all is well.
fn check(ledger: &[Value], alerts: &[Value], counts: [usize; 7]) {
    let verdict = judged(ledger, alerts);
    let are = [
        usize::try_from(verdict.found).unwrap(),
        verdict.missed.len(),
        verdict.miscounted.len(),
        verdict.duplicates.len(),
        verdict.forbidden.len(),
        verdict.unexpected.len(),
        verdict.own.len(),
    ];
    assert_eq!(are, counts, "{ledger:?}\n{alerts:?}\n{verdict:#?}");
    assert_eq!(verdict.holds(), counts[1..6].iter().all(|count| *count == 0));
}

#[test]
fn whatever_differs_fails() {
    let due = [must(1, "r", "a", 3), must(2, "r", "b", 1), must_not(1, "r", "c")];
    let [a, b] = [alert("1", "r", "a", 3), alert("2", "r", "b", 1)];
    let and = |more: Value| [a.clone(), b.clone(), more];
    check(&due, &[a.clone(), b.clone()], [2, 0, 0, 0, 0, 0, 0]);
    check(&due, std::slice::from_ref(&a), [1, 1, 0, 0, 0, 0, 0]);
    check(&due, &[], [0, 2, 0, 0, 0, 0, 0]);
    check(&due, &[but(a.clone(), json!({"count": 2})), b.clone()], [1, 0, 1, 0, 0, 0, 0]);
    check(&due, &and(a.clone()), [2, 0, 0, 1, 0, 0, 0]);
    check(&due, &and(alert("3", "r", "a", 3)), [2, 0, 0, 1, 0, 0, 0]);
    check(&due, &and(alert("3", "r", "c", 1)), [2, 0, 0, 0, 1, 0, 0]);
    check(&due, &and(alert("3", "r", "d", 1)), [2, 0, 0, 0, 0, 1, 0]);
    check(&due, &and(alert("3", "other", "a", 3)), [2, 0, 0, 0, 0, 1, 0]);
    check(&[], &[], [0; 7]);
}

#[test]
fn periods_tell_alerts_apart() {
    let due = [must(1, "r", "a", 3)];
    let next = json!({"period": {"start": "2026-01-01T01:00:00Z", "seconds": 3600}});
    let longer = json!({"period": {"start": "2026-01-01T00:00:00Z", "seconds": 7200}});
    let none = json!({"period": null});
    for other in [next, longer, none.clone()] {
        check(&due, &[but(alert("1", "r", "a", 3), other)], [0, 1, 0, 0, 0, 1, 0]);
    }
    let each = |id: &str| but(alert(id, "r", "b", 1), none.clone());
    check(&[], &[each("1"), each("2")], [0, 0, 0, 0, 0, 2, 0]);
    check(&[must_not(1, "r", "b")], &[each("1"), each("2")], [0, 0, 0, 0, 2, 0, 0]);
}

#[test]
fn counts_of_one_alert_add_up_and_bounds_are_not_compared() {
    let due = [must(2, "r", "a", 3), must(1, "r", "a", 4)];
    check(&due, &[alert("1", "r", "a", 7)], [1, 0, 0, 0, 0, 0, 0]);
    check(&due, &[alert("1", "r", "a", 4)], [0, 0, 1, 0, 0, 0, 0]);
    let bound = but(alert("1", "r", "a", 4), json!({"count_exact": false}));
    check(&due, std::slice::from_ref(&bound), [1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(judged(&due, &[bound]).inexact, 1);
    let missed = &judged(&due, &[]).missed[0];
    assert_eq!((missed.play.to_string().as_str(), missed.others, missed.count), ("s#1", 1, 7));
}

#[test]
fn the_last_revision_counts_and_each_comes_once() {
    let due = [must(1, "r", "a", 12)];
    let told = |revision: u32, count: u64| but(alert("1", "r", "a", count), json!({"revision": revision}));
    check(&due, &[told(1, 5), told(2, 10), told(3, 12)], [1, 0, 0, 0, 0, 0, 0]);
    check(&due, &[told(3, 12), told(1, 5), told(2, 10)], [1, 0, 0, 0, 0, 0, 0]);
    check(&due, &[told(1, 12), told(2, 5)], [0, 0, 1, 0, 0, 0, 0]);
    check(&due, &[told(1, 5), told(2, 12), told(2, 12), told(2, 12)], [1, 0, 0, 1, 0, 0, 0]);
}

#[test]
fn what_may_follow_counts_neither_for_nor_against() {
    let due = [must(1, "r", "a", 3), may(2, "r", "b")];
    let [a, b] = [alert("1", "r", "a", 3), alert("2", "r", "b", 7)];
    check(&due, std::slice::from_ref(&a), [1, 0, 0, 0, 0, 0, 0]);
    let all = [a, b];
    check(&due, &all, [1, 0, 0, 0, 0, 0, 0]);
    let verdict = judged(&due, &all);
    assert_eq!((verdict.permitted.len(), verdict.judged(), verdict.precision()), (1, 1, Some(1.0)));
    // Not twice, not in another group, and not if it is forbidden.
    check(&due, &[all.as_slice(), &[alert("3", "r", "b", 7)]].concat(), [1, 0, 0, 1, 0, 0, 0]);
    check(&due, &[all.as_slice(), &[alert("3", "r", "c", 1)]].concat(), [1, 0, 0, 0, 0, 1, 0]);
    check(&[must_not(1, "r", "b"), may(2, "r", "b")], &all[1..], [0, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn the_engine_may_speak_of_itself() {
    let own = |id: &str, rule: &str| {
        but(alert(id, rule, "a", 1), json!({"event_source": "tripline", "period": null}))
    };
    let all = [alert("1", "r", "a", 3), own("2", "new"), own("3", "new")];
    let due = [must(1, "r", "a", 3)];
    check(&due, &all, [1, 0, 0, 0, 0, 0, 2]);
    let verdict = judged(&due, &all);
    assert_eq!((verdict.judged(), verdict.recall(), verdict.precision()), (1, Some(1.0), Some(1.0)));
    check(&[must(1, "r", "a", 3), must_not(1, "new", "a")], &all, [1, 0, 0, 0, 2, 0, 0]);
}

#[test]
fn the_order_of_a_group_is_the_rules() {
    let group = |text: &str| serde_json::from_str::<super::Group>(text).unwrap();
    assert_eq!(group(r#"{"b":"1","a":"2"}"#), group(r#"{"a":"2","b":"1"}"#));
}
