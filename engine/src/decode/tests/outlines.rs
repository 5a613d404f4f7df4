//! What is known of how events look changes nothing of what is read: against the pull parser, which knows nothing.

use proptest::prelude::*;
use serde_json::json;

use super::openings::{by, record, session};
use super::twins::{harmed, harms, judge_tally};
use super::*;

/// The members of a call whose strings and numbers are these, behind who did it and when.
fn call(texts: &[&str; 3], number: &str) -> String {
    let [key, agent, id] = texts.map(|text| json!(text).to_string());
    let (source, resources) =
        (r#""eventSource":"s3.amazonaws.com""#, r#"[{"type":"AWS::S3::Object","ARN":"a"}]"#);
    format!(
        r#",{source},"requestParameters":{{"a":{{"b":{key}}},"x":[{number},true]}},"userAgent":{agent},"n":{number},"readOnly":false,"resources":{resources},"eventID":{id},"eventType":"AwsApiCall""#
    )
}

fn by_alice(rest: &str) -> String {
    by(&session("alice"), rest)
}

fn usual() -> String {
    by_alice(&call(&["k", "aws-cli/2", "e-1"], "17"))
}

/// How many of these are known by how they look, in a message that comes when the usual event has come four times.
#[track_caller]
fn outlined(events: &[impl AsRef<str>]) -> u64 {
    let mut records = vec![record(&[usual()]); 4];
    records.push(record(events));
    let tally = judge_tally(&records, &Limits::STREAM);
    assert_eq!(tally.records_scanned, 1);
    tally.events_outlined
}

#[test]
fn an_outline_is_known_when_it_has_come_twice_behind_a_known_opening() {
    let of = |times: usize| judge_tally(&vec![record(&[usual()]); times], &Limits::STREAM).events_outlined;
    assert_eq!([of(2), of(3), of(4), of(5), of(6)], [0, 0, 0, 1, 1]);
    // Whatever fills its gaps, and whoever did it, if he is known.
    let other = by_alice(&call(&["another key", "", &"e".repeat(200)], "-0.5e+3"));
    assert_eq!(outlined(&[&other, &usual(), &other]), 3);
    let bob = by(&session("bobby"), &call(&["", "", ""], "0"));
    assert_eq!(outlined(&[&bob, &bob, &bob, &usual()]), 2);
}

#[test]
fn what_does_not_fit_is_read_as_ever() {
    for filled in ["é", "\u{7f}é", "a\u{1f600}", "\u{80}"] {
        for texts in [[filled, "a", "b"], ["a", filled, "b"], ["a", "b", filled]] {
            assert_eq!(outlined(&[by_alice(&call(&texts, "1"))]), 0, "{texts:?}");
        }
    }
    // Escapes as they stand in the event: no such, broken off, a quote that ends it.
    for filled in ["\\q", "\\u12", "\\u12g4", "\\U0041", "\\", "a\\\\\\", "\"", "\\\\\"", "\n", "\u{1}"] {
        for (from, to) in [("\"k\"", format!("\"{filled}\"")), ("\"e-1\"", format!("\"{filled}\""))] {
            assert_eq!(outlined(&[usual().replacen(from, &to, 1)]), 0, "{to}");
        }
    }
    assert_eq!(outlined(&[by_alice(&call(&["\u{7f}~ ", "{}[]:,", "null"], "1"))]), 1);
    for number in [
        "01",
        "-",
        "",
        "1.",
        ".5",
        "1e",
        "+1",
        "--1",
        "0x1",
        "1 ",
        "1,2",
        "true",
        "null",
        "\"1\"",
        "[]",
        "1e5e",
        "9e999999999",
    ] {
        let fits = number == "9e999999999";
        assert_eq!(outlined(&[by_alice(&call(&["a", "b", "c"], number))]), u64::from(fits), "{number}");
    }
    for (from, to) in [
        ("false", "true"),
        ("false", "null"),
        ("GetObject", "PutObject"),
        ("s3.", "s4."),
        ("AwsApiCall", "AwsServiceEvent"),
        ("AwsApiCall", "AwsApiCal"),
        ("\"n\"", "\"m\""),
        ("\"n\"", "\"n\\u0020\""),
        ("\"n\":", "\"n\" :"),
        (",\"readOnly\":false", ""),
        (",\"readOnly\":false", ",\"readOnly\":false,\"readOnly\":false"),
        ("\"AwsApiCall\"}", "\"AwsApiCall\",\"userIdentity\":{\"type\":\"Root\"}}"),
        ("\"AwsApiCall\"}", "\"AwsApiCall\",\"eventVersion\":\"2.0\"}"),
        ("\"AwsApiCall\"}", "\"AwsApiCall\"}}"),
        ("\"AwsApiCall\"}", "\"AwsApiCall\"} "),
        ("\"AwsApiCall\"}", "\"AwsApiCall\""),
        ("\"AwsApiCall\"}", "\"AwsApiCall"),
        ("{\"b\":\"k\"}", "{\"b\":{\"b\":\"k\"}}"),
        ("{\"b\":\"k\"}", "[\"b\",\"k\"]"),
        ("{\"b\":\"k\"}", "{\"omitted\":true}"),
    ] {
        assert!(usual().contains(from), "{from}");
        assert_eq!(outlined(&[usual().replacen(from, to, 1)]), 0, "{from} {to}");
    }
}

#[test]
fn strings_may_hold_escapes() {
    for filled in ["a\"b", "\\", "a\\", "\n", "\u{1f}", "\"", "\",\"n\":\"", "\\\"", "\u{0}", "\\\\\"\"\\\t/"]
    {
        for texts in [[filled, "a", "b"], ["a", filled, "b"], ["a", "b", filled], [filled, filled, filled]] {
            assert_eq!(outlined(&[by_alice(&call(&texts, "1"))]), 1, "{texts:?}");
        }
    }
    for filled in ["\\/", "\\u0041", "\\ud83d\\ude00", "\\ud800", "\\udc00x", "\\u00E9", "\\u005c", "\\u0022"]
    {
        for (from, to) in [("\"k\"", format!("\"{filled}\"")), ("\"e-1\"", format!("\"x{filled}\""))] {
            assert_eq!(outlined(&[usual().replacen(from, &to, 1)]), 1, "{to}");
        }
    }
    // An outline is drawn of an event with escapes where nobody looks; of one with some where somebody does it is not.
    let with = |key: &str, note: &str| {
        by_alice(&format!("{},\"note\":{}", call(&[key, "a", "e"], "1"), json!(note)))
    };
    let drawn = |event: &str| {
        let records = [&vec![record(&[event]); 4][..], &[record(&[with("k", "plain")])]].concat();
        judge_tally(&records, &Limits::STREAM).events_outlined
    };
    assert_eq!([drawn(&with("k", "\"n\"")), drawn(&with("\"k\"", "n"))], [1, 0]);
}

#[test]
fn strings_may_be_of_any_length() {
    let texts: Vec<String> = (0..200).map(|len| "x".repeat(len)).collect();
    let events: Vec<String> = texts.iter().map(|text| by_alice(&call(&["k", text, text], "1"))).collect();
    assert_eq!(outlined(&events), 200);
    let cut = |at: usize| {
        judge_tally(&[&vec![record(&[usual()]); 5][..], &[gzip(&message()[..at])]].concat(), &Limits::STREAM)
    };
    fn message() -> Vec<u8> {
        data_message(&[&usual(), &usual()]).into_bytes()
    }
    // What stands behind the end of a message is not its own.
    (message().len() - usual().len() - 200..message().len())
        .for_each(|at| assert_eq!(cut(at).records_scanned, 0, "{at}"));
}

#[test]
fn many_that_begin_alike_are_told_apart() {
    let kinds: Vec<String> = (0..7)
        .map(|n| {
            let more: String = (0..n).map(|m| format!(",\"k{m}\":\"v\"")).collect();
            let other = if n % 2 == 0 { ",\"readOnly\":true" } else { "" };
            by_alice(&format!(
                "{}{more}{other}",
                call(&["k", "a", "e"], "1").replace("\"readOnly\":false,", "")
            ))
        })
        .collect();
    let tally = judge_tally(&vec![record(&kinds); 6], &Limits::STREAM);
    assert_eq!((tally.events_known, tally.events_outlined), (7, 7));
    // Of more than there is room for, some.
    let kinds: Vec<String> =
        (0..40).map(|n| by_alice(&format!("{},\"k{n}\":\"v\"", call(&["k", "a", "e"], "1")))).collect();
    let tally = judge_tally(&vec![record(&kinds); 6], &Limits::STREAM);
    assert_eq!(tally.events_known, 40);
}

#[test]
fn limits_hold_of_what_fits() {
    let long = by_alice(&call(&["k", "aws-cli/2", &"e".repeat(99)], "17"));
    let limits = Limits { event_bytes_max: json!(long).to_string().len() - 3, ..Limits::STREAM };
    let known = vec![record(&[usual()]); 5];
    assert_eq!(judge_tally(&known, &limits).events_outlined, 1);
    let tally = judge_tally(&[&known[..], &[record(&[&usual(), &long])]].concat(), &limits);
    assert_eq!((tally.events_outlined, tally.events_odd), (1, 1));
    // Gaps, as many as there may be and one more; and more literals than there may be.
    let numbers = |count: usize| {
        by_alice(&format!("{},\"x\":[{}]", call(&["k", "a", "e"], "1"), vec!["0"; count].join(",")))
    };
    let fits = |event: &str| judge_tally(&vec![record(&[event]); 5], &Limits::STREAM).events_outlined;
    let most = (1..40).filter(|count| fits(&numbers(*count)) == 1).count();
    assert!((20..32).contains(&most) && fits(&numbers(most)) == 1, "{most}");
    assert_eq!(fits(&by_alice(&format!("{},\"{}\":1", call(&["k", "a", "e"], "1"), "k".repeat(900)))), 0);
}

#[test]
fn who_did_it_may_come_behind_what_else_is_met() {
    // The same call behind openings that hold other members: what is met twice depends on them.
    let rest = call(&["k", "a", "e"], "1");
    let version = |version: &str| {
        by(&session("alice"), &rest)
            .replace("\"eventVersion\":\"1.11\"", &format!("\"eventVersion\":\"1.11\"{version}"))
    };
    let (plain, more) = (version(""), version(",\"readOnly\":true,\"userAgent\":\"first\""));
    let tally = judge_tally(&vec![record(&[&plain, &more]); 7], &Limits::STREAM);
    assert_eq!((tally.events_known, tally.events_outlined, tally.events_odd), (1, 1, 1));
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![6 => "[ -!#-\\[\\]-~]{0,90}", 1 => "[\"\\\\/{}:,\\[\\] a\n\té\u{1f600}\u{7f}\u{0}]{0,9}", 1 => "[a-z]{60,70}\"?"]
}

fn numbers() -> impl Strategy<Value = String> {
    prop_oneof![4 => any::<i32>().prop_map(|n| n.to_string()), 2 => any::<f64>().prop_map(|n| n.to_string()), 1 => "[-+.eE0-9]{0,5}"]
}

fn calls() -> impl Strategy<Value = String> {
    ([texts(), texts(), texts()], numbers())
        .prop_map(|(texts, number)| by_alice(&call(&[&texts[0], &texts[1], &texts[2]], &number)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_fills_gaps_both_read_the_same(events in prop::collection::vec(calls(), 1..6)) {
        let _: u64 = outlined(&events);
    }

    #[test]
    fn whatever_happens_to_what_fits_both_read_the_same(
        (event, harms) in (calls(), prop::collection::vec(harms(), 1..3)),
        behind in prop::collection::vec(harms(), 0..2),
    ) {
        let hurt = String::from_utf8_lossy(&harmed(event.into_bytes(), &harms)).into_owned();
        let whole = data_message(&[&usual(), &hurt, &usual()]).into_bytes();
        let records = [&vec![record(&[usual()]); 4][..], &[gzip(&harmed(whole, &behind)), record(&[usual()])]].concat();
        judge_tally(&records, &Limits::STREAM);
    }
}
