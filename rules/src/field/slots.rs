//! What a decoder found for the fields of one event. Most of it stands in the event's text and is shown where it stands; what
//! does not is made into nodes; what few rules ask for is read when one does.

use std::cell::OnceCell;
use std::fmt;
use std::ops::{Deref, Range};

use super::FieldId;

/// One JSON value, borrowed from the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as the event spells it: filter patterns compare this text.
    Number(&'a str),
    /// A string, decoded.
    String(&'a str),
    /// An array; in a Sigma slot its elements follow as nodes of their own.
    Array,
    /// An object: in a Sigma slot its compact JSON text, its scalars following as nested nodes; in a
    /// pattern slot the text is empty, as no pattern looks into it.
    Object(&'a str),
}

impl<'a> Value<'a> {
    /// Every text by which any test can know this value; none when there is no such.
    pub(crate) fn text(&self) -> Option<&'a str> {
        match self {
            Value::String(text) | Value::Number(text) | Value::Object(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            Value::Null | Value::Array => None,
        }
    }
}

/// A value that a selector reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Whether it lies below an object at which a Sigma path ended: only text comparisons look at it.
    pub nested: bool,
}

impl<'a> Node<'a> {
    /// A value at which a path ended.
    pub fn direct(value: Value<'a>) -> Self {
        Self { value, nested: false }
    }

    /// A scalar below an object at which a Sigma path ended.
    pub fn nested(value: Value<'a>) -> Self {
        Self { value, nested: true }
    }
}

/// What one field reached in its event, packed into eight bytes: nothing, a scalar that stands in the event's text, an array or an
/// object alone, or nodes that were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// What it is, in the upper bits, and where it starts.
    start: u32,
    len: u32,
}

/// The upper bits of a [`Span`]'s start.
mod kind {
    pub(super) const NODES: u32 = 0;
    pub(super) const STRING: u32 = 1;
    pub(super) const NUMBER: u32 = 2;
    pub(super) const NULL: u32 = 3;
    pub(super) const BOOL: u32 = 4;
    pub(super) const ARRAY: u32 = 5;
    pub(super) const OBJECT: u32 = 6;
    pub(super) const UNREAD: u32 = 7;
}

/// Bits of a [`Span`]'s start that say where it starts.
const START_BITS: u32 = 29;

impl Span {
    /// Of a field that reached nothing.
    pub const MISSING: Span = Span::of(kind::NODES);
    /// Of a field that nobody has read yet: [`Unread`] does, when a rule asks.
    pub const UNREAD: Span = Span::of(kind::UNREAD);
    /// A `null`.
    pub const NULL: Span = Span::of(kind::NULL);
    /// An array, as a filter pattern sees it.
    pub const ARRAY: Span = Span::of(kind::ARRAY);
    /// An object, as a filter pattern sees it.
    pub const OBJECT: Span = Span::of(kind::OBJECT);

    /// The largest text of which a span can say where in it something stands, bytes.
    pub const TEXT_BYTES_MAX: usize = (1 << START_BITS) - 1;

    #[inline]
    const fn of(kind: u32) -> Self {
        Self { start: kind << START_BITS, len: 0 }
    }

    #[inline]
    fn at(kind: u32, start: usize, len: usize) -> Self {
        debug_assert!(start <= Self::TEXT_BYTES_MAX);
        // Truncation would show another part of the event, and its bounds are checked when it is shown.
        #[expect(clippy::cast_possible_truncation, reason = "smaller than TEXT_BYTES_MAX")]
        Self { start: kind << START_BITS | start as u32, len: len as u32 }
    }

    /// So many nodes from `start` on.
    pub fn nodes(start: usize, len: usize) -> Self {
        Self::at(kind::NODES, start, len)
    }

    /// A string without escapes that stands in the text from `start` on.
    #[inline]
    pub fn string(start: usize, len: usize) -> Self {
        Self::at(kind::STRING, start, len)
    }

    /// A number that stands there.
    #[inline]
    pub fn number(start: usize, len: usize) -> Self {
        Self::at(kind::NUMBER, start, len)
    }

    /// Where in the text the string or number stands that it is; none when it is neither.
    pub fn stands_at(self) -> Option<Range<usize>> {
        let (kind, start) = (self.start >> START_BITS, (self.start & ((1 << START_BITS) - 1)) as usize);
        matches!(kind, kind::STRING | kind::NUMBER).then(|| start..start + self.len as usize)
    }

    /// Whether it is of nodes that were made.
    pub fn is_made(self) -> bool {
        self.start >> START_BITS == kind::NODES && self.len > 0
    }

    /// `true` or `false`.
    pub fn bool(value: bool) -> Self {
        Self::at(kind::BOOL, 0, usize::from(value))
    }
}

/// What most fields of most events are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Plain<'a> {
    Missing,
    Text(&'a str),
    Other,
}

/// Everything that a field reached in one event.
#[derive(Debug, Clone, Copy)]
pub enum Reached<'a> {
    /// One value, where it stands in the text.
    One(Node<'a>),
    /// Nodes that were made; none when the field is missing.
    Nodes(&'a [Node<'a>]),
}

impl<'a> Deref for Reached<'a> {
    type Target = [Node<'a>];

    fn deref(&self) -> &[Node<'a>] {
        match self {
            Reached::One(node) => std::slice::from_ref(node),
            Reached::Nodes(nodes) => nodes,
        }
    }
}

/// Reads what a decoder has put off, because few rules ask for it.
pub trait Unread: fmt::Debug {
    /// Everything that `field` reaches in the event.
    fn nodes(&self, field: FieldId) -> &[Node<'_>];
}

/// Room for what a matcher finds out about a part of events: where it must look at each of them. Whoever knows of events that their
/// fields there reach the same shows the same note with each. It belongs to one rule set, as a matcher's scratch does.
#[derive(Debug, Default)]
pub struct Note {
    varying: Box<[FieldId]>,
    places: OnceCell<Box<[usize]>>,
}

impl Note {
    /// Of events whose fields reach the same but for these, in ascending order.
    pub fn but_for(varying: Box<[FieldId]>) -> Self {
        debug_assert!(varying.is_sorted());
        Self { varying, places: OnceCell::new() }
    }

