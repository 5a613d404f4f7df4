//! What decides which hits a rule has: its detection, what it groups by and counts, and its timespan; not its threshold, its
//! suppress time, its title or its level. As text, so that state can be kept for as long as it stays the same.
//!
//! Whoever changes this text throws away everybody's state once.

use super::draft::DraftBody;
use crate::document::{Body, Map, RuleText, WildcardMode, Yaml};
use crate::sigma::Tally;

/// That of a rule by itself; that of a correlation lacks the rules that it counts.
pub(super) fn of(text: &RuleText, body: &DraftBody) -> String {
    let settings = &text.settings;
    let group_by = settings.group_by.as_ref().map(|(fields, _)| fields);
    match (&text.body, body) {
        (Some(Body::Detection(map, _)), _) => {
            let mut out = format!("detection by {group_by:?} ");
            of_map(map, &mut out);
            out
        }
        (Some(Body::FilterPattern(scalar)), _) => {
            let is_old = settings.wildcard.is_some_and(|(mode, _)| mode == WildcardMode::Aws2019);
            let mode = if is_old { "aws-2019" } else { "glob" };
            let pattern = scalar.value.as_str().unwrap_or_default().trim();
            format!("filter_pattern by {group_by:?} {mode} {pattern:?}")
        }
        (Some(Body::Correlation(..)), DraftBody::Correlation(correlation, _)) => {
            correlation.tally.as_ref().map(of_tally).unwrap_or_default()
        }
        _ => String::new(),
    }
}

fn of_tally(tally: &Tally) -> String {
    let Tally { values_of, within_s, group_by, aliases, threshold: _ } = tally;
    let of_alias = |(name, fields): &(String, Vec<_>)| {
        let each = fields.iter().map(|(rule, path): &(crate::sigma::Reference, String)| (&rule.text, path));
        format!("{name:?} {:?}", each.collect::<Vec<_>>())
    };
    let aliases: Vec<String> = aliases.iter().map(of_alias).collect();
    format!("correlation of {values_of:?} by {group_by:?} within {within_s} s, {aliases:?}")
}

fn of_map(map: &Map, out: &mut String) {
    let mut entries: Vec<_> = map.entries.iter().map(|entry| (&entry.key, &entry.value.value)).collect();
    entries.sort_by_key(|(key, _)| *key);
    out.push('{');
    for (key, value) in entries {
        out.push_str(&format!("{key:?}:"));
        of_value(value, out);
        out.push(',');
    }
    out.push('}');
}

fn of_value(value: &Yaml, out: &mut String) {
    match value {
        Yaml::Null => out.push_str("null"),
        Yaml::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Yaml::Int(text) | Yaml::Float(text) => out.push_str(text),
        Yaml::String(text) => out.push_str(&format!("{text:?}")),
        Yaml::List(items) => {
            out.push('[');
            for item in items {
                of_value(&item.value, out);
                out.push(',');
            }
            out.push(']');
        }
        Yaml::Map(map) => of_map(map, out),
    }
}
