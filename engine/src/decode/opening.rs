//! What events begin with, once it is known.
//!
//! CloudTrail begins an event with who did it: `{"eventVersion":…,"userIdentity":{…}`, a third of its bytes and of its members.
//! Events of one session begin alike to the byte, however many others come between them, so that these bytes need not be
//! scanned, walked and looked up again: what is the same from the first byte on reads the same. An *opening* is an event's text up
//! to the end of the first object or array in it.
//!
//! Whoever names things decides how often openings come again. One is kept when it has come twice, so that those that never do
//! cost a hash; room for them is bounded, and those that came last stay. What a lookup waits for is memory: what an opening is told
//! by stands in one line of the processor's cache, and the rest can be fetched before it is needed.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use foldhash::fast::FixedState;
use tripline_rules::field::{Note, Span};

use super::scan::fetch;
use super::trie::NodeId;

/// The bytes of an event by which its opening is looked for: of who has a role, that and the beginning of the session's name. Of the
/// few that have a shorter opening, what follows it there is the day.
const LOOKED_AT: Range<usize> = 88..136;

/// Longer openings are not kept.
const TEXT_BYTES_MAX: usize = 1 << 10;

/// Openings that are kept, at most: so many sets of so many that are looked for by like bytes.
const SETS: usize = 1 << 10;
const WAYS: usize = 4;

/// Openings that have come once and are remembered by their hash.
const ONCE_MAX: usize = 4 << 10;

/// Who writes events may find openings that share a set: it makes the memory useless to them, and nothing wrong.
const HASH: FixedState = FixedState::with_seed(0);

/// What openings are told by that are looked for by like bytes.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Set {
    /// Of their hashes; 0 where there is none.
    tags: [u32; WAYS],
    /// Bytes.
    lens: [u32; WAYS],
    /// Where the rest of them stands.
    places: [u32; WAYS],
    /// The way that is to be given up next.
    oldest: usize,
}

impl Set {
    fn len(&self, way: usize) -> usize {
        self.lens[way] as usize
    }

    fn place(&self, way: usize) -> usize {
        self.places[way] as usize
    }
}

/// What else is known of an opening.
#[derive(Debug)]
struct Head {
    /// Tokens in it.
    tokens: usize,
    /// The members of the event that are in it and that somebody looks at.
    met: Box<[NodeId]>,
    /// None when it does not say who did it.
    note: Option<Note>,
    number: u64,
}

/// The openings that are known. Takes no room before there is one.
#[derive(Debug, Default)]
pub(super) struct Openings {
    sets: Vec<Set>,
    /// By place: what an event holds that begins so, its text, and what its fields reach.
    heads: Vec<Head>,
    texts: Vec<[u8; TEXT_BYTES_MAX]>,
    spans: Vec<Span>,
    /// How many of these one has.
    fields: usize,
    once: Vec<u32>,
    /// Those that were ever kept.
    count: u64,
}

/// The opening that an event begins with. Having it is the proof that the bytes of the event up to its end equal those that were kept:
/// they are ASCII, soundly put together, without escapes but those of its quotes, and end where an object or array does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'o> {
    event: &'o [u8],
    /// Bytes.
    pub(super) len: usize,
    head: &'o Head,
    /// By field.
    pub(super) spans: &'o [Span],
    place: usize,
}

/// Where an opening stands; it may have gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    place: usize,
    number: u64,
}

impl<'o> Known<'o> {
    /// Whether it is of the event that begins `bytes`, as they stand in memory.
    pub(super) fn is_of(self, bytes: &[u8]) -> bool {
        std::ptr::eq(self.event.as_ptr(), bytes.as_ptr()) && self.len <= bytes.len()
    }

    /// Tokens in it.
    pub(super) fn tokens(self) -> usize {
        self.head.tokens
    }