    /// Whether a field may reach something else in each event.
    pub(crate) fn varies(&self, field: FieldId) -> bool {
        self.varying.binary_search(&field).is_ok()
    }

    /// Where to look, of the indexes of the rule set; `find` tells, when nobody has.
    pub(crate) fn places(&self, find: impl FnOnce() -> Box<[usize]>) -> &[usize] {
        self.places.get_or_init(find)
    }
}

/// The nodes of one event, by field.
#[derive(Debug, Clone, Copy)]
pub struct Slots<'a> {
    text: &'a str,
    nodes: &'a [Node<'a>],
    spans: &'a [Span],
    unread: Option<&'a dyn Unread>,
    unknown: &'a [FieldId],
    /// On who did it, and on the rest.
    notes: [Option<&'a Note>; 2],
}

impl<'a> Slots<'a> {
    /// A view over what a decoder filled: a span a field, at least.
    pub fn new(nodes: &'a [Node<'a>], spans: &'a [Span]) -> Self {
        Self { text: "", nodes, spans, unread: None, unknown: &[], notes: [None; 2] }
    }

    /// The same, of an event whose text this is.
    pub fn with_text(self, text: &'a str) -> Self {
        Self { text, ..self }
    }

    /// The same, with who reads the fields that are [`Span::UNREAD`].
    pub fn with_unread(self, unread: &'a dyn Unread) -> Self {
        Self { unread: Some(unread), ..self }
    }

    /// The same, of an event that does not say everything: nobody knows what these fields hold beside what they reached. In
    /// ascending order.
    pub fn with_unknown(self, unknown: &'a [FieldId]) -> Self {
        debug_assert!(unknown.is_sorted());
        Self { unknown, ..self }
    }

    /// The same, with what is noted about who did it, the fields below `userIdentity`, and about all others.
    pub fn with_notes(self, identity: Option<&'a Note>, others: Option<&'a Note>) -> Self {
        Self { notes: [identity, others], ..self }
    }

    /// What is noted about who did it, and about the rest.
    pub(crate) fn notes(&self) -> [Option<&'a Note>; 2] {
        self.notes
    }

    /// Whether there is any field of which nobody knows what it holds.
    pub fn has_unknown(&self) -> bool {
        !self.unknown.is_empty()
    }

    /// Whether nobody knows what a field holds beside what it reached.
    pub fn is_unknown(&self, field: FieldId) -> bool {
        self.has_unknown() && self.unknown.binary_search(&field).is_ok()
    }

    /// Everything that `field` reached in this event; empty when it is missing.
    #[inline]
    pub fn get(&self, field: FieldId) -> Reached<'a> {
        let Span { start, len } = self.spans[field.index()];
        let (kind, start, len) =
            (start >> START_BITS, (start & ((1 << START_BITS) - 1)) as usize, len as usize);
        let text = || self.text.get(start..start + len).unwrap_or_default();
        let value = match kind {
            kind::NODES => return Reached::Nodes(&self.nodes[start..start + len]),
            kind::STRING => Value::String(text()),
            kind::NUMBER => Value::Number(text()),
            kind::NULL => Value::Null,
            kind::BOOL => Value::Bool(len == 1),
            kind::ARRAY => Value::Array,
            kind::OBJECT => Value::Object(""),
            _ => return Reached::Nodes(self.unread.map_or(&[], |unread| unread.nodes(field))),
        };
        Reached::One(Node::direct(value))
    }

    /// What all of `fields`, of which there is one at least, reached, if it is nothing or one string as it stands in the text.
    #[inline]
    pub(crate) fn plain(&self, fields: &[FieldId]) -> Plain<'a> {
        let Some((first, others)) = fields.split_first() else { return Plain::Missing };
        let span = self.spans[first.index()];
        if others.iter().any(|other| !self.is_same(*first, *other)) {
            return Plain::Other;
        }
        if span == Span::MISSING {
            return Plain::Missing;
        }
        if span.start >> START_BITS != kind::STRING {
            return Plain::Other;
        }
        let start = (span.start & ((1 << START_BITS) - 1)) as usize;
        self.text.get(start..start + span.len as usize).map_or(Plain::Other, Plain::Text)
    }

    /// Whether two fields surely reached the same.
    #[inline]
    fn is_same(&self, field: FieldId, other: FieldId) -> bool {
        let span = self.spans[field.index()];
        span == self.spans[other.index()] && span != Span::UNREAD
    }

    /// The text of a field that holds exactly one string; none when it is anything else.
    #[inline]
    pub fn string(&self, field: FieldId) -> Option<&'a str> {
        match self.plain(&[field]) {
            Plain::Text(text) => Some(text),
            Plain::Missing => None,
            Plain::Other => match *self.get(field) {
                [Node { value: Value::String(text), .. }] => Some(text),
                _ => None,
            },
        }
    }

    /// The text of a field that holds exactly one string or number; none when it is anything else.
    #[inline]
    pub fn text(&self, field: FieldId) -> Option<&'a str> {
        self.string(field).or_else(|| match *self.get(field) {
            [Node { value: Value::Number(text), .. }] => Some(text),
            _ => None,
        })
    }
}
