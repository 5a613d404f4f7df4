//! Alerts of made-up findings: names that do not move, sentences that read, forms that hold what they must.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tripline_rules::diagnostic::Origin;
use tripline_rules::explain::Reason;
use tripline_rules::rule::{Level, Metadata, RuleId};

use super::*;
use crate::hit::Facts;
use crate::window::finding::{Crossing, Evidence, Period};

mod summary;

fn rule() -> Metadata {
    Metadata {
        id: "r".to_owned(),
        name: None,
        title: "Trail stopped".to_owned(),
        description: Some("Someone stopped it.".to_owned()),
        level: Level::High,
        status: None,
        author: Some("A. Author".to_owned()),
        license: Some("DRL-1.1".to_owned()),
        tags: vec![
            "attack.defense-evasion".into(),
            "attack.t1562.008".into(),
            "attack.t1078".into(),
            "cis.v3.0.0.4.5".into(),
        ],
        references: vec!["https://example.com".to_owned()],
        falsepositives: Vec::new(),
        packs: Vec::new(),
        filter_pattern: None,
        origin: Origin { file: "r.yml".into(), line: 1, column: 1 },
    }
}

fn facts(event: &Value) -> Arc<Facts> {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    Arc::new(Facts {
        account: "111122223333".to_owned(),
        event_id: text("eventID"),
        time_s: 1_767_322_860,
        logs_time_ms: Some(1_767_322_990_000),
        region: "eu-west-1".to_owned(),
        principal: event["userIdentity"]["arn"].as_str().unwrap_or("-").to_owned(),
        source_ip: "198.51.100.7".to_owned(),
        user_agent: "aws-cli".to_owned(),
        event_source: text("eventSource"),
        event_name: text("eventName"),
        error_code: text("errorCode"),
        target: crate::hit::target::of(event),
        succeeded: text("errorCode").is_empty(),
        text: event.to_string(),
    })
}

fn finding(event: &Value) -> Finding {
    let facts = facts(event);
    Finding {
        rule: RuleId(0),
        group: Arc::from([("account".to_owned(), "111122223333".to_owned())]),
        period: Some(Period { start_s: 1_767_322_800, length_s: 3600 }),
        count: 1,
        count_exact: true,
        distinct: None,
        first_seen_s: 1_767_322_860,
        last_seen_s: 1_767_322_860,
        window: Crossing { from_s: 1_767_322_860, to_s: 1_767_322_860, n: 1 },
        continues: false,
        evidence: Evidence {
            first: Arc::clone(&facts),
            latest: facts,
            more: Vec::new(),
            event_ids: vec!["e1".to_owned()],
        },
        scope: Scope::default(),
        approximate: false,
        late: false,
    }
}

fn event() -> Value {
    json!({
        "eventID": "e1", "eventName": "StopLogging", "eventSource": "cloudtrail.amazonaws.com",
        "userIdentity": {"type": "IAMUser", "userName": "mallory", "arn": "arn:aws:iam::111122223333:user/mallory"},
        "requestParameters": {"name": "main"},
    })
}

#[track_caller]
fn says(change: impl Fn(&mut Value), sentence: &str) {
    let mut event = event();
    change(&mut event);
    let rule = rule();
    let alert = Alert::new(&finding(&event), &rule, Vec::new());
    assert_eq!(alert.summary, sentence);
}

#[test]
fn an_id_is_a_function_of_rule_group_and_period_only() {
    let rule = rule();
    let base = finding(&event());
    let id = |finding: Finding| Alert::new(&finding, &rule, Vec::new()).id;
    // Pinned: an id that changes would make an old alert a new one.
    assert_eq!(id(base.clone()), "bbfcedd05a1dd0fe6793d5af62f35a02");
    let grown = Finding { count: 7, last_seen_s: 1_767_322_999, continues: true, ..base.clone() };
    assert_eq!(id(grown), id(base.clone()));
    let next = Period { start_s: 1_767_326_400, length_s: 3600 };
    let later = Finding { period: Some(next), continues: true, ..base.clone() };
    assert_ne!(id(later.clone()), id(base.clone()));
    assert_eq!(Alert::new(&later, &rule, Vec::new()).continues, Some(id(base.clone())));
    let group = |pairs: &[(&str, &str)]| Finding {
        group: pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..base.clone()
    };
    assert_ne!(id(group(&[("a", "bc")])), id(group(&[("ab", "c")])));
    assert_ne!(id(group(&[("a", "b"), ("c", "d")])), id(group(&[("c", "d"), ("a", "b")])));
}

#[test]
fn an_alert_is_told_again_when_it_has_grown_tenfold() {
    let told = [(1, 1), (9, 1), (10, 9), (10, 10), (99, 12), (100, 99), (1_000_000, 7)];
    let again = told.map(|(count, told)| Alert::is_worth_telling(count, told));
    assert_eq!(again, [false, false, true, false, false, true, true]);
}

