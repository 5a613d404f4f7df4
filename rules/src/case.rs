//! Case folding, one definition for all: what Sigma calls equal must share a key in the plan's index.

use std::borrow::Cow;

/// `text` in lower case, character by character: ASCII as everyone expects, the rest by Unicode's simple
/// mapping without context. Two strings are equal up to case when their folds are equal.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        }
    } else {
        Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
    }
}
