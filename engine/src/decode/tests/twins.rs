//! The scanner against its judge, the pull parser, and each kernel against the others: whatever stands in a data message, both
//! read the same from it.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tripline_rules::field::{FieldId, Fields, Selector, Step};

use super::*;

/// Everything that can be told of an event.
type Told = (u64, i64, Option<i64>, Vec<String>, Vec<bool>, String, String);

fn fields() -> Fields {
    let mut fields = Fields::new();
    let member = |name: &str| Step::Member(name.to_owned());
    for path in [
        "",
        "eventName",
        "userIdentity",
        "userIdentity.type",
        "userIdentity.sessionContext.attributes.mfaAuthenticated",
        "requestParameters",
        "requestParameters.a",
        "requestParameters.a.b",
        "requestParameters.a.b.c",
        "resources.type",
        "requestParameters.omitted",
        "n",
        "a.b",
        "readOnly",
    ] {
        fields.intern(Selector::Sigma(path.to_owned()));
    }
    for steps in [
        vec![],
        vec![member("eventType")],
        vec![member("requestParameters")],
        vec![member("requestParameters"), member("a")],
        vec![member("requestParameters"), member("a"), member("b")],
        vec![member("requestParameters"), Step::AnyMember],
        vec![member("resources"), Step::Index(0), member("type")],
        vec![member("resources"), Step::AnyElement, member("type")],
        vec![member("resources"), Step::AnyElement],
        vec![Step::AnyMember],
        vec![Step::Index(0)],
        vec![member("a.b")],
    ] {
        fields.intern(Selector::Pattern(steps));
    }
    fields.intern(Selector::Message);
    fields
}

fn told(bytes: &[u8], decoder: &mut Decoder) -> (Vec<Told>, Vec<Reject>, Tally) {
    let ids: Vec<FieldId> = fields().iter().map(|(id, _)| id).collect();
    let (mut events, mut rejects, mut tally) = (Vec::new(), Vec::new(), Tally::default());
    decoder.record(bytes, &mut tally, &mut rejects, |event| {
        let slots = ids.iter().map(|id| format!("{:?}", &*event.slots.get(*id))).collect();
        let unknown = ids.iter().map(|id| event.slots.is_unknown(*id)).collect();
        let (message, compact) = (event.message().into_owned(), event.compact_text());
        events.push((event.ordinal, event.time_s, event.logs_time_ms, slots, unknown, message, compact));
    });
    assert!(tally.balances(), "{tally:?}");
    (events, rejects, tally)
}

/// Holds every kernel against the pull parser, on one record after another. Returns the accounts of the last.
#[track_caller]
pub(super) fn judge_tally(records: &[Vec<u8>], limits: &Limits) -> Tally {
    let decoder = |kernel: Option<Kernel>| Decoder::with_kernel(&fields(), limits.clone(), kernel);
    let (mut pull, kernels) = (decoder(None), Kernel::all());
    let mut decoders: Vec<Decoder> = kernels.iter().map(|kernel| decoder(Some(*kernel))).collect();
    let mut tallies: Vec<Tally> = Vec::new();
    for bytes in records {
        tallies.clear();
        let (events, rejects, wanted) = told(bytes, &mut pull);
        for (kernel, decoder) in kernels.iter().zip(&mut decoders) {
            let (scanned, set_aside, tally) = told(bytes, decoder);
            assert_eq!(scanned, events, "{} {}", kernel.name(), String::from_utf8_lossy(bytes));
            assert_eq!(set_aside, rejects, "{}", kernel.name());
            tallies.push(tally.clone());
            let (records_scanned, events_odd, events_known, events_outlined) = (0, 0, 0, 0);
            let tally = Tally { records_scanned, events_odd, events_known, events_outlined, ..tally };
            assert_eq!(tally, wanted, "{}", kernel.name());
        }
        tallies.dedup();
        assert_eq!(tallies.len(), 1, "every kernel finds the same odd, and knows the same: {tallies:?}");
    }
    tallies[0].clone()
}

/// The same. Returns of the last record how many log events were scanned, how many of them were odd, and of how many the opening
/// was known.
#[track_caller]
pub(super) fn judge_all(records: &[Vec<u8>], limits: &Limits) -> (u64, u64, u64) {
    let tally = judge_tally(records, limits);
    (if tally.records_scanned > 0 { tally.events_in } else { 0 }, tally.events_odd, tally.events_known)
}

/// The same of one record, which comes five times: when it does so the last time, whatever can be known of it is. Returns of its first
/// time how many log events were scanned, and how many of them were odd.
#[track_caller]
fn judge(bytes: &[u8], limits: &Limits) -> (u64, u64) {
    let records = vec![bytes.to_vec(); 5];
    judge_all(&records, limits);
    let (scanned, odd, _) = judge_all(&records[..1], limits);
    (scanned, odd)
}

fn judge_text(message: &str) -> (u64, u64) {
    judge(&gzip(message.as_bytes()), &Limits::STREAM)
}

