//! References, aliases, `generate`, and what of a correlation is refused.

use super::*;
use crate::rule::{Count, GroupBy, RuleId, Trigger};

/// A correlation over `r1`, its map given.
fn correlation(map: &str) -> String {
    format!("title: Many\nid: many\ncorrelation: {map}\n")
}

/// Asserts the one complaint about a correlation that stands beside its base rule.
#[track_caller]
fn refused(map: &str, needle: &str) {
    let loaded = load_all(&[("base.yml", &rule("")), ("c.yml", &correlation(map))]);
    let shown: Vec<String> = loaded
        .diagnostics
        .iter()
        .filter(|one| &*one.origin.file == "c.yml")
        .map(ToString::to_string)
        .collect();
    assert!(shown.len() == 1 && shown[0].contains("error") && shown[0].contains(needle), "{shown:#?}");
    assert!(loaded.rules.iter().all(|rule| rule.meta.id != "many"));
}

#[test]
fn a_burst_counts_events() {
    let text = correlation(
        "{type: event_count, rules: r1, group-by: [sourceIPAddress], timespan: 2h, condition: {gt: 9}}",
    );
    let loaded = load_all(&[("c.yml", &text), ("base.yml", &rule(""))]);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    let [many, base] = loaded.rules.as_slice() else { panic!("two rules") };
    assert_eq!(many.trigger, Trigger::Rules(vec![RuleId(1)]));
    let window = &many.window;
    assert_eq!((window.threshold, window.within_s, window.suppress_s), (10, 7_200, 7_200));
    assert!(many.alerts && !base.alerts);
}

#[test]
fn distinct_values_aliases_and_no_group() {
    let text = correlation(
        "{type: value_count, rules: [r1], timespan: 5m, aliases: {who: {r1: userIdentity.arn}},\n\
         \x20 group-by: [who], condition: {gte: 3, field: [eventName, awsRegion]}, generate: true}",
    );
    let loaded = load_all(&[("base.yml", &rule("")), ("c.yml", &text)]);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    let [base, many] = loaded.rules.as_slice() else { panic!("two rules") };
    assert!(base.alerts, "generate: true");
    assert!(matches!(&many.window.count, Count::Values(fields) if fields.len() == 2));
    let GroupBy::Fields(groups) = &many.window.group_by else { panic!("fields") };
    let arn = loaded.fields.selectors().iter().position(|s| s.to_string() == "userIdentity.arn").unwrap();
    assert_eq!((groups[0].name.as_str(), groups[0].by_rule[0].0), ("who", RuleId(0)));
    assert_eq!(groups[0].by_rule[0].1.index(), arn);
    assert_eq!(many.window.suppress_s, 3_600);
}

#[test]
fn rules_are_found_by_id_name_and_title() {
    let counted = |reference: &str| {
        let text = correlation(&format!(
            "{{type: event_count, rules: ['{reference}'], timespan: 1m, condition: {{gte: 2}}}}"
        ));
        let base = rule("name: stopped\n");
        load_all(&[("base.yml", &base), ("c.yml", &text)])
    };
    assert!(counted("r1").diagnostics.is_empty() && counted("stopped").diagnostics.is_empty());
    let by_title = counted("T");
    assert_eq!((by_title.rules.len(), by_title.diagnostics.len()), (2, 1));
    assert!(by_title.diagnostics[0].message.contains("is a title"));
    let unknown = counted("stoped");
    assert_eq!(unknown.diagnostics[0].help.as_deref(), Some("did you mean `stopped`?"));
    assert_eq!(unknown.rules.len(), 1, "the base rule alerts by itself: nothing refers to it");
}

