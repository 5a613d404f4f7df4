//! The fields of a walked event that the walk has put off: read by the pull parser, all at once, when a rule asks for one.

use std::cell::OnceCell;

use bumpalo::Bump;
use tripline_rules::field::{FieldId, Fields, Node, Selector, Unread, Value};

use super::slots::Filled;
use super::tape::{Tape, unescape};

/// One event, escaped as it came.
#[derive(Debug)]
pub(super) struct PutOff<'m> {
    escaped: &'m str,
    fields: &'m Fields,
    arena: &'m Bump,
    message: OnceCell<&'m str>,
    message_node: OnceCell<[Node<'m>; 1]>,
    filled: OnceCell<Box<Filled<'m>>>,
}

impl<'m> PutOff<'m> {
    pub(super) fn new(escaped: &'m str, fields: &'m Fields, arena: &'m Bump) -> Self {
        Self {
            escaped,
            fields,
            arena,
            message: OnceCell::new(),
            message_node: OnceCell::new(),
            filled: OnceCell::new(),
        }
    }

    fn message(&self) -> &'m str {
        self.message.get_or_init(|| {
            // It was scanned: every escape is sound.
            let text = unescape(self.escaped).unwrap_or_default();
            self.arena.alloc_str(&text)
        })
    }
}

impl Unread for PutOff<'_> {
    fn nodes(&self, field: FieldId) -> &[Node<'_>] {
        let message = self.message();
        if *self.fields.selector(field) == Selector::Message {
            return self.message_node.get_or_init(|| [Node::direct(Value::String(message))]);
        }
        let tape = || Tape::parse(message).unwrap_or_default();
        let fill = || Box::new(Filled::new(&tape(), message, self.fields, self.arena));
        self.filled.get_or_init(fill).nodes_of(field)
    }
}
