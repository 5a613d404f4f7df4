//! Random rules on random events: the plan against the naive matcher; and the published corpus as data messages: the scanner against
//! the pull parser.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::{Value, json};
use tripline::decode::{Decoder, Kernel, Limits, Tally};
use tripline::source::file;
use tripline_rules::check::{self, SourceFile};
use tripline_rules::matcher::{self, Scratch};
use tripline_rules::plan::Ruleset;
use tripline_rules::{naive, packs};

use crate::shared;

/// A message as CloudWatch Logs sends it.
fn message(events: &[String]) -> Vec<u8> {
    let log_event = |(n, event): (usize, &String)| {
        json!({"id": format!("{n:056}"), "timestamp": 1_767_323_045_000_u64 + n as u64, "message": event})
            .to_string()
    };
    let events: Vec<String> = events.iter().enumerate().map(log_event).collect();
    let text = format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{}]}}"#,
        events.join(",")
    );
    let mut out = GzEncoder::new(Vec::new(), Compression::new(6));
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

const FIELDS: [&str; 9] = [
    "userIdentity.type",
    "userIdentity.userName",
    "eventName",
    "eventSource",
    "userAgent",
    "errorCode",
    "requestParameters.name",
    "requestParameters",
    "sourceIPAddress",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "(Stop|Put|Get|Delete)(Logging|Bucket|Key)(Policy)?",
        2 => "[a-cA-C*?]{0,3}",
        1 => Just("\u{212a}ms".to_owned()),
        1 => "10\\.[0-3]\\.0\\.[0-9]",
        1 => "[0-9]{1,2}",
        1 => "true|false|null",
    ]
}

fn item() -> impl Strategy<Value = String> {
    let modifier = prop_oneof![
        4 => Just(""), 3 => Just("|contains"), 2 => Just("|startswith"), 2 => Just("|endswith"), 1 => Just("|contains|cased"),
        1 => Just("|contains|all"),
    ];
    let field = || prop::sample::select(FIELDS.to_vec());
    let quoted = |text: &String| format!("'{text}'");
    prop_oneof![
        12 => (field(), modifier, prop::collection::vec(word(), 1..4)).prop_map(move |(field, modifier, words)| {
            format!("{field}{modifier}: [{}]", words.iter().map(quoted).collect::<Vec<_>>().join(", "))
        }),
        2 => (field(), prop::sample::select(vec!["(Stop|Put).*", "[a-c]+$", "^1[0-9]", "(?i)bucket", "x*", "K..$"])).prop_map(|(field, regex)| format!("{field}|re: '{regex}'")),
        1 => (field(), prop::sample::select(vec!["lt", "gte"]), 0..40_u32).prop_map(|(field, order, n)| format!("{field}|{order}: {n}")),
        1 => (field(), any::<bool>()).prop_map(|(field, exists)| format!("{field}|exists: {exists}")),
        1 => field().prop_map(|field| format!("{field}: null")),
        1 => (0..4_u8).prop_map(|n| format!("sourceIPAddress|cidr: 10.{n}.0.0/16")),
        1 => (field(), field()).prop_map(|(field, other)| format!("{field}|fieldref: {other}")),
    ]
}

fn detection() -> impl Strategy<Value = String> {
    let selection = prop::collection::btree_map(prop::sample::select(vec![0, 1, 2]), item(), 1..3)
        .prop_map(|items| items.into_values().collect::<Vec<_>>());
    let condition = prop::sample::select(vec![
        "a",
        "a and b",
        "a or b",
        "a and not b",
        "not a",
        "not (a or b)",
        "a and (b or c)",
        "(a and b) or (a and not c)",
        "1 of them",
        "all of them",
        "not a or b and c",
    ]);
    (prop::collection::vec(selection, 3), condition).prop_map(|(selections, condition)| {
        let mut text = String::from("detection:\n");
        for (name, items) in ["a", "b", "c"].iter().zip(selections) {
            // As a list of maps any of them, so that a field may come twice.
            text.push_str(&format!("  {name}:\n"));
            items.iter().for_each(|item| text.push_str(&format!("    - {{{item}}}\n")));
        }
        text.push_str(&format!("  condition: {condition}\n"));
        text
    })
}

