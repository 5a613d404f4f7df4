//! Cases to events, and what is wrong with cases.

use serde_json::{Value, json};

use super::*;
use crate::check::load;
use crate::field::Fields;

fn read_text(text: &str) -> (Cases, Vec<Diagnostic>) {
    read(&SourceFile { name: "dir/r.cases.yml".into(), text: text.to_owned() })
}

/// The events of all cases.
#[track_caller]
fn events(text: &str) -> Vec<Value> {
    let (cases, diagnostics) = read_text(text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    cases
        .cases
        .iter()
        .flat_map(|case| &case.events)
        .map(|event| serde_json::from_str(event).unwrap())
        .collect()
}

#[track_caller]
fn refused(text: &str, place: &str, needle: &str) {
    let (cases, diagnostics) = read_text(text);
    let shown = diagnostics.first().map(ToString::to_string).unwrap_or_default();
    assert!(
        shown.starts_with(&format!("dir/r.cases.yml:{place}: error:")) && shown.contains(needle),
        "{shown}"
    );
    assert!(cases.cases.is_empty());
}

#[test]
fn an_event_is_laid_over_the_base_and_loses_what_it_is_without() {
    let events = events(
        "base: {a: {b: 1, c: [1], 'x.y': 2}, eventTime: '2026-05-01T00:00:00Z'}\n\
         hits:\n  - {name: n, event: {a: {b: {d: 1.10}, c: [2]}, e: \"q\\\"\\n\\u0001\"}, without: [a.x.y]}\n",
    );
    let wanted = json!({
        "a": {"b": {"d": 1.10}, "c": [2]}, "e": "q\"\n\u{1}",
        "eventTime": "2026-05-01T00:00:00Z", "eventID": "00000000-0000-4000-0001-000000000000",
    });
    assert_eq!(events, [wanted]);
}

#[test]
fn numbers_keep_their_spelling() {
    let (cases, _) = read_text("hits: [{name: n, event: {v: 1.10, w: 123456789012345678901234567890}}]\n");
    assert!(cases.cases[0].events[0].starts_with(r#"{"v":1.10,"w":123456789012345678901234567890,"#));
    refused("hits: [{name: n, event: {a: 007}}]\n", "1:29", "no JSON number");
}

#[test]
fn time_moves_on() {
    let events = events(
        "hits:\n  - name: burst\n    events:\n\
         \x20     - {repeat: 3, every: 20s, event: {user: 'u{n}', list: [{k: 'x{n}'}]}}\n\
         \x20     - {event: {}}\n\
         \x20     - {after: 5m, event: {user: 'u{n}'}}\n\
         \x20     - {event: {eventTime: '2027-01-01T00:00:00Z', eventID: mine}}\n\
         \x20     - {after: 0s, event: {}}\n\
         misses:\n  - {name: later, event: {}}\n",
    );
    let times: Vec<&str> = events.iter().map(|event| &event["eventTime"].as_str().unwrap()[5..]).collect();
    let wanted = [
        "01-02T03:04:05Z",
        "01-02T03:04:25Z",
        "01-02T03:04:45Z",
        "01-02T03:04:46Z",
        "01-02T03:09:46Z",
        "01-01T00:00:00Z",
        "01-01T00:00:00Z",
        "01-02T03:04:05Z",
    ];
    assert_eq!(times, wanted);
    assert_eq!([&events[2]["user"], &events[2]["list"][0]["k"], &events[4]["user"]], ["u2", "x2", "u{n}"]);
    let ids: std::collections::BTreeSet<String> =
        events.iter().map(|event| event["eventID"].to_string()).collect();
    assert_eq!(ids.len(), events.len());
    assert!(ids.contains("\"mine\""));
}

#[test]
fn mistakes_are_placed() {
    refused("hits: [{name: n, event: {}, without: [x.y]}]\n", "1:39", "the event has no `x.y`");
    refused("hits: [{event: {}}]\n", "1:8", "no `name`");
    refused("hits: [{name: n}]\n", "1:8", "neither `event` nor `events`");
    refused("hits: [{name: n, event: {}, events: [{event: {}}]}]\n", "1:29", "not both");
    refused("hit: [{name: n, event: {}}]\n", "1:1", "did you mean `hits`");
    refused("hits: []\n", "1:7", "a list with entries");
    refused("hits: [{name: n, events: [{evnt: {}}]}]\n", "1:28", "did you mean `event`");
    refused("hits: [{name: n, events: [{repeat: 20001, event: {}}]}]\n", "1:36", "from 1 to 20000");
    refused("hits: [{name: n, events: [{every: 1m, event: {}}]}]\n", "1:27", "no `repeat`");
    refused("hits: [{name: n, events: [{after: 5, event: {}}]}]\n", "1:35", "must be a string");
    refused("a: 1\n---\nb: 1\n", "3:1", "one document");
    let item = "{repeat: 15000, event: {}}";
    refused(&format!("hits: [{{name: n, events: [{item}, {item}]}}]\n"), "1:55", "more than 20000 events");
}

#[test]
fn every_alerting_rule_needs_a_hit_and_a_near_miss() {
    let rule = |id: &str| {
        format!(
            "title: {id}\nid: {id}\nlogsource: {{product: aws}}\ndetection: {{s: {{a: b}}, condition: s}}\n"
        )
    };
    let file = |name: &str, text: String| SourceFile { name: name.into(), text };
    let files = [
        file("dir/r.yml", rule("one")),
        file("dir/two.yml", format!("{}---\n{}", rule("two"), rule("three"))),
    ];
    let loaded = load(&files, &|_| true);
    assert_eq!(loaded.rules.len(), 3);
    assert!(loaded.fields.len() > Fields::new().len());
    let (cases, _) = read_text(
        "hits:\n  - {name: a, event: {a: b}}\n  - {name: b, rule: two, event: {a: b}}\n  - {name: c, rule: tow, event: {a: b}}\n\
         misses:\n  - {name: d, event: {a: c}}\n",
    );
    let shown: Vec<String> = uncovered(&loaded.rules, &[cases]).iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 3, "{shown:#?}");
    assert!(shown[0].contains("no rule `tow` is loaded (did you mean `two`?)"));
    assert!(shown[1].contains("`two` has no near-miss"));
    assert!(shown[2].contains("`three` has neither"));
    let (mut beside, _) = read_text("hits:\n  - {name: a, event: {a: b}}\n");
    beside.file = "dir/two.cases.yml".into();
    let several = beside.rule_of(&beside.cases[0], &loaded.rules).unwrap_err();
    assert!(several.message.contains("several rules"));
}
