//! The CloudWatch Logs filter-pattern language: text → tree → condition over predicates.
//!
//! All four kinds (JSON, unstructured terms, space-delimited, regular expression), AWS's quotas and refusals. Follows
//! `spec/filter-pattern.md`; where the service's behaviour is inferred, the choice stands behind one function. This module
//! looks at no event: what a test means is in [`predicate`](crate::predicate). Invariant: printing a tree and parsing it
//! again gives the same tree.

mod ast;
mod cursor;
mod delimited;
mod error;
mod json;
mod lower;
mod print;
mod regex;
mod selector;
mod terms;
#[cfg(test)]
mod tests;
mod warning;

use crate::condition::Condition;
use crate::field::Fields;
use crate::predicate::Predicate;
use cursor::Cursor;

pub use crate::predicate::glob::Wildcard;
pub use crate::predicate::words::WordCount;
pub use ast::{Column, Comparison, Expr, Operand, Pattern, Term, TermKind};
pub use error::{PatternError, PatternErrorKind, RegexProblem};
pub use warning::Warning;

/// Characters of a pattern, a quota of AWS.
pub const CHARS_MAX: usize = 1024;

/// Parentheses inside parentheses. AWS names no limit; 1,024 characters could nest 500 deep, and no one means that.
pub const NESTING_MAX: usize = 100;

/// The readings of the language that can be switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dialect {
    /// How `*` matches.
    pub wildcard: Wildcard,
    /// How many words a space-delimited pattern asks for.
    pub words: WordCount,
}

/// A pattern, and what is allowed in it but probably not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The pattern.
    pub pattern: Pattern,
    /// Warnings, by place.
    pub warnings: Vec<Warning>,
}

/// Parses a pattern of any kind; the first character decides which.
pub fn parse(text: &str) -> Result<Parsed, PatternError> {
    let chars = text.chars().count();
    if chars > CHARS_MAX {
        let offset = text.char_indices().nth(CHARS_MAX).map_or(0, |(offset, _)| offset);
        return Err(PatternError::new(offset, PatternErrorKind::TooLong { chars }));
    }
    let mut warnings = Vec::new();
    let mut cursor = Cursor::new(text);
    let body = text.trim_matches(cursor::is_blank);
    if body.starts_with(['{', '[']) && body != text {
        warnings.push(Warning::outer_blanks());
    }
    cursor.blanks();
    let pattern = match cursor.peek() {
        None => Pattern::Everything,
        Some('{') => Pattern::Json(json(&mut cursor, body, &mut warnings)?),
        Some('[') => {
            closed(&cursor, body, '[', ']')?;
            cursor.at += 1;
            Pattern::Delimited(delimited::parse(&mut cursor, &mut warnings)?)
        }
        Some('%') => {
            let source = cursor.regex()?;
            cursor.blanks();
            if !cursor.rest().is_empty() {
                return Err(cursor.expected("the end of the pattern"));
            }
            Pattern::Regex(source)
        }
        Some(_) => terms::parse(&mut cursor, &mut warnings)?,
    };
    warnings.sort_by_key(|warning| warning.offset);
    Ok(Parsed { pattern, warnings })
}

fn json(cursor: &mut Cursor<'_>, body: &str, warnings: &mut Vec<Warning>) -> Result<Expr, PatternError> {
    closed(cursor, body, '{', '}')?;
    cursor.at += 1;
    let mut parser = json::Json { cursor, wildcards: 0, nesting: 0, warnings: Vec::new() };
    let expr = parser.pattern()?;
    warnings.append(&mut parser.warnings);
    Ok(expr)
}

fn closed(cursor: &Cursor<'_>, body: &str, open: char, close: char) -> Result<(), PatternError> {
    if body.ends_with(close) {
        return Ok(());
    }
    Err(PatternError::new(cursor.at, PatternErrorKind::Unclosed { open, close }))
}

impl Pattern {
    /// The condition for any message; a JSON pattern applies only to one that is a JSON object.
    pub fn lower(&self, dialect: Dialect, fields: &mut Fields) -> Result<Condition<Predicate>, PatternError> {
        lower::any_message(self, dialect, fields)
    }

    /// The condition for a message that is known to be a JSON object, as every CloudTrail event is.
    pub fn lower_for_object(
        &self,
        dialect: Dialect,
        fields: &mut Fields,
    ) -> Result<Condition<Predicate>, PatternError> {
        lower::json_message(self, dialect, fields)
    }
}
