//! Unstructured patterns: words and phrases, found anywhere in the raw text.

use super::ast::{Pattern, Term, TermKind};
use super::cursor::Cursor;
use super::error::{PatternError, PatternErrorKind as Kind};
use super::warning::Warning;

pub(super) fn parse(cursor: &mut Cursor<'_>, warnings: &mut Vec<Warning>) -> Result<Pattern, PatternError> {
    let mut terms = Vec::new();
    let mut optional_at = None;
    loop {
        cursor.blanks();
        if cursor.rest().is_empty() {
            break;
        }
        let start = cursor.at;
        let term = term(cursor)?;
        if term.kind == TermKind::Optional && optional_at.is_none() {
            optional_at = Some(start);
        }
        terms.push(term);
    }
    // A quoted blank is documented to match everything, whether or not the message holds a blank.
    if matches!(terms.as_slice(), [Term { kind: TermKind::Required, text }] if text.trim().is_empty()) {
        return Ok(Pattern::Everything);
    }
    let mixed = terms.iter().any(|term| term.kind != TermKind::Optional);
    if let Some(offset) = optional_at.filter(|_| mixed) {
        warnings.push(Warning::ignored_optional(offset));
    }
    Ok(Pattern::Terms(terms))
}

fn term(cursor: &mut Cursor<'_>) -> Result<Term, PatternError> {
    let kind = if cursor.eat("?") {
        TermKind::Optional
    } else if cursor.eat("-") {
        // An old page of the documentation has a blank between the sign and the phrase.
        cursor.blanks();
        TermKind::Excluded
    } else {
        TermKind::Required
    };
    let quoted = cursor.peek() == Some('"');
    let text = if quoted {
        cursor.quoted()?
    } else {
        cursor.run(|c| c.is_ascii_alphanumeric() || c == '_').to_owned()
    };
    match cursor.peek() {
        Some(c) if !super::cursor::is_blank(c) => Err(cursor.error(Kind::NeedsQuotes(c))),
        // An empty phrase is in every text; no word at all is a mistake.
        _ if text.is_empty() && !quoted => Err(cursor.expected("a word or a quoted phrase")),
        _ => Ok(Term { kind, text }),
    }
}
