//! A rule as written: its metadata checked, its kind known, its body still a tree.

use super::report::Report;
use super::settings::Settings;
use super::tree::{Entry, Map, Place, Spanned, Yaml};
use super::{logsource, metadata, read, settings};
use crate::rule::Metadata;

/// One rule document.
#[derive(Debug)]
pub(crate) struct RuleText {
    pub(crate) meta: Metadata,
    /// None when its kind cannot be told; an error says so.
    pub(crate) body: Option<Body>,
    pub(crate) settings: Settings,
    /// `generate` at the top level.
    pub(crate) generate: Option<bool>,
}

/// What kind of rule it is (`spec/sigma.md` §1, design §4).
#[derive(Debug)]
pub(crate) enum Body {
    /// The map under `detection`.
    Detection(Map, Place),
    /// The scalar under `filter_pattern`.
    FilterPattern(Spanned),
    /// The map under `correlation`.
    Correlation(Map, Place),
}

/// What a document turned out to be.
#[derive(Debug)]
pub(crate) enum Reading {
    /// A rule, perhaps with errors: compare the report before and after.
    Rule(Box<RuleText>),
    /// Not for CloudTrail, or unsupported by its own word; a warning says so.
    Skipped,
    /// Not a rule; an error says so.
    NotARule,
}

/// Reads one document.
pub(crate) fn read_rule(document: &Spanned, report: &mut Report) -> Reading {
    let Yaml::Map(map) = &document.value else {
        let kind = document.value.kind();
        let message = format!("a rule must be a map with title, logsource and detection, not {kind}");
        report.error(document.place, message);
        return Reading::NotARule;
    };
    if let Some(entry) = map.said("logsource")
        && !logsource::is_cloudtrail(entry, report)
    {
        return Reading::Skipped;
    }
    // Before anything is found wrong with it: such a rule often asks for what nobody supports.
    if let Some(entry) = map.said("status")
        && entry.value.value.as_str() == Some("unsupported")
    {
        report.skip(entry.key_place, "skipped: its status is `unsupported`; to run it, change the status");
        return Reading::Skipped;
    }
    if let Some(entry) = map.get("filter") {
        report.error(entry.key_place, "not supported yet: Sigma filters (`filter:`)");
        return Reading::NotARule;
    }
    if map.said("logsource").is_none() && map.get("correlation").is_none() {
        let help = "write logsource: {product: aws, service: cloudtrail}".to_owned();
        report.error_help(document.place, "the rule has no `logsource`", Some(help));
    }
    let settings = settings::read(map, report);
    let mut meta = metadata::read(map, document.place, settings.packs.clone(), report);
    let body = body(map, document.place, report);
    if let Some(Body::FilterPattern(pattern)) = &body {
        meta.filter_pattern = pattern.value.as_str().map(str::to_owned);
    }
    let generate = map.said("generate").and_then(|entry| read::boolean(entry, report));
    Reading::Rule(Box::new(RuleText { meta, body, settings, generate }))
}

fn body(map: &Map, place: Place, report: &mut Report) -> Option<Body> {
    let kinds = ["detection", "filter_pattern", "correlation"];
    let said: Vec<&Entry> = kinds.iter().filter_map(|key| map.get(key)).collect();
    let entry = match said.as_slice() {
        [entry] => *entry,
        [] => {
            report.error(place, "the rule has no `detection` (nor `filter_pattern` or `correlation`)");
            return None;
        }
        [first, second, ..] => {
            let message = format!("a rule has either `{}` or `{}`, not both", first.key, second.key);
            report.error(second.key_place, message);
            return None;
        }
    };
    if entry.key == "filter_pattern" {
        return Some(Body::FilterPattern(entry.value.clone()));
    }
    let map = read::entries(entry, report)?.clone();
    Some(match entry.key.as_str() {
        "correlation" => Body::Correlation(map, entry.key_place),
        _ => Body::Detection(map, entry.key_place),
    })
}

/// Collections of the first Sigma version: a document that changes the documents after it. Ignoring one would
/// change what the others mean, so it refuses its file (`spec/sigma.md` §1).
pub(crate) fn refuses_file(document: &Spanned, report: &mut Report) -> bool {
    let Yaml::Map(map) = &document.value else { return false };
    let Some(entry) = map.get("action") else { return false };
    let collection =
        entry.value.value.as_str().is_some_and(|action| ["global", "reset", "repeat"].contains(&action));
    if collection {
        let help = "write every document out whole".to_owned();
        let message = "`action:` collections are not supported: no rule of this file is loaded";
        report.error_help(entry.key_place, message, Some(help));
    }
    collection
}
