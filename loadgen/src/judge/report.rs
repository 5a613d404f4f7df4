//! What is said of a verdict: a table for people, an object for programs, a plot for both.
//!
//! Invariant: text that came in an alert stands in table and plot without what would turn, hide or end a line.

mod json;
mod plot;
mod table;

use std::io::{self, Write};

use serde_json::Value;

use super::ledger::Sent;
use super::verdict::Verdict;

/// What there is to say.
#[derive(Debug, Clone, Copy)]
pub struct Report<'r> {
    /// What came of the comparison.
    pub verdict: &'r Verdict,
    /// How it was sent, if it was.
    pub sent: Option<&'r Sent>,
}

impl Report<'_> {
    /// A table, every figure with its unit.
    pub fn table(&self, out: &mut impl Write) -> io::Result<()> {
        table::write(self, out)
    }

    /// The same as one object.
    pub fn json(&self) -> Value {
        json::object(self)
    }

    /// How long the hops took, by percentile, as SVG.
    pub fn svg(&self) -> String {
        let title = match self.sent {
            Some(sent) => format!("Time to detect: {}", sent.target),
            None => "Time to detect".to_owned(),
        };
        plot::svg(&clean(&title), &self.verdict.took)
    }
}

/// Text for display on one line.
fn clean(text: &str) -> String {
    text.chars().map(|c| if hides(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Control characters, separators of lines, and what is invisible or turns the direction of writing.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
