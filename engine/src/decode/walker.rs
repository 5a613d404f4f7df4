//! One log event after another: scanned and walked at once, while its bytes are near, and kept until its whole message is known to
//! be sound.

use bumpalo::Bump;
use tripline_rules::field::{Fields, Node, Slots, Span};

use super::opening::{Known, Openings};
use super::outline::Outlines;
use super::scan::{Kernel, Scanner};
use super::sets::{Key, Mark};
use super::trie::Trie;
use super::walk::{self, Met, Slate};

/// Spans of a record: events beyond them are left to the pull parser, which keeps none.
const SPANS_MAX: usize = 4 << 20;

/// Room for more spans than this is given back.
const KEPT_SPANS_MAX: usize = 1 << 20;

/// What it takes to read log events, kept from record to record.
#[derive(Debug)]
pub(super) struct Walker {
    trie: Trie,
    scanner: Scanner,
    openings: Openings,
    outlines: Outlines,
    /// By what the outline of the next event is looked for.
    ahead: Option<Key>,
    /// Whether no opening is kept, and so no outline.
    forgetful: bool,
    met: Met,
    /// Of the record, by event and field.
    spans: Vec<Span>,
}

/// A log event of a message.
#[derive(Debug)]
pub(super) struct Seen<'b> {
    /// Its bytes, escaped, without the quotes around them.
    pub(super) bytes: &'b [u8],
    /// None when it is left to the pull parser.
    pub(super) walked: Option<Walked<'b>>,
}

/// An event that was walked.
#[derive(Debug)]
pub(super) struct Walked<'b> {
    /// Its text, escaped.
    pub(super) text: &'b str,
    /// Where its spans begin.
    spans: usize,
    /// Its opening, if that is known.
    opening: Option<Mark>,
    /// The outline that it fits, if that is known too.
    outline: Option<Mark>,
}

impl Walked<'_> {
    /// Whether its opening was known from others.
    pub(super) fn is_known(&self) -> bool {
        self.opening.is_some()
    }

    /// Whether it fits an outline that was.
    pub(super) fn is_outlined(&self) -> bool {
        self.outline.is_some()
    }
}

/// The log events of one record.
#[derive(Debug)]
pub(super) struct Walks<'w, 'b> {
    walker: &'w mut Walker,
    arena: &'b Bump,
    nodes: Vec<Node<'b>>,
    event_bytes_max: usize,
}

impl Walker {
    pub(super) fn new(fields: &Fields, kernel: Kernel) -> Self {
        let trie = Trie::new(fields);
        let (scanner, met) = (Scanner::new(kernel), Met::new(&trie));
        let (openings, outlines) = (Openings::default(), Outlines::default());
        Self { trie, scanner, openings, outlines, ahead: None, forgetful: false, met, spans: Vec::new() }
    }

    /// One that keeps no opening.
    pub(super) fn without_openings(self) -> Self {
        Self { forgetful: true, ..self }
    }

    /// Begins with a record.
    pub(super) fn begin<'b>(&mut self, arena: &'b Bump, event_bytes_max: usize) -> Walks<'_, 'b> {
        if self.spans.len() > KEPT_SPANS_MAX {
            self.spans = Vec::new();
        }
        self.spans.clear();
        Walks { walker: self, arena, nodes: Vec::new(), event_bytes_max }
    }
}