    /// The members of the event that are in it and that somebody looks at.
    pub(super) fn met(self) -> &'o [NodeId] {
        &self.head.met
    }

    pub(super) fn mark(self) -> Mark {
        Mark { place: self.place, number: self.head.number }
    }
}

impl Openings {
    /// The opening of the event that begins `bytes`, of which `len` may be its own.
    #[inline]
    pub(super) fn find<'o>(&'o self, bytes: &'o [u8], len: usize) -> Option<Known<'o>> {
        let (at, tag) = place(bytes)?;
        let set = self.sets.get(at)?;
        let begins = |way: &usize| {
            set.tags[*way] == tag && bytes[..len].starts_with(self.text(set.place(*way), set.len(*way)))
        };
        let way = (0..WAYS).find(begins)?;
        let place = set.place(way);
        let (head, spans) = (&self.heads[place], self.spans(place));
        Some(Known { event: bytes, len: set.len(way), head, spans, place })
    }

    /// Fetches what `find` will look at when it is asked for the event that may begin `bytes`.
    #[inline]
    pub(super) fn expect(&self, bytes: &[u8]) {
        let Some((at, tag)) = place(bytes) else { return };
        let Some(set) = self.sets.get(at) else { return };
        let Some(way) = (0..WAYS).find(|way| set.tags[*way] == tag) else { return };
        let place = set.place(way);
        fetch(self.text(place, set.len(way)));
        fetch(self.spans(place));
        fetch(&self.heads[place..=place]);
    }

    /// Whether the opening in the first `len` bytes of an event can be kept, and is worth it: it has come before.
    pub(super) fn has_come(&mut self, bytes: &[u8], len: usize) -> bool {
        if len > TEXT_BYTES_MAX || place(bytes).is_none() {
            return false;
        }
        self.once.resize(ONCE_MAX, 0);
        let (at, tag) = parts(HASH.hash_one(&bytes[..len]), ONCE_MAX);
        std::mem::replace(&mut self.once[at], tag) == tag && bytes[..len].is_ascii()
    }

    /// Keeps the opening of the event that begins `bytes`: the first `len` of them, which are sound and hold no escapes but those
    /// of quotes, `tokens`, and what it holds; `identity` is the member that says who did it.
    pub(super) fn keep(
        &mut self,
        (bytes, len): (&[u8], usize),
        tokens: usize,
        (met, identity): (Box<[NodeId]>, Option<NodeId>),
        spans: &[Span],
    ) {
        let text = bytes.get(..len).filter(|text| len <= TEXT_BYTES_MAX && text.is_ascii());
        let (Some(text), Some((at, tag))) = (text, place(bytes)) else { return };
        self.sets.resize(SETS, Set::default());
        self.fields = spans.len();
        self.count += 1;
        let note = identity.filter(|identity| met.contains(identity)).map(|_| Note::default());
        let head = Head { tokens, met, note, number: self.count };
        let set = &mut self.sets[at];
        let way = set.oldest;
        set.oldest = (way + 1) % WAYS;
        if set.tags[way] == 0 {
            set.places[way] = bounded(self.heads.len());
            self.heads.push(head);
            self.texts.push([0; TEXT_BYTES_MAX]);
            self.spans.extend_from_slice(spans);
        } else {
            let place = set.place(way);
            self.heads[place] = head;
            self.spans[place * self.fields..][..self.fields].copy_from_slice(spans);
        }
        (set.tags[way], set.lens[way]) = (tag, bounded(len));
        self.texts[set.place(way)][..len].copy_from_slice(text);
    }

    /// What is noted about who did it, unless the opening has gone since.
    #[inline]
    pub(super) fn note(&self, mark: Mark) -> Option<&Note> {
        let head = &self.heads[mark.place];
        head.note.as_ref().filter(|_| head.number == mark.number)
    }

    fn text(&self, place: usize, len: usize) -> &[u8] {
        &self.texts[place][..len]
    }

    fn spans(&self, place: usize) -> &[Span] {
        &self.spans[place * self.fields..][..self.fields]
    }
}

