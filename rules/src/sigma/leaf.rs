//! One test of one field, before fields have ids: what detections are made of until a rule set is put together.

use crate::field::{Fields, Selector};
use crate::predicate::sigma::{FieldRef, SigmaTest};
use crate::predicate::{Predicate, Test};

/// A test of a field that has no id yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// The dotted name; empty for keywords.
    pub(crate) field: String,
    pub(crate) test: LeafTest,
}

impl Leaf {
    /// The predicate, its fields interned.
    pub(crate) fn intern(self, fields: &mut Fields) -> Predicate {
        let test = match self.test {
            LeafTest::Value(test) => Test::Sigma(test),
            LeafTest::SameAs { field: name, cased } => {
                Test::SameAs(FieldRef { field: fields.intern(Selector::Sigma(name.clone())), name, cased })
            }
        };
        Predicate { field: fields.intern(Selector::Sigma(self.field)), test }
    }
}

/// What a leaf asks of its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LeafTest {
    /// To be like a value of the rule.
    Value(SigmaTest),
    /// To be like another field of the event.
    SameAs { field: String, cased: bool },
}
