//! One document by itself: a rule that has no number yet and knows no other rule.

use super::definition;
use super::filter_pattern::{self, FilterPattern};
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::document::{
    Body, Reading, Report, RuleText, Settings, SourceFile, Spanned, WildcardMode, documents, read_rule,
    refuses_file,
};
use crate::rule::Metadata;
use crate::sigma::{Correlation, Leaf, REGEXES_MAX, n_regexes, read_correlation, read_detection};

/// The suppress time of a rule that names none, if its window is no longer (`spec/windows.md` §1).
const SUPPRESS_S_DEFAULT: u32 = 3_600;

/// A rule document, read.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) meta: Metadata,
    pub(super) body: DraftBody,
    /// See [`definition`].
    pub(super) definition: String,
    /// S in seconds.
    pub(super) suppress_s: u32,
    /// `tripline: {group-by}`.
    pub(super) group_by: Option<Vec<String>>,
    /// Whether there is no error in it. One with errors still has an id that others may name.
    pub(super) sound: bool,
}

/// What makes it hit.
#[derive(Debug)]
pub(super) enum DraftBody {
    Detection(Condition<Leaf>),
    FilterPattern(FilterPattern),
    /// And whether its rules alert by themselves.
    Correlation(Correlation, bool),
    /// It has errors.
    Unknown,
}

/// Adds the rules of a file to `drafts`, and what is wrong with them to `diagnostics`.
pub(super) fn read_file(file: &SourceFile, drafts: &mut Vec<Draft>, diagnostics: &mut Vec<Diagnostic>) {
    let documents = match documents(file) {
        Ok(documents) => documents,
        Err(diagnostic) => return diagnostics.push(diagnostic),
    };
    let mut report = Report::new(&file.name);
    // All of them, so that each is reported.
    let n_refusing = documents.iter().filter(|document| refuses_file(document, &mut report)).count();
    let n_regexes: usize = documents.iter().map(|document| n_regexes(&document.value)).sum();
    if n_regexes > REGEXES_MAX {
        let message =
            format!("{n_regexes} regular expressions in one file, more than {REGEXES_MAX}: split it");
        report.error(documents[0].place, message);
    } else if n_refusing == 0 {
        drafts.extend(documents.iter().filter_map(|document| read_document(document, &mut report)));
    }
    diagnostics.extend(report.into_diagnostics());
}

fn read_document(document: &Spanned, report: &mut Report) -> Option<Draft> {
    let errors = report.errors();
    match read_rule(document, report) {
        Reading::Rule(text) => {
            let body = body(&text, report);
            let definition = definition::of(&text, &body);
            let suppress_s = suppress_s(&text.settings, &body, report);
            let group_by = text.settings.group_by.map(|(fields, _)| fields);
            let sound = report.errors() == errors;
            Some(Draft { meta: text.meta, body, definition, suppress_s, group_by, sound })
        }
        Reading::Skipped | Reading::NotARule => None,
    }
}

fn body(text: &RuleText, report: &mut Report) -> DraftBody {
    let settings = &text.settings;
    if let (Some((_, place)), Some(Body::Detection(..) | Body::Correlation(..))) =
        (settings.wildcard, &text.body)
    {
        report.error(place, "`wildcard` is for `filter_pattern` only; Sigma's wildcards have one meaning");
    }
    match &text.body {
        Some(Body::Detection(map, place)) => {
            read_detection(map, *place, report).map_or(DraftBody::Unknown, DraftBody::Detection)
        }
        Some(Body::FilterPattern(scalar)) => {
            let mode = settings.wildcard.map_or(WildcardMode::Glob, |(mode, _)| mode);
            filter_pattern::parse(scalar, mode, report).map_or(DraftBody::Unknown, DraftBody::FilterPattern)
        }
        Some(Body::Correlation(map, place)) => {
            if let Some((_, place)) = &settings.group_by {
                let message = "a correlation says `group-by` in its own map, not under `tripline`";
                report.error(*place, message);
            }
            let correlation = read_correlation(map, *place, report);
            // Sigma's prose has it at the top level, its reference implementation inside: either counts.
            let generate = text.generate == Some(true) || correlation.generate == Some(true);
            DraftBody::Correlation(correlation, generate)
        }
        None => DraftBody::Unknown,
    }
}

fn suppress_s(settings: &Settings, body: &DraftBody, report: &mut Report) -> u32 {
    let within_s = match body {
        DraftBody::Correlation(correlation, _) => {
            Some(correlation.tally.as_ref().map_or(0, |tally| tally.within_s))
        }
        DraftBody::Detection(_) | DraftBody::FilterPattern(_) | DraftBody::Unknown => None,
    };
    let Some((suppress_s, place)) = settings.suppress_s else {
        return SUPPRESS_S_DEFAULT.max(within_s.unwrap_or(0));
    };
    match within_s {
        Some(_) if suppress_s == 0 => {
            report.error(place, "`suppress: 0`, an alert an event, is for rules of single events only");
        }
        Some(within_s) if suppress_s < within_s => {
            let help = "leave it out, or make it at least the timespan".to_owned();
            report.error_help(place, "`suppress` is shorter than `timespan`", Some(help));
        }
        Some(_) | None => {}
    }
    suppress_s
}
