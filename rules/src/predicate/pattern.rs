//! One test of a filter pattern (`spec/filter-pattern.md` §4.2). What a selector reached passes when some node of it does;
//! a missing field passes nothing but `NOT EXISTS`, and `!=` is not the opposite of `=`.

use super::Shape;
use super::glob::Glob;
use super::number::Decimal;
use super::regex::Regex;
use super::words::Words;
use crate::field::{Node, Value};

/// An ordering operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
}

impl Order {
    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Order::Less => "<",
            Order::LessOrEqual => "<=",
            Order::Greater => ">",
            Order::GreaterOrEqual => ">=",
        }
    }

    /// Whether `left` stands in this order to `right`.
    pub fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Order::Less => left < right,
            Order::LessOrEqual => left <= right,
            Order::Greater => left > right,
            Order::GreaterOrEqual => left >= right,
        }
    }
}

/// One test of a filter pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PatternTest {
    /// `=` or `!=` with a number that stands without quotes: numbers compare as numbers, strings by text.
    Number {
        /// `=`, else `!=`.
        equal: bool,
        /// As written.
        text: String,
        /// Its value.
        value: Decimal,
    },
    /// `=` or `!=` with text, perhaps with `*`: strings and the source texts of numbers.
    Text {
        /// `=`, else `!=`.
        equal: bool,
        /// The text.
        glob: Glob,
    },
    /// `=` or `!=` with a regular expression, searched for in strings and the source texts of numbers.
    Regex {
        /// `=`, else `!=`.
        equal: bool,
        /// The expression.
        regex: Regex,
    },
    /// `<` and the like: numbers only.
    Order {
        /// The operator.
        order: Order,
        /// The number as written.
        text: String,
        /// Its value.
        value: Decimal,
    },
    /// `IS NULL`.
    IsNull,
    /// `IS TRUE`, `IS FALSE`.
    IsBool(bool),
    /// `NOT EXISTS`.
    NotExists,
    /// The message is a JSON object: without that no JSON pattern applies, and `NOT EXISTS` is not true.
    IsObject,
    /// The raw message holds this text.
    Contains(String),
    /// The raw message's words are as a space-delimited pattern wants them.
    Words(Words),
}

impl PatternTest {
    pub(crate) fn holds(&self, nodes: &[Node<'_>]) -> bool {
        match self {
            PatternTest::NotExists => nodes.is_empty(),
            _ => nodes.iter().any(|node| self.passes(&node.value)),
        }
    }

    fn passes(&self, value: &Value<'_>) -> bool {
        match self {
            PatternTest::Number { equal, text, value: number } => match value {
                Value::Number(found) => (Decimal::parse(found).as_ref() == Some(number)) == *equal,
                Value::String(found) => (found == text) == *equal,
                Value::Null | Value::Bool(_) | Value::Array | Value::Object(_) => false,
            },
            PatternTest::Text { equal, glob } => {
                scalar(value).is_some_and(|found| glob.matches(found) == *equal)
            }
            PatternTest::Regex { equal, regex } => {
                scalar(value).is_some_and(|found| regex.is_match(found) == *equal)
            }
            PatternTest::Order { order, value: number, .. } => match value {
                Value::Number(found) => {
                    Decimal::parse(found).is_some_and(|found| order.holds(&found, number))
                }
                _ => false,
            },
            PatternTest::IsNull => *value == Value::Null,
            PatternTest::IsBool(wanted) => *value == Value::Bool(*wanted),
            PatternTest::NotExists => false,
            PatternTest::IsObject => matches!(value, Value::Object(_)),
            PatternTest::Contains(text) => scalar(value)
                .is_some_and(|found| memchr::memmem::find(found.as_bytes(), text.as_bytes()).is_some()),
            PatternTest::Words(words) => scalar(value).is_some_and(|found| words.matches(found)),
        }
    }

    pub(crate) fn operator(&self) -> &'static str {
        match self {
            PatternTest::Number { equal, .. }
            | PatternTest::Text { equal, .. }
            | PatternTest::Regex { equal, .. } => {
                if *equal {
                    "="
                } else {
                    "!="
                }
            }
            PatternTest::Order { order, .. } => order.as_str(),
            PatternTest::IsNull => "IS NULL",
            PatternTest::IsBool(true) => "IS TRUE",
            PatternTest::IsBool(false) => "IS FALSE",
            PatternTest::NotExists => "NOT EXISTS",
            PatternTest::IsObject => "is a JSON object",
            PatternTest::Contains(_) => "contains",
            PatternTest::Words(_) => "has the words",
        }
    }

    pub(crate) fn expected(&self) -> String {
        match self {
            PatternTest::Number { text, .. } | PatternTest::Order { text, .. } => text.clone(),
            PatternTest::Text { glob, .. } => glob.to_string(),
            PatternTest::Regex { regex, .. } => format!("%{}%", regex.source()),
            PatternTest::Contains(text) => text.clone(),
            PatternTest::Words(words) => words.to_string(),
            PatternTest::IsNull | PatternTest::IsBool(_) | PatternTest::NotExists | PatternTest::IsObject => {
                String::new()
            }
        }
    }

    pub(crate) fn shape(&self) -> Shape {
        match self {
            PatternTest::Text { equal: true, glob } => match glob.literal() {
                Some(literal) => Shape::Equals(literal.to_owned()),
                None => held(glob.longest_part()),
            },
            PatternTest::Contains(text) => held(text),
            PatternTest::Number { equal: true, .. }
            | PatternTest::Regex { equal: true, .. }
            | PatternTest::Order { .. }
            | PatternTest::IsNull
            | PatternTest::IsBool(_)
            | PatternTest::IsObject
            | PatternTest::Words(_) => Shape::Node,
            PatternTest::Number { equal: false, .. }
            | PatternTest::Text { equal: false, .. }
            | PatternTest::Regex { equal: false, .. }
            | PatternTest::NotExists => Shape::Field,
        }
    }

    /// The expression that some text must hold, if it is one.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        match self {
            PatternTest::Regex { equal: true, regex } => Some(regex),
            _ => None,
        }
    }
}

fn held(text: &str) -> Shape {
    if text.is_empty() { Shape::Node } else { Shape::Holds(text.to_owned()) }
}

fn scalar<'v>(value: &Value<'v>) -> Option<&'v str> {
    match value {
        Value::String(text) | Value::Number(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Array | Value::Object(_) => None,
    }
}
