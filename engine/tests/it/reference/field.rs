//! The values that a Sigma field name reaches in an event (`spec/sigma.md` §5.1), and whether they are known.

use super::event::Event;
use super::json::Json;

/// What a field reaches.
pub(super) struct Field<'e> {
    /// Every value at the end of the path. An array is in it and so is each of its elements.
    pub(super) values: Vec<&'e Json>,
    /// False if CloudTrail left out what the field is in.
    pub(super) is_known: bool,
}

/// Follows a dotted name.
pub(super) fn reach<'e>(event: &'e Event, name: &str) -> Field<'e> {
    let mut values = Vec::new();
    follow(&event.json, name, &mut values);
    let root = name.split('.').next().unwrap_or_default();
    let is_whole = root == name;
    let is_known = !event.is_omitted(root) || (!values.is_empty() && !is_whole);
    Field { values, is_known }
}

fn follow<'e>(json: &'e Json, name: &str, found: &mut Vec<&'e Json>) {
    match json {
        Json::List(items) => items.iter().for_each(|item| follow(item, name, found)),
        Json::Map(members) => {
            // A key may itself hold dots: the longest that fits is the one that is meant.
            let fits = |key: &str| {
                name.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            let longest = members.iter().filter(|(key, _)| fits(key)).max_by_key(|(key, _)| key.len());
            let Some((key, value)) = longest else { return };
            match name[key.len()..].strip_prefix('.') {
                Some(rest) => follow(value, rest, found),
                None => collect(value, found),
            }
        }
        _ => {}
    }
}

fn collect<'e>(value: &'e Json, found: &mut Vec<&'e Json>) {
    found.push(value);
    if let Json::List(items) = value {
        items.iter().for_each(|item| collect(item, found));
    }
}

/// Every text that a text operator compares: of a scalar its own; of an object its JSON and the scalars below it.
pub(super) fn texts(value: &Json, found: &mut Vec<String>) {
    match value {
        Json::Map(_) => {
            found.push(value.compact());
            scalars(value, found);
        }
        other => found.extend(other.scalar().map(str::to_owned)),
    }
}

fn scalars(value: &Json, found: &mut Vec<String>) {
    match value {
        Json::Map(members) => members.iter().for_each(|(_, member)| scalars(member, found)),
        Json::List(items) => items.iter().for_each(|item| scalars(item, found)),
        other => found.extend(other.scalar().map(str::to_owned)),
    }
}