fn pattern() -> impl Strategy<Value = String> {
    let field = || {
        prop::sample::select(vec![
            "userIdentity.type",
            "eventName",
            "eventSource",
            "userAgent",
            "errorCode",
            "requestParameters.name",
        ])
    };
    let test = prop_oneof![
        3 => (field(), prop::sample::select(vec!["=", "!="]), "(Stop|Put)?\\*?(Logging|Bucket)\\*?|Root").prop_map(|(field, op, text)| format!("$.{field} {op} \"{text}\"")),
        1 => field().prop_map(|field| format!("$.{field} NOT EXISTS")),
        1 => (field(), 0..40_u32).prop_map(|(field, n)| format!("$.{field} >= {n}")),
        1 => field().prop_map(|field| format!("$.{field} = %Buck.t%")),
    ];
    let join = prop::sample::select(vec![" && ", " || "]);
    (prop::collection::vec(test, 1..4), join).prop_map(|(tests, join)| {
        let all: Vec<String> = tests.iter().map(|test| format!("({test})")).collect();
        format!("filter_pattern: '{{ {} }}'\n", all.join(join))
    })
}

fn ruleset(bodies: &[String]) -> Ruleset {
    let file = |(n, body): (usize, &String)| SourceFile {
        name: format!("{n}.yml").into(),
        text: format!("title: r{n}\nid: r{n}\nlogsource: {{product: aws, service: cloudtrail}}\n{body}"),
    };
    let files: Vec<SourceFile> = bodies.iter().enumerate().map(file).collect();
    let loaded = check::load(&files, &|_| true);
    Ruleset::new(loaded.rules, loaded.fields)
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => word().prop_map(Value::from), 1 => Just(Value::Null), 1 => (0..40_i64).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from), 1 => prop::collection::vec(word().prop_map(Value::from), 0..3).prop_map(Value::from),
        1 => word().prop_map(|text| json!({"name": text})), 1 => word().prop_map(|text| Value::from(format!("a\"b\\c\n{text}"))),
    ]
}

