//! The table as a JSON Schema (draft 2020-12), for editors and for those who write configurations by program.

use serde_json::{Map, Value as Json, json};

use super::form::Form;
use super::kind::Kind;
use super::raw::preset;
use super::table::{self, Key, ONE_OF, Preset, SECTIONS, SINKS};

/// The schema of the file.
pub fn schema() -> Json {
    let mut sections = Map::new();
    for (name, help) in SECTIONS {
        let section = if *name == "sink" { sinks(help) } else { section(name, help) };
        sections.insert((*name).to_owned(), section);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tripline configuration",
        "type": "object",
        "properties": sections,
        "additionalProperties": false,
    })
}

fn section(name: &str, help: &str) -> Json {
    let keys = table::keys_of(name).map(|key| (key.name.to_owned(), property(key, None)));
    json!({
        "type": "object",
        "description": help,
        "properties": Map::from_iter(keys),
        "additionalProperties": false,
    })
}

fn sinks(help: &str) -> Json {
    json!({
        "type": "object",
        "description": help,
        "patternProperties": {"^[a-z0-9_-]{1,64}$": {"oneOf": SINKS.iter().map(|name| sink(name)).collect::<Vec<_>>()}},
        "additionalProperties": false,
    })
}

/// One type of sink.
fn sink(name: &str) -> Json {
    let keys: Vec<&Key> = table::keys_of("sink").filter(|key| key.applies(Some(name))).collect();
    let required: Vec<&str> =
        keys.iter().filter(|key| matches!(key.preset, Preset::Required(_))).map(|key| key.name).collect();
    let mut properties: Map<String, Json> =
        keys.iter().map(|key| (key.name.to_owned(), property(key, Some(name)))).collect();
    properties.insert("type".to_owned(), json!({"const": name}));
    let mut schema = json!({
        "title": name,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if let Some((_, names)) = ONE_OF.iter().find(|(sink, _)| *sink == name) {
        schema["oneOf"] = names.iter().map(|name| json!({"required": [name]})).collect();
    }
    schema
}

fn property(key: &Key, sink: Option<&str>) -> Json {
    let mut schema = kind(&key.kind);
    schema["description"] = json!(key.help);
    if let Some(value) = preset(key, sink) {
        schema["default"] = value.to_json();
    }
    schema
}

fn kind(kind: &Kind) -> Json {
    match kind {
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Count { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Kind::Number { min, max } => json!({"type": "number", "minimum": min, "maximum": max}),
        Kind::Choice(words) => json!({"enum": words}),
        Kind::Text(form) => text(*form),
        Kind::List(form, max) => json!({"type": "array", "items": text(*form), "maxItems": max}),
    }
}

fn text(form: Form) -> Json {
    json!({"type": "string", "pattern": form.pattern()})
}
