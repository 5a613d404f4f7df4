//! Test cases beside the rules: `NAME.cases.yml` says what the rules of `NAME.yml` must hit, and which near-misses
//! they must leave alone. Here cases become events as JSON text; to run them is the engine's business.
//!
//! ```yaml
//! base: {eventVersion: "1.08", eventSource: cloudtrail.amazonaws.com}   # beneath every event
//! rule: trail-stopped              # for every case that names none; else the one alerting rule of NAME.yml
//! hits:
//!   - name: an administrator stops the trail
//!     event: {eventName: StopLogging}
//!     without: [userIdentity.invokedBy]
//!   - name: five users within two minutes
//!     events:
//!       - {repeat: 5, every: 20s, event: {userIdentity: {userName: "user{n}"}}}
//!       - {after: 5m, event: {eventName: DeleteTrail}}
//! misses:
//!   - name: reading is no change
//!     event: {eventName: GetTrailStatus}
//! ```
//!
//! Invariant: the events of a case have distinct ids and, unless it sets them itself, ascending times.

mod coverage;
mod event;
mod json;
mod timeline;

#[cfg(test)]
mod tests;

pub use coverage::uncovered;

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Origin};
use crate::document::{Entry, Map, Report, SourceFile, Spanned, Yaml, documents, entries, only_keys, string};
use timeline::Timeline;

/// Characters of a case's name or of a rule's id.
const NAME_CHARS_MAX: usize = 256;

/// The cases of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cases {
    /// The file that holds them.
    pub file: Arc<str>,
    /// In the order of the file, hits before misses.
    pub cases: Vec<Case>,
}

/// One thing that a rule must hit, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The rule's id, where the case or its file names one.
    pub rule: Option<String>,
    /// What happened, in words.
    pub name: String,
    /// Where the case begins.
    pub origin: Origin,
    /// Whether the rule must hit.
    pub hit: bool,
    /// The events as JSON texts, in the order in which they happen.
    pub events: Vec<String>,
}

/// The sound cases of a file, and everything wrong with the others.
pub fn read(file: &SourceFile) -> (Cases, Vec<Diagnostic>) {
    let mut cases = Cases { file: Arc::clone(&file.name), cases: Vec::new() };
    let documents = match documents(file) {
        Ok(documents) => documents,
        Err(diagnostic) => return (cases, vec![diagnostic]),
    };
    let mut report = Report::new(&file.name);
    if let Some(second) = documents.get(1) {
        report.error(second.place, "a file of cases is one document");
    } else if let Some(document) = documents.first() {
        cases.cases = read_document(document, &mut report);
    }
    (cases, report.into_diagnostics())
}

fn read_document(document: &Spanned, report: &mut Report) -> Vec<Case> {
    let Yaml::Map(map) = &document.value else {
        report.error(document.place, "a file of cases must be a map with `hits` and `misses`");
        return Vec::new();
    };
    only_keys(map, &["base", "rule", "hits", "misses"], "a file of cases", report);
    let base = map.said("base").and_then(|entry| entries(entry, report)).cloned().unwrap_or_default();
    let rule = named(map, "rule", report);
    let mut timeline = Timeline::new(base);
    let mut cases = Vec::new();
    for (key, hit) in [("hits", true), ("misses", false)] {
        for case in map.said(key).map(|entry| list(entry, report)).unwrap_or_default() {
            cases.extend(read_case(case, hit, rule.as_deref(), &mut timeline, report));
        }
    }
    cases
}

fn read_case(
    case: &Spanned,
    hit: bool,
    rule: Option<&str>,
    timeline: &mut Timeline,
    report: &mut Report,
) -> Option<Case> {
    let errors = report.errors();
    let Yaml::Map(map) = &case.value else {
        report.error(case.place, format!("a case must be a map, not {}", case.value.kind()));
        return None;
    };
    only_keys(map, &["name", "rule", "event", "events", "without"], "a case", report);
    let name = named(map, "name", report);
    if map.said("name").is_none() {
        report.error(case.place, "the case has no `name`: say in words what happened");
    }
    timeline.begin_case();
    match (map.get("event"), map.get("events")) {
        (Some(_), None) => timeline.take(map, None, case.place, report),
        (None, Some(events)) => {
            for item in list(events, report) {
                timeline.take_item(item, map, report);
            }
        }
        (Some(_), Some(events)) => report.error(events.key_place, "a case has `event` or `events`, not both"),
        (None, None) => report.error(case.place, "the case has neither `event` nor `events`"),
    }
    let events = timeline.end_case();
    if report.errors() > errors {
        return None;
    }
    let rule = named(map, "rule", report).or_else(|| rule.map(str::to_owned));
    Some(Case { rule, name: name?, origin: report.origin(case.place), hit, events })
}

fn named(map: &Map, key: &str, report: &mut Report) -> Option<String> {
    map.said(key).and_then(|entry| string(entry, NAME_CHARS_MAX, report)).map(str::to_owned)
}

/// A list that is not empty.
fn list<'y>(entry: &'y Entry, report: &mut Report) -> &'y [Spanned] {
    match entry.value.value.as_list() {
        Some(items) if !items.is_empty() => items,
        _ => {
            let kind = entry.value.value.kind();
            report
                .error(entry.value.place, format!("`{}` must be a list with entries, not {kind}", entry.key));
            &[]
        }
    }
}
