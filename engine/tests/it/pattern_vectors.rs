//! The filter-pattern vectors, through the decoder that the product uses.

use std::fs;

use serde_json::Value;
use tripline::decode;
use tripline_rules::field::{Fields, Slots};
use tripline_rules::pattern::{self, Dialect, Wildcard};

use crate::shared;

/// `yes`, `no` or `invalid`.
fn verdict(pattern: &str, message: &str, wildcard: Wildcard) -> &'static str {
    let Ok(parsed) = pattern::parse(pattern) else { return "invalid" };
    let printed = parsed.pattern.to_string();
    assert_eq!(pattern::parse(&printed).unwrap().pattern, parsed.pattern, "{pattern} printed as {printed}");
    let mut fields = Fields::new();
    let dialect = Dialect { wildcard, ..Dialect::default() };
    let condition = parsed.pattern.lower(dialect, &mut fields).unwrap();
    let holds = |slots: &Slots<'_>| condition.holds(&mut |predicate| predicate.holds(slots));
    if decode::any_message(message, &fields, holds) { "yes" } else { "no" }
}

#[test]
fn every_vector_holds() {
    let Some(shared) = shared::folder("pattern_vectors") else { return };
    let text = fs::read_to_string(shared.join("spec/filter-pattern-vectors.ndjson")).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events = lines.next().unwrap()["events"].take();
    let mut wrong = Vec::new();
    let mut count = 0;
    for vector in lines {
        let event = vector["event"].as_str().unwrap();
        let message = event.strip_prefix('@').map_or(event, |key| events[key].as_str().unwrap());
        let wildcard = if vector["mode"] == "aws2019" { Wildcard::Aws2019 } else { Wildcard::Glob };
        let got = verdict(vector["pattern"].as_str().unwrap(), message, wildcard);
        if vector["expect"] != got {
            wrong.push(format!("got {got}: {vector}\n    on {message}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count} vectors:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 200);
}
