//! Regular expressions under `re` (`spec/sigma.md` §3): found anywhere in the text, case kept unless `i`.
//! The automata never backtrack, so time is linear in the text; look-around and back-references do not exist.

use std::hash::{Hash, Hasher};

use regex_automata::meta;
use regex_automata::util::syntax;

use crate::document::Yaml;

/// Bytes of one expression as written: a page of text, which nobody can review any more.
const SOURCE_BYTES_MAX: usize = 8 << 10;
/// Bytes of the compiled automaton. `\w{20}` fits, which is Unicode's `\w`; with [`REGEXES_MAX`] of them a
/// hostile file takes 100 MiB.
const NFA_BYTES_MAX: usize = 1 << 20;
/// Expressions in one file. All public Sigma rules together have 95.
pub(crate) const REGEXES_MAX: usize = 100;
/// Bytes of the lazily built automaton's cache, a thread and expression.
const CACHE_BYTES_MAX: usize = 1 << 20;
/// Groups within groups: deep enough for any author.
const NEST_MAX: u32 = 64;

/// How many expressions a document holds, by its keys alone: to know it before any is compiled.
pub(crate) fn n_regexes(document: &Yaml) -> usize {
    let values = |value: &Yaml| value.as_list().map_or(1, <[_]>::len);
    match document {
        Yaml::List(items) => items.iter().map(|item| n_regexes(&item.value)).sum(),
        Yaml::Map(map) => map
            .entries
            .iter()
            .map(|entry| {
                let here = entry.key.split('|').skip(1).any(|modifier| modifier == "re");
                let value = &entry.value.value;
                if here { values(value) } else { n_regexes(value) }
            })
            .sum(),
        Yaml::Null | Yaml::Bool(_) | Yaml::Int(_) | Yaml::Float(_) | Yaml::String(_) => 0,
    }
}

/// The modifiers that may follow `re`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Flags {
    /// `i`: case is ignored.
    pub(super) ignore_case: bool,
    /// `m`: `^` and `$` match at lines.
    pub(super) multiline: bool,
    /// `s`: `.` matches line feeds.
    pub(super) dot_all: bool,
}

/// A compiled expression; equal when text and flags are.
#[derive(Debug, Clone)]
pub(super) struct Regex {
    source: String,
    flags: Flags,
    compiled: meta::Regex,
}

/// Why an expression was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum RegexError {
    #[error("the regular expression has more than {SOURCE_BYTES_MAX} bytes")]
    TooLong,
    #[error("the regular expression compiles to more than {NFA_BYTES_MAX} bytes: repeat less of it")]
    TooLarge,
    #[error("the regular expression is not valid: {reason}")]
    Syntax { reason: String },
}

impl Regex {
    /// Compiles `source`.
    pub(super) fn new(source: &str, flags: Flags) -> Result<Self, RegexError> {
        if source.len() > SOURCE_BYTES_MAX {
            return Err(RegexError::TooLong);
        }
        let limits =
            meta::Config::new().nfa_size_limit(Some(NFA_BYTES_MAX)).hybrid_cache_capacity(CACHE_BYTES_MAX);
        let syntax = syntax::Config::new()
            .case_insensitive(flags.ignore_case)
            .multi_line(flags.multiline)
            .dot_matches_new_line(flags.dot_all)
            .nest_limit(NEST_MAX);
        let built = meta::Builder::new().configure(limits).syntax(syntax).build(source);
        let compiled = built.map_err(|error| {
            if error.size_limit().is_some() {
                return RegexError::TooLarge;
            }
            // The parser's report is a drawing of several lines; its last says what is wrong.
            let report = error.syntax_error().map_or_else(|| error.to_string(), ToString::to_string);
            let last = report.lines().last().unwrap_or_default();
            RegexError::Syntax { reason: last.trim().trim_start_matches("error: ").to_owned() }
        })?;
        Ok(Self { source: source.to_owned(), flags, compiled })
    }

    /// Whether some part of `text` matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        (&self.source, self.flags) == (&other.source, other.flags)
    }
}

impl Eq for Regex {}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.source, self.flags).hash(state);
    }
}
