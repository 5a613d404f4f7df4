//! A detection: named groups of tests, and the condition over their names (`spec/sigma.md` §2.1, §4).

mod identifier;
mod selection;

use crate::condition::Condition;
use crate::document::{Map, Place, Report, Spanned};
use identifier::identifier;
use selection::{Identifier, Selection};

use super::expression;
use super::leaf::Leaf;

/// Tests in one rule after every `x of` is written out. An event that comes past the rule's anchor pays for each.
const LEAVES_MAX: usize = 20_000;
/// Search identifiers in one detection; people write a dozen.
const IDENTIFIERS_MAX: usize = 1_000;
/// Characters of all conditions of one detection. Each selector in them is held against each identifier.
const CONDITIONS_CHARS_MAX: usize = 16_384;

/// The condition of a detection; none when it has errors, which are reported.
pub(crate) fn read_detection(map: &Map, place: Place, report: &mut Report) -> Option<Condition<Leaf>> {
    let errors = report.errors();
    if map.entries.len() > IDENTIFIERS_MAX {
        report.error(place, format!("more than {IDENTIFIERS_MAX} identifiers in one detection"));
        return None;
    }
    let mut identifiers = Vec::new();
    for entry in &map.entries {
        match entry.key.as_str() {
            "condition" => {}
            // A leftover of the first version, never an identifier.
            "timeframe" => report.warn_help(
                entry.key_place,
                "`timeframe` is ignored: one event has no time frame",
                Some("to count or combine events, write a correlation with `timespan`".to_owned()),
            ),
            _ => {
                let condition = identifier(&entry.value, report);
                identifiers.push(Identifier::new(&entry.key, entry.key_place, condition));
            }
        }
    }
    let conditions = conditions(map, place, report);
    let n_chars: usize =
        conditions.iter().filter_map(|text| Some(text.value.as_str()?.chars().count())).sum();
    if n_chars > CONDITIONS_CHARS_MAX || conditions.len() > CONDITIONS_CHARS_MAX {
        report.error(place, format!("the conditions are longer than {CONDITIONS_CHARS_MAX} characters"));
        return None;
    }
    let mut selection = Selection::new(&identifiers, LEAVES_MAX);
    let mut alternatives = Vec::new();
    for text in conditions {
        alternatives.extend(one_condition(text, &mut selection, report));
    }
    if report.errors() > errors {
        return None;
    }
    for unused in selection.unused().filter(|unused| !unused.name.starts_with('_')) {
        report.warn(unused.place, format!("`{}` is not used by the condition", unused.name));
    }
    Some(Condition::any_of(alternatives))
}

/// The scalar under `condition`, or those of its list: any of them may hold.
fn conditions<'y>(map: &'y Map, place: Place, report: &mut Report) -> Vec<&'y Spanned> {
    let Some(entry) = map.get("condition") else {
        report.error(place, "the detection has no `condition`");
        return Vec::new();
    };
    match entry.value.value.as_list() {
        None => vec![&entry.value],
        Some([]) => {
            report.error(entry.value.place, "`condition` is an empty list");
            Vec::new()
        }
        Some(items) => items.iter().collect(),
    }
}

fn one_condition(
    text: &Spanned,
    selection: &mut Selection<'_>,
    report: &mut Report,
) -> Option<Condition<Leaf>> {
    let Some(condition) = text.value.as_str() else {
        report.error(text.place, format!("a condition must be a string, not {}", text.value.kind()));
        return None;
    };
    match expression::parse(condition) {
        Ok(expression) => selection.resolve(&expression, text, report),
        Err(error) => {
            report.error(text.place_at(error.offset), error.fault.to_string());
            None
        }
    }
}
