//! What may stand behind a key, and whether something that stands there may. Knows no file and no key's name.
//!
//! Invariant: a problem never repeats text that may be a secret.

use super::form::Form;

/// What may stand behind a key.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Count {
        /// At least.
        min: u64,
        /// At most.
        max: u64,
    },
    /// A number.
    Number {
        /// At least.
        min: f64,
        /// At most.
        max: f64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Text of a form.
    Text(Form),
    /// Texts of a form, no more than so many.
    List(Form, usize),
}

/// What stands behind a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Count(u64),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// Texts.
    List(Vec<String>),
}

/// Why something may not stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) problem: String,
    pub(super) help: Option<String>,
}

impl Fault {
    /// What stands there is not what should.
    pub(super) fn unexpected(problem: impl Into<String>, expected: &str) -> Self {
        Self::new(problem, format!("expected {expected}"))
    }

    pub(super) fn new(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { problem: problem.into(), help: Some(help.into()) }
    }
}

impl Kind {
    /// What it takes, in words.
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Count { min, max } => format!("a whole number from {min} to {max}"),
            Self::Number { min, max } => format!("a number from {min} to {max}"),
            Self::Choice(words) => format!("one of {}", listed(words)),
            Self::Text(form) => format!("{}, as a string", form.expected()),
            Self::List(form, max) => format!("a list of at most {max} strings, each {}", form.expected()),
        }
    }

    /// A value of another type stands there.
    pub(super) fn mismatch(&self, is: &str) -> Fault {
        Fault::unexpected(format!("is a {is}"), &self.expected())
    }

    pub(super) fn count(&self, count: Option<i128>) -> Result<Value, Fault> {
        let outside = || Fault::unexpected("out of bounds", &self.expected());
        let count = count.and_then(|count| u64::try_from(count).ok()).ok_or_else(outside)?;
        match self {
            Self::Count { min, max } if (min..=max).contains(&&count) => Ok(Value::Count(count)),
            _ => Err(outside()),
        }
    }

    pub(super) fn number(&self, number: Option<f64>) -> Result<Value, Fault> {
        match (self, number) {
            // NaN is in no range.
            (Self::Number { min, max }, Some(number)) if (min..=max).contains(&&number) => {
                Ok(Value::Number(number))
            }
            _ => Err(Fault::unexpected("out of bounds", &self.expected())),
        }
    }

    pub(super) fn text(&self, text: &str) -> Result<Value, Fault> {
        match self {
            Self::Choice(words) if words.contains(&text) => Ok(Value::Text(text.to_owned())),
            Self::Choice(words) => {
                let near = tripline_rules::diagnostic::nearest(text, words.iter().copied());
                let hint = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                Err(Fault::new(
                    format!("{} is not known", quoted(text)),
                    format!("{hint}expected {}", self.expected()),
                ))
            }
            Self::Text(form) => form.check(text).map(|()| Value::Text(text.to_owned())),
            _ => Err(self.mismatch("string")),
        }
    }

    /// The same from the environment, where everything is text. Lists are separated by commas.
    pub(super) fn plain(&self, text: &str) -> Result<Value, Vec<Fault>> {
        let not = |what: &str| Fault::unexpected(format!("is no {what}"), &self.expected());
        let one = match self {
            Self::Flag => text.parse().map(Value::Flag).map_err(|_| not("flag")),
            Self::Count { .. } => match text.parse() {
                Ok(count) => self.count(Some(count)),
                Err(_) => Err(not("whole number")),
            },
            Self::Number { .. } => match text.parse() {
                Ok(number) => self.number(Some(number)),
                Err(_) => Err(not("number")),
            },
            Self::Choice(_) | Self::Text(_) => self.text(text),
            Self::List(form, max) => {
                let items: Vec<String> = text
                    .split(',')
                    .map(|item| item.trim().to_owned())
                    .filter(|item| !item.is_empty())
                    .collect();
                let faults: Vec<Fault> = items.iter().filter_map(|item| form.check(item).err()).collect();
                match (faults.is_empty(), items.len() <= *max) {
                    (true, true) => Ok(Value::List(items)),
                    (true, false) => Err(Fault::unexpected("too many", &self.expected())),
                    (false, _) => return Err(faults),
                }
            }
        };
        one.map_err(|fault| vec![fault])
    }
}

/// Words in a row.
pub(super) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Text of the file inside a message: short, and one line.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", brief(text, 64))
}

pub(super) fn brief(text: &str, chars_max: usize) -> String {
    let mut brief: String = text.chars().take(chars_max).flat_map(char::escape_debug).collect();
    if text.chars().nth(chars_max).is_some() {
        brief.push('…');
    }
    brief.replace("\\'", "'").replace("\\\"", "\"")
}
