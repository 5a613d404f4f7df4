//! What is wrong with a rule: where, what, and how to mend it. All of a set's diagnostics are reported
//! together; an error refuses its rule, a warning does not.

use std::fmt;
use std::sync::Arc;

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The rule is refused.
    Error,
    /// Nothing is wrong with the rule, and it does not run.
    Skipped,
    /// The rule runs; its author should look.
    Warning,
}

impl Severity {
    /// The word before the message.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Skipped | Severity::Warning => "warning",
        }
    }
}

/// Begins the name of every file that came with the binary.
pub const SHIPPED: &str = "pack:";

/// Whether a file, by its name, came with the binary.
pub fn is_shipped(file: &str) -> bool {
    file.starts_with(SHIPPED)
}

/// A place in a rule file. Lines and columns count from 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The file as the caller named it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl Origin {
    /// Whether the file came with the binary.
    pub fn is_shipped(&self) -> bool {
        is_shipped(&self.file)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One thing that is wrong with a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the rule is refused.
    pub severity: Severity,
    /// Where.
    pub origin: Origin,
    /// What is wrong, without a final full stop.
    pub message: String,
    /// How to mend it, when we can tell.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `origin`.
    pub fn error(origin: &Origin, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, origin: origin.clone(), message: message.into(), help: None }
    }

    /// A warning at `origin`.
    pub fn warning(origin: &Origin, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(origin, message) }
    }

    /// Why a rule without fault does not run.
    pub fn skipped(origin: &Origin, message: impl Into<String>) -> Self {
        Self { severity: Severity::Skipped, ..Self::error(origin, message) }
    }

    /// Whether the rule does not run.
    pub fn stops(&self) -> bool {
        self.severity != Severity::Warning
    }

    /// The same with a suggestion.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.origin, self.severity.as_str(), self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// The candidate nearest to `word`, for "did you mean": within a third of its length, else none.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let limit = word.chars().count().div_ceil(3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}