pub(super) fn event(change: &Json) -> String {
    let mut event = json!({
        "eventVersion": "1.08", "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/r/s",
            "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::1:role/r"}, "attributes": {"mfaAuthenticated": "false"}}},
        "eventTime": "2026-01-02T03:04:05Z", "eventSource": "s3.amazonaws.com", "eventName": "GetObject",
        "requestParameters": {"a": {"b": 1, "x": [1, "2", null, {"y": []}]}, "key": "eventName"}, "responseElements": null,
        "readOnly": true, "eventID": "e", "resources": [{"type": "t", "ARN": "a"}], "recipientAccountId": "1",
    });
    for (name, value) in change.as_object().unwrap() {
        event[name] = value.clone();
    }
    event.to_string()
}

#[test]
fn what_cloudtrail_writes_is_scanned_and_the_unusual_is_odd() {
    let usual = |events: &[&str]| judge_text(&data_message(events));
    let plain = event(&json!({}));
    assert_eq!(usual(&[&plain, &plain, &plain]), (3, 0));
    assert_eq!(judge_text(&data_message(&[])), (0, 0));
    for (change, odd) in [
        (
            json!({"requestParameters": {"policy": "{\"Statement\":[{\"Effect\":\"Allow\"}],\"s\":\"a\\\\b\"}", "a": "x\ny\té\"\\/"}}),
            false,
        ),
        (json!({"userAgent": "ünïcödé \u{1f600}"}), false),
        (
            json!({"requestParameters": {"{\"eventName\":": "\"eventName\":\"StopLogging\"", "eventName": "Stop"}}),
            true,
        ),
        (
            json!({"requestParameters": {"x": {"{\"eventName\":": "\"eventName\":\"StopLogging\"", "eventName": "Stop"}}}),
            false,
        ),
        (json!({"x": {"eventName": "StopLogging", "y": {"eventName": "StopLogging"}}}), false),
        (json!({"requestParameters": {"a": {"b": {"c": [1.5e3, -0, 0.1]}}}}), false),
        (json!({"requestParameters": {"a": [{"b": 1}, {"b": {"c": 2}}]}}), false),
        (json!({"requestParameters": {}, "resources": [], "n": 5.0}), false),
        (json!({"requestParameters": {"omitted": true, "reason": "too large"}}), true),
        (json!({"a.b": 1}), true),
        (json!({"event\"Name": 1}), true),
        (json!({"eventVersion": "2.0"}), true),
        (json!({"eventVersion": null}), true),
        (json!({"eventTime": "yesterday"}), true),
        (json!({"eventTime": 5}), true),
    ] {
        assert_eq!(usual(&[&plain, &event(&change), &plain]), (3, u64::from(odd)), "{change}");
    }
    let deep = format!("{}{}", "[".repeat(70), "]".repeat(70));
    for odd in [
        "a line",
        "",
        "{}",
        "{",
        "\u{feff}{}",
        " {\"eventVersion\":\"1.0\"}",
        &plain.replace(':', ": "),
        &plain.replace("\"eventName\":", "\"event\\u004eame\":"),
        &plain.replace("\"readOnly\":true", "\"readOnly\":tru"),
        &plain.replace("\"readOnly\":true", "\"readOnly\":01"),
        &plain.replace("\"readOnly\":true", "\"readOnly\":true,\"readOnly\":false"),
        &plain.replace("\"readOnly\":true", "\"x\":\"\\q\""),
        &plain.replace("\"readOnly\":true", "\"x\":\"\u{1}\""),
        &plain.replace("\"readOnly\":true", &format!("\"x\":{deep}")),
        &plain.replace("\"readOnly\":true", "\"x\":[1,]"),
        &plain.replace("\"readOnly\":true", "\"x\" \"y\""),
        &plain.replace("\"readOnly\":true", "\"x\",\"y\":1"),
        &plain.replace("\"readOnly\":true", "\"x\":{\"y\",\"z\"}"),
        &plain.replace("\"readOnly\":true", "\"x\":[\"y\":1]"),
    ] {
        assert_eq!(usual(&[&plain, odd, &plain]), (3, 1), "{odd}");
    }
}

