//! What a rule says of itself, and the key `tripline`.

use super::*;
use crate::rule::{Count, GroupBy, Level, Trigger};

#[test]
fn a_plain_rule_has_the_defaults() {
    let loaded = load_all(&[("a.yml", &rule(""))]);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    let [rule] = loaded.rules.as_slice() else { panic!("one rule") };
    assert_eq!((rule.meta.id.as_str(), rule.meta.level, rule.alerts), ("r1", Level::Medium, true));
    assert_eq!((rule.window.threshold, rule.window.within_s, rule.window.suppress_s), (1, 0, 3_600));
    assert_eq!((&rule.window.group_by, &rule.window.count), (&GroupBy::Default, &Count::Events));
    assert!(matches!(rule.trigger, Trigger::Event(_)));
    assert_eq!(rule.meta.origin.to_string(), "a.yml:1:1");
}

#[test]
fn metadata_is_checked() {
    check(&rule("level: hgih\n"), &[("7:8", "did you mean `high`")]);
    check(&rule("level: High\n"), &[("7:8", "did you mean `high`")]);
    check(&rule("level: 3\n"), &[("7:8", "must be a string, not a number (put it in quotes)")]);
    check(&rule("status: experimentl\n"), &[("7:9", "did you mean `experimental`")]);
    check(&rule("date: 2026-02-30\n"), &[("7:7", "is no date")]);
    check(&rule("date: 2024/02/29\nmodified: 26-1-1\n"), &[("8:11", "is no date")]);
    check(&rule("author: [a]\n"), &[("7:9", "must be a string, not a list")]);
    check(&rule("author:\nreferences:\n"), &[]);
    check(&rule("falsepositives: Unknown\n"), &[]);
    check(&rule("tags: [attack.t1078, Bad Tag]\n"), &[("7:22", "not a Sigma tag")]);
    check(&rule("taxonomy: ecs\n"), &[("7:11", "not supported yet: taxonomy")]);
    check(&rule("related: [{id: x, type: derivd}]\n"), &[("7:25", "did you mean `derived`")]);
    check(&rule("refrences: [x]\n"), &[("7:1", "did you mean `references`?")]);
    check(&rule("my_company_ticket: X-1\n"), &[]);
    check(&rule("action: block\n"), &[]);
}

