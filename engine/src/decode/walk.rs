//! Tokens × trie → slots: walks one scanned log event by its true nesting, compares keys only where somebody looks, and passes
//! over the rest, which it still proves to be sound JSON.
//!
//! ```text
//! {\"eventName\":\"GetObject\",\"n\":1}
//! ^           ^             ^    ^  ^     tokens: what is between two is nothing, one string or one scalar
//! ```
//!
//! What is sound and unusual (a key twice, one that is escaped, an array where a path goes on) makes the event *odd*, or a field
//! put off: the pull parser, which is this walk's judge, reads them.

mod pass_over;

use std::ops::Range;

use bumpalo::Bump;
use tripline_rules::field::{FieldId, Node, Span, Value};

use super::scan::Scanned;
use super::tape::{DEPTH_MAX, KEYS_MAX, is_number, unescape};
use super::trie::{self, NodeId, Trie};

/// The event is left to the pull parser.
#[derive(Debug)]
pub(super) struct Odd;

/// Bytes of a quote as it stands in the event's text: `\"`.
const QUOTE: usize = 2;

/// What a walk writes to, reused for every event.
#[derive(Debug)]
pub(super) struct Slate {
    /// By field.
    pub(super) spans: Vec<Span>,
    /// By node of the trie: in which event it was last met.
    met: Vec<u32>,
    event: u32,
}

impl Slate {
    pub(super) fn new(trie: &Trie) -> Self {
        Self { spans: trie.blank().to_vec(), met: vec![0; trie.len()], event: 0 }
    }

    fn wipe(&mut self, trie: &Trie) {
        self.spans.copy_from_slice(trie.blank());
        self.event = self.event.wrapping_add(1);
        if self.event == 0 {
            self.met.fill(0);
            self.event = 1;
        }
    }
}

/// Walks one log event that is soundly put together, and fills the slots.
pub(super) fn walk<'b>(
    scanned: &Scanned<'b>,
    tokens: &[u32],
    trie: &Trie,
    slate: &mut Slate,
    (nodes, arena): (&mut Vec<Node<'b>>, &'b Bump),
) -> Result<(), Odd> {
    let text = scanned.sound.ok_or(Odd)?;
    nodes.clear();
    slate.wipe(trie);
    let tokens = &tokens[scanned.tokens.start..=scanned.tokens.end];
    let starts = tokens[0] == 0 && scanned.bytes.first() == Some(&b'{');
    if !starts || tokens.len() > KEYS_MAX || text.len() > Span::TEXT_BYTES_MAX {
        return Err(Odd);
    }
    let mut walk = Walk {
        text,
        bytes: scanned.padded,
        tokens,
        trie,
        slate,
        nodes,
        arena,
        escapes: scanned.escapes.clone(),
    };
    let closed = walk.object(0, NodeId::ROOT, 1)?;
    // The last token, with nothing behind it.
    let ends = closed + 2 == tokens.len() && walk.token(closed) + 1 == text.len();
    if ends { Ok(()) } else { Err(Odd) }
}

struct Walk<'w, 'b> {
    text: &'b str,
    bytes: &'b [u8],
    /// Those of the event, and one that is none: its length.
    tokens: &'w [u32],
    trie: &'w Trie,
    slate: &'w mut Slate,
    nodes: &'w mut Vec<Node<'b>>,
    arena: &'b Bump,
    /// Where escapes can be.
    escapes: Range<usize>,
}

