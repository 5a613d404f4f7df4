//! What keeps a rule's state, and what begins a new one.

use super::*;
use crate::diagnostic::Severity;

const BASE: &str = "
title: T
id: r1
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: [StopLogging, DeleteTrail], eventSource|contains: trail}, b: {n: 1}, condition: a and not b}
level: high
tripline: {group-by: [recipientAccountId], suppress: 60m}
";

const MANY: &str = "
title: Many
id: many
correlation: {type: event_count, rules: [r1], group-by: [recipientAccountId], timespan: 5m, condition: {gte: 3}}
";

/// The definition of the last rule, after a part of its text was replaced.
fn definition(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    let loaded = load_all(&[("r.yml", &text.replace(from, to))]);
    assert!(loaded.diagnostics.iter().all(|one| one.severity != Severity::Error), "{:?}", loaded.diagnostics);
    loaded.rules.last().unwrap().definition.clone()
}

#[test]
fn what_people_read_and_when_it_is_told_is_no_part_of_it() {
    let as_it_is = definition(BASE, "T", "T");
    for (from, to) in [
        ("title: T", "title: Another"),
        ("level: high", "level: low"),
        ("id: r1", "id: r2"),
        ("suppress: 60m", "suppress: 2h"),
        ("eventName:", "'eventName':"),
        ("{n: 1}", "{ n: 1 }"),
        (
            "{a: {eventName: [StopLogging, DeleteTrail], eventSource|contains: trail}, b: {n: 1},",
            "{b: {n: 1}, a: {eventSource|contains: trail, eventName: [StopLogging, DeleteTrail]},",
        ),
    ] {
        assert_eq!(definition(BASE, from, to), as_it_is, "{from} to {to}");
    }
    for (from, to) in [
        ("StopLogging", "StopLoggin"),
        ("a and not b", "a or b"),
        ("|contains", ""),
        ("{n: 1}", "{n: '1'}"),
        ("[recipientAccountId]", "[awsRegion]"),
        ("tripline: {group-by: [recipientAccountId], suppress: 60m}", ""),
    ] {
        assert_ne!(definition(BASE, from, to), as_it_is, "{from} to {to}");
    }
}

#[test]
fn a_correlation_is_what_it_counts_by_what_and_how_long() {
    let both = format!("{MANY}---{BASE}");
    let of_many = |from: &str, to: &str| {
        let loaded = load_all(&[("r.yml", &both.replace(from, to))]);
        loaded.rules.iter().find(|rule| rule.meta.id == "many").unwrap().definition.clone()
    };
    let as_it_is = of_many("T", "T");
    for (from, to) in [("gte: 3", "gte: 4"), ("timespan: 5m", "timespan: 300s"), ("title: T", "title: U")] {
        assert_eq!(of_many(from, to), as_it_is, "{from} to {to}");
    }
    for (from, to) in [
        ("timespan: 5m", "timespan: 6m"),
        ("StopLogging", "StopLoggin"),
        ("rules: [r1], group-by: [recipientAccountId]", "rules: [r1], group-by: [awsRegion]"),
    ] {
        assert_ne!(of_many(from, to), as_it_is, "{from} to {to}");
    }
    let values = both.replace("event_count", "value_count").replace("{gte: 3}", "{gte: 3, field: awsRegion}");
    let loaded = load_all(&[("r.yml", &values)]);
    assert!(loaded.rules.iter().any(|rule| rule.meta.id == "many" && rule.definition != as_it_is));
}

#[test]
fn a_filter_pattern_is_its_text_and_how_its_wildcard_is_read() {
    let text = "title: T\nid: p\nlogsource: {product: aws, service: cloudtrail}\nfilter_pattern: '{ $.a = \"x*\" }'\nlevel: low\n";
    let as_it_is = definition(text, "T", "T");
    assert_eq!(definition(text, "level: low", "level: high"), as_it_is);
    assert_ne!(definition(text, "x*", "y*"), as_it_is);
    assert_ne!(definition(text, "level: low", "level: low\ntripline: {wildcard: aws-2019}"), as_it_is);
}