#[test]
fn an_envelope_that_is_not_as_written_is_left_alone() {
    let (plain, whole) = (event(&json!({})), data_message(&[&event(&json!({}))]));
    let scanned = |text: &str| judge_text(text).0;
    assert_eq!(scanned(&whole), 1);
    assert_eq!(scanned(&whole.replace(",\"timestamp\":", " ,\n \"timestamp\" : ")), 1);
    assert_eq!(scanned(&format!(" {whole}\n")), 1);
    for unusual in [
        whole.replace("DATA_MESSAGE", "CONTROL_MESSAGE"),
        whole.replace("\"messageType\"", "\"message\\u0054ype\""),
        whole.replace("]}", "],\"messageType\":\"CONTROL_MESSAGE\"}"),
        whole.replace("]}", "],\"logEvents\":[]}"),
        whole.replace("]}", "]"),
        whole.replace("}]}", "},]}"),
        whole.replace("}]}", "} {}]}"),
        whole.replace("\"timestamp\":", "\"timestamp\":-"),
        whole.replace("\"timestamp\":", "\"timestamp\":0"),
        whole.replace("\"timestamp\":", "\"timestamp\":123456789012345678901234567890"),
        whole.replace("\"owner\":", "\"owner\":1,\"x\":"),
        whole.replace("\"logGroup\":\"g\"", "\"logGroup\":\"\u{e9}\""),
        whole.replace("\"id\":\"0", "\"id\":\"\\\\"),
        format!("{whole}{whole}"),
        whole[..whole.len() - 30].to_owned(),
    ] {
        assert_eq!(scanned(&unusual), 0, "{unusual}");
    }
    // Bytes that are no text: the event alone is rejected.
    let mut bytes = data_message(&[&plain, &plain.replace("GetObject", "Get~Object"), &plain]).into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'~').unwrap();
    bytes[at] = 0xff;
    assert_eq!(judge(&gzip(&bytes), &Limits::STREAM), (3, 1));
    let few = Limits { log_events_max: 2, ..Limits::STREAM };
    assert_eq!(judge(&gzip(data_message(&[&plain, &plain, &plain]).as_bytes()), &few), (0, 0));
    let small = Limits { event_bytes_max: plain.len(), ..Limits::STREAM };
    judge(&gzip(data_message(&[&plain, &event(&json!({"x": "y"}))]).as_bytes()), &small);
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-zA-Z/:.-]{0,70}", 1 => "[\"\\\\/{}:,\\[\\] a\n\té\u{1f600}]{0,20}"]
}

pub(super) fn events() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => texts().prop_map(Json::from), 1 => Just(Json::Null), 1 => any::<bool>().prop_map(Json::from),
        1 => any::<i32>().prop_map(Json::from), 1 => any::<f64>().prop_map(Json::from),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("a|b|c|type|omitted|eventName|a\\.b|[\"\\\\é]", inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    });
    let names = "eventName|requestParameters|resources|userIdentity|readOnly|n|a\\.b|eventType|responseElements|userAgent";
    (prop::collection::btree_map(names, value, 0..6), any::<bool>()).prop_map(|(changes, reordered)| {
        let text = event(&Json::Object(changes.into_iter().collect()));
        if !reordered {
            return text;
        }
        let parsed: Json = serde_json::from_str(&text).unwrap();
        let mut members: Vec<String> = parsed
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{}:{value}", json!(name)))
            .collect();
        members.reverse();
        format!("{{{}}}", members.join(","))
    })
}

/// What may happen to a message on its way.
#[derive(Debug, Clone)]
pub(super) enum Harm {
    Cut(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, String),
    Drop(prop::sample::Index),
}

pub(super) fn harms() -> impl Strategy<Value = Harm> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        1 => at().prop_map(Harm::Cut),
        3 => (at(), 0..8_u8).prop_map(|(at, bit)| Harm::Flip(at, bit)),
        3 => (at(), "[{}\\[\\]:,\"\\\\ 0n\n]{1,3}|\\\\\\\\u00[0-9]{2}|\\\\u00[0-9]{2}|\\\\\\\\").prop_map(|(at, text)| Harm::Insert(at, text)),
        3 => at().prop_map(Harm::Drop),
    ]
}

pub(super) fn harmed(bytes: Vec<u8>, harms: &[Harm]) -> Vec<u8> {
    harms.iter().fold(bytes, |bytes, harm| if bytes.is_empty() { bytes } else { harmed_once(bytes, harm) })
}

fn harmed_once(mut bytes: Vec<u8>, harm: &Harm) -> Vec<u8> {
    match harm {
        Harm::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Harm::Flip(at, bit) => {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        Harm::Insert(at, text) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, text.bytes());
        }
        Harm::Drop(at) => {
            let at = at.index(bytes.len());
            bytes.remove(at);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn whatever_an_event_holds_both_read_the_same(events in prop::collection::vec(events(), 1..4)) {
        judge_text(&data_message(&events.iter().map(String::as_str).collect::<Vec<_>>()));
    }

    #[test]
    fn whatever_happens_to_a_message_both_read_the_same(
        events in prop::collection::vec(events(), 1..3),
        harms in prop::collection::vec(harms(), 1..3),
    ) {
        let message = data_message(&events.iter().map(String::as_str).collect::<Vec<_>>()).into_bytes();
        let message = harmed(message, &harms);
        judge(&gzip(&message), &Limits::STREAM);
    }

    /// The same harm to the events before they are escaped: sound envelopes around unsound events.
    #[test]
    fn whatever_happens_to_an_event_both_read_the_same(
        events in prop::collection::vec(events(), 1..3),
        harms in prop::collection::vec(harms(), 1..3),
    ) {
        let hurt = |event: &String| {
            let bytes = harmed(event.clone().into_bytes(), &harms);
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let events: Vec<String> = events.iter().map(hurt).collect();
        judge_text(&data_message(&events.iter().map(String::as_str).collect::<Vec<_>>()));
    }
}
