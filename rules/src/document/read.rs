//! Typed values out of trees. Each reader complains by itself and returns what it could read, so that one
//! pass finds everything.

use super::report::Report;
use super::tree::{Entry, Map, Spanned, Yaml};

/// A string of at most `chars_max` characters; none if it is blank.
pub(crate) fn string<'y>(entry: &'y Entry, chars_max: usize, report: &mut Report) -> Option<&'y str> {
    let text = text_of(&entry.key, &entry.value, report)?;
    if text.chars().count() > chars_max {
        report.error(entry.value.place, format!("`{}` is longer than {chars_max} characters", entry.key));
        return None;
    }
    Some(text).filter(|text| !text.trim().is_empty())
}

/// A list of strings. One string alone stands for a list of it.
pub(crate) fn strings<'y>(entry: &'y Entry, report: &mut Report) -> Vec<(&'y str, &'y Spanned)> {
    let items = entry.value.value.as_list().unwrap_or(std::slice::from_ref(&entry.value));
    items.iter().filter_map(|item| Some((text_of(&entry.key, item, report)?, item))).collect()
}

/// `true` or `false`.
pub(crate) fn boolean(entry: &Entry, report: &mut Report) -> Option<bool> {
    if let Yaml::Bool(value) = entry.value.value {
        return Some(value);
    }
    let message = format!("`{}` must be true or false, not {}", entry.key, entry.value.value.kind());
    report.error(entry.value.place, message);
    None
}

/// A map.
pub(crate) fn entries<'y>(entry: &'y Entry, report: &mut Report) -> Option<&'y Map> {
    if let Yaml::Map(map) = &entry.value.value {
        return Some(map);
    }
    let message = format!("`{}` must be a map, not {}", entry.key, entry.value.value.kind());
    report.error(entry.value.place, message);
    None
}

/// Complains of every key of `map` that is not `known`; `of` names the map.
pub(crate) fn only_keys(map: &Map, known: &[&str], of: &str, report: &mut Report) {
    for entry in map.entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
        let help = report
            .suggest(&entry.key, known.iter().copied())
            .unwrap_or_else(|| format!("known are {}", known.join(", ")));
        report.error_help(entry.key_place, format!("unknown key `{}` in {of}", entry.key), Some(help));
    }
}

fn text_of<'y>(key: &str, value: &'y Spanned, report: &mut Report) -> Option<&'y str> {
    let help = match &value.value {
        Yaml::String(text) => return Some(text),
        Yaml::Bool(_) | Yaml::Int(_) | Yaml::Float(_) => Some("put it in quotes".to_owned()),
        Yaml::Null | Yaml::List(_) | Yaml::Map(_) => None,
    };
    report.error_help(value.place, format!("`{key}` must be a string, not {}", value.value.kind()), help);
    None
}
