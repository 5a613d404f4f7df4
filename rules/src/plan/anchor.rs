//! The cheapest necessary equalities of a condition: if the condition holds, one of them does.

use crate::condition::Condition;
use crate::field::{FieldId, Fields, Selector, Step};
use crate::predicate::Predicate;

/// Equalities of which at least one is necessary: a field, and a value up to case.
pub(super) type Anchor = Vec<(FieldId, String)>;

/// The best anchor of `condition`; none when nothing so simple is necessary.
pub(super) fn of(condition: &Condition<Predicate>, fields: &Fields) -> Option<Anchor> {
    match condition {
        Condition::Is(predicate) => {
            predicate.test.equal_to().map(|value| vec![(predicate.field, value.to_owned())])
        }
        // Every part is necessary, so the cheapest anchor of any part will do.
        Condition::All(parts) => {
            parts.iter().filter_map(|part| of(part, fields)).min_by_key(|anchor| cost(anchor, fields))
        }
        // One part is enough, so each must bring its own; of no parts, none is ever true.
        Condition::Any(parts) => {
            parts.iter().map(|part| of(part, fields)).collect::<Option<Vec<_>>>().map(|all| all.concat())
        }
        Condition::Not(_) => None,
    }
}

/// How much traffic an anchor lets through, roughly: a name selects about one event in a hundred, a source one
/// in ten, another equality (an error code, a user type) lies between.
fn cost(anchor: &Anchor, fields: &Fields) -> usize {
    anchor.iter().map(|(field, _)| weight(fields.selector(*field))).sum()
}

fn weight(selector: &Selector) -> usize {
    let name = match selector {
        Selector::Sigma(path) => path.as_str(),
        Selector::Pattern(steps) => match steps.as_slice() {
            [Step::Member(name)] => name.as_str(),
            _ => "",
        },
        Selector::Message => "",
    };
    match name {
        "eventName" => 1,
        "eventSource" => 10,
        _ => 5,
    }
}