#[test]
fn a_sentence_says_who_did_what_to_which_where() {
    let place = "in 111122223333 / eu-west-1 from 198.51.100.7";
    says(|_| {}, &format!("IAM user mallory called StopLogging on trail main {place}"));
    says(
        |event| event["errorCode"] = json!("AccessDenied"),
        &format!("IAM user mallory tried StopLogging on trail main and was refused (AccessDenied) {place}"),
    );
    says(
        |event| event["errorCode"] = json!("TrailNotFoundException"),
        &format!(
            "IAM user mallory tried StopLogging on trail main and failed (TrailNotFoundException) {place}"
        ),
    );
    says(
        |event| {
            event["userIdentity"] = json!({
                "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/admin/bob",
                "invokedBy": "cloudformation.amazonaws.com",
                "sessionContext": {"sessionIssuer": {"userName": "admin"}},
            });
        },
        &format!(
            "role admin (session bob), through cloudformation.amazonaws.com, called StopLogging on trail main {place}"
        ),
    );
    says(
        |event| {
            *event = json!({
                "eventID": "e1", "eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com",
                "userIdentity": {"type": "Root"}, "additionalEventData": {"MFAUsed": "No"},
                "responseElements": {"ConsoleLogin": "Success"},
            });
        },
        &format!("the root user signed in to the console without MFA {place}"),
    );
}

#[test]
fn hostile_text_stays_on_its_line_and_shows_itself() {
    says(
        |event| event["userIdentity"]["userName"] = json!("a\u{202e}b\nc\u{1b}[31m"),
        "IAM user a\u{fffd}b\u{fffd}c\u{fffd}[31m called StopLogging on trail main in 111122223333 / eu-west-1 from 198.51.100.7",
    );
    let rule = rule();
    let mut event = event();
    event["requestParameters"]["name"] = json!("x\r\ny\u{200b}".repeat(400));
    let why = vec![Reason {
        field: "userAgent".to_owned(),
        operator: "contains".to_owned(),
        expected: "x".to_owned(),
        value: "\u{1b}]0;title\u{7}\nforged line".to_owned(),
    }];
    let alert = Alert::new(&finding(&event), &rule, why);
    let text = table::text(&alert, false);
    assert!(!text.contains(['\u{1b}', '\r', '\u{200b}', '\u{7}']), "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("forged")), "{text}");
}

#[test]
fn the_native_form_is_json_with_the_event_as_it_came() {
    let rule = rule();
    let mut with_number = finding(&event());
    let mut facts = (*with_number.evidence.first).clone();
    facts.text = r#"{"eventID":"e1","n":123456789012345678901234567890.10}"#.to_owned();
    with_number.evidence.first = Arc::new(facts);
    let text = Alert::new(&with_number, &rule, Vec::new()).json().unwrap();
    assert!(text.contains("123456789012345678901234567890.10"), "{text}");
    let alert: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(alert["rule"]["author"], "A. Author");
    assert_eq!(alert["first_seen"], "2026-01-02T03:01:00Z");
    assert_eq!(alert["period"], json!({"start": "2026-01-02T03:00:00Z", "seconds": 3600}));
    assert_eq!(alert["latency"]["event_to_logs_ms"], 130_000);
    assert_eq!(alert["group"], json!({"account": "111122223333"}));
    let read: Alert = serde_json::from_str(&text).unwrap();
    assert_eq!(read.json().unwrap(), text, "what is read back is what was written");
}

/// The members that class 2004 requires, with their types (`guide/peers.md` §6.1).
#[test]
fn the_ocsf_form_has_what_the_class_requires() {
    let rule = rule();
    let value = ocsf::finding(&Alert::new(&finding(&event()), &rule, Vec::new()), 1_767_323_000_000);
    let required: BTreeMap<&str, &str> = [
        ("/activity_id", "integer"),
        ("/category_uid", "integer"),
        ("/class_uid", "integer"),
        ("/type_uid", "integer"),
        ("/time", "integer"),
        ("/severity_id", "integer"),
        ("/metadata/product/name", "string"),
        ("/metadata/product/vendor_name", "string"),
        ("/metadata/version", "string"),
        ("/finding_info/uid", "string"),
        ("/finding_info/title", "string"),
        ("/finding_info/analytic/type_id", "integer"),
        ("/finding_info/first_seen_time", "integer"),
        ("/finding_info/attacks", "array"),
        ("/finding_info/related_events", "array"),
        ("/cloud/provider", "string"),
        ("/cloud/account/uid", "string"),
        ("/message", "string"),
        ("/status_id", "integer"),
        ("/is_alert", "boolean"),
        ("/count", "integer"),
        ("/start_time", "integer"),
        ("/end_time", "integer"),
        ("/evidences", "array"),
        ("/unmapped/rule_author", "string"),
    ]
    .into();
    for (path, kind) in required {
        let found = match value.pointer(path) {
            Some(Value::String(_)) => "string",
            Some(Value::Number(number)) if number.is_i64() || number.is_u64() => "integer",
            Some(Value::Array(_)) => "array",
            Some(Value::Bool(_)) => "boolean",
            other => panic!("{path}: {other:?}"),
        };
        assert_eq!(found, kind, "{path}");
    }
    assert_eq!(
        (&value["class_uid"], &value["category_uid"], &value["type_uid"]),
        (&json!(2004), &json!(2), &json!(200_401))
    );
    assert_eq!(value["severity_id"], 4);
    assert_eq!(
        value["finding_info"]["attacks"],
        json!([
            {"tactic": {"name": "defense-evasion"}},
            {"technique": {"uid": "T1562"}, "sub_technique": {"uid": "T1562.008"}},
            {"technique": {"uid": "T1078"}},
        ])
    );
    let opened = Alert::new(&finding(&event()), &rule, Vec::new());
    let update = ocsf::finding(&Alert { revision: 2, ..opened.clone() }, 1);
    assert_eq!((&update["activity_id"], &update["type_uid"]), (&json!(2), &json!(200_402)));
    let close = ocsf::finding(&Alert { revision: 2, status: Status::Closed, ..opened }, 1);
    assert_eq!((&close["type_uid"], &close["status_id"]), (&json!(200_403), &json!(4)));
}
