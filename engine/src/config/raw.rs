//! The configuration as written: values that may stand where they stand, each with its origin, and what is wrong.
//!
//! Opens no file and knows no meaning. Invariant: what holds is the environment's word, else the file's, else the table's.

use std::collections::BTreeMap;

use tripline_rules::diagnostic::{Severity, nearest};

use super::error::{ConfigError, Origin};
use super::kind::{Fault, Value, listed, quoted};
use super::table::{self, Key, Preset, SECRETS, SECTIONS, SINKS};

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Raw {
    entries: BTreeMap<(String, &'static str), Entry>,
    /// Where each sink was first named.
    pub(super) sinks: BTreeMap<String, Origin>,
    /// Where each section of the file begins.
    headers: BTreeMap<String, Origin>,
    /// The file as a whole, when there is one.
    pub(super) file: Option<Origin>,
    pub(super) errors: Vec<ConfigError>,
}

#[derive(Debug)]
struct Entry {
    /// None: refused already.
    value: Option<Value>,
    origin: Origin,
}

impl Raw {
    /// Notes what is wrong.
    pub(super) fn error(&mut self, origin: &Origin, key: &str, fault: Fault) {
        self.errors.push(complaint(Severity::Error, origin, key, fault));
    }

    pub(super) fn set(&mut self, section: &str, key: &Key, value: Option<Value>, origin: Origin) {
        self.entries.insert((section.to_owned(), key.name), Entry { value, origin });
    }

    pub(super) fn begin(&mut self, section: &str, origin: Origin) {
        self.headers.entry(section.to_owned()).or_insert(origin);
    }

    /// One section, to be read.
    pub(super) fn section(&self, path: &str) -> Section<'_> {
        Section { raw: self, path: path.to_owned() }
    }

    /// Every section, in the table's order; sinks by name.
    pub(super) fn sections(&self) -> Vec<Section<'_>> {
        let plain = SECTIONS.iter().filter(|(name, _)| *name != "sink").map(|(name, _)| (*name).to_owned());
        plain
            .chain(self.sinks.keys().map(|sink| format!("sink.{sink}")))
            .map(|path| Section { raw: self, path })
            .collect()
    }
}

pub(super) fn complaint(severity: Severity, origin: &Origin, key: &str, fault: Fault) -> ConfigError {
    ConfigError {
        severity,
        origin: origin.clone(),
        key: key.to_owned(),
        problem: fault.problem,
        help: fault.help,
    }
}

/// A key of a section, or why there is none.
pub(super) fn lookup(section: &str, name: &str) -> Result<&'static Key, Fault> {
    if let Some(key) = table::find(section, name) {
        return Ok(key);
    }
    if let Some((_, _, help)) = SECRETS.iter().find(|(home, secret, _)| (*home, *secret) == (section, name)) {
        return Err(Fault::new(
            "a secret does not stand in a configuration, which is shown and copied",
            *help,
        ));
    }
    let names: Vec<&str> = table::keys_of(section).map(|key| key.name).collect();
    let help = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", listed(&names)),
    };
    Err(Fault::new("no such setting", help))
}

/// No section is called so.
pub(super) fn unknown_section(name: &str) -> Fault {
    let names: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
    let homes: Vec<String> = SECTIONS
        .iter()
        .filter(|(home, _)| table::find(home, name).is_some())
        .map(|(home, _)| format!("[{home}]"))
        .collect();
    let help = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if !homes.is_empty() => format!("it belongs to {}", homes.join(" or ")),
        None => format!("there are {}", listed(&names)),
    };
    Fault::new(format!("no section is called {}", quoted(name)), help)
}

/// The name of a sink: a metric label, and a part of a variable's name.
pub(super) fn check_sink_name(name: &str) -> Result<(), Fault> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    if (1..=64).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    Err(Fault::new("no name for a sink", "1 to 64 of a-z, 0-9, `_` and `-`"))
}

/// One section as it holds.
#[derive(Clone)]
pub(super) struct Section<'r> {
    raw: &'r Raw,
    /// `store`, `sink.pager`.
    pub(super) path: String,
}

impl Section<'_> {
    /// Its name in the table.
    pub(super) fn name(&self) -> &str {
        self.path.split('.').next().unwrap_or_default()
    }

    /// The type of a sink that has a right one.
    pub(super) fn sink(&self) -> Option<&'static str> {
        match &self.entry("type")?.value {
            Some(Value::Text(word)) => SINKS.iter().copied().find(|sink| sink == word),
            _ => None,
        }
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        let key = table::find(self.name(), name)?;
        self.raw.entries.get(&(self.path.clone(), key.name))
    }

    /// Whether somebody wrote it, right or wrong.
    pub(super) fn is_written(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// Where its value comes from.
    pub(super) fn origin(&self, name: &str) -> Origin {
        self.entry(name).map_or(Origin::Default, |entry| entry.origin.clone())
    }

    /// Where to point when something is missing from it.
    pub(super) fn header(&self) -> Origin {
        let sink = self.path.strip_prefix("sink.").and_then(|name| self.raw.sinks.get(name));
        let header = self.raw.headers.get(&self.path).or(sink).or(self.raw.file.as_ref());
        header.cloned().unwrap_or(Origin::Default)
    }

    /// What holds; none when nothing does.
    pub(super) fn value(&self, name: &str) -> Option<Value> {
        let key = table::find(self.name(), name);
        debug_assert!(key.is_some(), "{name} is not in the table");
        match self.entry(name) {
            Some(Entry { value: Some(value), .. }) => Some(value.clone()),
            _ => preset(key?, self.sink()),
        }
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.value(name), Some(Value::Flag(true)))
    }

    pub(super) fn count(&self, name: &str) -> u64 {
        if let Some(Value::Count(count)) = self.value(name) { count } else { 0 }
    }

    pub(super) fn number(&self, name: &str) -> f64 {
        if let Some(Value::Number(number)) = self.value(name) { number } else { 0.0 }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        if let Some(Value::Text(text)) = self.value(name) { Some(text) } else { None }
    }

    pub(super) fn list(&self, name: &str) -> Vec<String> {
        if let Some(Value::List(list)) = self.value(name) { list } else { Vec::new() }
    }
}

/// What holds when nothing is written.
pub(super) fn preset(key: &Key, sink: Option<&str>) -> Option<Value> {
    plain(key.preset, sink)
}

fn plain(preset: Preset, sink: Option<&str>) -> Option<Value> {
    match preset {
        Preset::Flag(flag) => Some(Value::Flag(flag)),
        Preset::Count(count) => Some(Value::Count(count)),
        Preset::Number(number) => Some(Value::Number(number)),
        Preset::OfSink(presets) => {
            let (_, own) = presets.iter().find(|(name, _)| Some(*name) == sink)?;
            plain(*own, sink)
        }
        Preset::Text(text) => Some(Value::Text(text.to_owned())),
        Preset::List(list) => Some(Value::List(list.iter().map(|item| (*item).to_owned()).collect())),
        Preset::Unset(_) | Preset::Required(_) => None,
    }
}
