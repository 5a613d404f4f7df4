//! What events look like behind their openings, once it is known.
//!
//! Events of one call are written from one form: the same members in the same order, other strings and numbers in them. An *outline* is
//! an event's text behind its opening with these left out:
//!
//! ```text
//! ,\"eventTime\":\"……\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\",\"awsRegion\":\"……\",…}"
//! ```
//!
//! Whatever fills its gaps, a text that fits it has the same tokens, so that nothing is left to scan and to walk but where the gaps end: a
//! run of plain characters and escapes with an event's quote behind it is a whole string. What does not fit is read as ever: one character
//! that is not ASCII is enough. What an event does is no gap, so that what the rules make of it can be [noted](Note).

mod draft;
mod fill;

use std::ops::Range;

use tripline_rules::field::{FieldId, Note, Span};

use super::opening::{Known, TEXT_BYTES_MAX};
use super::scan::{Followed, PADDING, Reached, Scanned, Scanner, fetch};
use super::sets::{Candidate, Key, Mark, Once, Sets, put};
use super::tape::KEYS_MAX;
use super::trie::{Members, Trie};
use super::walk::Odd;
use draft::Draft;
use fill::{Fill, What};

/// The bytes behind an opening by which an outline is looked for: who was called, and what for.
const LOOKED_AT: Range<usize> = 58..122;

/// Events without an outline of which each is drawn; of those that come after them, one in so many, for it costs.
const DRAWN_ALL: u64 = 4 << 10;
const DRAWN_EACH: u64 = 8;

/// Gaps of an outline, at most: a line of the processor's cache.
pub(super) const GAPS_MAX: usize = 32;

// Of an outline too no more is kept than of an opening: so short, an event that fits has no more keys than it may have.
const _: () = assert!(2 * TEXT_BYTES_MAX < KEYS_MAX);

/// A literal, of as many bytes as it says, never none, and the gap behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gap(u16);

impl Gap {
    /// The gap takes a number, or a string. None when the literal is too long, or none.
    pub(super) fn new(literal: usize, is_number: bool) -> Option<Self> {
        let literal = u16::try_from(literal).ok().filter(|len| (1..1 << 15).contains(len))?;
        Some(Self(literal << 1 | u16::from(is_number)))
    }

    /// Bytes of the literal.
    #[inline(always)]
    pub(super) fn literal(self) -> u32 {
        u32::from(self.0 >> 1)
    }

    /// Whether what fills the gap is a number: a string else.
    #[inline(always)]
    pub(super) fn is_number(self) -> bool {
        self.0 & 1 == 1
    }
}

/// What an event looks like behind its opening. Having it is the proof that its literals are ASCII.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outline<'o> {
    gaps: &'o [Gap],
    padded: &'o [u8],
}

/// One that is kept, as it lies in memory.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Kept {
    gaps: [Gap; GAPS_MAX],
    padded: [u8; TEXT_BYTES_MAX + PADDING],
}

/// What else is known of an outline.
#[derive(Debug)]
struct Head {
    gaps: usize,
    /// Bytes of its literals.
    len: usize,
    /// The members that were met in the opening: others may hold what is a member of the outline too.
    met: Members,
    number: u64,
    fills: Box<[Fill]>,
    note: Note,
}

/// The outlines that are known. Takes no room before there is one.
#[derive(Debug, Default)]
pub(super) struct Outlines {
    sets: Sets,
    /// By place.
    heads: Vec<Head>,
    kept: Vec<Kept>,
    once: Once,
    draft: Draft,
    /// Events that had none.
    missed: u64,
    /// Those that were ever kept.
    count: u64,
}

/// How an event fits an outline.
#[derive(Debug)]
pub(super) struct Fit<'b, 'f> {
    key: Key,
    candidate: Candidate,
    followed: Followed<'b, 'f>,
}

impl<'b> Fit<'b, '_> {
    /// The event's text, escaped.
    pub(super) fn text(&self) -> &'b str {
        self.followed.text
    }
}

impl<'o> Outline<'o> {
    #[cfg(test)]
    pub(super) fn of(gaps: &'o [Gap], padded: &'o [u8]) -> Self {
        assert!(padded.is_ascii());
        Self { gaps, padded }
    }

    /// Each of the literals but the last is followed by one.
    pub(super) fn gaps(self) -> &'o [Gap] {
        self.gaps
    }

    /// One literal after another, from what follows the opening to the quote that ends the log event; and [`PADDING`] bytes.
    pub(super) fn padded(self) -> &'o [u8] {
        self.padded
    }

    /// Whether it begins like another, up to and with the gaps that were reached there.
    pub(super) fn begins_like(self, other: Outline<'_>, reached: Reached) -> bool {
        let (gaps, literals) = (reached.gaps, reached.literals as usize);
        self.gaps.get(..gaps) == other.gaps.get(..gaps)
            && self.padded.get(..literals) == other.padded.get(..literals)
    }
}

