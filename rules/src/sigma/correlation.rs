//! Correlation documents (`spec/sigma.md` §7) as written: `event_count` and `value_count`, "at least" only. What
//! they refer to is resolved by the loader. Invariant: what counts has T ≥ 1 and W ≥ 1 s.

use crate::document::{
    Entry, Map, Place, Report, boolean, entries, group_fields, only_keys, seconds, string, strings,
};

/// The longest window: seven days of hits are kept for it.
const WINDOW_S_MAX: u32 = 7 * 86_400;
/// The highest threshold: a group keeps up to that many hits in memory before it fires.
const THRESHOLD_MAX: u32 = 100_000;
/// Rules that one correlation counts, and aliases of one.
const RULES_MAX: usize = 100;
/// Characters of a type or a timespan.
const WORD_CHARS_MAX: usize = 40;

/// What a condition may say; the thresholds that open an alert are the first two.
const CONDITION_KEYS: [&str; 7] = ["gte", "gt", "lte", "lt", "eq", "neq", "field"];

/// A correlation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Correlation {
    /// What is counted, as referred to; known even when the rest is refused.
    pub(crate) rules: Vec<Reference>,
    /// `generate` inside the correlation.
    pub(crate) generate: Option<bool>,
    /// None when there are errors, which are reported.
    pub(crate) tally: Option<Tally>,
}

/// A rule's id, name or title, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// What is counted, how much of it, and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    /// The fields whose distinct values count; none for events.
    pub(crate) values_of: Option<Vec<String>>,
    /// T, at least 1.
    pub(crate) threshold: u32,
    /// W in seconds, at least 1.
    pub(crate) within_s: u32,
    /// Fields or aliases.
    pub(crate) group_by: Vec<String>,
    /// Alias to field, by rule.
    pub(crate) aliases: Vec<(String, Vec<(Reference, String)>)>,
}

/// Reads the map under `correlation`, which stands at `place`.
pub(crate) fn read_correlation(map: &Map, place: Place, report: &mut Report) -> Correlation {
    let errors = report.errors();
    let known = ["type", "rules", "group-by", "timespan", "aliases", "condition", "generate"];
    only_keys(map, &known, "`correlation`", report);
    let rules = rules(map, place, report);
    let generate = map.said("generate").and_then(|entry| boolean(entry, report));
    let values = counts_values(map, place, report);
    let within_s = within_s(map, place, report);
    let group_by = map.said("group-by").map(|entry| group_fields(entry, report)).unwrap_or_default();
    let aliases = map.said("aliases").map(|entry| aliases(entry, report)).unwrap_or_default();
    // The condition of a type that is not here yet would only add noise.
    let condition = values.and_then(|values| condition(map, place, values, report));
    let tally = condition.zip(within_s).map(|((threshold, values_of), within_s)| Tally {
        values_of,
        threshold,
        within_s,
        group_by,
        aliases,
    });
    Correlation { rules, generate, tally: tally.filter(|_| report.errors() == errors) }
}

fn rules(map: &Map, place: Place, report: &mut Report) -> Vec<Reference> {
    let Some(entry) = map.said("rules") else {
        report.error(place, "the correlation has no `rules`");
        return Vec::new();
    };
    let mut rules: Vec<Reference> = Vec::new();
    let texts = strings(entry, report);
    if texts.len() > RULES_MAX {
        report.error(entry.value.place, format!("more than {RULES_MAX} entries in `rules`"));
        return Vec::new();
    }
    for (text, at) in texts {
        // A rule listed twice counts once.
        if rules.iter().all(|rule| rule.text != text) {
            rules.push(Reference { text: text.to_owned(), place: at.place });
        }
    }
    if entry.value.value.as_list().is_some_and(<[_]>::is_empty) {
        report.error(entry.value.place, "`rules` is an empty list");
    }
    rules
}

/// Whether the type counts distinct values rather than events.
fn counts_values(map: &Map, place: Place, report: &mut Report) -> Option<bool> {
    const NOT_YET: [&str; 6] =
        ["temporal", "temporal_ordered", "value_sum", "value_avg", "value_percentile", "value_median"];
    let Some(entry) = map.said("type") else {
        report.error(place, "the correlation has no `type`");
        return None;
    };
    match string(entry, WORD_CHARS_MAX, report)? {
        "event_count" => Some(false),
        "value_count" => Some(true),
        name if NOT_YET.contains(&name) => {
            report.error(entry.value.place, format!("not supported yet: correlation type `{name}`"));
            None
        }
        name => {
            let help = report.suggest(name, ["event_count", "value_count"].into_iter().chain(NOT_YET));
            report.error_help(entry.value.place, format!("unknown correlation type `{name}`"), help);
            None
        }
    }
}

