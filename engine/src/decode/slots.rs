//! From a tape to slots: walks every selector of the loaded rules and collects what it reaches.

use std::borrow::Cow;

use bumpalo::Bump;
use tripline_rules::field::{FieldId, Fields, Node, Reached, Selector, Slots, Span, Step, Value};

use super::compact;
use super::tape::{Entry, Tape};

/// The slots of one event, every one filled.
#[derive(Debug, Default)]
pub(super) struct Filled<'a> {
    nodes: Vec<Node<'a>>,
    spans: Vec<Span>,
}

impl<'a> Filled<'a> {
    /// Fills the slots of `fields`. What the text does not hold as it stands is kept in `arena`.
    pub(super) fn new(tape: &Tape<'a>, message: &'a str, fields: &Fields, arena: &'a Bump) -> Self {
        let mut filled = Self { nodes: Vec::new(), spans: Vec::with_capacity(fields.len()) };
        for selector in fields.selectors() {
            let start = filled.nodes.len();
            Filling { tape, arena, nodes: &mut filled.nodes }.fill(message, selector);
            filled.spans.push(Span::nodes(start, filled.nodes.len() - start));
        }
        filled
    }

    pub(super) fn slots(&self) -> Slots<'_> {
        Slots::new(&self.nodes, &self.spans)
    }

    /// What a field reached.
    pub(super) fn nodes_of(&self, field: FieldId) -> &[Node<'_>] {
        match self.slots().get(field) {
            Reached::Nodes(nodes) => nodes,
            // It holds nothing else.
            Reached::One(_) => &[],
        }
    }
}

struct Filling<'f, 'a> {
    tape: &'f Tape<'a>,
    arena: &'a Bump,
    nodes: &'f mut Vec<Node<'a>>,
}

impl<'a> Filling<'_, 'a> {
    fn fill(&mut self, message: &'a str, selector: &Selector) {
        match selector {
            Selector::Message => self.nodes.push(Node::direct(Value::String(message))),
            // The message was no JSON.
            Selector::Pattern(_) | Selector::Sigma(_) if self.tape.is_empty() => {}
            Selector::Pattern(steps) => self.pattern(0, steps),
            Selector::Sigma(path) => self.sigma(0, path),
        }
    }

    fn pattern(&mut self, at: usize, steps: &[Step]) {
        let tape = self.tape;
        let Some((step, rest)) = steps.split_first() else {
            let value = self.value(at);
            return self.nodes.push(Node::direct(value));
        };
        match step {
            Step::Member(name) => {
                if let Some(member) = tape.member(at, name) {
                    self.pattern(member, rest);
                }
            }
            Step::AnyMember => {
                tape.last_members(at).into_iter().for_each(|(_, member)| self.pattern(member, rest));
            }
            Step::Index(index) => {
                if let Some(element) = tape.elements(at).nth(*index as usize) {
                    self.pattern(element, rest);
                }
            }
            Step::AnyElement => tape.elements(at).for_each(|element| self.pattern(element, rest)),
        }
    }

    /// Sigma's dotted name: at every object the longest literal key that begins the rest of the path wins.
    fn sigma(&mut self, at: usize, path: &str) {
        let tape = self.tape;
        if let Entry::Array { .. } = tape.entry(at) {
            if path.is_empty() {
                self.nodes.push(Node::direct(Value::Array));
            }
            tape.elements(at).for_each(|element| self.sigma(element, path));
            return;
        }
        if path.is_empty() {
            return self.sigma_end(at);
        }
        // Of equally long keys, which are duplicates, the last.
        let begins = |(key, _): &(&str, usize)| {
            path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if let Some((key, member)) = tape.members(at).filter(begins).max_by_key(|(key, _)| key.len()) {
            self.sigma(member, path.get(key.len() + 1..).unwrap_or_default());
        }
    }

    fn sigma_end(&mut self, at: usize) {
        if let Entry::Object { .. } = self.tape.entry(at) {
            let text = self.arena.alloc_str(&compact::text(self.tape, at));
            self.nodes.push(Node::direct(Value::Object(text)));
            self.leaves(at);
        } else {
            let value = self.value(at);
            self.nodes.push(Node::direct(value));
        }
    }

    /// Every scalar below an object, in the order of the text.
    fn leaves(&mut self, at: usize) {
        let tape = self.tape;
        match tape.entry(at) {
            Entry::Object { .. } => {
                tape.last_members(at).into_iter().for_each(|(_, member)| self.leaves(member));
            }
            Entry::Array { .. } => tape.elements(at).for_each(|element| self.leaves(element)),
            Entry::Null | Entry::Bool(_) | Entry::Number(_) | Entry::String(_) => {
                let value = self.value(at);
                self.nodes.push(Node::nested(value));
            }
        }
    }

    fn value(&self, at: usize) -> Value<'a> {
        match self.tape.entry(at) {
            Entry::Null => Value::Null,
            Entry::Bool(value) => Value::Bool(*value),
            Entry::Number(text) => Value::Number(text),
            Entry::String(Cow::Borrowed(text)) => Value::String(text),
            Entry::String(Cow::Owned(text)) => Value::String(self.arena.alloc_str(text)),
            Entry::Array { .. } => Value::Array,
            Entry::Object { .. } => Value::Object(""),
        }
    }
}
