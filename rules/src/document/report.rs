//! What is wrong with one file, gathered while it is read.

use std::sync::Arc;

use super::tree::Place;
use crate::diagnostic::{Diagnostic, Origin, Severity, nearest};

/// The diagnostics of one file.
#[derive(Debug)]
pub(crate) struct Report {
    file: Arc<str>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Nothing wrong with `file` yet.
    pub(crate) fn new(file: &Arc<str>) -> Self {
        Self { file: Arc::clone(file), diagnostics: Vec::new() }
    }

    /// A place of this file.
    pub(crate) fn origin(&self, place: Place) -> Origin {
        Origin { file: Arc::clone(&self.file), line: place.line, column: place.column }
    }

    /// Adds an error.
    pub(crate) fn error(&mut self, place: Place, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(&self.origin(place), message));
    }

    /// Adds an error and, where there is one, how to mend it.
    pub(crate) fn error_help(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
        self.diagnostics.push(Diagnostic { help, ..Diagnostic::error(&self.origin(place), message) });
    }

    /// Adds a warning.
    pub(crate) fn warn(&mut self, place: Place, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::warning(&self.origin(place), message));
    }

    /// Adds a warning and, where there is one, how to mend it.
    pub(crate) fn warn_help(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
        self.diagnostics.push(Diagnostic { help, ..Diagnostic::warning(&self.origin(place), message) });
    }

    /// How many errors there are: a document that adds none is sound.
    pub(crate) fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    }
}

/// "did you mean", if a candidate is near enough.
pub(crate) fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}
