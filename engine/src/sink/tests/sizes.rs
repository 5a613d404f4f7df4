//! What is too large for SNS is made to fit, and says what is missing; places and levels survive in a subject.

use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use crate::alert::gain::{Gain, GainKind};
use crate::alert::{Alert, Line, Values, Why};
use crate::sink::{Delivery, Format, alertmanager, body, sample, slack, sns};

const NOW_MS: i64 = 1_767_323_000_000;
/// What SNS takes.
const SNS_BYTES_MAX: usize = 262_144;

#[track_caller]
fn check(change: impl Fn(&mut Alert), truncated: &Value) -> Value {
    let mut alert = sample(NOW_MS);
    change(&mut alert);
    let delivery = Delivery::new(&alert, NOW_MS);
    let message = sns::message(&delivery).unwrap();
    let attributes: usize =
        sns::attributes(&delivery).iter().map(|(n, t, v)| n.len() + t.len() + v.len()).sum();
    assert!(message.len() + attributes <= SNS_BYTES_MAX, "{} + {attributes}", message.len());
    let message: Value = serde_json::from_str(&message).unwrap();
    assert_eq!(&message["truncated"], truncated);
    assert_eq!(message["id"], alert.id);
    message
}

fn event(bytes: usize) -> Box<serde_json::value::RawValue> {
    to_raw_value(&json!({"requestParameters": "x".repeat(bytes)})).unwrap()
}

#[test]
fn proof_gives_way_before_statements() {
    check(|_| {}, &Value::Null);
    let line = |text: &str| Line {
        time_s: 1,
        event_id: text.to_owned(),
        event_name: text.to_owned(),
        source_ip: String::new(),
        target: None,
        error_code: String::new(),
    };
    let more =
        check(|alert| alert.evidence.more = vec![line(&"x".repeat(4_000)); 100], &json!(["evidence.more"]));
    assert_eq!(more["evidence"]["more"], json!([]));
    let id = "00000000-0000-4000-8000-000000000000";
    let ids = |alert: &mut Alert| {
        alert.event_ids = vec![id.to_owned(); 1_000];
        alert.evidence.first = event(220_000);
        alert.evidence.more = vec![line("x"); 10];
    };
    let message = check(ids, &json!(["evidence.more", "event_ids"]));
    assert_eq!(message["event_ids"].as_array().unwrap().len(), 100);
    let whole = |alert: &mut Alert| {
        alert.evidence.first = event(200_000);
        alert.evidence.latest = event(200_000);
    };
    let message = check(whole, &json!(["evidence.more", "event_ids", "evidence.latest"]));
    assert!(message["evidence"]["first"].is_object());
    let all = |alert: &mut Alert| {
        whole(alert);
        // Each of these is written in twelve bytes.
        let huge = || "\u{e0041}".repeat(3_000);
        alert.scope.event_names = Values { count: 10, first: vec![huge(); 10] };
        alert.scope.targets = alert.scope.event_names.clone();
        alert.principal = huge();
        alert.user_agent = huge();
        alert.group = vec![("userAgent".to_owned(), huge()); 20].into();
        alert.rule.description = Some(huge());
        alert.why = vec![Why { field: huge(), operator: huge(), expected: huge(), value: huge() }; 30];
    };
    let steps = ["evidence.more", "event_ids", "evidence.latest", "evidence.first", "why", "texts"];
    let message = check(all, &json!(steps));
    assert_eq!(message["summary"], sample(NOW_MS).summary);
    assert_eq!(message["evidence"]["first"], Value::Null);
}

#[test]
fn a_subject_keeps_level_and_place() {
    let mut alert = sample(NOW_MS);
    alert.rule.title = "Ä".repeat(300);
    let mut delivery = Delivery { sample: true, ..Delivery::new(&alert, NOW_MS) };
    let subject = sns::subject(&delivery);
    assert_eq!(subject.len(), 99);
    assert!(subject.starts_with("[TEST] [INFORMATIONAL] ??"), "{subject}");
    assert!(subject.ends_with("? 111122223333 eu-west-1"), "{subject}");
    let named: Vec<_> =
        sns::attributes(&delivery).into_iter().map(|(name, _, value)| (name, value)).collect();
    assert_eq!(named.len(), 10);
    assert!(named.contains(&("tactic", "defense-evasion".to_owned())), "{named:?}");
    assert!(named.contains(&("sample", "true".to_owned())), "{named:?}");
    delivery.sample = false;
    assert_eq!(sns::attributes(&delivery).len(), 9);
}

