//! The end of a demo: three alerts that are worth a look, and the commands that show them.

use std::io::{self, Write};
use std::path::Path;

use crate::alert::{Alert, clean};
use crate::store::StoredAlert;

/// Characters of an alert's id in a command; every command takes such a beginning of an id.
const ID_CHARS: usize = 12;

/// The store that a command is suggested with if the demo keeps none.
const STORE: &str = "demo.db";

/// An alert, and why it is suggested.
type Suggestion<'a> = (&'a Alert, &'static str);

/// Writes the suggestions. `store` is the store that the demo keeps; without one, `rerun` is the command that plays the same
/// demo again, to which a store is added.
pub(super) fn write(
    out: &mut impl Write,
    alerts: &[StoredAlert],
    store: Option<&Path>,
    rerun: &str,
) -> io::Result<()> {
    let suggestions = choose(alerts);
    if suggestions.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nLook at {}:", words(suggestions.len()))?;
    let path = store.map_or_else(|| STORE.to_owned(), |path| quote(&path.to_string_lossy()));
    for (alert, reason) in suggestions {
        let id: String = alert.id.chars().take(ID_CHARS).collect();
        writeln!(out, "  {} ({}, {reason})", clean(&alert.rule.title), alert.rule.level.as_str())?;
        writeln!(out, "      tripline alerts show {id} --store {path}")?;
    }
    if store.is_none() {
        writeln!(
            out,
            "This demo kept no store. Play it again with one first:\n      {rerun} --store {STORE}"
        )?;
    }
    writeln!(out)
}

/// The most severe alert, the one with the most events, and one of a rule that counts over a window; each of another rule.
fn choose(alerts: &[StoredAlert]) -> Vec<Suggestion<'_>> {
    let mut chosen: Vec<Suggestion<'_>> = Vec::new();
    let mut suggest = |reason, rank: fn(&Alert) -> (u64, u64), accept: fn(&Alert) -> bool| {
        let is_left =
            |alert: &&Alert| accept(alert) && chosen.iter().all(|(one, _)| one.rule.id != alert.rule.id);
        let left = alerts.iter().map(|stored| &stored.alert).filter(is_left);
        // The id decides between equals, so that the same demo suggests the same alerts.
        if let Some(alert) = left.max_by_key(|alert| (rank(alert), alert.id.as_str())) {
            chosen.push((alert, reason));
        }
    };
    suggest("the most severe", |alert| (alert.rule.level as u64, alert.count), |_| true);
    suggest(
        "the longest chain of events",
        |alert| (alert.count, alert.rule.level as u64),
        |alert| alert.count > 1,
    );
    suggest(
        "counted over a window",
        |alert| (alert.rule.level as u64, alert.window.n),
        |alert| alert.window.n > 1,
    );
    chosen
}

fn words(n: usize) -> &'static str {
    match n {
        1 => "this one",
        2 => "these two",
        _ => "these three",
    }
}

/// `path` as one word of a POSIX shell.
fn quote(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if !path.is_empty() && path.chars().all(is_plain) {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_one_word_of_a_shell() {
        assert_eq!(quote("/tmp/a b.db"), "'/tmp/a b.db'");
        assert_eq!(quote("it's"), "'it'\\''s'");
        assert_eq!(quote("demo.db"), "demo.db");
    }
}