/// Who did it, as CloudTrail says it: before anything else but the version.
fn identity() -> impl Strategy<Value = String> {
    let user = prop_oneof![4 => "[a-c]{0,3}", 1 => "[0-9]{1,2}", 1 => Just("\u{212a}ms".to_owned())];
    (prop::sample::select(vec!["Root", "IAMUser", "AWSService", "Stop"]), user).prop_map(|(kind, user)| {
        format!(r#"{{"eventVersion":"1.08","userIdentity":{{"type":"{kind}","principalId":"AIDAEXAMPLEEXAMPLE123","userName":"{user}"}},"#)
    })
}

/// An event, and one that looks like it but for its strings.
fn event() -> impl Strategy<Value = [String; 2]> {
    let member = (value(), word());
    let members = prop::collection::btree_map(prop::sample::select(FIELDS[2..].to_vec()), member, 0..6);
    (identity(), members).prop_map(|(identity, members)| {
        [false, true].map(|other| {
            let mut event = json!({
                "awsRegion": "eu-central-1", "eventTime": "2026-01-02T03:04:05Z",
                "eventID": "3f0a52c1-7f4e-4b0a-9d57-6d2f6d8c2b11", "recipientAccountId": "111122223333",
            });
            for (name, (value, text)) in &members {
                let value = if other && value.is_string() { json!(text) } else { value.clone() };
                match name.split_once('.') {
                    Some((_, member)) if event["requestParameters"].is_null() => {
                        event["requestParameters"] = json!({member: value})
                    }
                    Some(_) => {}
                    None => event[name] = value,
                }
            }
            // Its own brace stands already.
            format!("{identity}{}", &event.to_string()[1..])
        })
    })
}

/// 25 rules × 4 events × 1,000 cases.
fn cases() -> u32 {
    std::env::var("TRIPLINE_PLAN_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2_000, ..ProptestConfig::default() })]
    #[test]
    fn random_rules_find_what_the_naive_matcher_finds(
        detections in prop::collection::vec(detection(), 20),
        patterns in prop::collection::vec(pattern(), 5),
        events in prop::collection::vec(event(), 4),
    ) {
        let ruleset = ruleset(&[detections, patterns].concat());
        prop_assert!(ruleset.rules().len() > 10, "most rules are refused");
        let (mut scratch, mut cold) = (Scratch::default(), Scratch::without_memo());
        let (mut hits, mut hits_cold, mut tally) = (Vec::new(), Vec::new(), Tally::default());
        let mut wrong = Vec::new();
        // The second time values are known, from the third time on who did it, from the fifth time on how it looks.
        let all = |which: usize| events.iter().map(move |event| event[which].clone());
        let often: Vec<String> = std::iter::repeat_n(0, 4).chain([1, 0, 1, 0]).flat_map(all).collect();
        Decoder::new(ruleset.fields(), Limits::STREAM).record(&message(&often), &mut tally, &mut Vec::new(), |event| {
            matcher::hits(&ruleset, &event.slots, &mut scratch, &mut hits);
            matcher::hits(&ruleset, &event.slots, &mut cold, &mut hits_cold);
            let wanted = naive::hits(&ruleset, &event.slots);
            if hits != wanted || hits_cold != wanted {
                wrong.push((event.message().into_owned(), hits.clone(), wanted));
            }
        });
        prop_assert!(wrong.is_empty(), "{:?}", wrong);
        prop_assert_eq!(tally.events_evaluated, 32);
        prop_assert_eq!(tally.records_scanned, 1);
    }
}

#[test]
fn the_corpus_is_scanned_as_the_pull_parser_reads_it() {
    let Some(shared) = shared::folder("plan") else { return };
    let loaded = check::load(&packs::files(), &|_| true);
    let ruleset = Ruleset::new(loaded.rules, loaded.fields);
    let mut texts = Vec::new();
    let mut decoder = Decoder::new(ruleset.fields(), Limits::FILE);
    for record in file::find(&[shared.join("corpus/dev")]).unwrap().records() {
        let bytes = record.unwrap().bytes;
        // The compact form is CloudTrail's own; the files have been printed by many hands.
        decoder
            .record(&bytes, &mut Tally::default(), &mut Vec::new(), |event| texts.push(event.compact_text()));
    }
    assert!(texts.len() >= 3_279, "{}", texts.len());
    let told = |kernel: Option<Kernel>| {
        let (mut told, mut tally, mut rejects) = (Vec::new(), Tally::default(), Vec::new());
        let mut decoder = Decoder::with_kernel(ruleset.fields(), Limits::STREAM, kernel);
        for part in texts.chunks(50) {
            decoder.record(&message(part), &mut tally, &mut rejects, |event| {
                let slots: Vec<String> =
                    ruleset.fields().iter().map(|(id, _)| format!("{:?}", &*event.slots.get(id))).collect();
                told.push((event.ordinal, event.time_s, event.logs_time_ms, slots, event.compact_text()));
            });
        }
        (told, tally)
    };
    let (wanted, by_hand) = told(None);
    for kernel in Kernel::all() {
        let (scanned, tally) = told(Some(kernel));
        assert_eq!(tally.records_scanned, by_hand.records_decoded, "{}", kernel.name());
        assert!(
            tally.events_odd * 20 < tally.events_in,
            "{} of {} are odd",
            tally.events_odd,
            tally.events_in
        );
        assert!(scanned == wanted, "{}", kernel.name());
    }
}

#[test]
fn what_an_identity_calls_is_found_however_often_it_acts() {
    let rule = |item: &str| format!("detection:\n  a: {{{item}}}\n  condition: a\n");
    let ruleset = ruleset(
        &["userIdentity.type: Root", "userIdentity.userName|startswith: b", "eventName: x"].map(rule),
    );
    let event = |kind: &str, user: &str, name: &str| {
        format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{"type":"{kind}","principalId":"AIDAEXAMPLEEXAMPLE123","userName":"{user}"}},"eventTime":"2026-01-02T03:04:05Z","eventName":"{name}"}}"#
        )
    };
    let acts = [("Root", "a", "x"), ("IAMUser", "a", "x"), ("IAMUser", "b", "y"), ("IAMUser", "a", "y")];
    let all: Vec<String> =
        std::iter::repeat_n(acts, 5).flatten().map(|(kind, user, name)| event(kind, user, name)).collect();
    let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
    let (mut tally, mut found) = (Tally::default(), Vec::new());
    Decoder::new(ruleset.fields(), Limits::STREAM).record(
        &message(&all),
        &mut tally,
        &mut Vec::new(),
        |event| {
            matcher::hits(&ruleset, &event.slots, &mut scratch, &mut hits);
            found.push(hits.iter().map(|id| id.index()).collect::<Vec<_>>());
        },
    );
    let wanted: Vec<Vec<usize>> =
        std::iter::repeat_n([vec![0, 2], vec![2], vec![1], vec![]], 5).flatten().collect();
    assert_eq!(found, wanted);
    // Two identities that act five times, and one that does ten times; known after the second.
    assert_eq!((tally.events_odd, tally.events_known), (0, 3 + 3 + 8));
}