#[test]
fn a_sample_says_so_in_every_form_and_growth_is_one_line() {
    let alert = sample(NOW_MS);
    let trial = Delivery { sample: true, ..Delivery::new(&alert, NOW_MS) };
    let message = slack::message(&trial);
    let header = message["blocks"][0]["text"]["text"].as_str().unwrap();
    assert_eq!(header, "⚪ TEST · INFORMATIONAL · Sample: CloudTrail logging stopped");
    assert_eq!(alertmanager::posted(&trial)["labels"]["tripline_sample"], "true");
    let grown = Alert { revision: 3, count: 120, count_exact: false, ..alert };
    let delivery = Delivery { ended: true, ..Delivery::new(&grown, NOW_MS) };
    let message = slack::message(&delivery);
    assert_eq!(message["blocks"].as_array().unwrap().len(), 1);
    let line = format!(
        "⚪ INFORMATIONAL · Sample: CloudTrail logging stopped: ended with at least 120 events, latest \
         2026-01-02T03:03:20Z, in 111122223333 / eu-west-1 · alert {} revision 3",
        grown.id
    );
    assert_eq!(message["text"], line.as_str());
}

#[test]
fn a_gain_is_said_in_every_form() {
    let alert = Alert { revision: 2, count: 3, ..sample(NOW_MS) };
    let gained = [Gain { kind: GainKind::EventName, values: vec!["CreateAccessKey".to_owned()], count: 2 }];
    let mut delivery = Delivery { gained: &gained, ..Delivery::new(&alert, NOW_MS) };
    let text = |delivery: &Delivery<'_>| slack::message(delivery)["text"].as_str().unwrap().to_owned();
    assert!(text(&delivery).contains(" · new: event name CreateAccessKey · alert "), "{}", text(&delivery));
    let native: Value = serde_json::from_str(&body::line(&delivery, Format::Native).unwrap()).unwrap();
    assert_eq!(native["gained"], json!([{"kind": "event_name", "values": ["CreateAccessKey"], "count": 2}]));
    assert_eq!(native["since_acknowledgment"], Value::Null);
    delivery.since_acknowledgment = true;
    assert!(text(&delivery).contains(" · new since acknowledgment: event name CreateAccessKey · "));
    let annotations = &alertmanager::posted(&delivery)["annotations"];
    assert_eq!(annotations["gained"], "since acknowledgment: event name CreateAccessKey");
    let sns: Value = serde_json::from_str(&sns::message(&delivery).unwrap()).unwrap();
    assert_eq!((&sns["gained"], &sns["since_acknowledgment"]), (&native["gained"], &json!(true)));
    let ocsf: Value = serde_json::from_str(&body::line(&delivery, Format::Ocsf).unwrap()).unwrap();
    assert_eq!(ocsf["unmapped"]["gained"], native["gained"]);
}

#[test]
fn an_alert_never_ends_before_anybody_has_heard_of_it() {
    let ends = |ended: bool, now_ms: i64| {
        let alert = sample(NOW_MS);
        let posted = alertmanager::posted(&Delivery { ended, ..Delivery::new(&alert, now_ms) });
        (posted["startsAt"].as_str().unwrap().to_owned(), posted["endsAt"].as_str().unwrap().to_owned())
    };
    let start = "2026-01-02T03:03:20Z".to_owned();
    assert_eq!(ends(false, NOW_MS), (start.clone(), "2026-01-02T04:15:00Z".to_owned()));
    assert_eq!(ends(true, NOW_MS), (start.clone(), "2026-01-02T03:08:20Z".to_owned()));
    let day_ms = 86_400_000;
    assert_eq!(ends(false, NOW_MS + day_ms), (start, "2026-01-03T03:18:20Z".to_owned()));
}
