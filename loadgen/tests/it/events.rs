//! Events look like CloudTrail's: each is valid JSON with the members that CloudTrail always writes, in its order, and together they
//! have the shape of a real trail. Counts, not times; tolerances are a third of the figure or less.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use serde_json::Value;
use tripline_loadgen::{Corpus, LogEvent, Options, Origin, Scenarios};

const EVENTS: u64 = 10_000;

fn corpus() -> Corpus {
    Corpus::new(Options { events: EVENTS, foreign_ppm: 1_000, ..Options::default() }).unwrap()
}

fn log_events() -> Vec<LogEvent> {
    corpus().log_events().collect()
}

/// CloudTrail's alone, written and read once for all tests.
fn events() -> &'static [(LogEvent, Value)] {
    static EVENTS: OnceLock<Vec<(LogEvent, Value)>> = OnceLock::new();
    EVENTS.get_or_init(|| {
        let ours = log_events().into_iter().filter(|event| event.origin != Origin::Foreign);
        ours.map(|event| {
            let value = serde_json::from_str(&event.message).unwrap();
            (event, value)
        })
        .collect()
    })
}

fn share(events: &[(LogEvent, Value)], of: impl Fn(&LogEvent, &Value) -> bool) -> f64 {
    let n = events.iter().filter(|(event, value)| of(event, value)).count();
    n as f64 / events.len() as f64
}

#[track_caller]
fn near(found: f64, low: f64, high: f64) {
    assert!((low..=high).contains(&found), "{found} is not within {low} and {high}");
}

#[test]
fn every_event_has_what_cloudtrail_always_writes() {
    for (event, value) in events() {
        let members = [
            "eventVersion",
            "eventTime",
            "eventSource",
            "eventName",
            "awsRegion",
            "sourceIPAddress",
            "userAgent",
            "eventID",
            "eventType",
            "recipientAccountId",
            "eventCategory",
        ];
        for member in members {
            assert!(value[member].is_string(), "{member}: {}", event.message);
        }
        assert!(value["userIdentity"].is_object() && value["readOnly"].is_boolean(), "{}", event.message);
        assert!(value["managementEvent"].is_boolean(), "{}", event.message);
        // Present even where there is nothing to say.
        assert!(value.get("requestParameters").is_some() && value.get("responseElements").is_some());
        assert!(event.message.starts_with("{\"eventVersion\":\"1."), "{}", event.message);
        assert!(event.message[22..].starts_with(",\"userIdentity\":{"), "{}", event.message);
        assert_eq!(value["recipientAccountId"], *event.account);
        assert_eq!(value["awsRegion"], event.region);
        assert_eq!(event.account.len(), 12);
        let time: jiff::Timestamp = value["eventTime"].as_str().unwrap().parse().unwrap();
        assert_eq!(time.as_second(), event.event_time_s);
        assert!(!event.message.contains(['\u{1}', '\u{2}', '\n']), "{}", event.message);
    }
}

#[test]
fn sizes_are_those_of_a_trail() {
    let mut sizes: Vec<usize> = events().iter().map(|(event, _)| event.message.len()).collect();
    sizes.sort_unstable();
    let at = |per_mille: usize| sizes[sizes.len() * per_mille / 1000] as f64;
    near(at(10), 800.0, 1_050.0);
    near(at(500), 1_200.0, 1_650.0);
    near(at(990), 2_200.0, 3_200.0);
    assert!(*sizes.last().unwrap() > 4_000, "a tail there must be");
}

