//! Hostile and mangled rule text.

use proptest::prelude::*;

use super::*;

const RULES: &str = r#"title: "Root \u00e9"
id: a
logsource: {product: aws, service: cloudtrail}
detection:
  sel: &sel
    eventName|contains|all: ['Stop*', "Log?ing", 5, true]
    sourceIPAddress|cidr: [10.0.0.0/8, 'fe80::/10']
    userIdentity.arn|re|i: '.+:role/(a|b)'
    errorCode: null
  keywords: [one, two]
  again: *sel
  condition: 1 of sel* and not (keywords or again)
tripline: {group-by: [a.b], suppress: 0}
---
title: c
correlation: {type: value_count, rules: a, timespan: 1h, condition: {gte: 3, field: x}}
"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_answered(text in "(\\PC|[\n\t:#&*!|>'\"%@`{}\\[\\],?-]| {1,4}){0,200}") {
        load_all(&[("a.yml", &text)]);
    }

    #[test]
    fn mangled_rules_are_answered(
        edits in proptest::collection::vec((0..RULES.len(), 0..12usize, "[\n :{}\\[\\]*&|'\"?()a-z0-9\u{e9}-]{0,6}"), 1..8)
    ) {
        let mut text: Vec<char> = RULES.chars().collect();
        for (at, cut, put) in edits {
            let at = at.min(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        let loaded = load_all(&[("a.yml", &text), ("b.yml", RULES)]);
        prop_assert!(loaded.rules.len() <= 4);
        for diagnostic in &loaded.diagnostics {
            prop_assert!(diagnostic.origin.line >= 1 && diagnostic.origin.column >= 1);
        }
    }
}

#[test]
fn the_rules_that_are_mangled_are_sound() {
    let loaded = load_all(&[("b.yml", RULES)]);
    assert_eq!(loaded.rules.len(), 2, "{:?}", loaded.diagnostics);
}

/// Unknown names and keys without end: each costs no more than the file's bytes.
#[test]
fn masses_of_mistakes_are_answered() {
    let keys: String = (0..20_000).map(|n| format!("titel{n}: 1\n")).collect();
    assert!(!load_all(&[("a.yml", &keys)]).diagnostics.is_empty());
    let names = (0..1_500).map(|n| format!("sel{n}")).collect::<Vec<_>>().join(" or ");
    let text = rule("").replace("condition: sel", &format!("condition: {names}"));
    let loaded = load_all(&[("a.yml", &text)]);
    assert_eq!(loaded.diagnostics.len(), 1_500);
    assert_eq!(loaded.diagnostics.iter().filter(|one| one.help.is_some()).count(), 100);
    let long = rule("").replace("condition: sel", &format!("condition: {}sel", "sel or ".repeat(3_000)));
    check(&long, &[("4:1", "longer than 16384 characters")]);
}

/// Each of these alone is accepted; thousands together would take gigabytes.
#[test]
fn masses_of_regular_expressions_are_refused_before_they_are_compiled() {
    let list = vec!["'\\w{9}'"; 101].join(", ");
    let text = rule("").replace("eventName: StopLogging", &format!("eventName|re: [{list}]"));
    check(&text, &[("1:1", "101 regular expressions in one file, more than 100")]);
}

/// `x of them` over large lists, written out, would be a million tests.
#[test]
fn a_condition_cannot_blow_up() {
    let list = vec!["v"; 2_000].join(", ");
    let condition = vec!["1 of them"; 500].join(" or ");
    let detection = format!("detection:\n  a: {{f: [{list}]}}\n  condition: {condition}\n");
    let text = format!("title: T\nlogsource: {{product: aws}}\n{detection}");
    // Ten fit; the eleventh is named.
    check(&text, &[("5:144", "comes to more than 20000 tests")]);
}
