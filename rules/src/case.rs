//! Case folding, one definition for all: what Sigma calls equal must share a key in the plan's index.

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
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::new();
    fold_into(text, &mut folded);
    folded
}

/// The same, in place of what `folded` held.
pub(crate) fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
    } else {
        folded.extend(text.chars().map(fold_char));
    }
}