#[test]
fn the_mixture_is_that_of_an_organisation() {
    let events = events();
    let named = |prefix: &'static str| {
        share(events, move |_, value| value["eventName"].as_str().unwrap().starts_with(prefix))
    };
    near(named("Decrypt") + named("GenerateDataKey"), 0.14, 0.25);
    near(named("AssumeRole"), 0.01, 0.05);
    near(share(events, |_, value| value["eventCategory"] == "Data"), 0.07, 0.18);
    near(share(events, |_, value| value["readOnly"] == true), 0.82, 0.95);
    near(share(events, |_, value| value.get("errorCode").is_some()), 0.012, 0.03);
    near(share(events, |_, value| value["userIdentity"]["type"] == "AWSService"), 0.05, 0.2);
    near(share(events, |_, value| value["userIdentity"]["type"] == "AssumedRole"), 0.6, 0.9);
    near(share(events, |_, value| value.get("sharedEventID").is_some()), 0.05, 0.25);
    near(share(events, |event, _| event.message.contains("\\\"")), 0.01, 0.15);
    near(share(events, |event, _| event.message.contains("\\u")), 0.02, 0.1);
    let names: HashSet<&str> = events.iter().filter_map(|(_, value)| value["eventName"].as_str()).collect();
    assert!(names.len() >= 120 && names.contains("ListFunctions20150331"), "{} names", names.len());
    let kinds: HashSet<&str> =
        events.iter().filter_map(|(_, value)| value["userIdentity"]["type"].as_str()).collect();
    assert!(kinds.len() >= 6, "{kinds:?}");
    assert!(events.iter().any(|(event, _)| !event.message.is_ascii()), "rare, but real");
    assert!(events.iter().any(|(event, _)| event.message.contains("\"key\":\"eventName\"")), "a decoy");
}

#[test]
fn delays_and_disorder_are_those_of_a_trail() {
    let events = log_events();
    assert!(events.is_sorted_by_key(|event| event.logs_time_ms));
    let first = events.iter().filter(|event| event.origin == Origin::Background);
    let mut delays: Vec<i64> = first.map(|event| event.logs_time_ms / 1000 - event.event_time_s).collect();
    delays.sort_unstable();
    let at = |per_mille: usize| delays[delays.len() * per_mille / 1000] as f64;
    near(at(10), 5.0, 25.0);
    near(at(500), 150.0, 235.0);
    near(at(900), 360.0, 450.0);
    near(at(990), 510.0, 620.0);
    assert!(delays[0] >= 4);
    let mut last: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let backwards = events
        .iter()
        .filter(|event| {
            let before = last.insert((&event.account, event.region), event.event_time_s);
            before.is_some_and(|before| before > event.event_time_s)
        })
        .count();
    near(backwards as f64 / events.len() as f64, 0.03, 0.4);
}

#[test]
fn what_comes_twice_is_the_same_and_is_counted() {
    let corpus =
        Corpus::new(Options { events: EVENTS, duplicates_ppm: 50_000, foreign_ppm: 0, ..Options::default() })
            .unwrap();
    let mut seen = HashSet::new();
    let (mut repeats, mut ids) = (0, HashSet::new());
    for event in corpus.log_events() {
        let value: Value = serde_json::from_str(&event.message).unwrap();
        ids.insert((event.account.clone(), value["eventID"].as_str().unwrap().to_owned()));
        let known = !seen.insert(event.message);
        assert_eq!(known, event.origin == Origin::Repeat);
        repeats += usize::from(known);
    }
    assert_eq!(seen.len(), ids.len(), "no two events have one id");
    near(repeats as f64 / seen.len() as f64, 0.04, 0.06);
}

#[test]
fn the_background_is_as_large_as_asked_and_both_copies_of_a_call_share_an_id() {
    let corpus =
        Corpus::new(Options { events: EVENTS, scenarios: Scenarios::None, ..Options::default() }).unwrap();
    let mut shared: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut count = 0;
    for event in corpus.log_events().filter(|event| event.origin == Origin::Background) {
        count += 1;
        let value: Value = serde_json::from_str(&event.message).unwrap();
        if let Some(id) = value["sharedEventID"].as_str() {
            shared.entry(id.to_owned()).or_default().push(value);
        }
    }
    assert_eq!(count, EVENTS);
    let twins: Vec<_> = shared.values().filter(|copies| copies.len() == 2).collect();
    assert!(twins.len() > 5, "{}", twins.len());
    for copies in twins {
        assert_ne!(copies[0]["eventID"], copies[1]["eventID"]);
        assert_ne!(copies[0]["recipientAccountId"], copies[1]["recipientAccountId"]);
        assert_eq!(copies[0]["requestID"], copies[1]["requestID"]);
        assert_eq!(copies[0]["requestParameters"], copies[1]["requestParameters"]);
    }
}
