//! What is known of an event's beginning changes nothing of what is read: against the pull parser, which knows nothing.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::twins::{events, harmed, harms, judge_all};
use super::*;

pub(super) fn record(events: &[impl AsRef<str>]) -> Vec<u8> {
    let events: Vec<&str> = events.iter().map(AsRef::as_ref).collect();
    gzip(data_message(&events).as_bytes())
}

/// An event that begins as CloudTrail's do.
pub(super) fn by(identity: &Json, rest: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{identity},"eventTime":"2026-01-02T03:04:05Z","eventName":"GetObject"{rest}}}"#
    )
}

pub(super) fn session(name: &str) -> Json {
    json!({
        "type": "AssumedRole", "principalId": format!("AROAEXAMPLEEXAMPLE123:{name}"), "arn": "arn:aws:sts::1:assumed-role/r/s",
        "sessionContext": {"attributes": {"mfaAuthenticated": "false"}, "sessionIssuer": {"arn": "arn:aws:iam::1:role/r"}},
    })
}

/// Of this event, after it has come so often before, whether the opening is known.
#[track_caller]
fn is_known(before: usize, first: &str, then: &str) -> bool {
    let records: Vec<Vec<u8>> =
        std::iter::repeat_n(first, before).chain([then]).map(|event| record(&[event])).collect();
    judge_all(&records, &Limits::STREAM).2 == 1
}

#[test]
fn an_opening_is_known_when_it_has_come_twice() {
    let (alice, bob) = (by(&session("alice"), ""), by(&session("bobby"), ""));
    assert!(!is_known(0, &alice, &alice) && !is_known(1, &alice, &alice));
    assert!(is_known(2, &alice, &alice));
    assert!(!is_known(2, &alice, &bob));
    let others =
        [by(&session("alice"), r#","x":[1,{"y":"\"z\""}]"#), by(&session("alice"), r#","userAgent":"é\n""#)];
    others.iter().for_each(|other| assert!(is_known(2, &alice, other), "{other}"));
    // In one message too.
    assert_eq!(judge_all(&[record(&[&alice, &bob, &alice, &bob, &alice, &bob])], &Limits::STREAM), (6, 0, 2));
}

#[test]
fn what_differs_far_behind_is_another_opening() {
    let at = |time: &str| {
        let mut identity = session("alice");
        identity["sessionContext"]["attributes"]["creationDate"] = json!(time);
        by(&identity, "")
    };
    let sessions: Vec<String> = (0..12).map(|hour| at(&format!("2026-01-02T{hour:02}:00:00Z"))).collect();
    let read = |times: usize| judge_all(&vec![record(&sessions[..8]); times], &Limits::STREAM);
    assert_eq!(read(3), (8, 0, 8), "as many stand beside each other as a set holds");
    let (.., known) = judge_all(&vec![record(&sessions); 9], &Limits::STREAM);
    assert_eq!(known, 0, "of more each takes the place of another before that comes again");
}

#[test]
fn what_follows_an_opening_is_judged_as_ever() {
    let usual = by(&session("alice"), "");
    let judged = |then: &str| {
        let records = [record(&[&usual]), record(&[&usual]), record(&[&usual, then, &usual])];
        judge_all(&records, &Limits::STREAM)
    };
    // Who did it a second time, or the version: the last would count.
    for twice in [r#","userIdentity":{"type":"Root"}"#, r#","eventVersion":"1.0""#] {
        assert_eq!(judged(&by(&session("alice"), twice)), (3, 1, 2), "{twice}");
    }
    let opening = usual.split_once(r#","eventTime""#).unwrap().0;
    let begun = |rest: &str| format!("{opening}{rest}");
    for odd in [
        "",
        "}",
        "}}",
        "x}",
        "\"",
        "\"a\":1}",
        ",}",
        ",\"a\"}",
        ":1}",
        "{}}",
        " }",
        ",\"eventTime\":\"2026-01-02T03:04:05Z\"",
    ] {
        assert_eq!(judged(&begun(odd)), (3, 1, 2), "{odd}");
    }
    // As many keys as there may be, and one more.
    let keys = |count: usize| (0..count).map(|n| format!(",\"k{n}\":1")).collect::<String>();
    [KEYS_MAX - 20, KEYS_MAX / 2, KEYS_MAX - 1, KEYS_MAX, KEYS_MAX + 1].iter().for_each(|count| {
        judged(&by(&session("alice"), &keys(*count)));
    });
}

#[test]
fn an_opening_that_cannot_be_known_is_read_anew() {
    let never = |event: &str| assert!(!is_known(4, event, event), "{event}");
    never(&by(&session("a\"b"), ""));
    never(&by(&session("é"), ""));
    never(&by(&session(&"x".repeat(3000)), ""));
    never(r#"{"eventVersion":"1.11","eventTime":"2026-01-02T03:04:05Z"}"#);
    // It is any first object or array: who did it may come later.
    let late = by(&session("alice"), "")
        .replace("{\"eventVersion\"", "{\"resources\":[{\"type\":\"t\"}],\"eventVersion\"");
    assert!(is_known(2, &late, &late));
    assert!(is_known(2, &late, &late.replace("alice", "bobby")));
}

/// What is kept of a record until it is known to be sound is bounded.
#[test]
fn of_very_many_events_the_last_are_left_to_the_pull_parser() {
    let (fields, log_events) = (Fields::new(), (4 << 20) / Fields::new().len());
    let small = r#"{"eventVersion":"1.0","eventTime":"2026-01-02T03:04:05Z"}"#;
    let bytes = record(&vec![small; log_events]);
    let (mut tally, mut count) = (Tally::default(), 0);
    Decoder::new(&fields, Limits::FILE).record(&bytes, &mut tally, &mut Vec::new(), |_| count += 1);
    assert_eq!((tally.records_scanned, tally.events_evaluated, count), (1, log_events as u64, log_events));
    // A span more an event than there are fields.
    let odd = log_events - (4 << 20) / (fields.len() + 2);
    assert!(
        (1..log_events / 4).contains(&odd) && tally.events_odd == odd as u64,
        "{} {odd}",
        tally.events_odd
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_follows_what_is_known_both_read_the_same(
        events in prop::collection::vec(events(), 1..3),
        harms in prop::collection::vec(harms(), 1..3),
    ) {
        let hurt = |event: &String| String::from_utf8_lossy(&harmed(event.clone().into_bytes(), &harms)).into_owned();
        let hurt: Vec<String> = events.iter().map(hurt).collect();
        let sound = record(&events);
        judge_all(&[sound.clone(), sound.clone(), record(&hurt), sound], &Limits::STREAM);
    }

    /// Members stand in the order of their names in `events`; here who did it comes first, as CloudTrail writes it.
    #[test]
    fn whoever_did_it_both_read_the_same(
        acts in prop::collection::vec((0..3_usize, events()), 1..12),
        harms in prop::collection::vec(harms(), 0..2),
    ) {
        let identities = [session("alice"), session("bobby"), json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"})];
        let text = |(who, event): &(usize, String)| by(&identities[*who], &format!(",\"x\":{event}"));
        let texts: Vec<String> = acts.iter().map(text).collect();
        let hurt = harmed(texts[0].clone().into_bytes(), &harms);
        let hurt = String::from_utf8_lossy(&hurt).into_owned();
        judge_all(&[record(&texts), record(&texts), record(&[hurt]), record(&texts)], &Limits::STREAM);
    }
}
