//! The TOML file into [`Raw`]: every value held against the table, every error with its line and column.
//!
//! Invariant: no text can make it panic, and an error in one place hides none in another.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use super::error::Origin;
use super::form::Form;
use super::kind::{Fault, Kind, Value, quoted};
use super::raw::{Raw, check_sink_name, lookup, unknown_section};
use super::table::SECTIONS;

type Item<'t> = Spanned<DeValue<'t>>;

/// Where lines begin.
struct Lines<'t> {
    file: Arc<str>,
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(file: &Arc<str>, text: &'t str) -> Self {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { file: Arc::clone(file), text, starts: std::iter::once(0).chain(after).collect() }
    }

    fn origin(&self, at: usize) -> Origin {
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start..at.min(self.text.len())).unwrap_or_default();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Origin::File {
            file: Arc::clone(&self.file),
            line: number(line),
            column: number(before.chars().count() + 1),
        }
    }
}

struct Reader<'r, 't> {
    raw: &'r mut Raw,
    lines: Lines<'t>,
    /// Lines with broken syntax: what was recovered from them is not what was meant.
    broken: BTreeSet<u32>,
}

/// Reads the text of a file. Returns whether its syntax is sound.
pub(super) fn read(file: &Arc<str>, text: &str, raw: &mut Raw) -> bool {
    let lines = Lines::new(file, text);
    let (document, faults) = DeTable::parse_recoverable(text);
    let mut reader = Reader { raw, lines, broken: BTreeSet::new() };
    for fault in &faults {
        let origin = reader.lines.origin(fault.span().map_or(text.len(), |span| span.start));
        if let Origin::File { line, .. } = origin {
            // One slip can be several faults to the parser; the first says it.
            if reader.broken.insert(line) {
                reader.raw.error(&origin, "", Fault { problem: fault.message().to_owned(), help: None });
            }
        }
    }
    for (key, value) in document.get_ref() {
        reader.section(key, value);
    }
    faults.is_empty()
}

impl Reader<'_, '_> {
    fn section(&mut self, key: &Spanned<DeString<'_>>, value: &Item<'_>) {
        let name: &str = key.get_ref();
        // Below a broken header stand keys of a section that is not known; the parser takes them for sections.
        let before = self.lines.text.get(..key.span().start).unwrap_or_default();
        if !self.broken.is_empty() && !before.ends_with('[') {
            return;
        }
        if !SECTIONS.iter().any(|(section, _)| *section == name) {
            return self.error(key.span(), &key_text(name), unknown_section(name));
        }
        let DeValue::Table(table) = value.get_ref() else {
            let help =
                if name == "sink" { "write [sink.NAME]".to_owned() } else { format!("write [{name}]") };
            return self.error(key.span(), name, not_a_section(value, help));
        };
        if name != "sink" {
            return self.keys(name, name, key, table);
        }
        for (key, value) in table {
            let sink: &str = key.get_ref();
            let path = format!("sink.{}", key_text(sink));
            match (value.get_ref(), check_sink_name(sink)) {
                (_, Err(fault)) => self.error(key.span(), &path, fault),
                (DeValue::Table(table), Ok(())) => {
                    let origin = self.lines.origin(key.span().start);
                    self.raw.sinks.entry(sink.to_owned()).or_insert(origin);
                    self.keys("sink", &path, key, table);
                }
                (_, Ok(())) => {
                    self.error(key.span(), &path, not_a_section(value, "write [sink.NAME]".to_owned()));
                }
            }
        }
    }

    fn keys(&mut self, section: &str, path: &str, header: &Spanned<DeString<'_>>, table: &DeTable<'_>) {
        self.raw.begin(path, self.lines.origin(header.span().start));
        for (name, value) in table {
            match lookup(section, name.get_ref()) {
                Err(fault) => self.error(name.span(), &format!("{path}.{}", key_text(name.get_ref())), fault),
                Ok(key) => {
                    let read = self.value(&format!("{path}.{}", key.name), &key.kind, value);
                    let origin = self.lines.origin(name.span().start);
                    self.raw.set(path, key, read, origin);
                }
            }
        }
    }

    fn value(&mut self, key: &str, kind: &Kind, item: &Item<'_>) -> Option<Value> {
        let read = match (kind, item.get_ref()) {
            (Kind::Flag, DeValue::Boolean(flag)) => Ok(Value::Flag(*flag)),
            (Kind::Count { .. }, DeValue::Integer(count)) => {
                kind.count(i128::from_str_radix(count.as_str(), count.radix()).ok())
            }
            (Kind::Number { .. }, DeValue::Float(number)) => kind.number(number.as_str().parse().ok()),
            (Kind::Number { .. }, DeValue::Integer(number)) if number.radix() == 10 => {
                kind.number(number.as_str().parse().ok())
            }
            (Kind::Choice(_) | Kind::Text(_), DeValue::String(text)) => kind.text(text),
            (Kind::List(form, max), DeValue::Array(items)) if items.len() <= *max => {
                return self.list(key, *form, items);
            }
            (Kind::List(..), DeValue::Array(_)) => {
                Err(Fault::new("too many", format!("expected {}", kind.expected())))
            }
            (_, other) => Err(kind.mismatch(kind_of(other))),
        };
        match read {
            Ok(value) => Some(value),
            Err(fault) => {
                self.error(item.span(), key, fault);
                None
            }
        }
    }

    fn list(&mut self, key: &str, form: Form, items: &DeArray<'_>) -> Option<Value> {
        let mut texts = Vec::new();
        for item in items.iter() {
            let checked = match item.get_ref() {
                DeValue::String(text) => form.check(text).map(|()| texts.push(text.clone().into_owned())),
                other => Err(Kind::Text(form).mismatch(kind_of(other))),
            };
            if let Err(fault) = checked {
                self.error(item.span(), key, fault);
            }
        }
        (texts.len() == items.len()).then_some(Value::List(texts))
    }

    fn error(&mut self, span: Range<usize>, key: &str, fault: Fault) {
        let origin = self.lines.origin(span.start);
        // What the parser put in place of something broken stands nowhere.
        if span.is_empty() && !self.broken.is_empty() {
            return;
        }
        if !matches!(origin, Origin::File { line, .. } if self.broken.contains(&line)) {
            self.raw.error(&origin, key, fault);
        }
    }
}

fn not_a_section(value: &Item<'_>, help: String) -> Fault {
    Fault::new(format!("is a section, and a {} stands there", kind_of(value.get_ref())), help)
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "whole number",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "flag",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "list",
        DeValue::Table(_) => "section",
    }
}

/// A key of the file inside a message.
fn key_text(name: &str) -> String {
    quoted(name).trim_matches('`').to_owned()
}
