//! One test of one field. Two languages, two meanings: a missing field, null, arrays, numbers and case differ
//! between filter patterns and Sigma, so their tests are different types and never share a code path.

pub mod glob;
pub mod number;
pub mod pattern;
pub mod regex;
pub mod sigma;
pub mod words;

use crate::field::{FieldId, Node, Slots};
use pattern::PatternTest;
use sigma::{FieldRef, SigmaTest};

/// A test with one exact meaning.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// As CloudWatch Logs means it (`spec/filter-pattern.md` §4 to §7).
    Pattern(PatternTest),
    /// As Sigma means it (`spec/sigma.md` §2, §3).
    Sigma(SigmaTest),
    /// Sigma's `fieldref`: the field holds what another one holds.
    SameAs(FieldRef),
}

/// A test of one field. Equal predicates are evaluated once an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Predicate {
    /// What is looked at.
    pub field: FieldId,
    /// What must hold of it.
    pub test: Test,
}

impl Predicate {
    /// Whether the event passes.
    pub fn holds(&self, slots: &Slots<'_>) -> bool {
        self.test.holds(&slots.get(self.field), slots)
    }
}

impl Predicate {
    /// Whether the event passes; none when it does not say. What it does say of a field can be enough to pass, and never to
    /// fail.
    pub fn answer(&self, slots: &Slots<'_>) -> Option<bool> {
        let is_unknown = match &self.test {
            Test::SameAs(other) => slots.is_unknown(self.field) || slots.is_unknown(other.field),
            Test::Pattern(_) | Test::Sigma(_) => slots.is_unknown(self.field),
        };
        if !is_unknown {
            return Some(self.holds(slots));
        }
        (!slots.get(self.field).is_empty() && self.holds(slots)).then_some(true)
    }
}

impl Test {
    /// Whether what a field reached passes; `slots` are the event's, for the test that compares two fields.
    pub fn holds(&self, nodes: &[Node<'_>], slots: &Slots<'_>) -> bool {
        match self {
            Test::Pattern(test) => test.holds(nodes),
            Test::Sigma(test) => test.holds(nodes),
            Test::SameAs(other) => other.holds(nodes, slots),
        }
    }

    /// The operator's name, for explanations: `=`, `!=`, `contains`, `exists`.
    pub fn operator(&self) -> &'static str {
        match self {
            Test::Pattern(test) => test.operator(),
            Test::Sigma(test) => test.operator(),
            Test::SameAs(_) => "= field",
        }
    }

    /// The operand as the rule's author wrote it; empty where the operator needs none.
    pub fn expected(&self) -> String {
        match self {
            Test::Pattern(test) => test.expected(),
            Test::Sigma(test) => test.expected(),
            Test::SameAs(other) => other.name.clone(),
        }
    }

    /// What an index may know of it.
    pub(crate) fn shape(&self) -> Shape {
        match self {
            Test::Pattern(test) => test.shape(),
            Test::Sigma(test) => test.shape(),
            Test::SameAs(_) => Shape::Field,
        }
    }
}

/// What an index may know of a test, whichever language it is of. Texts are those of [`Value::text`](crate::field::Value).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It holds of a field when some node passes, and that node's text equals this one up to case.
    Equals(String),
    /// It holds of a field when some node passes, and that node's text holds this one, never empty, up to case.
    Holds(String),
    /// It holds of a field when some node passes.
    Node,
    /// It can hold of a missing field, or nearly everything passes.
    Field,
}
