//! The matcher against its judge, and the whole flow against itself in another order, on everything we have.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use serde_json::{Value, json};
use tripline::decode::{Decoder, Limits, Tally};
use tripline::pipeline::Pipeline;
use tripline::record::Record;
use tripline::source::file;
use tripline_rules::check::{self, SourceFile};
use tripline_rules::matcher::{self, Scratch};
use tripline_rules::plan::Ruleset;
use tripline_rules::{naive, packs};

use crate::shared;

/// The published events of the corpus.
const CORPUS_EVENTS: u64 = 3_279;

fn compile(files: &[SourceFile]) -> Arc<Ruleset> {
    let loaded = check::load(files, &|_| true);
    Arc::new(Ruleset::new(loaded.rules, loaded.fields))
}

fn corpus(shared: &std::path::Path) -> Vec<Record> {
    let inputs = file::find(&[shared.join("corpus/dev")]).unwrap();
    inputs.records().map(Result::unwrap).collect()
}

fn record(bytes: Vec<u8>) -> Record {
    Record::new(&"-".into(), 0, bytes)
}

/// Holds both matchers against every event of a record; returns (events, hits).
fn judge(ruleset: &Ruleset, record: &Record, tally: &mut Tally) -> u64 {
    let (mut scratch, mut hits, mut count) = (Scratch::default(), Vec::new(), 0);
    Decoder::new(ruleset.fields(), Limits::FILE).record(&record.bytes, tally, &mut Vec::new(), |event| {
        matcher::hits(ruleset, &event.slots, &mut scratch, &mut hits);
        assert_eq!(hits, naive::hits(ruleset, &event.slots), "{}", event.message());
        count += hits.len() as u64;
    });
    count
}

#[test]
fn the_matcher_equals_the_naive_one_on_every_corpus_record() {
    let Some(shared) = shared::folder("equivalence") else { return };
    let mut files = packs::files();
    let mut published = Vec::new();
    yml_files(&shared.join("rules/sigmahq-aws/rules"), &mut published);
    files.extend(
        published.iter().map(|path| {
            SourceFile::from_bytes(&path.to_string_lossy(), std::fs::read(path).unwrap()).unwrap()
        }),
    );
    let ruleset = compile(&files);
    let mut tally = Tally::default();
    let hits: u64 = corpus(&shared).iter().map(|record| judge(&ruleset, record, &mut tally)).sum();
    assert!(tally.balances());
    assert!(tally.events_evaluated >= CORPUS_EVENTS, "{tally:?}");
    assert!(hits > tally.events_evaluated, "one pattern matches everything, so this is too few: {hits}");
}

fn yml_files(folder: &std::path::Path, out: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            yml_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            out.push(path);
        }
    }
}

/// Alerts as values, without the ledger: `logs_time` comes from the envelope, which the shuffle takes away.
fn alerts(ruleset: &Arc<Ruleset>, records: &[Record]) -> Vec<Value> {
    let mut pipeline = Pipeline::new(Arc::clone(ruleset), Limits::FILE);
    for record in records {
        pipeline.take(record);
    }
    assert!(pipeline.accounts().balances());
    let without_ledger = |text: String| {
        let mut alert: Value = serde_json::from_str(&text).unwrap();
        alert["latency"] = Value::Null;
        alert
    };
    pipeline.alerts().iter().map(|alert| without_ledger(alert.json().unwrap())).collect()
}

#[test]
fn order_duplicates_and_batches_change_no_alert_of_the_corpus() {
    let Some(shared) = shared::folder("equivalence") else { return };
    let ruleset = compile(&packs::files());
    let records = corpus(&shared);
    let mut lines = Vec::new();
    for record in &records {
        Decoder::new(ruleset.fields(), Limits::FILE).record(
            &record.bytes,
            &mut Tally::default(),
            &mut Vec::new(),
            |event| {
                lines.push(event.compact_text());
            },
        );
    }
    let expected = alerts(&ruleset, &records);
    assert!(expected.len() > 100, "{}", expected.len());
    for seed in 1..4_u64 {
        let mut state = seed;
        let mut below = |n: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % n
        };
        let mut shuffled = lines.clone();
        shuffled.extend((0..lines.len() / 10).map(|n| lines[n * 10].clone()));
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, below(at + 1));
        }
        let mut batches = Vec::new();
        let mut rest = shuffled.as_slice();
        while !rest.is_empty() {
            let (batch, later) = rest.split_at((1 + below(200)).min(rest.len()));
            batches.push(record(batch.join("\n").into_bytes()));
            rest = later;
        }
        let got = alerts(&ruleset, &batches);
        assert_eq!(got.len(), expected.len(), "seed {seed}");
        for (got, expected) in got.iter().zip(&expected) {
            assert_eq!(got, expected, "seed {seed}");
        }
    }
}