#[test]
fn what_is_not_here_yet_is_refused_by_name() {
    let with =
        |condition: &str| format!("{{type: event_count, rules: r1, timespan: 1m, condition: {condition}}}");
    refused("{type: temporal, rules: r1, timespan: 1m}", "not supported yet: correlation type `temporal`");
    refused("{type: event_cuont, rules: r1, timespan: 1m}", "did you mean `event_count`");
    refused(&with("{lt: 3}"), "must be judged at window close");
    refused(&with("{gte: 3, lte: 9}"), "must be judged at window close");
    refused(&with("{gte: 3, gt: 9}"), "one threshold");
    refused(&with("{gte: 3, foo: 9}"), "unknown key `foo`");
    refused("{type: event_count, rules: r1, timespan: 5M, condition: {gte: 2}}", "at most 7d");
    refused(&with("{gte: 0}"), "always holds");
    refused(&with("{gte: 2.5}"), "must be a whole number");
    refused(&with("{gte: 100001}"), "must be a whole number up to 100000");
    refused(&with("{field: x}"), "not values of a `field`");
    refused(&with("{}"), "no threshold");
    refused("{type: value_count, rules: r1, timespan: 1m, condition: {gte: 2}}", "needs a `field`");
    refused("{type: event_count, rules: r1, timespan: 1w, condition: {gte: 2}}", "no duration");
    refused("{type: event_count, rules: r1, timespan: 0s, condition: {gte: 2}}", "longer than 0");
    refused("{type: event_count, rules: r1, timespan: 8d, condition: {gte: 2}}", "longer than 7 days");
    refused("{type: event_count, rules: r1, condition: {gte: 2}}", "no `timespan`");
    refused("{type: event_count, rules: many, timespan: 1m, condition: {gte: 2}}", "refers to itself");
    refused(
        "{type: event_count, rules: r1, timespan: 1m, condition: {gte: 2}, group_by: x}",
        "did you mean `group-by`",
    );
    refused(
        "{type: event_count, rules: r1, timespan: 1m, condition: {gte: 2}, aliases: {a: {r9: f}}}",
        "none of the rules that this correlation counts",
    );
}

#[test]
fn suppress_is_at_least_the_window_and_never_zero() {
    let with = |suppress: &str| {
        let map = "{type: event_count, rules: r1, timespan: 10m, condition: {gte: 2}}";
        format!("{}tripline: {{suppress: {suppress}}}\n", correlation(map))
    };
    let errors = |suppress: &str| {
        let loaded = load_all(&[("base.yml", &rule("")), ("c.yml", &with(suppress))]);
        loaded.diagnostics.iter().filter(|one| &*one.origin.file == "c.yml").count()
    };
    assert_eq!([errors("10m"), errors("9m"), errors("0")], [0, 1, 1]);
}

#[test]
fn a_correlation_of_a_refused_rule_is_refused_and_says_so() {
    let text = correlation("{type: event_count, rules: r1, timespan: 1m, condition: {gte: 2}}");
    let loaded = load_all(&[("base.yml", &rule("level: x\n")), ("c.yml", &text)]);
    assert!(loaded.rules.is_empty());
    assert!(loaded.diagnostics[1].message.contains("`r1` was refused"));
}

#[test]
fn rules_that_only_feed_a_refused_correlation_do_not_alert_instead() {
    let text = correlation("{type: temporal, rules: r1, timespan: 1m}");
    let loaded = load_all(&[("base.yml", &rule("")), ("c.yml", &text)]);
    assert!(loaded.rules.is_empty());
    assert!(loaded.diagnostics[0].message.contains("only feeds correlations"), "{:?}", loaded.diagnostics);
}

#[test]
fn a_selected_correlation_brings_its_rules() {
    let text = correlation("{type: event_count, rules: r1, timespan: 1m, condition: {gte: 2}}");
    let set = files(&[("base.yml", &rule("")), ("c.yml", &text)]);
    assert_eq!(load(&set, &|meta| meta.id == "many").rules.len(), 2);
    let alone = load(&set, &|meta| meta.id == "r1");
    assert!(alone.rules.len() == 1 && alone.rules[0].alerts);
}

#[test]
fn what_feeds_a_refused_correlation_does_not_run_either() {
    let outer = correlation("{type: temporal, rules: inner, timespan: 1m}");
    let inner = correlation("{type: event_count, rules: [r1, T], timespan: 1m, condition: {gte: 2}}");
    let inner = inner.replace("id: many", "id: inner");
    let loaded = load_all(&[("a.yml", &outer), ("b.yml", &inner), ("base.yml", &rule(""))]);
    assert!(loaded.rules.is_empty());
    let alone = load_all(&[("b.yml", &inner), ("base.yml", &rule(""))]);
    assert_eq!(alone.rules[0].trigger, Trigger::Rules(vec![RuleId(1)]), "by id and by title, counted once");
}

#[test]
fn correlations_of_correlations_are_not_here_yet() {
    let outer = correlation("{type: event_count, rules: inner, timespan: 1m, condition: {gte: 2}}");
    let inner = correlation("{type: event_count, rules: many, timespan: 1m, condition: {gte: 2}}")
        .replace("id: many", "id: inner");
    let loaded = load_all(&[("a.yml", &outer), ("b.yml", &inner)]);
    assert!(loaded.rules.is_empty());
    assert!(loaded.diagnostics.iter().all(|one| one.message.contains("is a correlation itself")));
}
