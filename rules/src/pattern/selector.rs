//! `$.a.b[0].*`: the way to a value.

use super::cursor::Cursor;
use super::error::{PatternError, PatternErrorKind as Kind};
use crate::field::Step;

/// Wildcard steps in one selector, a quota of AWS.
const SELECTOR_WILDCARDS_MAX: usize = 1;

/// Wildcard selectors in one pattern, a quota of AWS.
const PATTERN_WILDCARDS_MAX: usize = 3;

/// Parses a selector; `wildcards` counts those of the whole pattern.
pub(super) fn parse(cursor: &mut Cursor<'_>, wildcards: &mut usize) -> Result<Vec<Step>, PatternError> {
    let start = cursor.at;
    if !cursor.eat("$") {
        return Err(match cursor.peek() {
            Some(c) if c.is_ascii_alphanumeric() || c == '_' || c == '.' => cursor.error(Kind::Selector),
            _ => cursor.expected("a selector, as in `$.eventName`, or `(`"),
        });
    }
    let mut steps = Vec::new();
    while let Some(step) = step(cursor)? {
        steps.push(step);
    }
    if steps.is_empty() {
        return Err(PatternError::new(start, Kind::Selector));
    }
    let own = steps.iter().filter(|step| matches!(step, Step::AnyMember | Step::AnyElement)).count();
    if own > SELECTOR_WILDCARDS_MAX {
        let what = "wildcard steps in one selector";
        return Err(PatternError::new(start, Kind::Quota { what, max: SELECTOR_WILDCARDS_MAX }));
    }
    *wildcards += own;
    if *wildcards > PATTERN_WILDCARDS_MAX {
        let what = "wildcard selectors in one pattern";
        return Err(PatternError::new(start, Kind::Quota { what, max: PATTERN_WILDCARDS_MAX }));
    }
    Ok(steps)
}

fn step(cursor: &mut Cursor<'_>) -> Result<Option<Step>, PatternError> {
    if cursor.eat(".['") || cursor.eat("['") {
        let rest = cursor.rest();
        let Some(end) = rest.find('\'') else { return Err(cursor.expected("`']` at the end of the name")) };
        let name = rest[..end].to_owned();
        cursor.at += end + 1;
        return if cursor.eat("]") { Ok(Some(Step::Member(name))) } else { Err(cursor.expected("`]`")) };
    }
    if cursor.eat(".*") {
        return Ok(Some(Step::AnyMember));
    }
    if cursor.eat("[*]") {
        return Ok(Some(Step::AnyElement));
    }
    if cursor.eat("[") {
        let digits = cursor.run(|c| c.is_ascii_digit());
        let Ok(index) = digits.parse() else {
            return Err(cursor.expected("an index, as in `[0]`, or `[*]`"));
        };
        return if cursor.eat("]") { Ok(Some(Step::Index(index))) } else { Err(cursor.expected("`]`")) };
    }
    if !cursor.eat(".") {
        return Ok(None);
    }
    let name = cursor.run(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if name.is_empty() { Err(cursor.error(Kind::Name)) } else { Ok(Some(Step::Member(name.to_owned()))) }
}
