//! Test only: the slots that a decoder would fill for Sigma fields, by obvious recursion over JSON values.

use serde_json::Value as Json;

use crate::condition::Condition;
use crate::field::{Fields, Node, Selector, Slots, Span, Value};
use crate::predicate::Predicate;

/// Whether `condition` holds of `event`; filter-pattern fields are left empty.
pub(crate) fn holds(condition: &Condition<Predicate>, fields: &Fields, event: &Json) -> bool {
    let (mut nodes, mut spans) = (Vec::new(), Vec::new());
    for selector in fields.selectors() {
        let start = nodes.len();
        match selector {
            Selector::Sigma(path) => walk(event, path, &mut nodes),
            Selector::Pattern(_) | Selector::Message => {}
        }
        spans.push(Span::nodes(start, nodes.len() - start));
    }
    let slots = Slots::new(&nodes, &spans);
    condition.holds(&mut |predicate| predicate.holds(&slots))
}

fn walk(json: &Json, path: &str, out: &mut Vec<Node<'static>>) {
    match json {
        _ if path.is_empty() => end(json, out),
        Json::Array(items) => items.iter().for_each(|item| walk(item, path, out)),
        Json::Object(members) => {
            // The longest literal key that is a prefix of the path.
            let rest = |key: &String| match path.strip_prefix(key.as_str()) {
                Some("") => Some(""),
                Some(rest) => rest.strip_prefix('.').filter(|rest| !rest.is_empty()),
                None => None,
            };
            let longest = members.keys().filter(|key| rest(key).is_some()).max_by_key(|key| key.len());
            if let Some(key) = longest {
                walk(&members[key], rest(key).unwrap(), out);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

fn end(json: &Json, out: &mut Vec<Node<'static>>) {
    match json {
        Json::Array(items) => {
            out.push(Node::direct(Value::Array));
            items.iter().for_each(|item| end(item, out));
        }
        Json::Object(_) => {
            out.push(Node::direct(Value::Object(leaked(json.to_string()))));
            below(json, out);
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => out.push(Node::direct(value(json))),
    }
}

fn below(json: &Json, out: &mut Vec<Node<'static>>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| below(item, out)),
        Json::Object(members) => members.values().for_each(|member| below(member, out)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => out.push(Node::nested(value(json))),
    }
}

fn value(scalar: &Json) -> Value<'static> {
    match scalar {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(leaked(number.to_string())),
        Json::String(text) => Value::String(leaked(text.clone())),
        Json::Array(_) | Json::Object(_) => unreachable!("not a scalar"),
    }
}

/// A test may leak: slots borrow their texts.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}
