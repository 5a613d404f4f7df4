//! Why a condition holds, and why not: the whole evaluation as a tree, and what a reader wants of it.

use crate::condition::Condition;
use crate::field::{Fields, Node, Slots, Value};
use crate::predicate::Predicate;

/// The longest value that an explanation shows, in characters.
const VALUE_CHARS_MAX: usize = 512;

/// The most values of one field that an explanation shows.
const VALUES_MAX: usize = 8;

/// One predicate and what it met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The field as the rule's language writes it.
    pub field: String,
    /// The operator; with `not ` before it when the rule needs the test to fail.
    pub operator: String,
    /// The operand.
    pub expected: String,
    /// What the event holds there: the values that passed the test, else all of them; `(missing)` for none,
    /// `(unknown: …)` when CloudTrail left them out.
    pub value: String,
}

/// The evaluation of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Whether this part holds.
    pub holds: bool,
    /// What it is.
    pub step: TraceStep,
}

/// A part of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceStep {
    /// All of these.
    All(Vec<Trace>),
    /// Any of these.
    Any(Vec<Trace>),
    /// Not this.
    Not(Box<Trace>),
    /// One test.
    Is(Reason),
}

/// Evaluates every part of `condition`, none skipped. A test of what nobody knows comes out so that the condition does not
/// hold for its sake.
pub fn trace(condition: &Condition<Predicate>, slots: &Slots<'_>, fields: &Fields) -> Trace {
    trace_part(condition, false, slots, fields)
}

fn trace_part(condition: &Condition<Predicate>, negated: bool, slots: &Slots<'_>, fields: &Fields) -> Trace {
    let all = |parts: &[Condition<Predicate>]| -> Vec<Trace> {
        parts.iter().map(|part| trace_part(part, negated, slots, fields)).collect()
    };
    match condition {
        Condition::All(parts) => {
            let parts = all(parts);
            Trace { holds: parts.iter().all(|part| part.holds), step: TraceStep::All(parts) }
        }
        Condition::Any(parts) => {
            let parts = all(parts);
            Trace { holds: parts.iter().any(|part| part.holds), step: TraceStep::Any(parts) }
        }
        Condition::Not(part) => {
            let part = trace_part(part, !negated, slots, fields);
            Trace { holds: !part.holds, step: TraceStep::Not(Box::new(part)) }
        }
        Condition::Is(predicate) => Trace {
            holds: predicate.answer(slots).unwrap_or(negated),
            step: TraceStep::Is(Reason {
                field: fields.selector(predicate.field).to_string(),
                operator: predicate.test.operator().to_owned(),
                expected: predicate.test.expected(),
                value: shown(predicate, slots),
            }),
        },
    }
}

impl Trace {
    /// The predicates that decided the outcome, left to right: why it holds if it holds, else why not. Parts
    /// that did not matter (the other branches of a true `Any`, the true parts of a false `All`) are left out.
    pub fn reasons(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        self.collect(false, &mut reasons);
        reasons
    }

    fn collect(&self, negated: bool, reasons: &mut Vec<Reason>) {
        match &self.step {
            TraceStep::All(parts) | TraceStep::Any(parts) => {
                let same = parts.iter().filter(|part| part.holds == self.holds);
                same.for_each(|part| part.collect(negated, reasons));
            }
            TraceStep::Not(part) => part.collect(!negated, reasons),
            TraceStep::Is(reason) => {
                let mut reason = reason.clone();
                if negated {
                    reason.operator.insert_str(0, "not ");
                }
                reasons.push(reason);
            }
        }
    }
}

fn shown(predicate: &Predicate, slots: &Slots<'_>) -> String {
    let nodes = slots.get(predicate.field);
    let passes = |node: &&Node<'_>| predicate.test.holds(std::slice::from_ref(node), slots);
    if predicate.answer(slots).is_none() {
        return "(unknown: CloudTrail omitted it)".to_owned();
    }
    if nodes.is_empty() {
        return "(missing)".to_owned();
    }
    let passing: Vec<&Node<'_>> = nodes.iter().filter(passes).take(VALUES_MAX).collect();
    let chosen = if passing.is_empty() {
        nodes.iter().filter(|node| !node.nested).take(VALUES_MAX).collect()
    } else {
        passing
    };
    let text = chosen.iter().map(|node| display(&node.value)).collect::<Vec<_>>().join(", ");
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn display(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => (*text).to_owned(),
        Value::String(text) => (*text).to_owned(),
        Value::Array => "[…]".to_owned(),
        Value::Object("") => "{…}".to_owned(),
        Value::Object(text) => (*text).to_owned(),
    }
}