impl<'b> Walk<'_, 'b> {
    #[inline]
    fn token(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(usize::MAX >> 1, |token| *token as usize)
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// Walks the object whose brace is token `at`, up to the token that closes it.
    fn object(&mut self, mut at: usize, id: NodeId, depth: usize) -> Result<usize, Odd> {
        if depth > DEPTH_MAX {
            return Err(Odd);
        }
        let (trie, tokens) = (self.trie, self.tokens);
        let node = trie.node(id);
        let mut before = self.token(at);
        if self.token(at + 1) == before + 1 {
            return if self.byte(before + 1) == b'}' { Ok(at + 1) } else { Err(Odd) };
        }
        loop {
            let [colon, end] = *tokens.get(at + 1..).and_then(<[u32]>::first_chunk).ok_or(Odd)?;
            let (colon, end) = (colon as usize, end as usize);
            if self.byte(colon) != b':' || self.byte(before + 1) != b'\\' {
                return Err(Odd);
            }
            let key = before + 1 + QUOTE;
            let child = self.child(node, key, colon - QUOTE - key)?;
            at += 2;
            if end == colon + 1 {
                at = self.container(at, child, depth + 1)?;
                before = self.token(at);
            } else {
                self.scalar(child, colon + 1, end)?;
                before = end;
            }
            match self.byte(before) {
                b',' => {}
                b'}' => return Ok(at),
                _ => return Err(Odd),
            }
        }
    }

    #[inline(always)]
    fn child(&mut self, node: &trie::Node, start: usize, len: usize) -> Result<NodeId, Odd> {
        let key = self.bytes.get(start..).ok_or(Odd)?;
        if self.may_escape(start, start + len) && key.get(..len).ok_or(Odd)?.contains(&b'\\') {
            return Err(Odd);
        }
        let child = self.trie.child(node, key, len);
        if child == NodeId::NOBODY {
            return Ok(child);
        }
        let met = &mut self.slate.met[child.index()];
        // Of members with the same key the last counts.
        if child == NodeId::ODD || *met == self.slate.event {
            return Err(Odd);
        }
        *met = self.slate.event;
        Ok(child)
    }

    /// Takes in the object or array whose bracket is token `at`; returns the token behind it.
    fn container(&mut self, at: usize, child: NodeId, depth: usize) -> Result<usize, Odd> {
        let closed = match self.byte(self.token(at)) {
            b'{' if child == NodeId::NOBODY => self.pass_over(at, depth)?,
            b'{' => {
                let node = self.trie.node(child);
                self.slate.spans[node.ends()[0]] = Span::OBJECT;
                put_off(self.trie.put_off_at_object(node), self.slate);
                if node.is_looked_into { self.object(at, child, depth)? } else { self.pass_over(at, depth)? }
            }
            b'[' => {
                if child != NodeId::NOBODY {
                    let node = self.trie.node(child);
                    self.slate.spans[node.ends()[0]] = Span::ARRAY;
                    put_off(self.trie.put_off_at_array(node), self.slate);
                }
                self.pass_over(at, depth)?
            }
            _ => return Err(Odd),
        };
        // What follows a value follows it at once.
        if self.token(closed + 1) == self.token(closed) + 1 { Ok(closed + 1) } else { Err(Odd) }
    }

    /// Takes in the string or scalar that stands in `start..end`.
    #[inline(always)]
    fn scalar(&mut self, child: NodeId, start: usize, end: usize) -> Result<(), Odd> {
        if child == NodeId::NOBODY {
            return self.check_scalar(start, end);
        }
        let span = if self.byte(start) == b'\\' {
            self.string(start + QUOTE, end - QUOTE)?
        } else {
            literal(self.text, start, end)?
        };
        for end in self.trie.node(child).ends() {
            self.slate.spans[end] = span;
        }
        Ok(())
    }

    #[inline]
    fn string(&mut self, start: usize, end: usize) -> Result<Span, Odd> {
        if !self.may_escape(start, end) {
            return Ok(Span::string(start, end - start));
        }
        let raw = self.text.get(start..end).ok_or(Odd)?;
        // Escaped by the event, and all of that by the message.
        let inner = unescape(raw).map_err(|_| Odd)?;
        let value = unescape(&inner).map_err(|_| Odd)?;
        self.nodes.push(Node::direct(Value::String(self.arena.alloc_str(&value))));
        Ok(Span::nodes(self.nodes.len() - 1, 1))
    }

    /// Whether there may be an escape in `start..end`.
    #[inline]
    fn may_escape(&self, start: usize, end: usize) -> bool {
        start < self.escapes.end && self.escapes.start < end
    }

    /// Whether what stands in `start..end` is a string or a scalar.
    #[inline]
    fn check_scalar(&self, start: usize, end: usize) -> Result<(), Odd> {
        if self.byte(start) == b'\\' {
            return Ok(());
        }
        literal(self.text, start, end).map(|_| ())
    }
}

fn put_off(fields: &[FieldId], slate: &mut Slate) {
    for field in fields {
        slate.spans[field.index()] = Span::UNREAD;
    }
}

fn literal(text: &str, start: usize, end: usize) -> Result<Span, Odd> {
    match text.get(start..end).ok_or(Odd)? {
        "null" => Ok(Span::NULL),
        "true" => Ok(Span::bool(true)),
        "false" => Ok(Span::bool(false)),
        number if is_number(number) => Ok(Span::number(start, end - start)),
        _ => Err(Odd),
    }
}
