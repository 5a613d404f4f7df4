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
        self.add(words, CHARS_MAX);
        self
    }

    pub(super) fn number(&mut self, n: u64) -> &mut Self {
        self.ours(&n.to_string())
    }

    /// Adds anybody's text, as far as it is not too long. An escape is as long as it is written: so Slack counts.
    pub(super) fn value(&mut self, value: &str, chars_max: usize) -> &mut Self {
        let end = self.chars + chars_max;
        if self.add(&defanged(&alert::clean(value)), end.min(CHARS_MAX)) { self } else { self.ours("…") }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// A text object in which Slack formats nothing. It refuses a message with an empty one.
    pub(super) fn object(&self) -> Value {
        let text = if self.text.trim().is_empty() { "-" } else { &self.text };
        json!({"type": "plain_text", "text": text, "emoji": false})
    }

    /// Adds characters as Slack wants them, up to `end`; whether all had room. Whole escapes or nothing: half of one would
    /// be shown.
    fn add(&mut self, text: &str, end: usize) -> bool {
        for c in text.chars() {
            let escape = match c {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '`' => "'",
                _ => "",
            };
            let chars = escape.len().max(1);
            if self.chars + chars > end {
                return false;
            }
            self.chars += chars;
            if escape.is_empty() { self.text.push(c) } else { self.text.push_str(escape) }
        }
        true
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
        check("&&&&", 12, "&amp;&amp;…");
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
