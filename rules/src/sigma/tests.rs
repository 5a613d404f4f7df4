//! Sigma detections against events, by an obvious resolver.

use serde_json::Value as Json;

use super::*;
use crate::condition::Condition;
use crate::document::{Report, SourceFile, Yaml, documents};
use crate::field::Fields;
use crate::testing::holds;

mod conditions;
mod globs;
mod semantics;

/// A detection in YAML, and every complaint about it.
fn compile(detection: &str) -> (Option<Condition<Leaf>>, Vec<String>) {
    let file = SourceFile { name: "d".into(), text: detection.to_owned() };
    let documents = documents(&file).unwrap();
    let Yaml::Map(map) = &documents[0].value else { panic!("a map") };
    let mut report = Report::new(&file.name);
    let condition = read_detection(map, documents[0].place, &mut report);
    (condition, report.into_diagnostics().iter().map(ToString::to_string).collect())
}

/// Whether the detection matches the event.
#[track_caller]
fn matches(detection: &str, event: &str) -> bool {
    let (condition, complaints) = compile(detection);
    let condition = condition.unwrap_or_else(|| panic!("{detection}: {complaints:#?}"));
    let mut fields = Fields::new();
    let condition = condition.map(&mut |leaf| leaf.intern(&mut fields));
    let event: Json = serde_json::from_str(event).unwrap();
    holds(&condition, &fields, &event)
}

/// Asserts which events one item matches: those after `yes`, none of those after `no`.
#[track_caller]
fn check(item: &str, yes: &[&str], no: &[&str]) {
    let detection = format!("s:\n  {item}\ncondition: s\n");
    for (events, wanted) in [(yes, true), (no, false)] {
        for event in events {
            assert_eq!(matches(&detection, event), wanted, "{item} on {event}");
        }
    }
}

/// Asserts that a detection is refused, at a place, for a reason.
#[track_caller]
fn refused(detection: &str, place: &str, needle: &str) {
    let (condition, complaints) = compile(detection);
    let errors: Vec<_> = complaints.iter().filter(|complaint| complaint.contains(": error: ")).collect();
    assert!(condition.is_none() && errors.len() == 1, "{complaints:#?}");
    assert!(errors[0].starts_with(&format!("d:{place}: ")) && errors[0].contains(needle), "{}", errors[0]);
}

/// Asserts that a detection compiles and draws one warning.
#[track_caller]
fn warned(detection: &str, needle: &str) {
    let (condition, complaints) = compile(detection);
    assert!(
        condition.is_some() && complaints.len() == 1 && complaints[0].contains(needle),
        "{complaints:#?}"
    );
}
