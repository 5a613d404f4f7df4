//! One test of a Sigma detection, and what it means on the nodes of a field (`spec/sigma.md` §2, §3, §5.1).
//!
//! A test holds if *some* node passes it; on a missing field only null and `exists: false` hold. Which nodes
//! count differs: equality, numbers, networks look at the values at the field itself; text operators look below
//! objects too, and at an object's own JSON text; keywords look at every string and number of the event.

pub(crate) mod glob;

use std::cmp::Ordering;
use std::net::IpAddr;

use glob::Glob;
use ipnet::IpNet;

use super::Shape;
use super::number::Decimal;
use super::regex::Regex;
use crate::case::fold;
use crate::field::{FieldId, Node, Slots, Value};

/// One test of a Sigma detection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SigmaTest {
    operator: &'static str,
    /// The operand as written.
    expected: String,
    meaning: Meaning,
}

/// What a test asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Meaning {
    /// Text that matches.
    Text(Matcher, Reach),
    /// A number of this value, or a string that is one of these spellings of it.
    Equals { number: Decimal, spellings: Vec<String> },
    /// A number, or a string that reads as one, on this side of the operand.
    Compares(Compare, Decimal),
    /// A boolean, or a string that spells it.
    Bool(bool),
    /// Missing, or JSON null.
    Null,
    /// There, be it null, or not there.
    Exists(bool),
    /// An address inside the network.
    Cidr(IpNet),
}

/// How text is matched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Matcher {
    /// The whole text.
    Glob(Glob),
    /// Some part of the text.
    Regex(Regex),
}

/// Where a text test looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reach {
    /// At the values of the field.
    Values,
    /// There, at the scalars below an object, and at the object's compact JSON text.
    Tree,
    /// At the strings and numbers below the event.
    Leaves,
}

/// `lt`, `lte`, `gt`, `gte`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Compare {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl SigmaTest {
    /// A test; `operator` and `expected` are what explanations print.
    pub(crate) fn new(operator: &'static str, expected: String, meaning: Meaning) -> Self {
        Self { operator, expected, meaning }
    }

    pub(crate) fn holds(&self, nodes: &[Node<'_>]) -> bool {
        let mut direct = nodes.iter().filter(|node| !node.nested).map(|node| &node.value);
        match &self.meaning {
            Meaning::Text(matcher, reach) => {
                nodes.iter().any(|node| reach.text(node).is_some_and(|text| matcher.matches(text)))
            }
            Meaning::Equals { number, spellings } => direct.any(|value| match value {
                Value::Number(text) => Decimal::parse(text).as_ref() == Some(number),
                Value::String(text) => spellings.iter().any(|spelling| spelling == text),
                Value::Null | Value::Bool(_) | Value::Array | Value::Object(_) => false,
            }),
            Meaning::Compares(compare, operand) => {
                direct.any(|value| number(value).is_some_and(|number| compare.accepts(number.cmp(operand))))
            }
            Meaning::Bool(wanted) => direct.any(|value| match value {
                Value::Bool(found) => found == wanted,
                Value::String(text) => text.eq_ignore_ascii_case(spelled(*wanted)),
                Value::Null | Value::Number(_) | Value::Array | Value::Object(_) => false,
            }),
            Meaning::Null => direct.all(|value| *value == Value::Null),
            Meaning::Exists(wanted) => *wanted != nodes.is_empty(),
            Meaning::Cidr(network) => direct.any(|value| match value {
                Value::String(text) => {
                    text.parse().is_ok_and(|ip: IpAddr| network.contains(&ip.to_canonical()))
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array | Value::Object(_) => false,
            }),
        }
    }

    pub(crate) fn operator(&self) -> &'static str {
        self.operator
    }

    pub(crate) fn expected(&self) -> String {
        self.expected.clone()
    }

    pub(crate) fn shape(&self) -> Shape {
        match &self.meaning {
            Meaning::Text(Matcher::Glob(glob), _) => match (glob.exact(), glob.longest_segment()) {
                (Some(text), _) => Shape::Equals(text.to_owned()),
                (None, Some(part)) => Shape::Holds(part),
                (None, None) => Shape::Node,
            },
            Meaning::Text(Matcher::Regex(_), _)
            | Meaning::Equals { .. }
            | Meaning::Compares(..)
            | Meaning::Bool(_)
            | Meaning::Exists(true)
            | Meaning::Cidr(_) => Shape::Node,
            Meaning::Null | Meaning::Exists(false) => Shape::Field,
        }
    }

    /// The expression that some text must hold, if it is one.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        match &self.meaning {
            Meaning::Text(Matcher::Regex(regex), _) => Some(regex),
            _ => None,
        }
    }
}

/// `fieldref`: some text of the field is some text of another field of the same event. A missing field is like nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldRef {
    /// The other field, as written.
    pub name: String,
    /// The other field.
    pub field: FieldId,
    /// Whether case counts.
    pub cased: bool,
}

impl FieldRef {
    pub(crate) fn holds(&self, nodes: &[Node<'_>], slots: &Slots<'_>) -> bool {
        let texts = |nodes: &'_ [Node<'_>]| -> Vec<String> {
            let texts = nodes.iter().filter_map(|node| Reach::Values.text(node));
            texts.map(|text| if self.cased { text.to_owned() } else { fold(text) }).collect()
        };
        let wanted = texts(&slots.get(self.field));
        texts(nodes).iter().any(|text| wanted.contains(text))
    }
}

impl Matcher {
    fn matches(&self, text: &str) -> bool {
        match self {
            Matcher::Glob(glob) => glob.matches(text),
            Matcher::Regex(regex) => regex.is_match(text),
        }
    }
}

impl Reach {
    /// The text that a node offers, if this reach takes the node in.
    fn text<'n>(self, node: &Node<'n>) -> Option<&'n str> {
        let inside = match self {
            Reach::Values => !node.nested,
            Reach::Tree => true,
            Reach::Leaves => node.nested,
        };
        if !inside {
            return None;
        }
        match &node.value {
            Value::String(text) | Value::Number(text) => Some(text),
            Value::Bool(value) => (self != Reach::Leaves).then(|| spelled(*value)),
            Value::Object(text) => (self == Reach::Tree).then_some(text),
            Value::Null | Value::Array => None,
        }
    }
}

impl Compare {
    fn accepts(self, found_to_operand: Ordering) -> bool {
        match self {
            Compare::Less => found_to_operand.is_lt(),
            Compare::LessOrEqual => found_to_operand.is_le(),
            Compare::Greater => found_to_operand.is_gt(),
            Compare::GreaterOrEqual => found_to_operand.is_ge(),
        }
    }
}

fn spelled(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn number(value: &Value<'_>) -> Option<Decimal> {
    match value {
        Value::Number(text) | Value::String(text) => Decimal::parse(text),
        Value::Null | Value::Bool(_) | Value::Array | Value::Object(_) => None,
    }
}