impl Outlines {
    /// How the event fits an outline that begins `padded` and is known so far; it ends within its first `len` bytes.
    #[inline]
    pub(super) fn follow<'b, 's>(
        &self,
        scanner: &'s mut Scanner,
        (padded, len): (&'b [u8], usize),
        known: Known<'_>,
    ) -> Option<Fit<'b, 's>> {
        let key = key(padded, known.len)?;
        let outlines = self.sets.find(key).filter_map(|candidate| {
            let head = &self.heads[candidate.place];
            fetch(&head.fills);
            (head.met == known.met()).then(|| (self.outline(candidate.place), candidate))
        });
        let (followed, candidate) = scanner.follow((padded, len), known, outlines)?;
        Some(Fit { key, candidate, followed })
    }

    fn outline(&self, place: usize) -> Outline<'_> {
        let (head, kept) = (&self.heads[place], &self.kept[place]);
        Outline { gaps: &kept.gaps[..head.gaps], padded: &kept.padded[..head.len + PADDING] }
    }

    /// Fills the spans of an event behind its opening; `unescape` makes one of a part of its text that holds escapes. Returns where its
    /// outline stands.
    pub(super) fn fill(
        &mut self,
        fit: &Fit<'_, '_>,
        spans: &mut [Span],
        unescape: impl FnMut(Range<usize>) -> Result<Span, Odd>,
    ) -> Result<Mark, Odd> {
        let Fit { key, candidate, followed } = fit;
        self.sets.advance(*key, *candidate);
        let head = &self.heads[candidate.place];
        head.fills.iter().for_each(|fill| fill.fill(followed, spans));
        if followed.has_escapes() {
            fill::unescape(&head.fills, followed, spans, unescape)?;
        }
        Ok(Mark { place: candidate.place, number: head.number })
    }

    /// Fetches what tells where the outline stands of the event that may begin `bytes` with an opening of so many: by the key that is
    /// returned.
    #[inline]
    pub(super) fn expect(&self, bytes: &[u8], opening: usize) -> Option<Key> {
        let key = key(bytes, opening)?;
        self.sets.expect(key);
        Some(key)
    }

    /// Fetches the outline that is probably meant by a key.
    #[inline]
    pub(super) fn fetch(&self, key: Key) {
        let Some(Candidate { place, len, .. }) = self.sets.find(key).next() else { return };
        let Kept { gaps, padded } = &self.kept[place];
        fetch(&self.heads[place..=place]);
        fetch(gaps);
        fetch(&padded[..len]);
    }

    /// Learns from an event that was walked behind its opening and fits no outline: `spans` is what its fields reach.
    pub(super) fn learn(&mut self, scanned: &Scanned<'_, '_>, known: Known<'_>, spans: &[Span], trie: &Trie) {
        self.missed += 1;
        if self.missed > DRAWN_ALL && !self.missed.is_multiple_of(DRAWN_EACH) {
            return;
        }
        let Some(key) = key(scanned.padded, known.len) else { return };
        if !self.draft.draw(scanned, known.len) || !self.once.again(&self.draft.text) {
            return;
        }
        let mut begun = trie.blank().to_vec();
        known.fill(&mut begun);
        let Some(fills) = self.draft.fills(&begun, spans) else { return };
        self.count += 1;
        let Draft { text, gaps, .. } = &self.draft;
        let head = Head {
            gaps: gaps.len(),
            len: text.len(),
            met: known.met(),
            number: self.count,
            note: Note::but_for(varying(&fills, known, spans, trie)),
            fills,
        };
        let mut kept = Kept { gaps: [Gap::default(); GAPS_MAX], padded: [0; TEXT_BYTES_MAX + PADDING] };
        kept.gaps[..gaps.len()].copy_from_slice(gaps);
        kept.padded[..text.len()].copy_from_slice(text);
        let place = self.sets.take(key, text.len());
        put(&mut self.heads, place, head);
        put(&mut self.kept, place, kept);
    }

    /// What is noted about what was done, unless the outline has gone since.
    #[inline]
    pub(super) fn note(&self, mark: Mark) -> Option<&Note> {
        let head = &self.heads[mark.place];
        (head.number == mark.number).then_some(&head.note)
    }
}

/// By what the outline of an event is looked for.
#[inline]
fn key(bytes: &[u8], opening: usize) -> Option<Key> {
    bytes.get(opening + LOOKED_AT.start..)?.first_chunk::<{ LOOKED_AT.end - LOOKED_AT.start }>().map(Key::of)
}

/// The fields that do not reach the same in every event that fits.
fn varying(fills: &[Fill], known: Known<'_>, spans: &[Span], trie: &Trie) -> Box<[FieldId]> {
    let fills_gap = |fill: &&Fill| matches!(fill.what, What::Gap(_));
    let mut in_gaps: Vec<usize> = fills.iter().filter(fills_gap).map(|fill| fill.place as usize).collect();
    in_gaps.sort_unstable();
    let varies = |(field, member): &&(FieldId, Option<Members>)| {
        let is_elsewhere = member.is_none_or(|member| known.met().has(member));
        let at = field.index();
        // What is put off may lie in gaps.
        is_elsewhere || spans[at] == Span::UNREAD || in_gaps.binary_search(&at).is_ok()
    };
    trie.fields().iter().filter(varies).map(|(field, _)| *field).collect()
}
