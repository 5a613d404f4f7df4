//! Sigma detections, evaluated as they are read (`spec/sigma.md` §2 to §4). None is "unknown": the answer hangs on what
//! CloudTrail left out (docs/RULES.md). What the shipped rules do not use is refused loudly.

use regex_automata::meta::Regex;
use serde_json::Value;

use super::event::Event;
use super::field::{Field, reach, texts};
use super::json::Json;

/// True, false, or unknown.
pub(super) type Truth = Option<bool>;

/// False if a part is false, else unknown if a part is unknown, else true.
pub(super) fn all(parts: impl IntoIterator<Item = Truth>) -> Truth {
    let mut truth = Some(true);
    for part in parts {
        match part {
            Some(true) => {}
            Some(false) => return Some(false),
            None => truth = None,
        }
    }
    truth
}

pub(super) fn any(parts: impl IntoIterator<Item = Truth>) -> Truth {
    not(all(parts.into_iter().map(not)))
}

pub(super) fn not(truth: Truth) -> Truth {
    truth.map(|holds| !holds)
}

/// Evaluates one search identifier: a map is "and", a list is "or".
pub(super) fn selection(shape: &Value, event: &Event) -> Truth {
    match shape {
        Value::Object(items) => all(items.iter().map(|(key, value)| item(key, value, event))),
        Value::Array(parts) => any(parts.iter().map(|part| selection(part, event))),
        _ => unreachable!("the reference knows no keywords: {shape}"),
    }
}

/// `field|modifiers: value or values`.
fn item(key: &str, value: &Value, event: &Event) -> Truth {
    let mut parts = key.split('|');
    let name = parts.next().unwrap_or_default();
    let mut modifiers: Vec<&str> = parts.collect();
    let every = modifiers.last() == Some(&"all");
    if every {
        modifiers.pop();
    }
    let field = reach(event, name);
    let values = match value {
        Value::Array(values) => values.clone(),
        one => vec![one.clone()],
    };
    let answers = values.iter().map(|value| test(&field, &modifiers, value, event));
    if every { all(answers) } else { any(answers) }
}

fn test(field: &Field<'_>, modifiers: &[&str], value: &Value, event: &Event) -> Truth {
    let text = || word(value);
    let holds = match modifiers {
        [] => equals(field, value),
        ["exists"] => Some(!field.values.is_empty()) == value.as_bool(),
        ["contains"] => below(field, &wildcard(&format!("*{}*", text()))),
        ["startswith"] => below(field, &wildcard(&format!("{}*", text()))),
        ["endswith"] => below(field, &wildcard(&format!("*{}", text()))),
        ["re"] => {
            // Compiling takes longer than all the rest.
            let regex = (!field.values.is_empty()).then(|| Regex::new(&text()).unwrap());
            let Some(regex) = regex else { return field.is_known.then_some(false) };
            all_texts(field).iter().any(|text| regex.is_match(text))
        }
        ["fieldref"] => {
            let other = reach(event, &text());
            if !other.is_known {
                return None;
            }
            let words = |field: &Field<'_>| -> Vec<String> {
                field.values.iter().filter_map(|value| value.scalar()).map(str::to_lowercase).collect()
            };
            let wanted = words(&other);
            words(field).iter().any(|word| wanted.contains(word))
        }
        [order @ ("lt" | "lte" | "gt" | "gte")] => {
            let wanted = value.as_f64().unwrap();
            field.values.iter().filter_map(|value| value.word()?.parse::<f64>().ok()).any(
                |found| match *order {
                    "lt" => found < wanted,
                    "lte" => found <= wanted,
                    "gt" => found > wanted,
                    _ => found >= wanted,
                },
            )
        }
        _ => unreachable!("the reference knows no modifiers {modifiers:?}"),
    };
    field.is_known.then_some(holds)
}

/// A value without modifiers.
fn equals(field: &Field<'_>, value: &Value) -> bool {
    match value {
        Value::Null => field.values.iter().all(|value| **value == Json::Null),
        Value::Number(number) => field.values.iter().any(|found| match found {
            Json::Number(text) => text.parse::<f64>().ok() == number.as_f64(),
            Json::Text(text) => *text == number.to_string(),
            _ => false,
        }),
        Value::String(wanted) if !wanted.contains(['*', '?', '\\']) => {
            let wanted = wanted.to_lowercase();
            field.values.iter().filter_map(|value| value.scalar()).any(|text| text.to_lowercase() == wanted)
        }
        _ => {
            let glob = wildcard(&word(value));
            field.values.iter().filter_map(|value| value.scalar()).any(|text| fits(&glob, &folded(text)))
        }
    }
}

fn below(field: &Field<'_>, glob: &[Piece]) -> bool {
    all_texts(field).iter().any(|text| fits(glob, &folded(text)))
}

fn all_texts(field: &Field<'_>) -> Vec<String> {
    let mut found = Vec::new();
    field.values.iter().for_each(|value| texts(value, &mut found));
    found
}

/// The text of a YAML scalar.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        _ => unreachable!("the reference compares no text with {value}"),
    }
}

/// A piece of a Sigma text with wildcards.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Piece {
    Letter(char),
    One,
    Run,
}

/// Reads wildcards and their escapes (§2.3).
fn wildcard(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        pieces.push(match letter {
            '*' => Piece::Run,
            '?' => Piece::One,
            '\\' => Piece::Letter(letters.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or('\\')),
            other => Piece::Letter(other),
        });
    }
    let fold = |piece: Piece| match piece {
        Piece::Letter(letter) => letter.to_lowercase().map(Piece::Letter).collect(),
        other => vec![other],
    };
    pieces.into_iter().flat_map(fold).collect()
}

fn folded(text: &str) -> Vec<char> {
    text.to_lowercase().chars().collect()
}

fn fits(glob: &[Piece], text: &[char]) -> bool {
    match glob.split_first() {
        None => text.is_empty(),
        Some((Piece::Run, rest)) => (0..=text.len()).any(|at| fits(rest, &text[at..])),
        Some((Piece::One, rest)) => !text.is_empty() && fits(rest, &text[1..]),
        Some((Piece::Letter(letter), rest)) => text.first() == Some(letter) && fits(rest, &text[1..]),
    }
}
