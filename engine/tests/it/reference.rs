//! A second engine, small and obvious: what must come of records, by other means. It parses with another parser, asks each rule in
//! plain Rust, keeps every event, and counts windows by brute force from the definitions. It shares no line of ours with what it
//! judges, only the gzip library.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde_json::Value;

/// A rule in plain Rust, and beside it the same as text in [`RULES`].
struct Rule {
    id: &'static str,
    matches: fn(&Value) -> bool,
    group: fn(&Value) -> Option<Vec<String>>,
    /// What is counted, where it is not events.
    value: Option<fn(&Value) -> Option<String>>,
    threshold: usize,
    within_s: i64,
    /// None: every event its own alert.
    suppress_s: Option<i64>,
}

/// The rules of the simulated worlds, as the engine reads them.
pub(crate) const RULES: &str = "
title: Stopped
id: stopped
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: StopLogging}, condition: a}
level: critical
---
title: Every one
id: every
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Every}, condition: a}
tripline: {suppress: 0}
level: low
---
title: Many
id: many
correlation: {type: event_count, rules: [failed], group-by: [recipientAccountId], timespan: 5m, condition: {gte: 4}}
level: high
---
title: Several addresses
id: several
correlation: {type: value_count, rules: [failed], group-by: [recipientAccountId], timespan: 5m, condition: {gte: 3, field: sourceIPAddress}}
---
title: Failed
id: failed
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Failed}, condition: a}
---
title: Not from the office
id: elsewhere
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Login}, b: {requestParameters.from: office}, condition: a and not b}
tripline: {group-by: [recipientAccountId], suppress: 10m}
";

fn rules() -> Vec<Rule> {
    fn text(event: &Value, name: &str) -> Option<String> {
        event[name].as_str().map(str::to_owned)
    }
    fn account(event: &Value) -> Option<Vec<String>> {
        Some(vec![text(event, "recipientAccountId")?])
    }
    fn who(event: &Value) -> Option<Vec<String>> {
        let part = |name| text(event, name).unwrap_or_else(|| "-".to_owned());
        Some(vec![part("recipientAccountId"), "-".to_owned(), part("sourceIPAddress")])
    }
    let single = |id, matches| Rule {
        id,
        matches,
        group: who,
        value: None,
        threshold: 1,
        within_s: 0,
        suppress_s: Some(3600),
    };
    let elsewhere = |event: &Value| {
        let parameters = &event["requestParameters"];
        // Nobody knows what CloudTrail left out.
        event["eventName"] == "Login" && parameters["omitted"] != true && parameters["from"] != "office"
    };
    let failed = |event: &Value| event["eventName"] == "Failed";
    let counted = |id, value, threshold| Rule {
        id,
        matches: failed,
        group: account,
        value,
        threshold,
        within_s: 300,
        suppress_s: Some(3600),
    };
    vec![
        single("stopped", |event| event["eventName"] == "StopLogging"),
        Rule { suppress_s: None, ..single("every", |event| event["eventName"] == "Every") },
        single("failed", |_| false),
        counted("many", None, 4),
        counted("several", Some(|event| text(event, "sourceIPAddress")), 3),
        Rule {
            id: "elsewhere",
            matches: elsewhere,
            group: |event| Some(account(event).unwrap_or_else(|| vec!["-".to_owned()])),
            suppress_s: Some(600),
            ..single("", |_| false)
        },
    ]
}

/// An alert's name: rule, group, and the start of its period, or the event where there is none.
pub(crate) type Name = (String, Vec<String>, String);

/// What an alert says: count, first and last second, distinct values.
pub(crate) type Says = (u64, i64, i64, Option<u64>);

/// The alerts of these records, and how many of their log events are CloudTrail's.
pub(crate) fn alerts<'r>(records: impl IntoIterator<Item = &'r [u8]>) -> BTreeMap<Name, Says> {
    let events: Vec<Value> = records.into_iter().flat_map(events).collect();
    let mut found = BTreeMap::new();
    for rule in rules() {
        let mut groups: BTreeMap<Vec<String>, BTreeSet<(i64, String, String)>> = BTreeMap::new();
        for event in events.iter().filter(|event| (rule.matches)(event)) {
            let Some(group) = (rule.group)(event) else { continue };
            let value = match rule.value {
                None => String::new(),
                Some(of) => match of(event) {
                    Some(value) => value,
                    None => continue,
                },
            };
            let id = event["eventID"].as_str().map_or_else(|| event.to_string(), str::to_owned);
            groups.entry(group).or_default().insert((time_s(event), id, value));
        }
        for (group, events) in groups {
            of_group(&rule, &group, &events, &mut found);
        }
    }
    found
}

fn of_group(
    rule: &Rule,
    group: &[String],
    events: &BTreeSet<(i64, String, String)>,
    found: &mut BTreeMap<Name, Says>,
) {
    let Some(suppress_s) = rule.suppress_s else {
        for (time_s, id, _) in events {
            found.insert((rule.id.to_owned(), group.to_vec(), id.clone()), (1, *time_s, *time_s, None));
        }
        return;
    };
    let counted: BTreeSet<(i64, &str)> = events
        .iter()
        .map(|(time_s, id, value)| (*time_s, if rule.value.is_some() { value.as_str() } else { id.as_str() }))
        .collect();
    let holds = |end_s: i64| {
        let inside =
            counted.iter().filter(|(time_s, _)| end_s - rule.within_s <= *time_s && *time_s <= end_s);
        if rule.value.is_some() {
            inside.map(|(_, value)| value).collect::<BTreeSet<_>>().len() >= rule.threshold
        } else {
            inside.count() >= rule.threshold
        }
    };
    for (time_s, _) in &counted {
        let q = time_s.div_euclid(suppress_s);
        if !holds(*time_s) {
            continue;
        }
        let of_period: Vec<_> =
            counted.iter().filter(|(time_s, _)| time_s.div_euclid(suppress_s) == q).collect();
        let distinct = of_period.iter().map(|(_, value)| value).collect::<BTreeSet<_>>().len() as u64;
        let matched = events.iter().filter(|(time_s, _, _)| time_s.div_euclid(suppress_s) == q).count();
        let says =
            (matched as u64, of_period[0].0, of_period[of_period.len() - 1].0, rule.value.map(|_| distinct));
        found.insert((rule.id.to_owned(), group.to_vec(), (q * suppress_s).to_string()), says);
    }
}

/// The CloudTrail events of one record: gzip or not, a data message or one event a line.
fn events(record: &[u8]) -> Vec<Value> {
    let mut bytes = Vec::new();
    if record.starts_with(&[0x1f, 0x8b]) {
        if flate2::read::MultiGzDecoder::new(record).read_to_end(&mut bytes).is_err() {
            return Vec::new();
        }
    } else {
        bytes = record.to_vec();
    }
    let texts: Vec<String> = match serde_json::from_slice::<Value>(&bytes) {
        Ok(message) if message["messageType"] == "DATA_MESSAGE" => {
            let events = message["logEvents"].as_array().unwrap().iter();
            events.map(|event| event["message"].as_str().unwrap().to_owned()).collect()
        }
        _ => String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect(),
    };
    let parsed = texts.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok());
    parsed.filter(|event| event["eventVersion"].is_string() && event["eventTime"].is_string()).collect()
}

fn time_s(event: &Value) -> i64 {
    let time: jiff::Timestamp = event["eventTime"].as_str().unwrap().parse().unwrap();
    time.as_second()
}
