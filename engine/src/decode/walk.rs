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

use super::opening::Known;
use super::scan::Scanned;
use super::tape::{DEPTH_MAX, KEYS_MAX, is_number, unescape};
use super::trie::{Below, HELD, NodeId, Trie};

/// The event is left to the pull parser.
#[derive(Debug)]
pub(super) struct Odd;

/// Bytes of a quote as it stands in the event's text: `\"`.
pub(super) const QUOTE: usize = 2;

/// Bytes of a member before its key: a brace or a comma, and a quote.
const BEFORE_KEY: usize = 1 + QUOTE;

/// Which nodes of the trie an event has met.
#[derive(Debug)]
pub(super) struct Met {
    /// By node: the event that met it last.
    events: Vec<u32>,
    event: u32,
}

impl Met {
    pub(super) fn new(trie: &Trie) -> Self {
        Self { events: vec![0; trie.len()], event: 0 }
    }

    /// Begins with another event, which is numbered.
    fn begin(&mut self) -> (&mut [u32], u32) {
        self.event = self.event.wrapping_add(1);
        if self.event == 0 {
            self.events.fill(0);
            self.event = 1;
        }
        (&mut self.events, self.event)
    }

    pub(super) fn has(&self, node: NodeId) -> bool {
        self.events[node.index()] == self.event
    }
}

/// What a walk writes to.
#[derive(Debug)]
pub(super) struct Slate<'s, 'b> {
    /// Of the event, by field.
    pub(super) spans: &'s mut [Span],
    pub(super) met: &'s mut Met,
    pub(super) nodes: &'s mut Vec<Node<'b>>,
    pub(super) arena: &'b Bump,
}

/// Walks one log event that is soundly put together, behind what is known of it, and fills the slots. Returns the token that closes
/// the first object or array in what was walked; 0 when there is none.
pub(super) fn walk<'b>(
    scanned: &Scanned<'b, '_>,
    known: Option<Known<'_>>,
    trie: &Trie,
    slate: Slate<'_, 'b>,
) -> Result<usize, Odd> {
    let mut walk = Walk::new(scanned, trie, slate)?;
    if scanned.tokens.len() + known.map_or(0, Known::tokens) > KEYS_MAX {
        return Err(Odd);
    }
    let closed =
        if walk.escapes.is_empty() { walk.event::<false>(known)? } else { walk.event::<true>(known)? };
    // The last token, with nothing behind it.
    let ends = closed + 2 == walk.tokens.len() && walk.token(closed) + 1 == walk.text.len();
    if ends { Ok(walk.opening_closed) } else { Err(Odd) }
}

/// Walks the opening alone of an event that was walked: what its first `tokens` tell.
pub(super) fn opening<'b>(scanned: &Scanned<'b, '_>, tokens: usize, trie: &Trie, slate: Slate<'_, 'b>) {
    let first = Scanned { tokens: &scanned.tokens[..tokens], escapes: 0..0, ..*scanned };
    // It breaks off where the tokens end.
    let _: Result<usize, Odd> = Walk::new(&first, trie, slate).and_then(|mut walk| walk.event::<false>(None));
}

struct Walk<'w, 'b> {
    text: &'b str,
    bytes: &'b [u8],
    /// Those of the event behind what is known, and one that is none: its length.
    tokens: &'w [u32],
    trie: &'w Trie,
    spans: &'w mut [Span],
    met: &'w mut [u32],
    event: u32,
    nodes: &'w mut Vec<Node<'b>>,
    arena: &'b Bump,
    /// Where escapes can be.
    escapes: Range<usize>,
    /// The token that closes the first object or array in the event.
    opening_closed: usize,
}

impl<'w, 'b> Walk<'w, 'b> {
    fn new(scanned: &Scanned<'b, 'w>, trie: &'w Trie, slate: Slate<'w, 'b>) -> Result<Self, Odd> {
        let text = scanned.sound.filter(|text| text.len() <= Span::TEXT_BYTES_MAX).ok_or(Odd)?;
        let (bytes, tokens, escapes) = (scanned.padded, scanned.tokens, scanned.escapes.clone());
        let Slate { spans, met, nodes, arena } = slate;
        let (met, event) = met.begin();
        Ok(Self { text, bytes, tokens, trie, spans, nodes, arena, met, event, escapes, opening_closed: 0 })
    }

