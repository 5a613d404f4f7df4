//! The shape of a search identifier to logic (`spec/sigma.md` §2.1): a map is all of its items, a list any of
//! its entries, a scalar a keyword.

use crate::condition::Condition;
use crate::document::{Entry, Map, Place, Report, Spanned, Yaml};
use crate::sigma::leaf::Leaf;
use crate::sigma::modifier::{self, FieldKey, ModifierError, Operator};
use crate::sigma::value;

/// What an identifier's value stands for; none when it has errors, which are reported.
pub(super) fn identifier(value: &Spanned, report: &mut Report) -> Option<Condition<Leaf>> {
    match &value.value {
        Yaml::Map(map) if map.entries.is_empty() => empty(value.place, report),
        Yaml::List(items) if items.is_empty() => empty(value.place, report),
        Yaml::Null => empty(value.place, report),
        Yaml::Map(map) => all_items(map, report),
        Yaml::List(entries) => {
            let parts: Vec<_> = entries.iter().map(|entry| identifier(entry, report)).collect();
            Some(Condition::any_of(parts.into_iter().collect::<Option<_>>()?))
        }
        Yaml::Bool(_) | Yaml::Int(_) | Yaml::Float(_) | Yaml::String(_) => {
            let keyword =
                FieldKey { field: "", operator: Operator::Equals, cased: false, all: false, neq: false };
            leaf(&keyword, value, report)
        }
    }
}

fn empty(place: Place, report: &mut Report) -> Option<Condition<Leaf>> {
    report.error(place, "the detection is empty: it would say nothing");
    None
}

fn all_items(map: &Map, report: &mut Report) -> Option<Condition<Leaf>> {
    let parts: Vec<_> = map.entries.iter().map(|entry| item(entry, report)).collect();
    Some(Condition::all_of(parts.into_iter().collect::<Option<_>>()?))
}

/// One `field|modifiers: value(s)`.
fn item(entry: &Entry, report: &mut Report) -> Option<Condition<Leaf>> {
    let key = match modifier::parse(&entry.key) {
        Ok(key) => key,
        Err(error) => {
            let message = format!("`{}`: {error}", entry.key);
            let help = match &error {
                ModifierError::Unknown { name } => report.suggest(name, modifier::known()),
                ModifierError::NotYet { .. }
                | ModifierError::Contradiction { .. }
                | ModifierError::NotAfterRegex { .. }
                | ModifierError::Twice { .. } => None,
            };
            report.error_help(entry.key_place, message, help);
            return None;
        }
    };
    let values = match entry.value.value.as_list() {
        None => vec![leaf(&key, &entry.value, report)],
        Some([]) => {
            report.warn(entry.value.place, format!("`{}`: an empty list is read as null", entry.key));
            let null = Spanned { value: Yaml::Null, ..entry.value.clone() };
            vec![leaf(&key, &null, report)]
        }
        Some(items) => {
            warn_of_nulls(items, report);
            items.iter().map(|item| leaf(&key, item, report)).collect()
        }
    };
    if key.all && values.len() == 1 {
        report.warn(entry.key_place, format!("`{}`: `all` of one value says nothing", entry.key));
    }
    Some(combined(&key, values.into_iter().collect::<Option<_>>()?))
}

fn combined(key: &FieldKey<'_>, values: Vec<Condition<Leaf>>) -> Condition<Leaf> {
    let item = if key.all { Condition::all_of(values) } else { Condition::any_of(values) };
    if key.neq { Condition::Not(Box::new(item)) } else { item }
}

fn warn_of_nulls(items: &[Spanned], report: &mut Report) {
    for null in items.iter().filter(|item| item.value == Yaml::Null) {
        let help = "give null an identifier of its own, and join both by `or`".to_owned();
        report.warn_help(
            null.place,
            "null inside a list is not Sigma; it is read as one more value",
            Some(help),
        );
    }
}

fn leaf(key: &FieldKey<'_>, value: &Spanned, report: &mut Report) -> Option<Condition<Leaf>> {
    match value::compile(key, &value.value) {
        Ok(compiled) => {
            if let Some(warning) = compiled.warning {
                report.warn(value.place, warning);
            }
            Some(Condition::Is(Leaf { field: key.field.to_owned(), test: compiled.test }))
        }
        Err(error) => {
            report.error(value.place, error.to_string());
            None
        }
    }
}
