//! CloudWatch filter patterns over JSON, read from their text and evaluated (`spec/filter-pattern.md` §2 and §4). The
//! reference knows the JSON language without regular expressions, and `*` as an ordinary wildcard.

use super::event::Event;
use super::json::Json;
use super::sigma::{Truth, all, any};

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pattern {
    Or(Vec<Pattern>),
    And(Vec<Pattern>),
    Test(Vec<Step>, Test),
}

/// One step of a selector.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Member(String),
    AnyMember,
    Element(usize),
    AnyElement,
}

/// What is asked of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// `=` or, if false, `!=`.
    Equal(bool, Operand),
    /// `<`, `<=`, `>`, `>=`.
    Order(String, f64),
    IsNull,
    Is(bool),
    NotExists,
}

/// The right-hand side of `=` and `!=`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    /// A bare number, as written.
    Number(String),
    Text(String),
}

impl Pattern {
    /// Evaluates the pattern over an event; what CloudTrail left out is unknown.
    pub(crate) fn holds(&self, event: &Event) -> Truth {
        let is_known = |steps: &[Step], reaches: bool| match steps {
            [Step::Member(root), below @ ..] => !event.is_omitted(root) || (reaches && !below.is_empty()),
            _ => true,
        };
        self.over(&event.json, &is_known)
    }

    /// Evaluates the pattern over any JSON; `is_known` says whether what a selector reaches, or does not, is the truth.
    pub(crate) fn over(&self, json: &Json, is_known: &dyn Fn(&[Step], bool) -> bool) -> Truth {
        match self {
            Self::Or(parts) => any(parts.iter().map(|part| part.over(json, is_known))),
            Self::And(parts) => all(parts.iter().map(|part| part.over(json, is_known))),
            Self::Test(steps, test) => {
                let values = reach(json, steps);
                let holds = match test {
                    Test::NotExists => values.is_empty(),
                    other => values.iter().any(|value| other.holds(value)),
                };
                is_known(steps, !values.is_empty()).then_some(holds)
            }
        }
    }
}

fn reach<'j>(json: &'j Json, steps: &[Step]) -> Vec<&'j Json> {
    let Some((step, rest)) = steps.split_first() else { return vec![json] };
    let next: Vec<&Json> = match (step, json) {
        (Step::Member(name), _) => json.get(name).into_iter().collect(),
        (Step::AnyMember, Json::Map(members)) => members.iter().map(|(_, value)| value).collect(),
        (Step::Element(at), Json::List(items)) => items.get(*at).into_iter().collect(),
        (Step::AnyElement, Json::List(items)) => items.iter().collect(),
        _ => Vec::new(),
    };
    next.into_iter().flat_map(|value| reach(value, rest)).collect()
}

impl Test {
    fn holds(&self, value: &Json) -> bool {
        match (self, value) {
            (Test::IsNull, _) => *value == Json::Null,
            (Test::Is(wanted), _) => *value == Json::Bool(*wanted),
            (Test::Order(operator, wanted), Json::Number(text)) => {
                let found: f64 = text.parse().unwrap();
                match operator.as_str() {
                    "<" => found < *wanted,
                    "<=" => found <= *wanted,
                    ">" => found > *wanted,
                    _ => found >= *wanted,
                }
            }
            (Test::Equal(equal, Operand::Number(wanted)), Json::Number(found)) => {
                let number = |text: &str| text.parse::<f64>().unwrap();
                (number(wanted) - number(found) == 0.0) == *equal
            }
            (
                Test::Equal(equal, Operand::Number(wanted) | Operand::Text(wanted)),
                Json::Text(found) | Json::Number(found),
            ) => glob(wanted.as_bytes(), found.as_bytes()) == *equal,
            _ => false,
        }
    }
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|at| glob(rest, &text[at..])),
        Some((byte, rest)) => text.first() == Some(byte) && glob(rest, &text[1..]),
    }
}
