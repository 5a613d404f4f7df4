//! What holds, and who said so: for `config show`. Invariant: of a secret it says where it is, never what it is.

use serde_json::json;

use super::error::Origin;
use super::form::Form;
use super::kind::{Kind, Value};
use super::raw::{Raw, Section};
use super::table::{self, Key};

/// Every setting as it holds, in the table's order; sinks by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    /// One a key that applies.
    pub settings: Vec<Setting>,
}

/// One setting as it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// `store.path`, `sink.pager.level_min`.
    pub key: String,
    /// What holds; none when nothing does. The place of a secret is shown as `*** (PLACE)`.
    pub value: Option<Value>,
    /// Who said so.
    pub origin: Origin,
}

impl Effective {
    pub(super) fn of(raw: &Raw) -> Self {
        let sections = raw.sections();
        let settings = sections.iter().flat_map(|section| {
            let applying = table::keys_of(section.name()).filter(|key| key.applies(section.sink()));
            applying.map(|key| setting(section, key)).collect::<Vec<_>>()
        });
        Self { settings: settings.collect() }
    }
}

fn setting(section: &Section<'_>, key: &Key) -> Setting {
    let value = section.value(key.name).map(|value| if is_secret(&key.kind) { masked(value) } else { value });
    Setting { key: format!("{}.{}", section.path, key.name), value, origin: section.origin(key.name) }
}

fn is_secret(kind: &Kind) -> bool {
    matches!(kind, Kind::Text(form) | Kind::List(form, _) if Form::is_secret(*form))
}

fn masked(value: Value) -> Value {
    let mask = |place: String| format!("*** ({place})");
    match value {
        Value::Text(place) => Value::Text(mask(place)),
        Value::List(places) => Value::List(places.into_iter().map(mask).collect()),
        other => other,
    }
}

impl Setting {
    /// Its value as TOML; `-` when nothing holds.
    pub fn shown(&self) -> String {
        self.value.as_ref().map_or_else(|| "-".to_owned(), Value::to_toml)
    }

    /// One JSON object.
    pub fn to_json(&self) -> serde_json::Value {
        let value = self.value.as_ref().map(Value::to_json);
        match &self.origin {
            Origin::Default => json!({"key": self.key, "value": value, "origin": "default"}),
            Origin::File { file, line, .. } => {
                json!({"key": self.key, "value": value, "origin": "file", "file": &**file, "line": line})
            }
            Origin::Environment { variable } => {
                json!({"key": self.key, "value": value, "origin": "environment", "variable": variable})
            }
        }
    }
}

impl Value {
    /// As JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Flag(flag) => json!(flag),
            Self::Count(count) => json!(count),
            Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
            Self::List(list) => json!(list),
        }
    }

    /// As TOML; on one line.
    pub fn to_toml(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Count(count) => count.to_string(),
            Self::Number(number) => format!("{number:?}"),
            Self::Text(text) => string(text),
            Self::List(list) => {
                let items: Vec<String> = list.iter().map(|item| string(item)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }
}

/// JSON's escapes are TOML's, but for one character that JSON leaves as it is.
fn string(text: &str) -> String {
    json!(text).to_string().replace('\u{7f}', "\\u007f")
}