#[test]
fn unsupported_rules_are_skipped_and_deprecated_ones_run() {
    let status = |status: &str, extra: &str| {
        let text = rule(&format!("status: {status}\n{extra}"));
        let loaded = load_all(&[("a.yml", &text)]);
        (loaded.rules.len(), loaded.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let (runs, told) = status("unsupported", "level: hihg\nfilter: {}\n");
    assert_eq!((runs, told.len()), (0, 1), "{told:?}");
    assert!(
        told[0].starts_with("a.yml:7:1: warning: skipped") && told[0].contains("change the status"),
        "{told:?}"
    );
    let (runs, told) = status("deprecated", "");
    assert_eq!((runs, told.len()), (1, 1), "{told:?}");
    assert!(told[0].starts_with("a.yml:7:9: warning: the rule is deprecated"), "{told:?}");
}

#[test]
fn a_fault_in_a_block_is_told_at_its_line() {
    let with = |pattern: &str| {
        rule("").replace(
            "detection:\n  sel: {eventName: StopLogging}\n  condition: sel\n",
            &format!("filter_pattern: {pattern}"),
        )
    };
    check(&with("|\n  { ($.a = 1) &&\n\n    ($.b == 2) }\n"), &[("7:10", "is no operator")]);
    check(&with("|\n  { ($.a = 1) }\n\n"), &[]);
    check(&with("|\n\n  { $.a == 1 }\n"), &[("6:9", "is no operator")]);
    check(&with("|-\n  { ($.a = 1) }\n"), &[]);
    check(&with("|2\n   { ($.a == 1) }\n"), &[("5:11", "is no operator")]);
    check(&with(">\n  { ($.a = 1) &&\n  ($.b == 2) }\n"), &[("5:3", "is no operator")]);
}

#[test]
fn what_is_required_is_missed() {
    check("id: x\n", &[("1:1", "no `detection`"), ("1:1", "no `logsource`"), ("1:1", "no `title`")]);
    check("- a\n", &[("1:1", "must be a map")]);
    check(
        "title: T\nlogsource: {definition: x}\ndetection: {s: {a: b}, condition: s}\n",
        &[("2:12", "names neither")],
    );
    let both = rule("filter_pattern: x\n");
    check(&both, &[("7:1", "either `detection` or `filter_pattern`, not both")]);
    let pattern = rule("")
        .replace("detection:\n  sel: {eventName: StopLogging}\n  condition: sel\n", "filter_pattern: 5\n");
    check(&pattern, &[("4:17", "`filter_pattern` must be a string, not a number")]);
    check(&rule("filter: {}\n"), &[("7:1", "not supported yet: Sigma filters")]);
}

#[test]
fn a_rule_without_id_is_known_by_name_or_title() {
    let body = "logsource: {product: aws}\ndetection: {s: {a: b}, condition: s}\n";
    let id = |head: &str| load_all(&[("a.yml", &format!("{head}\n{body}"))]).rules[0].meta.id.clone();
    assert_eq!(id("title: 'Root login, no MFA!'"), "root-login-no-mfa");
    assert_eq!(id("title: T\nname: short"), "short");
    check(&format!("title: '!!'\n{body}"), &[("1:1", "needs an `id`")]);
}

#[test]
fn rules_of_other_log_sources_are_skipped_whole() {
    let skipped = |logsource: &str| {
        let text =
            format!("title: T\nlogsource: {logsource}\ndetection: {{s: {{a|windash: b}}, condition: s}}\n");
        let loaded = load_all(&[("a.yml", &text)]);
        let [diagnostic] = loaded.diagnostics.as_slice() else { panic!("{:?}", loaded.diagnostics) };
        diagnostic.message.starts_with("skipped:")
    };
    assert!(skipped("{product: windows}"));
    assert!(skipped("{product: aws, service: guardduty}"));
    assert!(skipped("{category: process_creation}"));
    assert!(!skipped("{service: cloudtrail}"));
}

#[test]
fn our_own_key_is_strict() {
    let settings = |text: &str| rule(&format!("tripline: {text}\n"));
    check(&settings("{supress: 1h}"), &[("7:12", "did you mean `suppress`")]);
    check(&settings("{suppress: 90}"), &[("7:22", "must be a duration")]);
    check(&settings("{suppress: 1M}"), &[("7:22", "a month is not a fixed time")]);
    check(&settings("{suppress: 1M}"), &[("7:22", "at most 30d")]);
    check(&settings("{group-by: [principal, eventName]}"), &[("7:23", "`principal` is a word of alerts")]);
    check(&settings("{group-by: source_ip}"), &[("7:22", "write sourceIPAddress")]);
    check(&settings("{suppress: 31d}"), &[("7:22", "longer than 30 days")]);
    check(&settings("{suppress: 0, packs: [baseline]}"), &[]);
    check(&settings("{packs: [Base line]}"), &[("7:20", "lower-case")]);
    check(&settings("{group-by: [a, a]}"), &[("7:26", "stands twice")]);
    check(&settings("{wildcard: glob}"), &[("7:22", "for `filter_pattern` only")]);
    let loaded = load_all(&[("a.yml", &settings("{group-by: [requestParameters.name], suppress: 2h}"))]);
    let window = &loaded.rules[0].window;
    let GroupBy::Fields(fields) = &window.group_by else { panic!("fields") };
    assert_eq!((fields[0].name.as_str(), window.suppress_s), ("requestParameters.name", 7_200));
}

#[test]
fn ids_are_distinct_across_files() {
    let loaded = load_all(&[("a.yml", &rule("")), ("b.yml", &rule(""))]);
    assert_eq!(loaded.rules.len(), 1);
    let shown = loaded.diagnostics[0].to_string();
    assert!(shown.starts_with("b.yml:1:1: error: duplicate rule id `r1`, first at a.yml:1:1"), "{shown}");
}

#[test]
fn one_bad_rule_is_refused_alone_and_everything_is_reported() {
    let text = format!("{}---\n---\n{}level: x\nstatus: y\n", rule(""), rule("").replace("r1", "r2"));
    let loaded = load_all(&[("a.yml", &text), ("z.cases.yml", "hits: [")]);
    assert_eq!(loaded.rules.len(), 1);
    assert_eq!(loaded.diagnostics.len(), 2, "{:?}", loaded.diagnostics);
}

#[test]
fn collections_of_the_first_version_refuse_their_file() {
    let text = format!("action: global\nlevel: high\n---\n{}", rule(""));
    check(&text, &[("1:1", "no rule of this file is loaded")]);
}

#[test]
fn only_what_is_selected_runs_and_is_interned() {
    let other = rule("").replace("r1", "r2").replace("eventName", "otherField");
    let loaded = load(&files(&[("a.yml", &rule("")), ("b.yml", &other)]), &|meta| meta.id == "r1");
    assert_eq!(loaded.rules.len(), 1);
    assert_eq!(loaded.fields.len(), Fields::new().len() + 1);
}
