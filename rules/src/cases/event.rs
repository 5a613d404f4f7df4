//! What cases do to an event: merge, number, remove. Trees in, trees out.

use crate::document::{Entry, Map, Place, Spanned, Yaml};

/// Lays `over` on `under`: maps within maps are merged, everything else is replaced.
pub(super) fn merge(under: &mut Map, over: &Map) {
    for entry in &over.entries {
        let below = under.entries.iter_mut().find(|below| below.key == entry.key);
        match (below, &entry.value.value) {
            (Some(Entry { value: Spanned { value: Yaml::Map(below), .. }, .. }), Yaml::Map(above)) => {
                merge(below, above);
            }
            (Some(below), _) => below.value = entry.value.clone(),
            (None, _) => under.entries.push(entry.clone()),
        }
    }
}

/// Sets a top-level string.
pub(super) fn set(event: &mut Map, key: &str, text: String) {
    let place = Place { line: 1, column: 1 };
    let value = Spanned { value: Yaml::String(text), place, text_place: None };
    match event.entries.iter_mut().find(|entry| entry.key == key) {
        Some(entry) => entry.value = value,
        None => event.entries.push(Entry { key: key.to_owned(), key_place: place, value }),
    }
}

/// Puts `n` for every `{n}` in every string.
pub(super) fn fill_number(event: &mut Map, n: usize) {
    event.entries.iter_mut().for_each(|entry| fill(&mut entry.value.value, n));
}

fn fill(value: &mut Yaml, n: usize) {
    match value {
        Yaml::String(text) if text.contains("{n}") => *text = text.replace("{n}", &n.to_string()),
        Yaml::List(items) => items.iter_mut().for_each(|item| fill(&mut item.value, n)),
        Yaml::Map(map) => fill_number(map, n),
        Yaml::Null | Yaml::Bool(_) | Yaml::Int(_) | Yaml::Float(_) | Yaml::String(_) => {}
    }
}

/// Removes what a dotted path names; whether there was such a thing. Keys may hold dots themselves.
pub(super) fn remove(event: &mut Map, path: &str) -> bool {
    if let Some(at) = event.entries.iter().position(|entry| entry.key == path) {
        event.entries.remove(at);
        return true;
    }
    event.entries.iter_mut().any(|entry| {
        let rest = path.strip_prefix(entry.key.as_str()).and_then(|rest| rest.strip_prefix('.'));
        match (&mut entry.value.value, rest) {
            (Yaml::Map(map), Some(rest)) => remove(map, rest),
            _ => false,
        }
    })
}
