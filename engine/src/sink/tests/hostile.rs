//! Every order, in every field that an event fills, through every form: what would be obeyed is counted, and there is none.

use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::payloads;
use crate::alert::gain::{Gain, GainKind};
use crate::alert::{self, Alert, Line, Values, Why, hides};
use crate::sink::{Delivery, Digest, Format, alertmanager, body, sample, slack, sns};

const NOW_MS: i64 = 1_767_323_000_000;
type Put = fn(&mut Alert, &str);

/// The members that an event, or whoever writes one, can fill.
const FIELDS: &[(&str, Put)] = &[
    ("summary", |alert, text| alert.summary = text.to_owned()),
    ("group", |alert, text| alert.group = [("userAgent".to_owned(), text.to_owned())].into()),
    ("event_ids", |alert, text| alert.event_ids = vec![text.to_owned(); 3]),
    ("account", |alert, text| alert.account = text.to_owned()),
    ("region", |alert, text| alert.region = text.to_owned()),
    ("principal", |alert, text| alert.principal = text.to_owned()),
    ("source_ip", |alert, text| alert.source_ip = text.to_owned()),
    ("user_agent", |alert, text| alert.user_agent = text.to_owned()),
    ("event_source", |alert, text| alert.event_source = text.to_owned()),
    ("event_name", |alert, text| alert.event_name = text.to_owned()),
    ("error_code", |alert, text| alert.error_code = text.to_owned()),
    ("why.value", |alert, text| alert.why = vec![why(text); 12]),
    ("evidence.first", |alert, text| alert.evidence.first = to_raw_value(&json!({text: text})).unwrap()),
    ("evidence.latest", |alert, text| alert.evidence.latest = to_raw_value(&json!([text])).unwrap()),
    ("evidence.more", |alert, text| alert.evidence.more = vec![line(text); 3]),
    ("scope", |alert, text| {
        alert.scope.event_names = Values { count: 3, first: vec![text.to_owned(); 3] };
        alert.scope.targets = alert.scope.event_names.clone();
    }),
    // Not events', but others' all the same: rules are foreign text too.
    ("rule.title", |alert, text| alert.rule.title = text.to_owned()),
    ("rule.id", |alert, text| alert.rule.id = text.to_owned()),
    ("rule.author", |alert, text| alert.rule.author = Some(text.to_owned())),
    ("rule.description", |alert, text| alert.rule.description = Some(text.to_owned())),
    ("rule.tags", |alert, text| alert.rule.tags = vec![format!("attack.{text}"); 3]),
    ("rule.references", |alert, text| alert.rule.references = vec![text.to_owned(); 3]),
    ("group name", |alert, text| alert.group = [(text.to_owned(), "value".to_owned())].into()),
    ("id", |alert, text| alert.id = text.to_owned()),
    ("continues", |alert, text| alert.continues = Some(text.to_owned())),
    ("why.field", |alert, text| alert.why = vec![Why { field: text.to_owned(), ..why("x") }]),
    ("why.expected", |alert, text| alert.why = vec![Why { expected: text.to_owned(), ..why("x") }]),
    ("evidence name", |alert, text| {
        alert.evidence.more = vec![Line { event_name: text.to_owned(), ..line("x") }]
    }),
    ("evidence address", |alert, text| {
        alert.evidence.more = vec![Line { source_ip: text.to_owned(), ..line("x") }]
    }),
    ("evidence target", |alert, text| {
        alert.evidence.more = vec![Line { target: Some(text.to_owned()), ..line("x") }]
    }),
    ("evidence error", |alert, text| {
        alert.evidence.more = vec![Line { error_code: text.to_owned(), ..line("x") }]
    }),
];

fn why(text: &str) -> Why {
    let text = || text.to_owned();
    Why { field: text(), operator: text(), expected: text(), value: text() }
}

fn line(text: &str) -> Line {
    Line {
        time_s: 1,
        event_id: text.to_owned(),
        event_name: text.to_owned(),
        source_ip: text.to_owned(),
        target: Some(text.to_owned()),
        error_code: text.to_owned(),
    }
}

/// What is live in one form of a delivery; each form has its reader's own idea of an order.
type Judge = fn(&Delivery<'_>) -> Vec<String>;
const FORMS: &[(&str, Judge)] = &[
    ("native", |delivery| json_line(&body::line(delivery, Format::Native).unwrap())),
    ("ocsf", |delivery| json_line(&body::line(delivery, Format::Ocsf).unwrap())),
    ("slack", |delivery| slack_message(&slack::message(delivery))),
    ("sns subject", |delivery| subject(&sns::subject(delivery))),
    ("sns attributes", |delivery| attributes(&sns::attributes(delivery))),
    ("sns message", |delivery| json_line(&sns::message(delivery).unwrap())),
    ("alertmanager", |delivery| posted(&alertmanager::posted(delivery))),
    ("slack digest", |delivery| slack_message(&slack::digest::message(&digest(delivery)))),
    ("json digest", |delivery| json_line(&digest(delivery).json(usize::MAX))),
    ("short digest", |delivery| json_line(&digest(delivery).json(0))),
    ("terminal", |delivery| terminal(&alert::table::text(delivery.alert, false))),
];

/// A storm of it.
fn digest<'a>(delivery: &Delivery<'a>) -> Digest<'a> {
    Digest::new(vec![delivery.clone(); 6], NOW_MS)
}

/// Lines of our own, and in them nothing that a terminal obeys.
fn terminal(text: &str) -> Vec<String> {
    let mut live: Vec<_> = text.chars().filter(|c| *c != '\n' && hides(*c)).map(String::from).collect();
    live.extend(text.lines().filter(|line| line.starts_with("forged")).map(str::to_owned));
    live
}

