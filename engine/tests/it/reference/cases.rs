//! The events of the cases beside the shipped rules, made without the engine's reader of cases (docs/RULES.md, "Cases").

use serde_json::{Value, json};

use super::rule::duration_s;

/// Event time of the first case, and the time between two cases: further apart than any window or period reaches.
const START_S: i64 = 1_770_000_000;
const BETWEEN_S: i64 = 86_400;

/// One case.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) rule: String,
    /// True if the rule must match.
    pub(super) hits: bool,
    /// Events as JSON texts.
    pub(super) events: Vec<String>,
}

/// The cases of one file; `rule` is the rule beside which it is. `serial` is the number of cases before it.
pub(super) fn cases(text: &str, rule: &str, serial: &mut i64) -> Vec<Case> {
    let file: Value = serde_saphyr::from_str(text).unwrap();
    let mut cases = Vec::new();
    for (kind, hits) in [("hits", true), ("misses", false)] {
        for case in file[kind].as_array().into_iter().flatten() {
            *serial += 1;
            let named = case["rule"].as_str().or(file["rule"].as_str()).unwrap_or(rule);
            let events = events(case, &file["base"], START_S + *serial * BETWEEN_S, *serial);
            let name = format!("{rule}: {}", case["name"].as_str().unwrap());
            cases.push(Case { name, rule: named.to_owned(), hits, events });
        }
    }
    cases
}

fn events(case: &Value, base: &Value, start_s: i64, serial: i64) -> Vec<String> {
    let own = [case.clone()];
    let steps = case["events"].as_array().map_or(&own[..], Vec::as_slice);
    let mut time_s = start_s;
    let mut events = Vec::new();
    for step in steps {
        time_s += duration_s(&step["after"]).unwrap_or(0);
        for n in 0..step["repeat"].as_u64().unwrap_or(1) {
            if n > 0 {
                time_s += duration_s(&step["every"]).unwrap_or(0);
            }
            let mut event = base.clone();
            merge(&mut event, &step["event"]);
            for path in step["without"].as_array().or(case["without"].as_array()).into_iter().flatten() {
                remove(&mut event, path.as_str().unwrap());
            }
            let time = jiff::Timestamp::from_second(time_s).unwrap().to_string();
            for (key, value) in [("eventID", format!("{serial}-{}", events.len())), ("eventTime", time)] {
                if event.get(key).is_none() {
                    event[key] = json!(value);
                }
            }
            events.push(event.to_string().replace("{n}", &n.to_string()));
        }
    }
    events
}

fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

fn remove(event: &mut Value, path: &str) {
    let Some(members) = event.as_object_mut() else { return };
    if members.remove(path).is_none()
        && let Some((first, rest)) = path.split_once('.')
        && let Some(member) = members.get_mut(first)
    {
        remove(member, rest);
    }
}
