//! The pull parser against `serde_json`.

use proptest::prelude::*;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::super::compact;
use super::super::tape::{DEPTH_MAX, KEYS_MAX, Tape, TapeError};

/// Whether the text is one JSON value: `serde_json` skimming, which minds the grammar and no number's size.
fn judge(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

#[track_caller]
fn agrees(text: &str) {
    let ours = Tape::parse(text);
    assert_eq!(ours.is_ok(), judge(text), "{text:?}: {ours:?}");
    // What the judge can also read must mean the same, last duplicates winning in both.
    if let (Ok(tape), Ok(theirs)) = (ours, serde_json::from_str::<Json>(text)) {
        let ours: Json = serde_json::from_str(&compact::text(&tape, 0)).unwrap();
        assert_eq!(ours, theirs, "{text:?}");
    }
}

#[rustfmt::skip]
const CORNERS: &[&str] = &[
    "", " ", "null", " null ", "nul", "nulll", "true", "tru", "false", "-", "-0", "0", "00", "01", "1.",
    ".1", "1.0", "1e5", "1E+5", "1e-05", "1e", "1e+", "-1.5e300", "1e999",
    "123456789012345678901234567890", "+1", "NaN", "Infinity", "\"\"", "\"a", "\"\\\"\"", "\"\\x\"",
    "\"\\u00e9\"", "\"\\u00e\"", "\"\\u00zz\"", "\"\\ud83d\\ude00\"", "\"\t\"", "\"\u{7f}\"", "\"é\"",
    "[]", "[ ]", "[1]", "[1,]", "[,1]", "[1 2]", "[1,2]", "[", "]", "[[]]", "[}", "{}", "{ }",
    "{\"a\":1}", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}", "{1:1}", "{\"a\":1 \"b\":2}",
    "{\"a\":1,\"a\":2}", "{", "}", "{}{}", "{} x", "\u{feff}{}", "{\"a\":{\"b\":[{\"c\":null}]}}",
    "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"", "\"\u{0}\"", "\"\\u0000\"", "//", "[1]//",
];

#[test]
fn corners_of_the_grammar() {
    CORNERS.iter().for_each(|text| agrees(text));
}

#[test]
fn half_a_surrogate_pair_is_read_as_unknown_and_hides_nothing() {
    let tape = Tape::parse(r#"{"a":"x\ud83dy","b":"\ud83dA"}"#).unwrap();
    assert_eq!(compact::text(&tape, 0), "{\"a\":\"x\u{fffd}y\",\"b\":\"\u{fffd}A\"}");
}

#[test]
fn limits_are_errors_of_their_own() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Tape::parse(&nested(DEPTH_MAX)).is_ok());
    assert_eq!(Tape::parse(&nested(DEPTH_MAX + 1)).unwrap_err(), TapeError::TooDeep);
    assert_eq!(Tape::parse(&nested(100_000)).unwrap_err(), TapeError::TooDeep);
    let keys = |n: usize| format!("{{{}}}", vec!["\"k\":0"; n].join(","));
    assert!(Tape::parse(&keys(KEYS_MAX)).is_ok());
    assert_eq!(Tape::parse(&keys(KEYS_MAX + 1)).unwrap_err(), TapeError::TooManyKeys);
}

#[test]
fn numbers_keep_their_text_and_the_last_duplicate_wins() {
    let text = r#"{"n":1.50,"m":123456789012345678901234567890,"e":1E+2,"n":-0.0}"#;
    let tape = Tape::parse(text).unwrap();
    assert_eq!(compact::text(&tape, 0), r#"{"m":123456789012345678901234567890,"e":1E+2,"n":-0.0}"#);
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-1e9..1e9).prop_map(Json::from),
        "\\PC{0,6}".prop_map(Json::from),
        "[\"\\\\\u{1}-\u{20}é😀]{0,4}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::btree_map("[a-c.\"]{0,2}", inner, 0..5)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn agrees_on_sound_texts(value in json(), pretty in any::<bool>()) {
        agrees(&if pretty { format!("{value:#}") } else { value.to_string() });
    }

    #[test]
    fn agrees_on_broken_texts(value in json(), at in any::<prop::sample::Index>(), with in "[\\[\\]{}:,\"\\\\0-9eE+.tn u-]{0,3}", cut in 0..3_usize) {
        let text = value.to_string();
        let mut at = at.index(text.len() + 1).min(text.len());
        while !text.is_char_boundary(at) { at -= 1; }
        let mut end = (at + cut).min(text.len());
        while !text.is_char_boundary(end) { end += 1; }
        agrees(&format!("{}{with}{}", &text[..at], &text[end..]));
    }

    #[test]
    fn agrees_on_noise(text in "[\\[\\]{}:,\"\\\\0-9eE+.a-fnrtul \u{1}é-]{0,12}") {
        agrees(&text);
    }
}
