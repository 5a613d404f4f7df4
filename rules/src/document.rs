//! Rule files as text: YAML documents with positions and limits, and what a rule says of itself.
//!
//! The parts stand in the order of reading: *source* is a named text; *parse* makes *trees* of it, with line
//! and column of every key and value; *scalar* says what a plain word means; *read* takes typed values out of
//! trees and *report* gathers what is wrong; *text* is a rule as written, its *metadata*, *settings* and
//! *logsource* checked, its body not yet understood. Nothing here knows how events are matched.
//!
//! Invariant: text that an attacker wrote costs at most the limits in *parse*, and every complaint has a place.

mod civil;
mod duration;
mod logsource;
mod metadata;
mod parse;
mod read;
mod report;
mod scalar;
mod settings;
mod source;
mod text;
mod tree;

#[cfg(test)]
mod tests;

pub use parse::FILE_BYTES_MAX;
pub use source::SourceFile;

pub(crate) use civil::{format_time, parse_time};
pub(crate) use duration::seconds;
pub(crate) use read::{boolean, entries, only_keys, string, strings};
pub(crate) use report::{Report, Suggestions};
pub(crate) use settings::{Settings, WildcardMode, group_fields};
pub(crate) use text::{Body, Reading, RuleText, read_rule, refuses_file};
pub(crate) use tree::{Entry, Map, Place, Spanned, Yaml};

/// The documents of a file, without the empty ones (`spec/sigma.md` §1).
///
/// # Errors
/// The first thing that is not YAML as we take it, with its place: nothing after it can be trusted.
pub(crate) fn documents(file: &SourceFile) -> Result<Vec<Spanned>, crate::diagnostic::Diagnostic> {
    parse::parse(&file.text).map_err(|error| {
        let report = Report::new(&file.name);
        crate::diagnostic::Diagnostic::error(&report.origin(error.place), error.fault.to_string())
    })
}