    /// Walks the event, from its brace or from behind what is known, up to the token that closes it.
    fn event<const ESCAPED: bool>(&mut self, known: Option<Known<'_>>) -> Result<usize, Odd> {
        let Some(known) = known else {
            let starts = self.token(0) == 0 && self.byte(0) == b'{';
            return if starts { self.object::<ESCAPED>(0, NodeId::ROOT, 1) } else { Err(Odd) };
        };
        self.trie.each(known.met()).try_for_each(|node| self.meet(node))?;
        // What follows a value follows it at once.
        let follows = self.token(0) == known.len;
        if follows { self.members::<ESCAPED>(0, *b",\\", NodeId::ROOT, 1) } else { Err(Odd) }
    }

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
        if depth > DEPTH_MAX { Err(Odd) } else { self.members::<ESCAPED>(at, *b"{\\", id, depth) }
    }

    /// Walks the members of an object behind token `at`, up to the token that closes it. The next begins with these bytes: the
    /// brace or a comma, and its quote.
    fn members<const ESCAPED: bool>(
        &mut self,
        at: usize,
        mut begins: [u8; 2],
        id: NodeId,
        depth: usize,
    ) -> Result<usize, Odd> {
        let (bytes, tokens, trie) = (self.bytes, self.tokens, self.trie);
        let below = trie.below(trie.node(id));
        let mut rest = tokens.get(at..).ok_or(Odd)?;
        while let [before, colon, behind @ ..] = rest {
            let [end, ..] = behind else { break };
            let (before, colon, end) = (*before as usize, *colon as usize, *end as usize);
            let member: &[u8; BEFORE_KEY + HELD] = chunk(bytes, before)?;
            if [member[0], member[1]] != begins {
                break;
            }
            begins[0] = b',';
            let [b':', value] = *chunk(bytes, colon)? else { return Err(Odd) };
            let key = before + BEFORE_KEY;
            let child = if ESCAPED && self.may_escape(key, colon) {
                self.escaped_child(below, key, colon - QUOTE)?
            } else {
                // A string has two quotes: the pass has proved it.
                below.find(member.last_chunk().ok_or(Odd)?, (bytes, key), colon.wrapping_sub(key + QUOTE))
            };
            if child != NodeId::NOBODY {
                self.meet(child)?;
            }
            if end == colon + 1 {
                let at = self.container::<ESCAPED>(tokens.len() - behind.len(), child, depth + 1)?;
                rest = tokens.get(at..).ok_or(Odd)?;
                continue;
            }
            rest = behind;
            if child != NodeId::NOBODY {
                let span = if value == b'\\' {
                    self.string::<ESCAPED>(colon + 1 + QUOTE, end - QUOTE)?
                } else {
                    literal(self.text, colon + 1, end)?
                };
                trie.ends(child).into_iter().for_each(|end| self.spans[end] = span);
            } else if value != b'\\' {
                literal(self.text, colon + 1, end)?;
            }
        }
        self.end_of_object(tokens.len() - rest.len(), begins[0])
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
        Ok(below.find(chunk(self.bytes, start)?, (self.bytes, start), key.len()))
    }

    /// Of members with the same key the last counts: what comes twice is left to the pull parser.
    #[inline(always)]
    fn meet(&mut self, child: NodeId) -> Result<(), Odd> {
        let met = &mut self.met[child.index()];
        if child == NodeId::ODD || *met == self.event {
            return Err(Odd);
        }
        *met = self.event;
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
                self.spans[self.trie.ends(child)[0]] = Span::OBJECT;
                put_off(self.trie.put_off_at_object(node), self.spans);
                if node.is_looked_into {
                    self.object::<ESCAPED>(at, child, depth)?
                } else {
                    self.pass_over(at, depth)?
                }
            }
            b'[' => {
                if child != NodeId::NOBODY {
                    let node = self.trie.node(child);
                    self.spans[self.trie.ends(child)[0]] = Span::ARRAY;
                    put_off(self.trie.put_off_at_array(node), self.spans);
                }
                self.pass_over(at, depth)?
            }
            _ => return Err(Odd),
        };
        if depth == 2 && self.opening_closed == 0 {
            self.opening_closed = closed;
        }
        // What follows a value follows it at once.
        if self.token(closed + 1) == self.token(closed) + 1 { Ok(closed + 1) } else { Err(Odd) }
    }

    #[inline]
    fn string<const ESCAPED: bool>(&mut self, start: usize, end: usize) -> Result<Span, Odd> {
        let holds_escape = || self.bytes.get(start..end).is_some_and(|bytes| bytes.contains(&b'\\'));
        if ESCAPED && self.may_escape(start, end) && holds_escape() {
            return escaped(self.text, start..end, self.nodes, self.arena);
        }
        Ok(Span::string(start, end - start))
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

/// Makes a node of the string that stands in this part of an event's text and holds escapes.
#[inline(never)]
pub(super) fn escaped<'b>(
    text: &str,
    part: Range<usize>,
    nodes: &mut Vec<Node<'b>>,
    arena: &'b Bump,
) -> Result<Span, Odd> {
    let raw = text.get(part).ok_or(Odd)?;
    // Escaped by the event, and all of that by the message.
    let inner = unescape(raw).map_err(|_| Odd)?;
    let value = unescape(&inner).map_err(|_| Odd)?;
    nodes.push(Node::direct(Value::String(arena.alloc_str(&value))));
    Ok(Span::nodes(nodes.len() - 1, 1))
}

/// So many bytes from `at` on, which is told in 32 bits.
#[inline(always)]
fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Result<&[u8; N], Odd> {
    bytes.get(at..at + N).and_then(<[u8]>::first_chunk).ok_or(Odd)
}

fn put_off(fields: &[FieldId], spans: &mut [Span]) {
    for field in fields {
        spans[field.index()] = Span::UNREAD;
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
