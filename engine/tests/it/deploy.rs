//! What operators are given speaks of metrics and alerts that exist, and every metric and alert is explained to them.
//!
//! Textual: what the rules mean is promtool's to judge (`.ci/run`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use tripline::metrics::{Metric, TABLE};

const RULES: &str = "deploy/prometheus/tripline.rules.yml";
const CASES: &str = "deploy/prometheus/tripline.rules.test.yml";
const DASHBOARD: &str = "deploy/grafana/tripline.json";
const OPERATIONS: &str = "docs/OPERATIONS.md";

/// Labels that Prometheus adds: to a target, to a bucket.
const ADDED_LABELS: &[&str] = &["job", "instance", "le"];
/// Words of this form that are no metrics: a package, and labels that a sink gives its alerts.
const NOT_METRICS: &[&str] = &["tripline_rules", "tripline_loadgen", "tripline_alert", "tripline_sample"];

#[test]
fn bases_of_the_image_have_a_digest_or_a_dated_exception() {
    let file = read("deploy/container/Containerfile");
    assert_eq!(unpinned(&file), Vec::<String>::new());
    let dated = |line: &str| line.starts_with("# Without a digest, ");
    let without: String = file.lines().filter(|line| !dated(line)).map(|line| format!("{line}\n")).collect();
    let pinned = without.replace(":nonroot\n", &format!(":nonroot@sha256:{}\n", "1f".repeat(32)));
    let exceptions = file.lines().filter(|line| dated(line)).count();
    assert_eq!(unpinned(&without).len(), exceptions, "what has neither is noticed");
    assert_eq!(unpinned(&pinned).len(), exceptions.saturating_sub(1), "a digest is enough");
    let invented = without.replace(":nonroot\n", &format!(":nonroot@sha256:{}\n", "0".repeat(64)));
    assert_eq!(unpinned(&invented).len(), exceptions, "a digest of zeros is none");
}

/// The images that a Containerfile begins with by default, without a digest and without a dated exception in the line before.
fn unpinned(file: &str) -> Vec<String> {
    let lines: Vec<&str> = file.lines().collect();
    let is_date = |text: &str| {
        let form = |(at, c): (usize, char)| if at == 4 || at == 7 { c == '-' } else { c.is_ascii_digit() };
        text.len() == 10 && text.char_indices().all(form)
    };
    let is_excused = |before: &str| {
        let reason = before.strip_prefix("# Without a digest, ").and_then(|rest| rest.split_once(": "));
        reason.is_some_and(|(date, reason)| is_date(date) && !reason.trim().is_empty())
    };
    let is_pinned = |image: &str| {
        let digest = image.split_once("@sha256:").map(|(_, digest)| digest).unwrap_or_default();
        let is_hex = digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit());
        is_hex && digest.chars().any(|c| c != '0')
    };
    let images = lines.iter().enumerate().filter_map(|(n, line)| {
        let image = line.strip_prefix("ARG BUILD=").or(line.strip_prefix("ARG RUNTIME="));
        let image = image.or(line.strip_prefix("FROM ").filter(|from| !from.starts_with("${")))?;
        let before = n.checked_sub(1).map(|n| lines[n]).unwrap_or_default();
        (!is_pinned(image) && !is_excused(before)).then(|| image.to_owned())
    });
    images.collect()
}

#[test]
fn every_metric_that_is_named_exists() {
    let recorded = recorded();
    let mut unknown = Vec::new();
    for (path, text) in documents() {
        for (name, _) in metrics_in(&text) {
            if metric(name).is_none() && !recorded.contains(name) {
                unknown.push(format!("{path}: {name}"));
            }
        }
    }
    assert!(unknown.is_empty(), "neither a metric of the engine nor recorded: {unknown:#?}");
}