/// The shipped rules and some that have no anchor, negate one, or fold case where it matters.
fn hostile_rules() -> &'static Arc<Ruleset> {
    static RULESET: OnceLock<Arc<Ruleset>> = OnceLock::new();
    RULESET.get_or_init(|| {
        let mut files = packs::files();
        let detections = [
            "{s: {eventName: [StopLogging, stoplogging, 'Stop*']}, condition: s}",
            "{s: {eventName: StopLogging}, condition: not s}",
            "{s: {eventName: KMS}, t: {eventSource: s3.amazonaws.com}, condition: s or t}",
            "{s: {eventName: KMS}, t: {eventSource: s3.amazonaws.com}, condition: s and t}",
            "{s: {eventName|cased: Kms}, condition: s}",
            "{s: {eventName: null}, condition: s}",
            "{s: {eventName|exists: false}, condition: s}",
            "{s: {eventName: '5'}, condition: s}",
            "{s: {eventName: 'true'}, condition: s}",
            "{s: {eventName: ''}, condition: s}",
            "{s: {eventName: {}}, condition: s}",
            "{s: ['StopLogging', 'kms'], condition: s}",
            "{s: {eventName|contains: op}, t: {eventSource|endswith: .com}, condition: 1 of them}",
            "{s: {userIdentity.type|fieldref: eventName}, condition: s}",
            "{s: {requestParameters.name: KMS}, condition: s}",
            "{s: {requestParameters.name: KMS}, condition: not s}",
            "{s: {requestParameters.omitted: true}, t: {requestParameters.name|exists: true}, condition: s and not t}",
            "{s: {requestParameters|contains: large}, t: {eventName: KMS}, condition: not s or t}",
            "{s: {eventName|fieldref: requestParameters.name}, condition: not s}",
        ];
        for (n, detection) in detections.iter().enumerate() {
            files.push(SourceFile {
                name: format!("{n}.yml").into(),
                text: format!("title: t{n}\nid: t{n}\nlogsource: {{product: aws}}\ndetection: {detection}\n"),
            });
        }
        let patterns = [
            "{ $.eventName = \"StopLogging\" }",
            "{ $.eventName = * }",
            "StopLogging",
            "{ $.eventName != KMS }",
            "%Stop.ogging%",
            "{ $.requestParameters.name NOT EXISTS || $.eventName = KMS }",
            "{ $.requestParameters.name != KMS }",
        ];
        for (n, pattern) in patterns.iter().enumerate() {
            files.push(SourceFile {
                name: format!("p{n}.yml").into(),
                text: format!(
                    "title: p{n}\nid: p{n}\nlogsource: {{product: aws}}\nfilter_pattern: '{pattern}'\n"
                ),
            });
        }
        compile(&files)
    })
}

/// The same few values in the fields that rules look at, in every type and case.
fn events() -> impl Strategy<Value = Value> {
    let names = "StopLogging|stoplogging|STOPLOGGING|\u{212a}MS|KMS|kms|Kms|ConsoleLogin|PutBucketPolicy|CreateAccessKey|5|true||Root";
    let value = prop_oneof![
        8 => names.prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!(5)),
        1 => Just(json!(true)),
        1 => prop::collection::vec(names.prop_map(Value::from), 0..3).prop_map(Value::from),
        1 => names.prop_map(|name| json!({"x": name})),
    ];
    let source = prop_oneof![
        "(s3|kms|iam|cloudtrail|signin|ec2)\\.amazonaws\\.com".prop_map(Value::from),
        "S3\\.AmazonAWS\\.com".prop_map(Value::from),
        value.clone()
    ];
    let error = prop_oneof![4 => Just(None), 1 => "AccessDenied|Client\\.UnauthorizedOperation|Failed".prop_map(Some)];
    let kind = "Root|IAMUser|AssumedRole|AWSService|StopLogging".prop_map(Value::from);
    let parameters = prop_oneof![
        2 => Just(None),
        1 => Just(Some(json!({"omitted": true, "reason": "requestParameters too large"}))),
        1 => Just(Some(json!({"omitted": "true"}))),
        1 => value.clone().prop_map(|name| Some(json!({"name": name}))),
        1 => value.clone().prop_map(|name| Some(json!({"omitted": true, "name": name}))),
    ];
    (prop::option::of(value), prop::option::of(source), error, kind, any::<bool>(), parameters).prop_map(
        |(name, source, error, kind, sign_in, parameters)| {
            let mut event = json!({
                "eventVersion": "1.08", "eventTime": "2026-01-02T03:04:05Z", "eventID": "e",
                "userIdentity": {"type": kind}, "sourceIPAddress": "198.51.100.7",
            });
            if let Some(name) = name {
                event["eventName"] = name;
            }
            if let Some(source) = source {
                event["eventSource"] = source;
            }
            if let Some(error) = error {
                event["errorCode"] = json!(error);
            }
            if let Some(parameters) = parameters {
                event["requestParameters"] = parameters;
            }
            if sign_in {
                event["responseElements"] = json!({"ConsoleLogin": "Success"});
            }
            event
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn the_matcher_equals_the_naive_one_on_random_events(events in prop::collection::vec(events(), 1..6)) {
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        let mut tally = Tally::default();
        judge(hostile_rules(), &record(lines.join("\n").into_bytes()), &mut tally);
        prop_assert_eq!(tally.events_evaluated, events.len() as u64);
    }
}

#[test]
fn hostile_rules_are_all_there() {
    let missing: Vec<_> = (0..19).filter(|n| hostile_rules().find(&format!("t{n}")).is_none()).collect();
    // `{}` is no value of a field, and is refused.
    assert_eq!(missing, [10]);
}