/// Where the opening of an event is looked for, and by what it is told from others there.
#[inline]
fn place(bytes: &[u8]) -> Option<(usize, u32)> {
    let (sixteens, _) = bytes.get(LOOKED_AT)?.as_chunks();
    let mut hasher = HASH.build_hasher();
    sixteens.iter().for_each(|sixteen| hasher.write_u128(u128::from_le_bytes(*sixteen)));
    Some(parts(hasher.finish(), SETS))
}

fn bounded(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A place among so many, a power of two, and a tag that is not 0.
#[expect(clippy::cast_possible_truncation, reason = "some of its bits are wanted")]
fn parts(hash: u64, places: usize) -> (usize, u32) {
    (hash as usize & (places - 1), (hash >> 32) as u32 | 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Beside the obvious: a list of everything that was ever kept.
        #[test]
        fn what_is_found_was_kept_and_is_how_the_event_begins(
            texts in prop::collection::vec(("[ab]{86,90}[a-d]{0,3}[a]{50,60}[ab]{0,9}", 80..150_usize, any::<bool>()), 1..60),
        ) {
            let (mut openings, mut kept) = (Openings::default(), Vec::<(String, u64)>::new());
            for (n, (text, len, whole)) in texts.iter().enumerate() {
                let bytes = text.as_bytes();
                let own = if *whole { bytes.len() } else { bytes.len() / 2 };
                if let Some(known) = openings.find(bytes, own) {
                    let (spans, tokens) = (known.spans.to_vec(), known.tokens());
                    let (text, number) = &kept[tokens];
                    prop_assert!(known.len == text.len() && bytes[..own].starts_with(text.as_bytes()));
                    prop_assert!(spans == [Span::string(tokens, 1), Span::NULL] && known.met() == [NodeId::ROOT]);
                    prop_assert!(openings.note(known.mark()).is_some() && known.mark().number == *number);
                }
                openings.expect(bytes);
                let len = *len.min(&bytes.len());
                let (met, spans) = (Box::new([NodeId::ROOT]), [Span::string(n, 1), Span::NULL]);
                openings.keep((bytes, len), n, (met, Some(NodeId::ROOT)), &spans);
                kept.push((text[..len].to_owned(), openings.count));
                let found = openings.find(bytes, bytes.len()).map(|known| (known.len, known.mark()));
                // An older one that is shorter begins it as well.
                prop_assert!(found.is_some_and(|(found, mark)| found <= len || mark.number < openings.count));
            }
        }
    }

    #[test]
    fn one_that_has_gone_has_no_note() {
        let (mut openings, text) = (Openings::default(), "a".repeat(200));
        let keep = |openings: &mut Openings, len: usize| {
            openings.keep(
                (text.as_bytes(), len),
                0,
                (Box::new([NodeId::ROOT]), Some(NodeId::ROOT)),
                &[Span::NULL],
            );
        };
        keep(&mut openings, 150);
        let mark = openings.find(text.as_bytes(), 200).map(Known::mark).unwrap();
        (151..150 + WAYS).for_each(|len| keep(&mut openings, len));
        assert!(openings.note(mark).is_some());
        keep(&mut openings, 149);
        assert!(openings.note(mark).is_none());
        assert_eq!(openings.heads.len(), WAYS);
    }

    #[test]
    fn what_comes_the_second_time_has_come() {
        let (mut openings, text) = (Openings::default(), "a".repeat(2 * TEXT_BYTES_MAX));
        let mut has_come = |len: usize| openings.has_come(text.as_bytes(), len);
        assert_eq!([has_come(150), has_come(151), has_come(150), has_come(151)], [false, false, true, true]);
        assert_eq!([has_come(TEXT_BYTES_MAX + 1), has_come(TEXT_BYTES_MAX + 1)], [false, false]);
        assert!(!Openings::default().has_come(&text.as_bytes()[..LOOKED_AT.end - 1], 100));
    }
}
