//! What a rule says of itself, checked (`spec/sigma.md` §1.1). The same for detections, filter patterns and
//! correlations.

use super::civil::is_date;
use super::read::{string, strings};
use super::report::Report;
use super::tree::{Entry, Map, Place, Yaml};
use crate::rule::{Level, Metadata};

/// Sigma's limit for a title; ids and names are held to the same.
const TITLE_CHARS_MAX: usize = 256;
/// Sigma's limit for a description; every other text is held to the same.
const TEXT_CHARS_MAX: usize = 65_535;
/// Sigma's words for `status`.
const STATUSES: [&str; 5] = ["stable", "test", "experimental", "deprecated", "unsupported"];
/// Sigma's words for the type of a related rule.
const RELATIONS: [&str; 5] = ["derived", "obsolete", "merged", "renamed", "similar"];
/// Every top-level key that means something, to us or to Sigma.
const KNOWN_KEYS: [&str; 26] = [
    "title",
    "id",
    "name",
    "related",
    "taxonomy",
    "status",
    "description",
    "license",
    "author",
    "references",
    "date",
    "modified",
    "logsource",
    "detection",
    "fields",
    "falsepositives",
    "level",
    "tags",
    "scope",
    "correlation",
    "generate",
    "filter",
    "filter_pattern",
    "tripline",
    "action",
    "reference",
];

/// The metadata of the rule document that begins at `place`. Where something required is wrong, an error has
/// been reported and the value is a placeholder.
pub(super) fn read(document: &Map, place: Place, packs: Vec<String>, report: &mut Report) -> Metadata {
    document.entries.iter().for_each(|entry| suspect_typo(entry, report));
    ["date", "modified"].iter().filter_map(|key| document.said(key)).for_each(|entry| date(entry, report));
    ["fields", "scope"].iter().filter_map(|key| document.said(key)).for_each(|entry| {
        strings(entry, report);
    });
    taxonomy(document, report);
    related(document, report);
    let title = title(document, place, report);
    let name = text(document, "name", TITLE_CHARS_MAX, report);
    // Sigma's schema says `references`, its prose `reference`.
    let mut references = texts(document, "references", report);
    references.extend(texts(document, "reference", report));
    Metadata {
        id: id(document, name.as_deref(), &title, place, report),
        name,
        title,
        description: text(document, "description", TEXT_CHARS_MAX, report),
        level: level(document, report),
        status: status(document, report),
        author: text(document, "author", TEXT_CHARS_MAX, report),
        license: text(document, "license", TEXT_CHARS_MAX, report),
        tags: tags(document, report),
        references,
        falsepositives: texts(document, "falsepositives", report),
        packs,
        filter_pattern: None,
        origin: report.origin(place),
    }
}

fn suspect_typo(entry: &Entry, report: &mut Report) {
    if !KNOWN_KEYS.contains(&entry.key.as_str())
        && let Some(help) = report.suggest(&entry.key, KNOWN_KEYS)
    {
        report.warn_help(entry.key_place, format!("unknown key `{}` is ignored", entry.key), Some(help));
    }
}

fn text(document: &Map, key: &str, chars_max: usize, report: &mut Report) -> Option<String> {
    document.said(key).and_then(|entry| string(entry, chars_max, report)).map(str::to_owned)
}

fn texts(document: &Map, key: &str, report: &mut Report) -> Vec<String> {
    let Some(entry) = document.said(key) else { return Vec::new() };
    strings(entry, report).into_iter().map(|(text, _)| text.to_owned()).collect()
}

fn title(document: &Map, place: Place, report: &mut Report) -> String {
    let errors = report.errors();
    let title = text(document, "title", TITLE_CHARS_MAX, report);
    if title.is_none() && report.errors() == errors {
        report.error(place, "the rule has no `title`");
    }
    title.unwrap_or_default()
}

fn id(document: &Map, name: Option<&str>, title: &str, place: Place, report: &mut Report) -> String {
    let said = document.said("id").and_then(|entry| string(entry, TITLE_CHARS_MAX, report));
    let id = said.or(name).map_or_else(|| slug(title), str::to_owned);
    if id.chars().any(char::is_control) {
        report.error(place, "the rule's id holds control characters");
    } else if id.is_empty() && !title.is_empty() {
        report.error(place, "the rule needs an `id`: its title has no letters to make one of");
    }
    id
}

/// `Root login, no MFA!` → `root-login-no-mfa`.
fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

fn word<'y>(document: &'y Map, key: &str, known: &[&str], report: &mut Report) -> Option<&'y str> {
    let entry = document.said(key)?;
    let word = string(entry, TITLE_CHARS_MAX, report)?;
    if known.contains(&word) {
        return Some(word);
    }
    let help = report
        .suggest(&word.to_lowercase(), known.iter().copied())
        .unwrap_or_else(|| format!("known are {}", known.join(", ")));
    report.error_help(entry.value.place, format!("unknown {key} `{word}`"), Some(help));
    None
}

fn status(document: &Map, report: &mut Report) -> Option<String> {
    let status = word(document, "status", &STATUSES, report)?;
    if let (Some(entry), "deprecated") = (document.said("status"), status) {
        let help = "look for what took its place; `related` may name it".to_owned();
        report.warn_help(entry.value.place, "the rule is deprecated by its author, and runs", Some(help));
    }
    Some(status.to_owned())
}

fn level(document: &Map, report: &mut Report) -> Level {
    let word = word(document, "level", &Level::ALL.map(Level::as_str), report);
    word.and_then(Level::of_word).unwrap_or(Level::Medium)
}

fn tags(document: &Map, report: &mut Report) -> Vec<String> {
    let Some(entry) = document.said("tags") else { return Vec::new() };
    let tags = strings(entry, report);
    for (tag, at) in &tags {
        let part = |text: &str, dots: bool| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
            !text.is_empty() && text.bytes().all(|b| plain(b) || dots && b == b'.')
        };
        if !tag.split_once('.').is_some_and(|(namespace, rest)| part(namespace, false) && part(rest, true)) {
            let help = "write it in lower case as namespace.name".to_owned();
            report.warn_help(at.place, format!("`{tag}` is not a Sigma tag"), Some(help));
        }
    }
    tags.into_iter().map(|(tag, _)| tag.to_owned()).collect()
}

fn date(entry: &Entry, report: &mut Report) {
    if let Some(text) = string(entry, TITLE_CHARS_MAX, report)
        && !is_date(text)
    {
        report.error(entry.value.place, format!("`{}`: `{text}` is no date: write YYYY-MM-DD", entry.key));
    }
}

/// Field names of another taxonomy would match nothing, silently.
fn taxonomy(document: &Map, report: &mut Report) {
    if let Some(entry) = document.said("taxonomy")
        && let Some(name) = string(entry, TITLE_CHARS_MAX, report)
        && name != "sigma"
    {
        report.error(entry.value.place, format!("not supported yet: taxonomy `{name}`"));
    }
}

fn related(document: &Map, report: &mut Report) {
    let Some(entry) = document.said("related") else { return };
    let Some(items) = entry.value.value.as_list() else {
        report
            .error(entry.value.place, format!("`related` must be a list, not {}", entry.value.value.kind()));
        return;
    };
    for item in items {
        let Yaml::Map(map) = &item.value else {
            report.error(item.place, "a related rule must be a map with `id` and `type`");
            continue;
        };
        if map.said("id").is_none() {
            report.error(item.place, "a related rule needs an `id`");
        }
        word(map, "type", &RELATIONS, report);
    }
}
