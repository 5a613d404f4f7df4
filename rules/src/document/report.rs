//! What is wrong with one file, gathered while it is read.

use std::sync::Arc;

use super::tree::Place;
use crate::diagnostic::{Diagnostic, Origin, nearest};

/// The diagnostics of one file.
#[derive(Debug)]
pub(crate) struct Report {
    file: Arc<str>,
    diagnostics: Vec<Diagnostic>,
    n_errors: usize,
    suggestions: Suggestions,
}

impl Report {
    /// Nothing wrong with `file` yet.
    pub(crate) fn new(file: &Arc<str>) -> Self {
        let suggestions = Suggestions::new();
        Self { file: Arc::clone(file), diagnostics: Vec::new(), n_errors: 0, suggestions }
    }

    /// A place of this file.
    pub(crate) fn origin(&self, place: Place) -> Origin {
        Origin { file: Arc::clone(&self.file), line: place.line, column: place.column }
    }

    /// Adds an error.
    pub(crate) fn error(&mut self, place: Place, message: impl Into<String>) {
        self.error_help(place, message, None);
    }

    /// Adds an error and, where there is one, how to mend it.
    pub(crate) fn error_help(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
        self.n_errors += 1;
        self.diagnostics.push(Diagnostic { help, ..Diagnostic::error(&self.origin(place), message) });
    }

    /// Adds a warning.
    pub(crate) fn warn(&mut self, place: Place, message: impl Into<String>) {
        self.warn_help(place, message, None);
    }

    /// Adds a warning and, where there is one, how to mend it.
    pub(crate) fn warn_help(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
        self.diagnostics.push(Diagnostic { help, ..Diagnostic::warning(&self.origin(place), message) });
    }

    /// Adds why a rule without fault does not run.
    pub(crate) fn skip(&mut self, place: Place, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::skipped(&self.origin(place), message));
    }

    /// "Did you mean", if a candidate is near enough.
    pub(crate) fn suggest<'c>(
        &mut self,
        word: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Option<String> {
        self.suggestions.suggest(word, candidates)
    }

    /// How many errors there are: a document that adds none is sound.
    pub(crate) fn errors(&self) -> usize {
        self.n_errors
    }

    /// All that was gathered, in the order in which it was found.
    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}

/// "Did you mean", as long as it is worth its time: hostile text may hold as many unknown words as it has bytes.
#[derive(Debug)]
pub(crate) struct Suggestions {
    left: u32,
}

impl Suggestions {
    /// Suggestions of one file, or of one set's references; no one mends more mistakes at once.
    const SUGGESTIONS_MAX: u32 = 100;
    /// Candidates that are compared.
    const CANDIDATES_MAX: usize = 1_000;
    /// Characters of a word, or a candidate, that may be a slip.
    const WORD_CHARS_MAX: usize = 64;

    /// All of them are left.
    pub(crate) fn new() -> Self {
        Self { left: Self::SUGGESTIONS_MAX }
    }

    /// A question, if a candidate is near enough.
    pub(crate) fn suggest<'c>(
        &mut self,
        word: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Option<String> {
        let short = |text: &str| text.chars().nth(Self::WORD_CHARS_MAX).is_none();
        self.left = self.left.checked_sub(1)?;
        if !short(word) {
            return None;
        }
        let candidates =
            candidates.into_iter().take(Self::CANDIDATES_MAX).filter(|candidate| short(candidate));
        nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
    }
}
