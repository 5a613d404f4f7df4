//! Sets whose rules take each other's ids, names and titles: nothing disappears without a word.

use proptest::prelude::*;

use super::*;

/// One document a file, so that a diagnostic's file says which rule it is about.
fn document(kind: usize, id: &str, name: &str, title: &str, counted: &str) -> String {
    let detection = "detection: {s: {eventName: StopLogging}, condition: s}";
    let ours = "logsource: {product: aws, service: cloudtrail}";
    let counts = |kind: &str| {
        format!("correlation: {{type: {kind}, rules: {counted}, timespan: 1m, condition: {{gte: 2}}}}")
    };
    let body = match kind {
        0 | 1 => format!("{ours}\n{detection}"),
        2 => format!("{ours}\n{detection}\nlevel: hihg"),
        3 => format!("logsource: {{product: windows}}\n{detection}"),
        4 => format!("{ours}\nfilter_pattern: '{{ $.a = 1 }}'"),
        5 => counts("event_count"),
        _ => counts("temporal"),
    };
    format!("title: {title}\nid: {id}\nname: {name}\n{body}\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_rule_that_does_not_run_has_a_diagnostic_and_a_shipped_one_keeps_its_id(
        set in proptest::collection::vec((any::<bool>(), 0..7_usize, "[ab]", "[abn]", "[aT]", "[abnT]"), 1..7)
    ) {
        let files: Vec<SourceFile> = set.iter().enumerate().map(|(n, (shipped, kind, id, name, title, counted))| {
            let folder = if *shipped { "pack:x" } else { "own" };
            SourceFile { name: format!("{folder}/{n}.yml").into(), text: document(*kind, id, name, title, counted) }
        }).collect();
        let loaded = load(&files, &|_| true);
        for file in &files {
            let runs = loaded.rules.iter().any(|rule| rule.meta.origin.file == file.name);
            let stopped = loaded.diagnostics.iter().any(|one| one.stops() && one.origin.file == file.name);
            prop_assert_eq!(runs, !stopped, "{}: {:#?}", &file.name, &loaded.diagnostics);
        }
        for rule in loaded.rules.iter().filter(|rule| !rule.meta.origin.is_shipped()) {
            let taken = set.iter().any(|(shipped, kind, id, ..)| *shipped && *kind != 3 && *id == rule.meta.id);
            prop_assert!(!taken, "`{}` is a shipped rule's", rule.meta.id);
        }
    }
}

#[test]
fn the_rule_that_was_added_is_the_one_refused() {
    let loaded = load_all(&[("a.yml", &rule("level: x\n")), ("pack:p/r1.yml", &rule(""))]);
    assert_eq!(loaded.rules.len(), 1);
    assert!(loaded.rules[0].meta.origin.is_shipped());
    let shown: Vec<String> = loaded.diagnostics.iter().map(ToString::to_string).collect();
    let refusal =
        "a.yml:1:1: error: id `r1` is that of the shipped rule pack:p/r1.yml:1:1 (give yours another)";
    assert_eq!(shown[0], refusal, "{shown:#?}");
}
