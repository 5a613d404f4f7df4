//! What events begin with, once it is known.
//!
//! CloudTrail begins an event with who did it: `{"eventVersion":…,"userIdentity":{…}`, a third of its bytes and of its members.
//! Events of one session begin alike to the byte, however many others come between them, so that these bytes need not be
//! scanned, walked and looked up again: what is the same from the first byte on reads the same. An *opening* is an event's text up
//! to the end of the first object or array in it.
//!
//! One is kept when it has come twice ([`super::sets`]). What a lookup waits for is memory: what an opening is told by stands in one
//! line of the processor's cache, and the rest can be fetched before it is needed.

use std::ops::Range;

use tripline_rules::field::{Note, Span};

use super::scan::fetch;
use super::sets::{Candidate, Key, Mark, Once, Sets, put};
use super::trie::Members;

/// The bytes of an event by which its opening is looked for: of who has a role, that and the beginning of the session's name. Services
/// of AWS have short ones: it begins where their names do, and ends before anything that varies follows.
const LOOKED_AT: Range<usize> = 64..112;

/// Longer openings are not kept, nor are outlines.
pub(super) const TEXT_BYTES_MAX: usize = 1 << 10;

/// What else is known of an opening.
#[derive(Debug)]
struct Head {
    /// Tokens in it.
    tokens: usize,
    /// The members of the event that are in it and that somebody looks at.
    met: Members,
    /// What its fields reach, each with its place among an event's spans.
    fills: Box<[(u32, Span)]>,
    /// None when it does not say who did it.
    note: Option<Note>,
    number: u64,
}

/// The openings that are known. Takes no room before there is one.
#[derive(Debug, Default)]
pub(super) struct Openings {
    sets: Sets,
    /// By place: what an event holds that begins so, and its text.
    heads: Vec<Head>,
    texts: Vec<[u8; TEXT_BYTES_MAX]>,
    once: Once,
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
    place: usize,
}

impl<'o> Known<'o> {
    /// That an event begins.
    #[cfg(test)]
    pub(super) fn nothing(event: &'o [u8]) -> Self {
        let head = Head { tokens: 0, met: Members::default(), fills: Box::default(), note: None, number: 0 };
        Self { event, len: 0, head: Box::leak(Box::new(head)), place: 0 }
    }

    /// Whether it is of the event that begins `bytes`, as they stand in memory.
    pub(super) fn is_of(self, bytes: &[u8]) -> bool {
        std::ptr::eq(self.event.as_ptr(), bytes.as_ptr()) && self.len <= bytes.len()
    }

    /// Tokens in it.
    pub(super) fn tokens(self) -> usize {
        self.head.tokens
    }

    /// The members of the event that are in it and that somebody looks at.
    pub(super) fn met(self) -> Members {
        self.head.met
    }

    /// Adds what its fields reach to the spans of an event in which nothing else is filled.
    #[inline]
    pub(super) fn fill(self, spans: &mut [Span]) {
        self.head.fills.iter().for_each(|(place, span)| spans[*place as usize] = *span);
    }

    pub(super) fn mark(self) -> Mark {
        Mark { place: self.place, number: self.head.number }
    }
}

impl Openings {
    /// The opening of the event that begins `bytes`, of which `len` may be its own.
    #[inline]
    pub(super) fn find<'o>(&'o self, bytes: &'o [u8], len: usize) -> Option<Known<'o>> {
        let own = &bytes[..len];
        let Candidate { place, len, .. } =
            self.sets.find(key(bytes)?).find(|kept| own.starts_with(self.text(kept.place, kept.len)))?;
        let head = &self.heads[place];
        fetch(&head.fills);
        Some(Known { event: bytes, len, head, place })
    }

    /// Fetches what tells where the opening stands of the event that may begin `bytes`: by the key that is returned.
    #[inline]
    pub(super) fn expect(&self, bytes: &[u8]) -> Option<Key> {
        let key = key(bytes)?;
        self.sets.expect(key);
        Some(key)
    }

    /// Fetches the opening that is probably meant by a key. Returns how long it is.
    #[inline]
    pub(super) fn fetch(&self, key: Key) -> Option<usize> {
        let Candidate { place, len, .. } = self.sets.find(key).next()?;
        fetch(self.text(place, len));
        fetch(&self.heads[place..=place]);
        Some(len)
    }

    /// Whether the opening in the first `len` bytes of an event can be kept, and is worth it: it has come before.
    pub(super) fn has_come(&mut self, bytes: &[u8], len: usize) -> bool {
        let can_be_kept = len <= TEXT_BYTES_MAX && key(bytes).is_some();
        can_be_kept && self.once.again(&bytes[..len]) && bytes[..len].is_ascii()
    }

    /// Keeps the opening of the event that begins `bytes`: the first `len` of them, which are sound and hold no escapes but those
    /// of quotes, `tokens`, and what it holds; `identity` is the member that says who did it.
    pub(super) fn keep(
        &mut self,
        (bytes, len): (&[u8], usize),
        tokens: usize,
        (met, identity): (Members, Option<Members>),
        fills: impl Iterator<Item = (u32, Span)>,
    ) {
        let text = bytes.get(..len).filter(|text| len <= TEXT_BYTES_MAX && text.is_ascii());
        let (Some(text), Some(key)) = (text, key(bytes)) else { return };
        self.count += 1;
        let place = self.sets.take(key, len);
        let note = identity.filter(|identity| met.has(*identity)).map(|_| Note::default());
        let fills = fills.collect();
        put(&mut self.heads, place, Head { tokens, met, fills, note, number: self.count });
        self.texts.resize(self.texts.len().max(place + 1), [0; TEXT_BYTES_MAX]);
        self.texts[place][..len].copy_from_slice(text);
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
}

/// By what the opening of an event is looked for.
#[inline]
fn key(bytes: &[u8]) -> Option<Key> {
    bytes.get(LOOKED_AT.start..)?.first_chunk::<{ LOOKED_AT.end - LOOKED_AT.start }>().map(Key::of)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sets::WAYS;
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
                    let (mut spans, tokens) = ([Span::MISSING; 2], known.tokens());
                    known.fill(&mut spans);
                    let (text, number) = &kept[tokens];
                    prop_assert!(known.len == text.len() && bytes[..own].starts_with(text.as_bytes()));
                    prop_assert!(spans == [Span::MISSING, Span::string(tokens, 1)] && known.met() == Members::FIRST);
                    prop_assert!(openings.note(known.mark()).is_some() && known.mark().number == *number);
                }
                openings.expect(bytes).and_then(|key| openings.fetch(key));
                let len = *len.min(&bytes.len());
                let (met, fill) = (Members::FIRST, (1, Span::string(n, 1)));
                openings.keep((bytes, len), n, (met, Some(met)), std::iter::once(fill));
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
            let met = (Members::FIRST, Some(Members::FIRST));
            openings.keep((text.as_bytes(), len), 0, met, std::iter::empty());
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
