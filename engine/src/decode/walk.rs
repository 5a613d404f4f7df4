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
use super::trie::{Below, HELD, NodeId, Trie};

/// The event is left to the pull parser.
#[derive(Debug)]
pub(super) struct Odd;

/// Bytes of a quote as it stands in the event's text: `\"`.
const QUOTE: usize = 2;

/// Bytes of a member before its key: a brace or a comma, and a quote.
const BEFORE_KEY: usize = 1 + QUOTE;

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
    let closed = if walk.escapes.is_empty() {
        walk.object::<false>(0, NodeId::ROOT, 1)?
    } else {
        walk.object::<true>(0, NodeId::ROOT, 1)?
    };
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

    /// Walks the object whose brace is token `at`, up to the token that closes it. `ESCAPED`: the event has escapes.
    fn object<const ESCAPED: bool>(&mut self, at: usize, id: NodeId, depth: usize) -> Result<usize, Odd> {
        if depth > DEPTH_MAX {
            return Err(Odd);
        }
        let (bytes, tokens, trie) = (self.bytes, self.tokens, self.trie);
        let below = trie.below(trie.node(id));
        let mut before = self.token(at);
        let mut rest = tokens.get(at + 1..).ok_or(Odd)?;
        // What a member begins with: the brace or a comma, and its quote.
        let mut begins = *b"{\\";
        loop {
            let member: &[u8; BEFORE_KEY + HELD] =
                bytes.get(before..).and_then(<[u8]>::first_chunk).ok_or(Odd)?;
            if [member[0], member[1]] != begins {
                return self.end_of_object(tokens.len() - rest.len() - 1, begins[0]);
            }
            begins[0] = b',';
            let [colon, end, behind @ ..] = rest else { return Err(Odd) };
            let (colon, end) = (*colon as usize, *end as usize);
            let [b':', value] = *bytes.get(colon..).and_then(<[u8]>::first_chunk).ok_or(Odd)? else {
                return Err(Odd);
            };
            let key = before + BEFORE_KEY;
            let child = if ESCAPED && self.may_escape(key, colon) {
                self.escaped_child(below, key, colon - QUOTE)?
            } else {
                // A string has two quotes: the pass has proved it.
                let held = member.last_chunk().ok_or(Odd)?;
                below.find(held, &bytes[key..], colon.wrapping_sub(key + QUOTE))
            };
            if child != NodeId::NOBODY {
                self.meet(child)?;
            }
            if end == colon + 1 {
                let at = self.container::<ESCAPED>(tokens.len() - behind.len() - 1, child, depth + 1)?;
                before = self.token(at);
                rest = tokens.get(at + 1..).ok_or(Odd)?;
                continue;
            }
            (before, rest) = (end, behind);
            if child != NodeId::NOBODY {
                let span = if value == b'\\' {
                    self.string::<ESCAPED>(colon + 1 + QUOTE, end - QUOTE)?
                } else {
                    literal(self.text, colon + 1, end)?
                };
                trie.ends(child).into_iter().for_each(|end| self.slate.spans[end] = span);
            } else if value != b'\\' {
                literal(self.text, colon + 1, end)?;
            }
        }
    }

    /// No member stands at token `at`, behind `before`: what closes the object must.
    fn end_of_object(&self, at: usize, begun: u8) -> Result<usize, Odd> {
        let here = self.token(at);
        match (self.byte(here), begun) {
            (b'}', b',') => Ok(at),
            (b'{', b'{') if self.token(at + 1) == here + 1 && self.byte(here + 1) == b'}' => Ok(at + 1),
            _ => Err(Odd),
        }
    }

    /// Where a key leads that stands in `start..end`, where there may be escapes.
    #[cold]
    fn escaped_child(&self, below: Below<'_>, start: usize, end: usize) -> Result<NodeId, Odd> {
        let key = self.bytes.get(start..end).ok_or(Odd)?;
        if key.contains(&b'\\') {
            return Err(Odd);
        }
        let bytes = &self.bytes[start..];
        Ok(below.find(bytes.first_chunk().ok_or(Odd)?, bytes, key.len()))
    }

    /// Of members with the same key the last counts: what comes twice is left to the pull parser.
    #[inline(always)]
    fn meet(&mut self, child: NodeId) -> Result<(), Odd> {
        let met = &mut self.slate.met[child.index()];
        if child == NodeId::ODD || *met == self.slate.event {
            return Err(Odd);
        }
        *met = self.slate.event;
        Ok(())
    }

    /// Takes in the object or array whose bracket is token `at`; returns the token behind it.
    #[inline(never)]
    fn container<const ESCAPED: bool>(
        &mut self,
        at: usize,
        child: NodeId,
        depth: usize,
    ) -> Result<usize, Odd> {
        let closed = match self.byte(self.token(at)) {
            b'{' if child == NodeId::NOBODY => self.pass_over(at, depth)?,
            b'{' => {
                let node = self.trie.node(child);
                self.slate.spans[self.trie.ends(child)[0]] = Span::OBJECT;
                put_off(self.trie.put_off_at_object(node), self.slate);
                if node.is_looked_into {
                    self.object::<ESCAPED>(at, child, depth)?
                } else {
                    self.pass_over(at, depth)?
                }
            }
            b'[' => {
                if child != NodeId::NOBODY {
                    let node = self.trie.node(child);
                    self.slate.spans[self.trie.ends(child)[0]] = Span::ARRAY;
                    put_off(self.trie.put_off_at_array(node), self.slate);
                }
                self.pass_over(at, depth)?
            }
            _ => return Err(Odd),
        };
        // What follows a value follows it at once.
        if self.token(closed + 1) == self.token(closed) + 1 { Ok(closed + 1) } else { Err(Odd) }
    }

    #[inline]
    fn string<const ESCAPED: bool>(&mut self, start: usize, end: usize) -> Result<Span, Odd> {
        if ESCAPED && self.may_escape(start, end) {
            return self.escaped(start, end);
        }
        Ok(Span::string(start, end - start))
    }

    #[inline(never)]
    fn escaped(&mut self, start: usize, end: usize) -> Result<Span, Odd> {
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
