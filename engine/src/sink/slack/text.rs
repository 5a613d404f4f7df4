//! Text that Slack may show. It cannot be made of a foreign string without taking from it what Slack would obey.
//!
//! Invariant: no `<`, no `>`, no `&` but of an escape, no backtick, no address that a client would make a link, and no
//! longer than a text object may be.

use serde_json::{Value, json};

use crate::alert;

/// Slack refuses a message with a text object over 3,000 characters.
const CHARS_MAX: usize = 2_900;

#[derive(Debug, Clone, Default)]
pub(super) struct SlackText {
    text: String,
    chars: usize,
}

impl SlackText {
    /// Adds words of our own: code, or what our code made of numbers.
    pub(super) fn ours(&mut self, words: &str) -> &mut Self {
        words.chars().for_each(|c| self.push(c));
        self
    }

    pub(super) fn number(&mut self, n: u64) -> &mut Self {
        self.ours(&n.to_string())
    }

    /// Adds anybody's text, as far as it is not too long.
    pub(super) fn value(&mut self, value: &str, chars_max: usize) -> &mut Self {
        let clean = defanged(&alert::clean(value));
        let cut = clean.chars().count() > chars_max;
        clean.chars().take(chars_max).for_each(|c| self.push(c));
        if cut { self.ours("…") } else { self }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// A text object in which Slack formats nothing.
    pub(super) fn object(&self) -> Value {
        json!({"type": "plain_text", "text": self.text, "emoji": false})
    }

    /// One character, as Slack wants it. Whole escapes or nothing: half of one would be shown.
    fn push(&mut self, c: char) {
        let single;
        let piece = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '`' => "'",
            _ => {
                single = c.to_string();
                &single
            }
        };
        if self.chars + piece.len() <= CHARS_MAX {
            self.text.push_str(piece);
            self.chars += piece.chars().count();
        }
    }
}

/// Addresses that no client takes for one, and that a reader still reads.
fn defanged(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let starts =
            |word: &str| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        let (taken, put) = if starts("http") {
            ("http".len(), "hxxp")
        } else if starts("://") {
            ("://".len(), "[:]//")
        } else if starts("mailto:") {
            ("mailto:".len(), "mailto[:]")
        } else if starts("www.") {
            ("www.".len(), "www[.]")
        } else {
            (c.len_utf8(), "")
        };
        out.push_str(if put.is_empty() { &rest[..taken] } else { put });
        rest = &rest[taken..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, chars_max: usize, shown: &str) {
        let mut text = SlackText::default();
        assert_eq!(text.value(value, chars_max).as_str(), shown);
    }

    #[test]
    fn what_slack_would_obey_is_taken_from_a_value() {
        check("<!channel> & <@U1|x>", 99, "&lt;!channel&gt; &amp; &lt;@U1|x&gt;");
        check("`rm` HTTPS://evil.example/x", 99, "'rm' hxxpS[:]//evil.example/x");
        check("ftp://a WWW.b mailto:c", 99, "ftp[:]//a www[.]b mailto[:]c");
        check("a\nb\u{202e}c", 99, "a\u{fffd}b\u{fffd}c");
        check("&&&&", 2, "&amp;&amp;…");
        check("&amp;lt;", 99, "&amp;amp;lt;");
    }

    #[test]
    fn a_text_ends_before_slacks_limit_and_never_within_an_escape() {
        let mut text = SlackText::default();
        for _ in 0..20 {
            text.value(&"a&".repeat(2_000), 2_000);
        }
        assert!(text.as_str().chars().count() <= CHARS_MAX);
        assert!(!text.as_str().replace("&amp;", "").contains('&'), "{}", text.as_str());
    }
}