fn within_s(map: &Map, place: Place, report: &mut Report) -> Option<u32> {
    let Some(entry) = map.said("timespan") else {
        report.error(place, "the correlation has no `timespan`");
        return None;
    };
    match seconds(string(entry, WORD_CHARS_MAX, report)?, WINDOW_S_MAX) {
        Ok(0) => report.error(entry.value.place, "`timespan` must be longer than 0"),
        Ok(seconds) => return Some(seconds),
        Err(error) => report.error(entry.value.place, error.to_string()),
    }
    None
}

/// `alias: {rule: field}`.
fn aliases(entry: &Entry, report: &mut Report) -> Vec<(String, Vec<(Reference, String)>)> {
    let Some(map) = entries(entry, report) else { return Vec::new() };
    if map.entries.len() > RULES_MAX {
        report.error(entry.value.place, format!("more than {RULES_MAX} aliases"));
        return Vec::new();
    }
    let mut aliases = Vec::new();
    for alias in &map.entries {
        let mut fields = Vec::new();
        for rule in entries(alias, report).into_iter().flat_map(|map| &map.entries) {
            let reference = Reference { text: rule.key.clone(), place: rule.key_place };
            match string(rule, usize::MAX, report) {
                Some(field) => fields.push((reference, field.to_owned())),
                None => report.error(rule.value.place, format!("`{}` names no field", rule.key)),
            }
        }
        aliases.push((alias.key.clone(), fields));
    }
    aliases
}

/// The threshold, and the fields of a `value_count`.
fn condition(
    map: &Map,
    place: Place,
    values: bool,
    report: &mut Report,
) -> Option<(u32, Option<Vec<String>>)> {
    let Some(entry) = map.said("condition") else {
        report.error(place, "the correlation has no `condition`");
        return None;
    };
    if entry.value.value.as_str().is_some() {
        report
            .error(entry.value.place, "a condition over rules belongs to type `temporal`, not supported yet");
        return None;
    }
    let condition = entries(entry, report)?;
    only_keys(condition, &CONDITION_KEYS, "`condition`", report);
    let fields = match (values, condition.said("field")) {
        (true, Some(field)) => Some(group_fields(field, report)).filter(|fields| !fields.is_empty()),
        (false, None) => None,
        (true, None) => {
            report.error(entry.key_place, "`value_count` needs a `field` in its condition");
            return None;
        }
        (false, Some(field)) => {
            let help = Some("to count distinct values, write type: value_count".to_owned());
            report.error_help(field.key_place, "`event_count` counts events, not values of a `field`", help);
            return None;
        }
    };
    if values && fields.is_none() {
        report.error(entry.value.place, "`field` names no field");
    }
    Some((threshold(condition, entry, report)?, fields))
}

fn threshold(condition: &Map, entry: &Entry, report: &mut Report) -> Option<u32> {
    // A key that is unknown was complained of.
    let is_operator = |entry: &&Entry| entry.key != "field" && CONDITION_KEYS.contains(&entry.key.as_str());
    let operators: Vec<&Entry> = condition.entries.iter().filter(is_operator).collect();
    let late = operators.iter().find(|entry| !["gte", "gt"].contains(&entry.key.as_str()));
    if let Some(late) = late {
        let message = format!(
            "not supported yet: `{}`, which later events can falsify, must be judged at window close",
            late.key
        );
        report.error_help(late.key_place, message, Some("use gte or gt".to_owned()));
        return None;
    }
    let operator = match operators.as_slice() {
        [operator] => operator,
        [] => {
            report.error(entry.value.place, "the condition has no threshold: write gte: N");
            return None;
        }
        [_, second, ..] => {
            report.error(second.key_place, "a condition has one threshold: gte or gt");
            return None;
        }
    };
    let number: Option<u32> = operator.value.value.as_int().and_then(|text| text.parse().ok());
    let at_least = number.and_then(|n| if operator.key == "gt" { n.checked_add(1) } else { Some(n) });
    match at_least {
        Some(threshold @ 1..=THRESHOLD_MAX) => Some(threshold),
        Some(0) => {
            report.error(operator.value.place, "a threshold of 0 always holds");
            None
        }
        Some(_) | None => {
            let message = format!("`{}` must be a whole number up to {THRESHOLD_MAX}", operator.key);
            report.error(operator.value.place, message);
            None
        }
    }
}
