//! Slots against an obvious resolver that recurses over `serde_json` values.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use tripline_rules::field::{Fields, Node, Selector, Step, Value};

use super::super::any_message;

/// A node as text, so that both sides can be compared.
fn shown(node: &Node<'_>) -> String {
    let value = match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => (*text).to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Array => "array".to_owned(),
        Value::Object(text) => format!("object{text}"),
    };
    if node.nested { format!("nested {value}") } else { value }
}

fn scalar(json: &Json, object: &str) -> String {
    match json {
        Json::Array(_) => "array".to_owned(),
        Json::Object(_) => format!("object{object}"),
        Json::String(text) => format!("{text:?}"),
        Json::Null | Json::Bool(_) | Json::Number(_) => json.to_string(),
    }
}

fn pattern(json: &Json, steps: &[Step], out: &mut Vec<String>) {
    let Some((step, rest)) = steps.split_first() else { return out.push(scalar(json, "")) };
    match (step, json) {
        (Step::Member(name), Json::Object(map)) => {
            map.get(name).into_iter().for_each(|value| pattern(value, rest, out));
        }
        (Step::AnyMember, Json::Object(map)) => map.values().for_each(|value| pattern(value, rest, out)),
        (Step::Index(index), Json::Array(items)) => {
            items.get(*index as usize).into_iter().for_each(|value| pattern(value, rest, out));
        }
        (Step::AnyElement, Json::Array(items)) => items.iter().for_each(|value| pattern(value, rest, out)),
        _ => {}
    }
}

fn sigma(json: &Json, path: &str, out: &mut Vec<String>) {
    match json {
        Json::Array(items) => {
            if path.is_empty() {
                out.push("array".to_owned());
            }
            items.iter().for_each(|item| sigma(item, path, out));
        }
        Json::Object(_) if path.is_empty() => {
            out.push(scalar(json, &json.to_string()));
            leaves(json, out);
        }
        _ if path.is_empty() => out.push(scalar(json, "")),
        Json::Object(map) => {
            if let Some((key, rest)) = longest(map, path) {
                sigma(&map[key], rest, out);
            }
        }
        _ => {}
    }
}

/// The longest key that is the path, or stands before one of its dots.
fn longest<'m, 'p>(map: &'m Map<String, Json>, path: &'p str) -> Option<(&'m String, &'p str)> {
    let rest = |key: &str| match path.strip_prefix(key)? {
        "" => Some(""),
        rest => rest.strip_prefix('.'),
    };
    map.keys().filter_map(|key| Some((key, rest(key)?))).max_by_key(|(key, _)| key.len())
}

fn leaves(json: &Json, out: &mut Vec<String>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| leaves(item, out)),
        Json::Object(map) => map.values().for_each(|member| leaves(member, out)),
        _ => out.push(format!("nested {}", scalar(json, ""))),
    }
}

fn documents() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (0..9_i64).prop_map(Json::from),
        "[xy]{0,2}".prop_map(Json::from),
    ];
    let inner = leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("a|b|a\\.b|b\\.a|a\\.b\\.a", inner, 0..5)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("a|b|a\\.b|b\\.a", inner, 1..5)
        .prop_map(|map| Json::Object(map.into_iter().collect()))
}

fn selectors() -> impl Strategy<Value = Selector> {
    let step = prop_oneof![
        "a|b|a\\.b".prop_map(Step::Member),
        Just(Step::AnyMember),
        (0..3_u32).prop_map(Step::Index),
        Just(Step::AnyElement),
    ];
    prop_oneof![
        prop::collection::vec(step, 0..5).prop_map(Selector::Pattern),
        prop::collection::vec("a|b", 0..5).prop_map(|names| Selector::Sigma(names.join("."))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn slots_hold_what_the_obvious_resolver_finds(document in documents(), selector in selectors()) {
        let mut fields = Fields::new();
        let id = fields.intern(selector.clone());
        let text = document.to_string();
        let found: Vec<String> = any_message(&text, &fields, |slots| slots.get(id).iter().map(shown).collect());
        let mut wanted = Vec::new();
        match &selector {
            Selector::Pattern(steps) => pattern(&document, steps, &mut wanted),
            Selector::Sigma(path) => sigma(&document, path, &mut wanted),
            Selector::Message => {}
        }
        prop_assert_eq!(found, wanted, "{} in {}", selector, text);
    }
}

#[test]
fn a_dotted_key_wins_over_a_path_and_an_array_fans_out() {
    let document = json!({"a.b": 1, "a": {"b": 2}, "c": [{"d": 3}, {"d": [4, 5]}, 6]});
    let found = |path: &str| {
        let mut fields = Fields::new();
        let id = fields.intern(Selector::Sigma(path.to_owned()));
        let text = document.to_string();
        any_message(&text, &fields, |slots| slots.get(id).iter().map(shown).collect::<Vec<_>>())
    };
    assert_eq!(found("a.b"), ["1"]);
    assert_eq!(found("c.d"), ["3", "array", "4", "5"]);
    assert!(found("c.e").is_empty());
}
