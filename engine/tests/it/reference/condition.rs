//! Sigma's condition language (`spec/sigma.md` §4), evaluated while it is read.

use serde_json::Value;

use super::event::Event;
use super::sigma::{Truth, all, any, not, selection};

/// Evaluates a `detection:` section.
pub(super) fn detection(section: &Value, event: &Event) -> Truth {
    let conditions = match &section["condition"] {
        Value::Array(several) => several.clone(),
        one => vec![one.clone()],
    };
    any(conditions.iter().map(|condition| {
        let text = condition.as_str().unwrap().replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut reader = Reader { section, event, words: &words };
        let truth = reader.or();
        assert!(reader.words.is_empty(), "the reference cannot read {text}");
        truth
    }))
}

struct Reader<'r> {
    section: &'r Value,
    event: &'r Event,
    words: &'r [&'r str],
}

impl Reader<'_> {
    /// Takes the next word if it is `wanted`.
    fn takes(&mut self, wanted: &str) -> bool {
        let is = self.words.first().is_some_and(|word| word.eq_ignore_ascii_case(wanted));
        if is {
            self.words = &self.words[1..];
        }
        is
    }

    fn or(&mut self) -> Truth {
        let mut parts = vec![self.and()];
        while self.takes("or") {
            parts.push(self.and());
        }
        any(parts)
    }

    fn and(&mut self) -> Truth {
        let mut parts = vec![self.not()];
        while self.takes("and") {
            parts.push(self.not());
        }
        all(parts)
    }

    fn not(&mut self) -> Truth {
        if self.takes("not") { not(self.not()) } else { self.primary() }
    }

    fn primary(&mut self) -> Truth {
        if self.takes("(") {
            let truth = self.or();
            assert!(self.takes(")"), "a parenthesis is not closed");
            return truth;
        }
        let (word, rest) = self.words.split_first().unwrap();
        self.words = rest;
        if !self.takes("of") {
            return selection(&self.section[*word], self.event);
        }
        let (pattern, rest) = self.words.split_first().unwrap();
        self.words = rest;
        let parts = self.named(pattern).into_iter().map(|part| selection(part, self.event));
        match *word {
            "all" => all(parts),
            "1" | "any" => any(parts),
            _ => unreachable!("the reference knows no `{word} of`"),
        }
    }

    /// The identifiers that `them` or a pattern means; those that begin with `_` only by a pattern that does, too.
    fn named(&self, pattern: &str) -> Vec<&Value> {
        let pattern = if pattern == "them" { "*" } else { pattern };
        let parts: Vec<&str> = pattern.split('*').collect();
        let is_meant = |name: &str| {
            name != "condition"
                && name != "timeframe"
                && name.starts_with('_') <= pattern.starts_with('_')
                && like(&parts, name)
        };
        let section = self.section.as_object().unwrap();
        let found: Vec<&Value> =
            section.iter().filter(|(name, _)| is_meant(name)).map(|(_, part)| part).collect();
        assert!(!found.is_empty(), "no identifier is like {pattern}");
        found
    }
}

fn like(parts: &[&str], name: &str) -> bool {
    match parts {
        [] => false,
        [last] => *last == name,
        [first, rest @ ..] => name.strip_prefix(first).is_some_and(|left| {
            left.char_indices().map(|(at, _)| at).chain([left.len()]).any(|at| like(rest, &left[at..]))
        }),
    }
}