#[test]
fn every_metric_is_explained_and_has_its_labels_and_kind() {
    let text = read(OPERATIONS);
    let mut wrong = Vec::new();
    for metric in TABLE {
        let begin = format!("| `{}` | {} |", metric.name, metric.kind);
        let Some(row) = text.lines().find(|line| line.starts_with(&begin)) else {
            wrong.push(format!("no row begins `{begin}`"));
            continue;
        };
        let labels = row.split('|').nth(3).unwrap_or_default();
        for label in metric.labels.iter().filter(|label| !labels.contains(&format!("`{label}`"))) {
            wrong.push(format!("{}: the label `{label}` is not named", metric.name));
        }
    }
    assert!(wrong.is_empty(), "{OPERATIONS}: {wrong:#?}");
}

#[test]
fn every_label_that_is_asked_for_exists() {
    let known: BTreeSet<&str> =
        TABLE.iter().flat_map(|metric| metric.labels).chain(ADDED_LABELS).copied().collect();
    let mut wrong = Vec::new();
    for (path, text) in documents() {
        for (name, rest) in metrics_in(&text) {
            let Some(metric) = metric(name) else { continue };
            let has = |label: &str| metric.labels.contains(&label) || ADDED_LABELS.contains(&label);
            for label in matched_labels(rest).into_iter().filter(|label| !has(label)) {
                wrong.push(format!("{path}: {name} has no label {label}"));
            }
        }
        // What is grouped by is not tied to a metric here: it is a label of some. Prose has parentheses of its own.
        let labels = if path == OPERATIONS { Vec::new() } else { grouped_labels(&text) };
        for label in labels.into_iter().filter(|label| !known.contains(label)) {
            wrong.push(format!("{path}: no metric has the label {label}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_alert_has_a_runbook_and_cases_in_which_it_does_and_does_not_fire() {
    let (rules, cases, operations) = (read(RULES), read(CASES), read(OPERATIONS));
    let mut asked: BTreeMap<&str, [bool; 2]> = BTreeMap::new();
    for case in cases.split("alertname: ").skip(1) {
        let name = case.split_whitespace().next().unwrap_or_default();
        let quiet = case.contains("exp_alerts: []");
        asked.entry(name).or_default()[usize::from(quiet)] = true;
    }
    let alerts = named(&rules, "- alert: ");
    let mut wrong = Vec::new();
    for alert in &alerts {
        if !operations.lines().any(|line| line == format!("### {alert}")) {
            wrong.push(format!("{alert}: no heading in {OPERATIONS}"));
        }
        let runbook = format!("runbook_url: {OPERATIONS}#{}", alert.to_ascii_lowercase());
        if !rules.lines().any(|line| line.trim() == runbook) {
            wrong.push(format!("{alert}: no `{runbook}`"));
        }
        let [fires, quiet] = asked.get(alert.as_str()).copied().unwrap_or_default();
        if !fires || !quiet {
            wrong.push(format!("{alert}: a case that fires: {fires}, one that does not: {quiet}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!alerts.is_empty(), "no alert found in {RULES}");
    let headings = named(&operations, "### ").into_iter().filter(|heading| heading.starts_with("Tripline"));
    let gone: Vec<_> = headings.filter(|heading| !alerts.contains(heading)).collect();
    assert!(gone.is_empty(), "{OPERATIONS} explains alerts that are no more: {gone:?}");
}

#[test]
fn the_dashboard_names_no_data_source_and_explains_every_panel() {
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let (mut ids, mut wrong) = (BTreeSet::new(), Vec::new());
    for panel in panels {
        let title = panel["title"].as_str().unwrap_or_default();
        if panel["id"].as_u64().is_none_or(|id| !ids.insert(id)) {
            wrong.push(format!("{title}: no id of its own"));
        }
        if panel["type"] == "row" {
            continue;
        }
        if panel["description"].as_str().is_none_or(str::is_empty) {
            wrong.push(format!("{title}: no description"));
        }
        if panel["fieldConfig"]["defaults"]["unit"].as_str().is_none_or(str::is_empty) {
            wrong.push(format!("{title}: no unit"));
        }
        if !panel["libraryPanel"].is_null() {
            wrong.push(format!("{title}: a library panel is not in this file"));
        }
    }
    let mut sources = Vec::new();
    values_of(&dashboard, "datasource", &mut sources);
    for source in sources.iter().filter(|source| source["uid"] != "${datasource}") {
        wrong.push(format!("a data source of somebody's: {source}"));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!sources.is_empty(), "no panel asks for data");
}

/// What names metrics, each with its path. Of the dashboard the texts, without JSON's escapes.
fn documents() -> Vec<(&'static str, String)> {
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    let mut texts = Vec::new();
    texts_in(&dashboard, &mut texts);
    let dashboard = (DASHBOARD, texts.join("\n"));
    vec![(RULES, read(RULES)), (CASES, read(CASES)), dashboard, (OPERATIONS, read(OPERATIONS))]
}

/// Names of recording rules, which hold a colon.
fn recorded() -> BTreeSet<String> {
    named(&read(RULES), "- record: ")
}

/// The rest of each line that begins so.
fn named(text: &str, begin: &str) -> BTreeSet<String> {
    let rests = text.lines().filter_map(|line| line.trim_start().strip_prefix(begin));
    rests.map(|rest| rest.trim().to_owned()).collect()
}

/// Each name of a metric or of a recording, with the text after it.
fn metrics_in(text: &str) -> Vec<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let word = &rest[start..];
        let end = word.find(|c: char| !is_part(c)).unwrap_or(word.len());
        // A colon may end a key or a sentence; a name never ends in one.
        let name = word[..end].trim_end_matches(':');
        let ours = name.starts_with("tripline_") || name.starts_with("tripline:");
        if ours && !NOT_METRICS.contains(&name) {
            found.push((name, &word[name.len()..]));
        }
        rest = &word[end..];
    }
    found
}

/// The row of the table; a histogram is exposed under three names.
fn metric(name: &str) -> Option<&'static Metric> {
    let parts = ["_bucket", "_sum", "_count"];
    TABLE.iter().find(|metric| {
        let is_part = || parts.iter().any(|part| name.strip_suffix(*part) == Some(metric.name));
        metric.name == name || (metric.kind == "histogram" && is_part())
    })
}

/// The labels in the braces that follow at once: `{sink="siem", state=~"a|b"}`.
fn matched_labels(rest: &str) -> Vec<&str> {
    let Some(inside) = rest.strip_prefix('{') else { return Vec::new() };
    let (mut labels, mut outside_quotes, mut start) = (Vec::new(), true, 0);
    for (at, c) in inside.char_indices() {
        match c {
            '"' => outside_quotes = !outside_quotes,
            '=' | '!' if outside_quotes => labels.extend(word(&inside[start..at])),
            ',' if outside_quotes => start = at + 1,
            '}' if outside_quotes => break,
            _ => {}
        }
    }
    labels
}

/// The labels of `by (…)` and `without (…)`.
fn grouped_labels(text: &str) -> Vec<&str> {
    let mut labels = Vec::new();
    for keyword in [" by (", " without ("] {
        for rest in text.split(keyword).skip(1) {
            let list = rest.split(')').next().unwrap_or_default();
            labels.extend(list.split(',').filter_map(word));
        }
    }
    labels
}

/// A label's name, if it is one: `!=` and `=~` have no name before their second sign.
fn word(text: &str) -> Option<&str> {
    let name = text.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

fn texts_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| texts_in(value, found)),
        Value::Object(members) => members.values().for_each(|value| texts_in(value, found)),
        _ => {}
    }
}

/// The values of every member of this name, however deep.
fn values_of<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| values_of(value, name, found)),
        Value::Object(members) => {
            found.extend(members.get(name));
            members.values().for_each(|value| values_of(value, name, found));
        }
        _ => {}
    }
}

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(path)).unwrap()
}