impl<'b> Walks<'_, 'b> {
    /// Where what was read is kept.
    pub(super) fn arena(&self) -> &'b Bump {
        self.arena
    }

    /// Reads the log event that begins `padded`, behind its quote, and ends with another within its first `len` bytes; none when
    /// it does not. The next probably begins so many bytes `behind` its end.
    pub(super) fn read(&mut self, padded: &'b [u8], len: usize, behind: usize) -> Option<Seen<'b>> {
        let Self { walker, nodes, arena, event_bytes_max } = self;
        let Walker { openings, outlines, ahead, scanner, spans, trie, .. } = &mut **walker;
        // What is told by what was fetched is fetched a step later, and found one later still.
        ahead.take().into_iter().for_each(|key| outlines.fetch(key));
        let known = openings.find(padded, len);
        let fit = known.and_then(|known| outlines.follow(scanner, (padded, len), known));
        let Some((known, fit)) = known.zip(fit) else {
            return self.walk(padded, len, behind);
        };
        let (text, start) = (fit.text(), spans.len());
        let next = padded.get(text.len() + behind..).unwrap_or_default();
        let key = openings.expect(next);
        if text.len() > *event_bytes_max || start + trie.blank().len() > SPANS_MAX {
            return Some(Seen { bytes: text.as_bytes(), walked: None });
        }
        spans.extend_from_slice(trie.blank());
        known.fill(&mut spans[start..]);
        let unescape = |part| walk::escaped(text, part, nodes, arena);
        let opening = Some(known.mark());
        let outline = outlines.fill(&fit, &mut spans[start..], unescape);
        *ahead = key.and_then(|key| openings.fetch(key)).and_then(|opening| outlines.expect(next, opening));
        let walked = |outline| Walked { text, spans: start, opening, outline: Some(outline) };
        Some(Seen { bytes: text.as_bytes(), walked: outline.ok().map(walked) })
    }

    /// The same of an event that fits no outline.
    fn walk(&mut self, padded: &'b [u8], len: usize, behind: usize) -> Option<Seen<'b>> {
        let Self { walker, nodes, arena, event_bytes_max } = self;
        let Walker { trie, scanner, openings, outlines, ahead, forgetful, met, spans } = &mut **walker;
        let known = openings.find(padded, len);
        let scanned = scanner.scan(padded, len, known)?;
        let bytes = scanned.bytes;
        let next = padded.get(bytes.len() + behind..).unwrap_or_default();
        let key = openings.expect(next);
        let start = spans.len();
        let fits = bytes.len() <= *event_bytes_max && start + trie.blank().len() <= SPANS_MAX;
        let (Some(text), true) = (scanned.sound, fits) else {
            return Some(Seen { bytes, walked: None });
        };
        spans.extend_from_slice(trie.blank());
        known.into_iter().for_each(|known| known.fill(&mut spans[start..]));
        *ahead = key.and_then(|key| openings.fetch(key)).and_then(|opening| outlines.expect(next, opening));
        let slate = Slate { spans: &mut spans[start..], met: &mut *met, nodes: &mut *nodes, arena };
        let Ok(closed) = walk::walk(&scanned, known, trie, slate) else {
            spans.truncate(start);
            return Some(Seen { bytes, walked: None });
        };
        let walked = Walked { text, spans: start, opening: known.map(Known::mark), outline: None };
        let end = scanned.tokens[closed] as usize + 1;
        // Strings that hold escapes are made into nodes of the one event.
        let is_plain = scanned.escapes.is_empty() || end <= scanned.escapes.start;
        if let Some(known) = known {
            outlines.learn(&scanned, known, &spans[start..], trie);
        // Who keeps nothing asks all the same, as of an opening that never came.
        } else if closed > 0 && is_plain && openings.has_come(bytes, end) && !*forgetful {
            let mut spans = trie.blank().to_vec();
            let slate = Slate { spans: &mut spans, met: &mut *met, nodes, arena };
            // And the token behind it.
            walk::opening(&scanned, closed + 2, trie, slate);
            if let Some(members) = trie.members(|member| met.has(member)) {
                let fills = (0..).zip(spans).zip(trie.blank()).filter(|((_, span), blank)| span != *blank);
                let fills = fills.map(|(fill, _)| fill);
                openings.keep((bytes, end), closed + 1, (members, trie.identity()), fills);
            }
        }
        Some(Seen { bytes, walked: Some(walked) })
    }

    /// What the rules look at in an event.
    pub(super) fn slots(&self, walked: &Walked<'b>) -> Slots<'_> {
        let spans = &self.walker.spans[walked.spans..][..self.walker.trie.blank().len()];
        let identity = walked.opening.and_then(|mark| self.walker.openings.note(mark));
        let others = walked.outline.and_then(|mark| self.walker.outlines.note(mark));
        Slots::new(&self.nodes, spans).with_text(walked.text).with_notes(identity, others)
    }
}
