//! Everything poisonous that we know of (`guide/reliability.md` §1.4), one by one and among good events.

use super::*;

/// What becomes of one log event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Evaluated,
    NotCloudTrail,
    Rejected(Reason),
}

use Fate::{Evaluated, NotCloudTrail, Rejected};

fn with(member: &str) -> String {
    good("odd").replacen('{', &format!("{{{member},"), 1)
}

fn without(name: &str) -> String {
    let event: serde_json::Value = serde_json::from_str(&good("odd")).unwrap();
    let mut event = event.as_object().unwrap().clone();
    event.remove(name).unwrap();
    serde_json::to_string(&event).unwrap()
}

fn changed(name: &str, value: &str) -> String {
    without(name).replacen('{', &format!("{{\"{name}\":{value},"), 1)
}

/// (kind, text, fate). All are well-formed JSON values, so that they can stand in an array, too.
fn events() -> Vec<(&'static str, String, Fate)> {
    let deep = |depth: usize| with(&format!("\"x\":{}{}", "[".repeat(depth), "]".repeat(depth)));
    vec![
        ("sound", good("odd"), Evaluated),
        ("a number beyond u64", with("\"n\":123456789012345678901234567890"), Evaluated),
        ("a number beyond f64", with("\"n\":1e999"), Evaluated),
        ("duplicate keys", with("\"eventName\":\"GetUser\""), Evaluated),
        ("half a surrogate pair", with("\"userAgent\":\"\\ud83d\""), Evaluated),
        ("U+0000", with("\"userAgent\":\"a\\u0000b\""), Evaluated),
        ("a long string", with(&format!("\"userAgent\":\"{}\"", "x".repeat(900_000))), Evaluated),
        ("depth of real events", deep(10), Evaluated),
        ("depth 63", deep(63), Evaluated),
        ("depth 64", deep(64), Rejected(Reason::TooDeep)),
        ("depth 127", deep(127), Rejected(Reason::TooDeep)),
        ("depth 128", deep(128), Rejected(Reason::TooDeep)),
        ("depth 100,000", deep(100_000), Rejected(Reason::TooDeep)),
        ("ten thousand keys", with(&vec!["\"k\":0"; 10_000].join(",")), Rejected(Reason::TooManyKeys)),
        (
            "beyond the size of an event",
            with(&format!("\"x\":\"{}\"", "x".repeat(1 << 20))),
            Rejected(Reason::EventTooLarge),
        ),
        ("no eventVersion", without("eventVersion"), Evaluated),
        ("eventVersion null", changed("eventVersion", "null"), Evaluated),
        ("a new minor version", changed("eventVersion", "\"1.99\""), Evaluated),
        ("a numeric version", changed("eventVersion", "1.05"), Evaluated),
        ("a new major version", changed("eventVersion", "\"2.0\""), Rejected(Reason::EventVersion)),
        ("version 10", changed("eventVersion", "\"10.1\""), Rejected(Reason::EventVersion)),
        ("a version that is an object", changed("eventVersion", "{}"), Rejected(Reason::EventVersion)),
        ("no eventID", without("eventID"), Evaluated),
        ("eventID null", changed("eventID", "null"), Evaluated),
        ("no eventTime", without("eventTime"), Rejected(Reason::EventTime)),
        ("eventTime null", changed("eventTime", "null"), Rejected(Reason::EventTime)),
        ("eventTime of words", changed("eventTime", "\"yesterday\""), Rejected(Reason::EventTime)),
        ("eventTime a number", changed("eventTime", "1767323045"), Rejected(Reason::EventTime)),
        (
            "eventTime of no day",
            changed("eventTime", "\"2026-02-30T00:00:00Z\""),
            Rejected(Reason::EventTime),
        ),
        ("eventTime in the far future", changed("eventTime", "\"9999-12-31T23:59:59Z\""), Evaluated),
        ("eventTime before the epoch", changed("eventTime", "\"1960-01-01T00:00:00Z\""), Evaluated),
        ("numeric account ids", changed("recipientAccountId", "111122223333"), Evaluated),
        ("an array where an object is expected", with("\"userIdentity\":[{\"type\":\"Root\"}]"), Evaluated),
        ("a string where an object is expected", with("\"requestParameters\":\"{}\""), Evaluated),
        (
            "parameters that CloudTrail omitted",
            with("\"requestParameters\":{\"omitted\":true,\"reason\":\"requestParameters too large\"}"),
            Evaluated,
        ),
        (
            "an Insight",
            r#"{"eventType":"AwsCloudTrailInsight","eventTime":"2026-01-02T03:04:05Z","insightDetails":{}}"#
                .to_owned(),
            Evaluated,
        ),
        ("another log's JSON", r#"{"level":"info","msg":"ok"}"#.to_owned(), NotCloudTrail),
        ("only an eventName", r#"{"eventName":"x"}"#.to_owned(), NotCloudTrail),
        ("an empty object", "{}".to_owned(), NotCloudTrail),
        ("null", "null".to_owned(), NotCloudTrail),
        ("a number", "7".to_owned(), NotCloudTrail),
        ("a string", "\"eventVersion\"".to_owned(), NotCloudTrail),
    ]
}

/// (kind, line, fate): lines that are no JSON value.
fn broken_lines() -> Vec<(&'static str, String, Fate)> {
    let sound = good("odd");
    vec![
        ("another log's line", "START RequestId: 1".to_owned(), NotCloudTrail),
        ("cut off", sound[..sound.len() - 9].to_owned(), Rejected(Reason::Malformed)),
        ("cut off at once", "{".to_owned(), Rejected(Reason::Malformed)),
        ("NaN", with("\"n\":NaN"), Rejected(Reason::Malformed)),
        ("a comma too many", sound.replacen(',', ",,", 1), Rejected(Reason::Malformed)),
        ("a bare control character", with("\"userAgent\":\"a\u{1}b\""), Rejected(Reason::Malformed)),
        ("single quotes", "{'eventVersion':'1.08'}".to_owned(), Rejected(Reason::Malformed)),
        ("a byte order mark", format!("\u{feff}{sound}"), Evaluated),
    ]
}

/// Two good events around `odd` counts.
#[track_caller]
fn check(kind: &str, form: &str, bytes: &[u8], fate: Fate) {
    let counted = tally(bytes, &Limits::STREAM);
    let odd = u64::from(fate == Evaluated);
    assert_eq!((counted.records_decoded, counted.events_in), (1, 3), "{kind}, {form}: {counted:?}");
    assert_eq!(counted.events_evaluated, 2 + odd, "{kind}, {form}: {counted:?}");
    assert_eq!(
        counted.events_not_cloudtrail,
        u64::from(fate == NotCloudTrail),
        "{kind}, {form}: {counted:?}"
    );
    if let Rejected(reason) = fate {
        assert_eq!(counted.events_rejected.get(&reason), Some(&1), "{kind}, {form}: {counted:?}");
    }
}

#[test]
fn one_poisonous_event_never_takes_another_with_it() {
    let (first, last) = (good("first"), good("last"));
    for (kind, text, fate) in events().iter().chain(&broken_lines()) {
        let message = data_message(&[&first, text, &last]);
        check(kind, "data message", message.as_bytes(), *fate);
        check(kind, "gzip", &gzip(message.as_bytes()), *fate);
        check(kind, "lines", format!("{first}\n{text}\n{last}\n").as_bytes(), *fate);
    }
    for (kind, text, fate) in events() {
        check(kind, "Records", format!("{{\"Records\":[{first},{text},{last}]}}").as_bytes(), fate);
        check(kind, "array", format!("[{first},\n{text},\n{last}]").as_bytes(), fate);
    }
}

#[test]
fn bytes_that_are_no_utf8_are_rejected_alone() {
    let (first, last) = (good("first"), good("last"));
    let lines = [first.as_bytes(), b"\n{\"eventVersion\":\"\xff\"}\n", last.as_bytes()].concat();
    check("invalid UTF-8", "lines", &lines, Rejected(Reason::InvalidUtf8));
    let records =
        [b"{\"Records\":[", first.as_bytes(), b",{\"a\":\"\xff\"},", last.as_bytes(), b"]}"].concat();
    check("invalid UTF-8", "Records", &records, Rejected(Reason::InvalidUtf8));
    let quoted = |text: &str| serde_json::to_string(text).unwrap().into_bytes();
    let event = |message: &[u8]| [b"{\"id\":\"1\",\"timestamp\":1,\"message\":", message, b"}"].concat();
    let events = [event(&quoted(&first)), event(b"\"\xff\""), event(&quoted(&last))].join(&b","[..]);
    let message = [b"{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[", &events[..], b"]}"].concat();
    check("invalid UTF-8", "data message", &message, Rejected(Reason::InvalidUtf8));
}

#[test]
fn a_log_event_without_its_message_is_rejected_alone() {
    let (first, last) = (good("first"), good("last"));
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    for odd in [r#"{"id":"1","timestamp":1}"#, r#"{"id":"1","timestamp":1,"message":{"a":1}}"#, "7", "null"] {
        let events = format!(r#"{{"message":{}}},{odd},{{"message":{}}}"#, quoted(&first), quoted(&last));
        let message = enveloped("DATA_MESSAGE", &events);
        check(odd, "data message", message.as_bytes(), Rejected(Reason::EnvelopeMalformed));
    }
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Record {
    /// Opened, with so many evaluated events.
    Held(u64),
    Control,
    Refused(Reason),
}

use Record::{Control, Held, Refused};

type Records = Vec<(&'static str, Vec<u8>, Record)>;

fn zipped_records() -> Records {
    let event = good("a");
    let message = data_message(&[&event]);
    let zipped = gzip(message.as_bytes());
    let mut wrong_sum = zipped.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 0xff;
    let control = enveloped("CONTROL_MESSAGE", "");
    vec![
        ("empty gzip", gzip(b""), Refused(Reason::Empty)),
        ("gzip cut off", zipped[..zipped.len() - 20].to_vec(), Refused(Reason::GzipTruncated)),
        ("gzip header only", zipped[..5].to_vec(), Refused(Reason::GzipTruncated)),
        ("wrong checksum", wrong_sum, Refused(Reason::GzipCorrupt)),
        ("bad magic", [&[0x1f, 0x8c][..], &zipped[2..]].concat(), Held(0)),
        ("a gzip bomb", gzip(&vec![b' '; (64 << 20) + 1]), Refused(Reason::InflatedTooLarge)),
        ("a zipped control message", gzip(control.as_bytes()), Control),
        ("two members", [gzip(format!("{event}\n").as_bytes()), gzip(event.as_bytes())].concat(), Held(2)),
        ("padding after gzip", [zipped, vec![0; 512]].concat(), Held(1)),
        ("zstd", vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0], Refused(Reason::Zstd)),
        ("KPL", vec![0xf3, 0x89, 0x9a, 0xc2, 0, 0], Refused(Reason::KplAggregated)),
        (
            "base64 of gzip",
            b"H4sIAAAAAAAAA6tWKkktLlGyUlAqS8wpTVWqBQCPfDWKEQAAAA==".to_vec(),
            Refused(Reason::Base64),
        ),
        ("a Lambda event", br#"{"awslogs":{"data":"H4sIAAAA"}}"#.to_vec(), Refused(Reason::Base64)),
    ]
}

fn plain_records() -> Records {
    let event = good("a");
    let message = data_message(&[&event]);
    let integer_ids = message.replace(&format!("\"{:056}\"", 0), "36925673");
    let late = message.replace("1767323045000", "99999999999999999999");
    let control = r#"{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health"}"#;
    let pretty = format!("{:#}", serde_json::from_str::<serde_json::Value>(&event).unwrap());
    let malformed = Refused(Reason::EnvelopeMalformed);
    let texts = [
        ("empty", String::new(), Refused(Reason::Empty)),
        ("only blanks", " \n\t\n".to_owned(), Refused(Reason::Empty)),
        ("not compressed", message.clone(), Held(1)),
        ("a control message", enveloped("CONTROL_MESSAGE", control), Control),
        ("an unknown message type", enveloped("NEWS_MESSAGE", ""), Refused(Reason::UnknownMessageType)),
        ("a message type that is no string", r#"{"messageType":1,"logEvents":[]}"#.to_owned(), malformed),
        ("no events", enveloped("DATA_MESSAGE", ""), Held(0)),
        ("no logEvents", r#"{"messageType":"DATA_MESSAGE"}"#.to_owned(), Held(0)),
        (
            "logEvents that are no array",
            r#"{"messageType":"DATA_MESSAGE","logEvents":{}}"#.to_owned(),
            malformed,
        ),
        ("an envelope cut off", message[..message.len() - 3].to_owned(), malformed),
        ("integer ids", integer_ids, Held(1)),
        ("a timestamp beyond 64 bits", late, Held(1)),
        ("a byte order mark", format!("\u{feff}{message}"), Held(1)),
        ("Records of nothing", r#"{"Records":[]}"#.to_owned(), Held(0)),
        ("one event, pretty-printed", pretty, Held(1)),
    ];
    texts.into_iter().map(|(kind, text, fate)| (kind, text.into_bytes(), fate)).collect()
}

fn records() -> Records {
    [zipped_records(), plain_records()].concat()
}

#[test]
fn each_poisonous_record_is_counted_by_its_reason() {
    for (kind, bytes, fate) in records() {
        let counted = tally(&bytes, &Limits::STREAM);
        match fate {
            Held(evaluated) => {
                let found = (counted.records_decoded, counted.events_evaluated);
                assert_eq!(found, (1, evaluated), "{kind}: {counted:?}");
            }
            Control => assert_eq!(counted.records_control, 1, "{kind}: {counted:?}"),
            Refused(reason) => {
                assert_eq!(counted.records_rejected.get(&reason), Some(&1), "{kind}: {counted:?}");
            }
        }
    }
}

#[test]
fn the_table_is_long_enough_and_every_reason_occurs() {
    let mut kinds = 0;
    let mut seen = vec![Reason::InvalidUtf8, Reason::TrailingBytes, Reason::TooManyLogEvents];
    for (_, _, fate) in events().iter().chain(&broken_lines()) {
        kinds += 1;
        if let Rejected(reason) = fate {
            seen.push(*reason);
        }
    }
    for (_, _, fate) in records() {
        kinds += 1;
        if let Refused(reason) = fate {
            seen.push(reason);
        }
    }
    assert!(kinds >= 78, "{kinds}");
    let unseen: Vec<_> = Reason::ALL.iter().filter(|reason| !seen.contains(reason)).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

#[test]
fn what_follows_the_last_member_is_one_rejected_event() {
    let event = good("a");
    for tail in [&b"garbage"[..], &gzip(event.as_bytes())[..9]] {
        let counted = tally(&[&gzip(event.as_bytes()), tail].concat(), &Limits::STREAM);
        assert_eq!(counted.events_evaluated, 1, "{counted:?}");
        assert_eq!(counted.events_rejected.get(&Reason::TrailingBytes), Some(&1), "{counted:?}");
    }
}

#[test]
fn a_record_of_too_many_events_is_rejected_whole() {
    let limits = Limits { log_events_max: 3, ..Limits::STREAM };
    assert_eq!(tally(b"a\nb\nc\n", &limits).events_in, 3);
    let counted = tally(b"a\nb\nc\nd\n", &limits);
    assert_eq!(counted.records_rejected.get(&Reason::TooManyLogEvents), Some(&1));
}

#[test]
fn of_duplicate_keys_the_last_is_what_rules_see() {
    let text = with("\"eventName\":\"Harmless\"");
    let name = |event: &Event<'_>| event.slots.text(FieldId::EVENT_NAME).map(str::to_owned);
    assert_eq!(kept(&text, None, &Fields::new(), name).unwrap().as_deref(), Some("GetObject"));
}

#[test]
fn what_was_set_aside_is_kept_in_part() {
    let long = format!("{{{}", "x".repeat(10_000));
    let (text, mut rejects) = (format!("{}\n{long}\n", good("a")), Vec::new());
    let mut decoder = Decoder::new(&Fields::new(), Limits::STREAM);
    decoder.record(text.as_bytes(), &mut Tally::default(), &mut rejects, |_| {});
    let [reject] = &rejects[..] else { panic!("{rejects:?}") };
    assert_eq!((reject.ordinal, reject.reason, reject.bytes.len()), (1, Reason::Malformed, 4096));
}
