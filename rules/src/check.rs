//! Rule files to rules: everything that is wrong, all at once, and everything that runs.
//!
//! *draft* reads each document by itself; *link* holds the documents against each other: duplicate ids,
//! references of correlations; then rules are chosen, numbered, and their fields interned. A rule that cannot
//! be compiled is refused alone. *filter_pattern* is the door to the other rule language.
//!
//! Invariant: a rule runs whole or not at all; each one that does not run has a diagnostic.

mod definition;
mod draft;
mod filter_pattern;
mod finish;
mod link;

#[cfg(test)]
mod tests;

pub use crate::document::{FILE_BYTES_MAX, SourceFile};

use crate::diagnostic::Diagnostic;
use crate::field::Fields;
use crate::rule::{Metadata, Rule};

/// What came of a set of rule files.
#[derive(Debug)]
pub struct Loaded {
    /// The selected rules that compiled, and the rules that selected correlations count; a [`RuleId`] is an
    /// index here. In the order of the files and of the documents in them.
    ///
    /// [`RuleId`]: crate::rule::RuleId
    pub rules: Vec<Rule>,
    /// Every field that these rules read.
    pub fields: Fields,
    /// Everything wrong with any rule of the files, selected or not, by file, line and column.
    pub diagnostics: Vec<Diagnostic>,
}

/// Loads rule files. `selects` says which rules the caller wants; files of test cases are passed over.
pub fn load(files: &[SourceFile], selects: &dyn Fn(&Metadata) -> bool) -> Loaded {
    let mut diagnostics = Vec::new();
    let mut drafts = Vec::new();
    for file in files.iter().filter(|file| !file.is_cases()) {
        draft::read_file(file, &mut drafts, &mut diagnostics);
    }
    let links = link::link(&mut drafts, &mut diagnostics);
    let mut fields = Fields::new();
    let rules = finish::finish(&drafts, &links, selects, &mut fields, &mut diagnostics);
    diagnostics.sort_by(|a, b| (&a.origin, a.severity, &a.message).cmp(&(&b.origin, b.severity, &b.message)));
    Loaded { rules, fields, diagnostics }
}