#[test]
fn what_an_act_calls_is_found_however_often_it_is_done() {
    let rule = |item: &str| format!("detection:\n  a: {item}\n  condition: a\n");
    let ruleset = ruleset(
        &[
            "{eventName: StopLogging}",
            "{eventName: StopLogging, userAgent|startswith: b}",
            "{requestParameters.name: c}",
            "{userAgent|exists: false}",
        ]
        .map(rule),
    );
    let act = |name: &str, agent: &str, parameter: &str| {
        format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","principalId":"AIDAEXAMPLEEXAMPLE123","userName":"alice"}},"eventTime":"2026-01-02T03:04:05Z","eventSource":"cloudtrail.amazonaws.com","eventName":"{name}","userAgent":"{agent}","requestParameters":{{"name":"{parameter}"}},"eventID":"e"}}"#
        )
    };
    let acts = [
        ("StopLogging", "a", "a", vec![0]),
        ("StopLogging", "b", "c", vec![0, 1, 2]),
        ("GetTrail", "b", "c", vec![2]),
        ("GetTrail", "a", "b", vec![]),
        ("StopLogging", "bc", "b", vec![0, 1]),
    ];
    let texts = acts.iter().map(|(name, agent, parameter, _)| act(name, agent, parameter));
    let all: Vec<String> = std::iter::repeat_n(texts, 5).flatten().collect();
    let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
    let (mut tally, mut found) = (Tally::default(), Vec::new());
    let mut decoder = Decoder::new(ruleset.fields(), Limits::STREAM);
    decoder.record(&message(&all), &mut tally, &mut Vec::new(), |event| {
        matcher::hits(&ruleset, &event.slots, &mut scratch, &mut hits);
        found.push(hits.iter().map(|id| id.index()).collect::<Vec<_>>());
    });
    let wanted: Vec<Vec<usize>> = std::iter::repeat_n(acts.map(|(.., hits)| hits), 5).flatten().collect();
    assert_eq!(found, wanted);
    // Who did it is known after the second event; each of the two acts when it has come twice behind that.
    assert_eq!((tally.events_odd, tally.events_known), (0, 23));
    assert_eq!(tally.events_outlined, 25 - 2 - 2 - 2);
}
