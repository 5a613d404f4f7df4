//! A tree as JSON text, numbers as they are spelled: rules compare that spelling.

use std::fmt::Write;

use serde_json::value::RawValue;

use crate::document::{Map, Place, Yaml};

/// A number that YAML has and JSON has not.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is no JSON number: put it in quotes, or spell it without leading zeros and signs")]
pub(super) struct NotJson {
    pub(super) place: Place,
    text: String,
}

/// The compact JSON text of an object.
pub(super) fn text(map: &Map) -> Result<String, NotJson> {
    let mut out = String::new();
    object(map, &mut out)?;
    Ok(out)
}

fn object(map: &Map, out: &mut String) -> Result<(), NotJson> {
    out.push('{');
    for (at, entry) in map.entries.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        quoted(&entry.key, out);
        out.push(':');
        value(&entry.value.value, entry.value.place, out)?;
    }
    out.push('}');
    Ok(())
}

fn value(yaml: &Yaml, place: Place, out: &mut String) -> Result<(), NotJson> {
    match yaml {
        Yaml::Null => out.push_str("null"),
        Yaml::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Yaml::Int(text) | Yaml::Float(text) => {
            if serde_json::from_str::<&RawValue>(text).is_err() {
                return Err(NotJson { place, text: text.clone() });
            }
            out.push_str(text);
        }
        Yaml::String(text) => quoted(text, out),
        Yaml::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                value(&item.value, item.place, out)?;
            }
            out.push(']');
        }
        Yaml::Map(map) => object(map, out)?,
    }
    Ok(())
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            // Writing to a string cannot fail.
            c if c.is_control() => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
