//! Regular expressions in linear time, with their sizes capped. Equal when their source and flags are.

use std::hash::{Hash, Hasher};

use regex_automata::MatchKind;
use regex_automata::meta;
use regex_automata::util::syntax;

/// Bytes of one expression as written: a page of text, which nobody can review any more.
const SOURCE_BYTES_MAX: usize = 8 << 10;
/// Bytes of the compiled automaton: `\w{20}` fits, which is Unicode's `\w`, and a thousand expressions do.
const NFA_BYTES_MAX: usize = 1 << 20;
/// Bytes of the lazily built automaton's cache, a thread and expression.
const CACHE_BYTES_MAX: usize = 1 << 20;
/// The same of several expressions in one automaton.
const SET_NFA_BYTES_MAX: usize = 8 << 20;
const SET_CACHE_BYTES_MAX: usize = 4 << 20;
/// Groups within groups: deep enough for any author.
const NEST_MAX: u32 = 64;

/// How an expression is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RegexFlags {
    /// Characters rather than bytes, and Unicode classes.
    pub unicode: bool,
    /// `i`.
    pub ignore_case: bool,
    /// `m`: `^` and `$` at line breaks.
    pub multi_line: bool,
    /// `s`: `.` matches line breaks.
    pub dot_all: bool,
}

/// A compiled expression, searched for anywhere in a text.
#[derive(Debug, Clone)]
pub struct Regex {
    source: String,
    flags: RegexFlags,
    compiled: meta::Regex,
}

/// The expression cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// Not in the language of our engine.
    #[error("the regular expression is not valid: {0}")]
    Syntax(String),
    /// Longer than the cap.
    #[error("the regular expression has more than {SOURCE_BYTES_MAX} bytes")]
    TooLong,
    /// Larger than the cap.
    #[error("the regular expression compiles to more than {NFA_BYTES_MAX} bytes: repeat less of it")]
    TooLarge,
}

impl Regex {
    /// Compiles `source`.
    pub fn new(source: &str, flags: RegexFlags) -> Result<Self, RegexError> {
        if source.len() > SOURCE_BYTES_MAX {
            return Err(RegexError::TooLong);
        }
        let syntax = flags.syntax();
        let config = meta::Config::new()
            .nfa_size_limit(Some(NFA_BYTES_MAX))
            .hybrid_cache_capacity(CACHE_BYTES_MAX)
            .utf8_empty(flags.unicode);
        match meta::Regex::builder().syntax(syntax).configure(config).build(source) {
            Ok(compiled) => Ok(Self { source: source.to_owned(), flags, compiled }),
            Err(error) => Err(match error.syntax_error() {
                Some(syntax) => RegexError::Syntax(last_line(&syntax.to_string())),
                None => RegexError::TooLarge,
            }),
        }
    }

    /// Whether it occurs in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }

    /// The expression as it was compiled.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl RegexFlags {
    fn syntax(self) -> syntax::Config {
        syntax::Config::new()
            .unicode(self.unicode)
            .utf8(self.unicode)
            .case_insensitive(self.ignore_case)
            .multi_line(self.multi_line)
            .dot_matches_new_line(self.dot_all)
            .nest_limit(NEST_MAX)
    }
}

/// Several expressions searched for at once; none when together they are too large.
pub(crate) fn set(regexes: &[&Regex]) -> Option<meta::Regex> {
    let parse = |regex: &&Regex| syntax::parse_with(&regex.source, &regex.flags.syntax()).ok();
    let parsed: Vec<_> = regexes.iter().map(parse).collect::<Option<_>>()?;
    let config = meta::Config::new()
        .match_kind(MatchKind::All)
        .nfa_size_limit(Some(SET_NFA_BYTES_MAX))
        .hybrid_cache_capacity(SET_CACHE_BYTES_MAX)
        .utf8_empty(false);
    meta::Regex::builder().configure(config).build_many_from_hir(&parsed).ok()
}

/// The engine draws its errors over several lines; the last says what is wrong.
fn last_line(message: &str) -> String {
    message.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.flags == other.flags
    }
}

impl Eq for Regex {}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source.hash(state);
        self.flags.hash(state);
    }
}