#[test]
fn nothing_that_an_attacker_writes_is_obeyed() {
    let payloads = payloads::all();
    assert!(payloads.len() >= 200, "{}", payloads.len());
    let (mut n, mut live) = (0, Vec::new());
    for payload in &payloads {
        for (field, put) in FIELDS {
            let mut alert = sample(NOW_MS);
            put(&mut alert, payload);
            let gained = [Gain { kind: GainKind::Target, values: vec![payload.clone(); 2], count: 2 }];
            let delivery =
                Delivery { gained: &gained, since_acknowledgment: true, ..Delivery::new(&alert, NOW_MS) };
            for (form, judge) in FORMS {
                n += 1;
                live.extend(judge(&delivery).into_iter().map(|what| format!("{field} in {form}: {what:?}")));
            }
            alert.revision = 2;
            let line = slack::message(&Delivery { gained: &gained, ..Delivery::new(&alert, NOW_MS) });
            live.extend(slack_message(&line).into_iter().map(|what| format!("{field} in a line: {what:?}")));
        }
    }
    assert!(n >= 200 * 30 * 11, "{n} cases");
    assert!(live.is_empty(), "{} of {n} live, the first: {:#?}", live.len(), &live[..live.len().min(5)]);
}

/// One line that a JSON parser reads, and in it nothing that a terminal obeys.
fn json_line(text: &str) -> Vec<String> {
    let mut live: Vec<_> = text.chars().filter(|c| hides(*c)).map(String::from).collect();
    match serde_json::from_str::<Value>(text) {
        Ok(value) if value["forged"].is_null() && value["rule"]["level"] != "low" => {}
        other => live.push(format!("not the alert: {other:?}")),
    }
    live
}

fn slack_message(message: &Value) -> Vec<String> {
    let mut live = Vec::new();
    let text = message.to_string();
    if text.len() > 13_000 || message["blocks"].as_array().unwrap().len() > 50 {
        live.push(format!("{} bytes", text.len()));
    }
    let flags = [("mrkdwn", json!(false)), ("parse", json!("none")), ("link_names", Value::Null)];
    live.extend(
        flags.iter().filter(|(name, value)| message[*name] != *value).map(|(name, _)| (*name).to_owned()),
    );
    live.extend(slack_text(message["text"].as_str().unwrap()));
    for object in objects(&message["blocks"]) {
        let text = object["text"].as_str().unwrap();
        if text.is_empty() || text.chars().count() > 3_000 {
            live.push(format!("{} characters", text.chars().count()));
        }
        if object["type"] == "plain_text" && object["emoji"] == false {
            live.extend(slack_text(text));
        } else if object != json!({"type": "mrkdwn", "verbatim": true, "text": TIMES}) {
            live.push(format!("formatted: {object}"));
        }
    }
    let header = &message["blocks"][0];
    if header["type"] == "header" && header["text"]["text"].as_str().unwrap().chars().count() > 150 {
        live.push("a header too long".to_owned());
    }
    live
}

/// All that a message formats: the sample's own time.
const TIMES: &str = "<!date^1767323000^{date_num} {time_secs}|2026-01-02T03:03:20Z>";

/// Every text object below a value.
fn objects(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(objects).collect(),
        Value::Object(members) if members.get("text").is_some_and(Value::is_string) => vec![value.clone()],
        Value::Object(members) => members.values().flat_map(objects).collect(),
        _ => Vec::new(),
    }
}

fn slack_text(text: &str) -> Vec<String> {
    let mut live = Vec::new();
    let bare = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
    if bare.contains(['<', '>', '&', '`']) || bare.chars().any(|c| c != '\n' && hides(c)) {
        live.push(bare);
    }
    let lower = text.to_lowercase();
    live.extend(
        ["://", "http", "mailto:", "www."]
            .iter()
            .filter(|word| lower.contains(**word))
            .map(|w| (*w).to_owned()),
    );
    // Our own line breaks stand between a label and its value, and between reasons.
    live.extend(text.lines().filter(|line| line.starts_with("forged")).map(str::to_owned));
    live
}

fn subject(subject: &str) -> Vec<String> {
    let printable = subject.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    let fits = (1..100).contains(&subject.len()) && subject.starts_with("[INFORMATIONAL] ");
    if printable && fits { Vec::new() } else { vec![subject.to_owned()] }
}

fn attributes(attributes: &[(&str, &str, String)]) -> Vec<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".:_-".contains(c);
    let bad = |value: &String| value.is_empty() || value.len() > 128 || !value.chars().all(plain);
    let mut live: Vec<_> = attributes.iter().map(|(_, _, value)| value.clone()).filter(bad).collect();
    if attributes.len() > 10 {
        live.push(format!("{} attributes", attributes.len()));
    }
    live
}

fn posted(alert: &Value) -> Vec<String> {
    let mut live = Vec::new();
    for (name, value) in alert["labels"].as_object().unwrap() {
        let value = value.as_str().unwrap();
        let place = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let ours = matches!(name.as_str(), "severity" | "tripline_alert" | "alertname");
        let known = ours || matches!(name.as_str(), "account" | "region");
        if !known || value.is_empty() || value.chars().any(hides) || (!ours && !value.chars().all(place)) {
            live.push(format!("label {name}={value}"));
        }
    }
    for (name, value) in alert["annotations"].as_object().unwrap() {
        let value = value.as_str().unwrap();
        if value.chars().any(hides) || value.contains(['<', '>']) || value.chars().count() > 6_000 {
            live.push(format!("annotation {name}={value}"));
        }
    }
    live
}
