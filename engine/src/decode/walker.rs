//! One log event after another: scanned and walked at once, while its bytes are near, and kept until its whole message is known to
//! be sound.

use bumpalo::Bump;
use tripline_rules::field::{Fields, Node, Slots, Span};

use super::opening::{Known, Mark, Openings};
use super::scan::{Kernel, Scanner};
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
    /// Whether no opening is kept.
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
    mark: Option<Mark>,
}

impl Walked<'_> {
    /// Whether its opening was known from others.
    pub(super) fn is_known(&self) -> bool {
        self.mark.is_some()
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
        let (scanner, openings, met) = (Scanner::new(kernel), Openings::default(), Met::new(&trie));
        Self { trie, scanner, openings, forgetful: false, met, spans: Vec::new() }
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
    /// Reads the log event that begins `padded`, behind its quote, and ends with another within its first `len` bytes; none when
    /// it does not. The next probably begins so many bytes `behind` its end.
    pub(super) fn read(&mut self, padded: &'b [u8], len: usize, behind: usize) -> Option<Seen<'b>> {
        let Self { walker, nodes, arena, event_bytes_max } = self;
        let Walker { trie, scanner, openings, forgetful, met, spans } = &mut **walker;
        let known = openings.find(padded, len);
        let scanned = scanner.scan(padded, len, known)?;
        let bytes = scanned.bytes;
        openings.expect(padded.get(bytes.len() + behind..).unwrap_or_default());
        let start = spans.len();
        let fits = bytes.len() <= *event_bytes_max && start + trie.blank().len() <= SPANS_MAX;
        let (Some(text), true) = (scanned.sound, fits) else {
            return Some(Seen { bytes, walked: None });
        };
        spans.extend_from_slice(known.map_or(trie.blank(), |known| known.spans));
        let slate = Slate { spans: &mut spans[start..], met: &mut *met, nodes: &mut *nodes, arena };
        let Ok(closed) = walk::walk(&scanned, known, trie, slate) else {
            spans.truncate(start);
            return Some(Seen { bytes, walked: None });
        };
        let mark = known.map(Known::mark);
        let end = scanned.tokens[closed] as usize + 1;
        // Strings that hold escapes are made into nodes of the one event.
        let is_plain = scanned.escapes.is_empty() || end <= scanned.escapes.start;
        let is_new = mark.is_none() && closed > 0 && is_plain;
        // Who keeps nothing asks all the same, as of an opening that never came.
        if is_new && openings.has_come(bytes, end) && !*forgetful {
            let mut spans = trie.blank().to_vec();
            let slate = Slate { spans: &mut spans, met: &mut *met, nodes, arena };
            // And the token behind it.
            walk::opening(&scanned, closed + 2, trie, slate);
            let met = trie.members().iter().copied().filter(|member| met.has(*member)).collect();
            openings.keep((bytes, end), closed + 1, (met, trie.identity()), &spans);
        }
        Some(Seen { bytes, walked: Some(Walked { text, spans: start, mark }) })
    }

    /// What the rules look at in an event.
    pub(super) fn slots(&self, walked: &Walked<'b>) -> Slots<'_> {
        let spans = &self.walker.spans[walked.spans..][..self.walker.trie.blank().len()];
        let note = walked.mark.and_then(|mark| self.walker.openings.note(mark));
        let slots = Slots::new(&self.nodes, spans).with_text(walked.text);
        note.map_or(slots, |note| slots.with_note(note))
    }
}
