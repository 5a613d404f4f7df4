//! The custom key `tripline:` of a rule (design §4, §5). Sigma allows keys of one's own; under this one, which
//! is ours, a key that we do not know is a mistake and refuses the rule.

use super::duration::seconds;
use super::read::{entries, only_keys, strings};
use super::report::Report;
use super::tree::{Entry, Map, Place, Spanned};

/// The longest suppress time: rows are kept for it, and an alert a month is no alert any more.
const SUPPRESS_S_MAX: u32 = 30 * 86_400;
/// Fields of one group-by. The default group has three; a key of more than this is an event, not a group.
const GROUP_FIELDS_MAX: usize = 8;

/// An alert's words, and the fields of an event behind them.
const ALERT_WORDS: [(&str, &str); 8] = [
    ("account", "recipientAccountId"),
    ("principal", "userIdentity.arn, or for roles userIdentity.sessionContext.sessionIssuer.arn"),
    ("source_ip", "sourceIPAddress"),
    ("region", "awsRegion"),
    ("user_agent", "userAgent"),
    ("event_source", "eventSource"),
    ("event_name", "eventName"),
    ("error_code", "errorCode"),
];

/// How `*` inside a filter pattern is read (`spec/filter-pattern.md` §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WildcardMode {
    /// Anywhere.
    Glob,
    /// As observed at AWS in 2019.
    Aws2019,
}

/// What a rule asks of Tripline; `None` where it leaves the choice to us.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    /// `group-by`: dotted field names.
    pub(crate) group_by: Option<(Vec<String>, Place)>,
    /// `suppress`, in seconds.
    pub(crate) suppress_s: Option<(u32, Place)>,
    /// `packs`.
    pub(crate) packs: Vec<String>,
    /// `wildcard`.
    pub(crate) wildcard: Option<(WildcardMode, Place)>,
}

/// The settings of a rule document.
pub(super) fn read(document: &Map, report: &mut Report) -> Settings {
    let mut settings = Settings::default();
    let Some(entry) = document.said("tripline") else { return settings };
    let Some(map) = entries(entry, report) else { return settings };
    only_keys(map, &["group-by", "suppress", "packs", "wildcard"], "`tripline`", report);
    if let Some(entry) = map.said("group-by") {
        settings.group_by = Some((group_fields(entry, report), entry.key_place));
        suspect_alert_words(entry, report);
    }
    settings.suppress_s = map.said("suppress").and_then(|entry| suppress(entry, report));
    if let Some(entry) = map.said("packs") {
        settings.packs = packs(entry, report);
    }
    settings.wildcard = map.said("wildcard").and_then(|entry| wildcard(entry, report));
    settings
}

/// The distinct, non-empty field names of a group-by.
pub(crate) fn group_fields(entry: &Entry, report: &mut Report) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    let names = strings(entry, report);
    if names.len() > GROUP_FIELDS_MAX {
        report.error(entry.value.place, format!("more than {GROUP_FIELDS_MAX} fields in `{}`", entry.key));
        return fields;
    }
    for (name, at) in names {
        if name.trim().is_empty() {
            report.error(at.place, format!("an empty field name in `{}`", entry.key));
        } else if fields.iter().any(|field| field == name) {
            report.error(at.place, format!("`{name}` stands twice in `{}`", entry.key));
        } else {
            fields.push(name.to_owned());
        }
    }
    fields
}

/// No event has a field of such a name: all hits would be one group, `-`.
fn suspect_alert_words(entry: &Entry, report: &mut Report) {
    let items = entry.value.value.as_list().unwrap_or(std::slice::from_ref(&entry.value));
    for item in items {
        let known = ALERT_WORDS.iter().find(|(word, _)| item.value.as_str() == Some(*word));
        if let Some((word, fields)) = known {
            let help =
                format!("write {fields}; without `group-by` it is account, principal and source address");
            report.warn_help(
                item.place,
                format!("`{word}` is a word of alerts, no field of an event"),
                Some(help),
            );
        }
    }
}

fn suppress(entry: &Entry, report: &mut Report) -> Option<(u32, Place)> {
    let Spanned { value, place, .. } = &entry.value;
    let zero = value.as_int().filter(|text| *text == "0").map(|_| "0s");
    let Some(text) = value.as_str().or(zero) else {
        let message = format!("`suppress` must be a duration such as 60m, not {}", value.kind());
        report.error(*place, message);
        return None;
    };
    match seconds(text, SUPPRESS_S_MAX) {
        Ok(seconds) => Some((seconds, *place)),
        Err(error) => {
            report.error(*place, error.to_string());
            None
        }
    }
}

fn packs(entry: &Entry, report: &mut Report) -> Vec<String> {
    let mut packs = Vec::new();
    for (name, at) in strings(entry, report) {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !name.is_empty() && name.bytes().all(plain) {
            packs.push(name.to_owned());
        } else {
            report.error(at.place, "a pack's name is lower-case letters, digits and hyphens");
        }
    }
    packs
}

fn wildcard(entry: &Entry, report: &mut Report) -> Option<(WildcardMode, Place)> {
    let word = entry.value.value.as_str();
    let mode = match word {
        Some("glob") => WildcardMode::Glob,
        Some("aws-2019") => WildcardMode::Aws2019,
        _ => {
            let help = word.and_then(|word| report.suggest(word, ["glob", "aws-2019"]));
            report.error_help(entry.value.place, "`wildcard` must be glob or aws-2019", help);
            return None;
        }
    };
    Some((mode, entry.value.place))
}
