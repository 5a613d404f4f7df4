//! The words of a message by their places: what a space-delimited pattern compares (`spec/filter-pattern.md` §6).

use std::fmt;

use super::number::Decimal;
use super::pattern::PatternTest;
use crate::field::{Node, Value};

/// How many words a message must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WordCount {
    /// At least as many as there are columns: what the current documentation and its samples show.
    #[default]
    AtLeast,
    /// Exactly as many, unless there is an ellipsis: what the documentation of 2018 says.
    Exact,
}

/// What a message's words must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Words {
    /// The pattern as written, for explanations.
    pub source: String,
    /// The columns before the ellipsis; all of them when there is none.
    pub head: Vec<WordTest>,
    /// The columns after the ellipsis.
    pub tail: Option<Vec<WordTest>>,
    /// How many words there must be.
    pub count: WordCount,
}

/// What one word must be: some of these alternatives, each all of its tests; anything when there are none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WordTest(pub Vec<Vec<PatternTest>>);

impl WordTest {
    fn matches(&self, word: &str) -> bool {
        // A word that reads as a number compares as one.
        let value = match Decimal::parse(word) {
            Some(_) => Value::Number(word),
            None => Value::String(word),
        };
        let node = [Node::direct(value)];
        self.0.is_empty() || self.0.iter().any(|all| all.iter().all(|test| test.holds(&node)))
    }
}

impl Words {
    pub(super) fn matches(&self, message: &str) -> bool {
        let words = split(message);
        let columns = self.head.len() + self.tail.as_ref().map_or(0, Vec::len);
        // `[]` has no column and matches every message.
        let exact = self.count == WordCount::Exact && self.tail.is_none() && columns > 0;
        if words.len() < columns || exact && words.len() > columns {
            return false;
        }
        let tail = self.tail.as_deref().unwrap_or_default();
        let last = &words[words.len() - tail.len()..];
        let pairs = self.head.iter().zip(&words).chain(tail.iter().zip(last));
        pairs.into_iter().all(|(test, word)| test.matches(word))
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// Words are separated by blanks; what stands in `[…]` or `"…"` is one word without them. A bracket that is never
/// closed is a character like any other.
fn split(message: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = message.trim_start();
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '[' => ']',
            '"' => '"',
            _ => ' ',
        };
        let end = if close == ' ' { None } else { rest[1..].find(close) };
        match end {
            Some(end) => {
                words.push(&rest[1..=end]);
                rest = rest[end + 2..].trim_start();
            }
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                words.push(&rest[..end]);
                rest = rest[end..].trim_start();
            }
        }
    }
    words
}
