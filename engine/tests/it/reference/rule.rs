//! Rule files as the reference engine reads them: YAML to plain values, and from those the few things that a rule is.

use serde_json::Value;

use super::pattern::Pattern;
use super::pattern_text;

/// What makes a single event a hit.
#[derive(Debug, Clone)]
pub(crate) enum Trigger {
    /// Sigma's `detection:`.
    Detection(Value),
    /// A CloudWatch filter pattern.
    Pattern(Pattern),
    /// Every hit of these rules.
    Rules(Vec<String>),
}

/// One rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) trigger: Trigger,
    /// True if it raises alerts of its own; a rule that only feeds correlations does not.
    pub(crate) alerts: bool,
    /// Names of the fields; none is the default group.
    pub(crate) group_by: Option<Vec<String>>,
    /// Alias, rule, field.
    aliases: Vec<(String, String, String)>,
    /// The field whose distinct values count; none counts events.
    pub(crate) value: Option<Vec<String>>,
    pub(crate) threshold: usize,
    pub(crate) within_s: i64,
    /// Zero is an alert for every event.
    pub(crate) suppress_s: i64,
    packs: Vec<String>,
    tags: Vec<String>,
    generates: bool,
}

impl Rule {
    fn new(document: &Value, folder: &str) -> Self {
        let correlation = &document["correlation"];
        let own = &document["tripline"];
        let trigger = match document["filter_pattern"].as_str() {
            Some(pattern) => Trigger::Pattern(pattern_text::parse(pattern).unwrap()),
            None if correlation.is_null() => Trigger::Detection(document["detection"].clone()),
            None => Trigger::Rules(texts(&correlation["rules"])),
        };
        let counts = matches!(trigger, Trigger::Rules(_));
        let group_by = if counts { &correlation["group-by"] } else { &own["group-by"] };
        let within_s = if counts { duration_s(&correlation["timespan"]).unwrap() } else { 0 };
        let condition = &correlation["condition"];
        let threshold = match (condition["gte"].as_u64(), condition["gt"].as_u64()) {
            (Some(least), _) => least,
            (None, Some(below)) => below + 1,
            (None, None) => 1,
        };
        let mut packs = texts(&own["packs"]);
        packs.push(folder.to_owned());
        Self {
            id: document["id"].as_str().unwrap().to_owned(),
            alerts: true,
            group_by: (counts || !group_by.is_null()).then(|| texts(group_by)),
            aliases: aliases(&correlation["aliases"]),
            value: (correlation["type"] == "value_count").then(|| texts(&condition["field"])),
            threshold: usize::try_from(threshold).unwrap(),
            within_s,
            suppress_s: duration_s(&own["suppress"]).unwrap_or_else(|| within_s.max(3_600)),
            packs,
            tags: texts(&document["tags"]),
            generates: document["generate"] == true || correlation["generate"] == true,
            trigger,
        }
    }

    /// The field that `name` means in hits of the rule `base`: itself, or what an alias puts in its place.
    pub(crate) fn field<'r>(&'r self, name: &'r str, base: &str) -> &'r str {
        let alias = self.aliases.iter().find(|(alias, rule, _)| alias == name && rule == base);
        alias.map_or(name, |(_, _, field)| field)
    }

    /// True if the selection `pack` (`baseline`, `cis@5.0.0`, `cis-all@5.0.0`) holds the rule.
    pub(crate) fn is_in(&self, pack: &str) -> bool {
        match pack.split_once('@') {
            Some((name, version)) => {
                let is_variant = self.tags.iter().any(|tag| tag == "cis.variant");
                let of_version = format!("cis.v{version}.");
                self.tags.iter().any(|tag| tag.starts_with(&of_version)) && (name == "cis-all" || !is_variant)
            }
            None => self.packs.iter().any(|name| name == pack),
        }
    }
}

/// The rules in YAML texts, each with the name of the folder that it is from: those that `selects` takes, and those that
/// they count.
pub(crate) fn rules(texts: &[(String, String)], selects: impl Fn(&Rule) -> bool) -> Vec<Rule> {
    let mut all = Vec::new();
    for (folder, text) in texts {
        let documents: Vec<Value> = serde_saphyr::from_multiple(text).unwrap();
        all.extend(documents.iter().map(|document| Rule::new(document, folder)));
    }
    let selected: Vec<bool> = all.iter().map(selects).collect();
    let mut run = Vec::new();
    for (rule, is_selected) in all.iter().zip(&selected) {
        let counts =
            |other: &Rule| matches!(&other.trigger, Trigger::Rules(rules) if rules.contains(&rule.id));
        let selected = all.iter().zip(&selected).filter(|(_, selected)| **selected).map(|(rule, _)| rule);
        let counters: Vec<&Rule> = selected.filter(|other| counts(other)).collect();
        // A rule that correlations count raises alerts only if one of them says so.
        let generates = counters.iter().any(|counter| counter.generates);
        let alerts = if counters.is_empty() { *is_selected } else { generates };
        if alerts || !counters.is_empty() {
            run.push(Rule { alerts, ..rule.clone() });
        }
    }
    run
}

/// A string or a list of strings; nothing is an empty list.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    }
}

fn aliases(value: &Value) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (alias, fields) in value.as_object().into_iter().flatten() {
        for (rule, field) in fields.as_object().unwrap() {
            found.push((alias.clone(), rule.clone(), field.as_str().unwrap().to_owned()));
        }
    }
    found
}

/// `90s`, `5m`, `1h`, `7d`, or the number 0.
pub(super) fn duration_s(value: &Value) -> Option<i64> {
    if let Some(seconds) = value.as_i64() {
        return Some(seconds);
    }
    let text = value.as_str()?;
    let (number, unit) = text.split_at(text.len() - 1);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => unreachable!("the reference knows no duration {text}"),
    };
    Some(number.parse::<i64>().unwrap() * seconds)
}
