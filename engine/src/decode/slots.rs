//! From a tape to slots: walks every selector of the loaded rules and collects what it reaches.

use std::borrow::Cow;

use tripline_rules::field::{Node, Selector, Step, Value};

use super::compact;
use super::tape::{Entry, Tape};

/// Appends what `selector` reaches in the event to `nodes`.
pub(super) fn fill<'a>(tape: &Tape<'a>, message: &'a str, selector: &Selector, nodes: &mut Vec<Node<'a>>) {
    match selector {
        Selector::Message => nodes.push(Node::direct(Value::String(Cow::Borrowed(message)))),
        // The message was no JSON.
        Selector::Pattern(_) | Selector::Sigma(_) if tape.is_empty() => {}
        Selector::Pattern(steps) => pattern(tape, 0, steps, nodes),
        Selector::Sigma(path) => sigma(tape, 0, path, nodes),
    }
}

fn pattern<'a>(tape: &Tape<'a>, at: usize, steps: &[Step], nodes: &mut Vec<Node<'a>>) {
    let Some((step, rest)) = steps.split_first() else {
        nodes.push(Node::direct(value(tape, at)));
        return;
    };
    match step {
        Step::Member(name) => {
            if let Some(member) = tape.member(at, name) {
                pattern(tape, member, rest, nodes);
            }
        }
        Step::AnyMember => {
            tape.last_members(at).into_iter().for_each(|(_, member)| pattern(tape, member, rest, nodes));
        }
        Step::Index(index) => {
            if let Some(element) = tape.elements(at).nth(*index as usize) {
                pattern(tape, element, rest, nodes);
            }
        }
        Step::AnyElement => tape.elements(at).for_each(|element| pattern(tape, element, rest, nodes)),
    }
}

/// Sigma's dotted name: at every object the longest literal key that begins the rest of the path wins.
fn sigma<'a>(tape: &Tape<'a>, at: usize, path: &str, nodes: &mut Vec<Node<'a>>) {
    if let Entry::Array { .. } = tape.entry(at) {
        if path.is_empty() {
            nodes.push(Node::direct(Value::Array));
        }
        tape.elements(at).for_each(|element| sigma(tape, element, path, nodes));
        return;
    }
    if path.is_empty() {
        sigma_end(tape, at, nodes);
        return;
    }
    // Of equally long keys, which are duplicates, the last.
    let begins = |(key, _): &(&str, usize)| {
        path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if let Some((key, member)) = tape.members(at).filter(begins).max_by_key(|(key, _)| key.len()) {
        sigma(tape, member, path.get(key.len() + 1..).unwrap_or_default(), nodes);
    }
}

fn sigma_end<'a>(tape: &Tape<'a>, at: usize, nodes: &mut Vec<Node<'a>>) {
    if let Entry::Object { .. } = tape.entry(at) {
        nodes.push(Node::direct(Value::Object(Cow::Owned(compact::text(tape, at)))));
        leaves(tape, at, nodes);
    } else {
        nodes.push(Node::direct(value(tape, at)));
    }
}

/// Every scalar below an object, in the order of the text.
fn leaves<'a>(tape: &Tape<'a>, at: usize, nodes: &mut Vec<Node<'a>>) {
    match tape.entry(at) {
        Entry::Object { .. } => {
            tape.last_members(at).into_iter().for_each(|(_, member)| leaves(tape, member, nodes))
        }
        Entry::Array { .. } => tape.elements(at).for_each(|element| leaves(tape, element, nodes)),
        Entry::Null | Entry::Bool(_) | Entry::Number(_) | Entry::String(_) => {
            nodes.push(Node::nested(value(tape, at)));
        }
    }
}

fn value<'a>(tape: &Tape<'a>, at: usize) -> Value<'a> {
    match tape.entry(at) {
        Entry::Null => Value::Null,
        Entry::Bool(value) => Value::Bool(*value),
        Entry::Number(text) => Value::Number(text),
        Entry::String(text) => Value::String(text.clone()),
        Entry::Array { .. } => Value::Array,
        Entry::Object { .. } => Value::Object(Cow::Borrowed("")),
    }
}
