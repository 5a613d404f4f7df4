//! Case folding, one definition for all: what Sigma calls equal must share a key in the plan's index.

use std::borrow::Cow;

/// How case is ignored: the simple lower case of a character, one for one, so that `?` and lengths mean the same on
/// both sides. The Kelvin sign is a `k`.
pub(crate) fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// Every character of `text`, folded. Two strings are equal up to case when their folds are equal.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
        return if upper { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) };
    }
    Cow::Owned(text.chars().map(fold_char).collect())
}
