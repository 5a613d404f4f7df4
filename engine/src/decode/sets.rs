//! What has come before, looked for by a hash: so many sets of so many, each one line of the processor's cache.
//!
//! Whoever writes events decides what comes again. A thing is kept when it has come twice ([`Once`]), so that what never comes again
//! costs a hash; room is bounded, and of those that share a set the last ones stay. Attackers may find things that do: it makes the
//! memory useless to them, and nothing wrong, for what is found is compared whole.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use super::scan::fetch;

/// Sets, and things in each.
const SETS: usize = 1 << 10;
pub(super) const WAYS: usize = 8;

/// Things that have come once and are remembered by their hash.
const ONCE_MAX: usize = 8 << 10;

const HASH: FixedState = FixedState::with_seed(0);

/// By what a thing is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    set: usize,
    /// Not 0.
    tag: u32,
}

impl Key {
    /// By so many bytes, sixteen at a time.
    #[inline]
    pub(super) fn of<const N: usize>(bytes: &[u8; N]) -> Self {
        let (sixteens, _) = bytes.as_chunks();
        let mut hasher = HASH.build_hasher();
        for sixteen in sixteens {
            hasher.write_u128(u128::from_le_bytes(*sixteen));
        }
        let (set, tag) = parts(hasher.finish(), SETS);
        Self { set, tag }
    }
}

/// Where a thing stands; it may have gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) place: usize,
    pub(super) number: u64,
}

/// Those that share a line, the last that came first.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Set {
    /// 0 where there is none.
    tags: [u32; WAYS],
    /// Bytes of their texts.
    lens: [u16; WAYS],
    /// Where the rest of them stands.
    places: [u16; WAYS],
}

/// Where things stand, by key. Takes no room before there is one.
#[derive(Debug, Default)]
pub(super) struct Sets {
    sets: Vec<Set>,
    /// Places that are taken.
    places: usize,
}

/// Something that may be meant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    way: usize,
    pub(super) place: usize,
    /// Bytes of its text.
    pub(super) len: usize,
}

impl Sets {
    /// What may be meant by a key.
    #[inline]
    pub(super) fn find(&self, key: Key) -> impl Iterator<Item = Candidate> {
        let set = self.sets.get(key.set);
        // A byte a way, 1 where it has the tag.
        let ways = set.map(|set| set.tags.map(|tag| u8::from(tag == key.tag)));
        let mut left = ways.map_or(0, u64::from_le_bytes);
        std::iter::from_fn(move || {
            let (set, way) = (set?, (left.trailing_zeros() / u8::BITS) as usize);
            left &= left.wrapping_sub(1);
            let (place, len) = (set.places.get(way)?, set.lens.get(way)?);
            Some(Candidate { way, place: usize::from(*place), len: usize::from(*len) })
        })
    }

    /// Fetches what `find` will look at.
    #[inline]
    pub(super) fn expect(&self, key: Key) {
        self.sets.get(key.set..=key.set).into_iter().for_each(fetch);
    }

    /// What was meant by a key comes nearer to the front: there it is found sooner, and stays longer.
    #[inline]
    pub(super) fn advance(&mut self, key: Key, found: Candidate) {
        let (Some(set), Some(before)) = (self.sets.get_mut(key.set), found.way.checked_sub(1)) else {
            return;
        };
        set.tags.swap(before, found.way);
        set.lens.swap(before, found.way);
        set.places.swap(before, found.way);
    }

    /// A place for another, whose text has so many bytes: that of the last of its set, or one that is new, behind all others.
    pub(super) fn take(&mut self, key: Key, len: usize) -> usize {
        self.sets.resize(SETS, Set::default());
        let set = &mut self.sets[key.set];
        set.tags.rotate_right(1);
        set.lens.rotate_right(1);
        set.places.rotate_right(1);
        if set.tags[0] == 0 {
            set.places[0] = bounded(self.places);
            self.places += 1;
        }
        (set.tags[0], set.lens[0]) = (key.tag, bounded(len));
        usize::from(set.places[0])
    }
}

/// What has come once.
#[derive(Debug, Default)]
pub(super) struct Once(Vec<u32>);

impl Once {
    /// Whether it has come before.
    pub(super) fn again(&mut self, bytes: &[u8]) -> bool {
        self.0.resize(ONCE_MAX, 0);
        let (at, tag) = parts(HASH.hash_one(bytes), ONCE_MAX);
        std::mem::replace(&mut self.0[at], tag) == tag
    }
}

fn bounded(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

/// A place among so many, a power of two, and a tag that is not 0.
#[expect(clippy::cast_possible_truncation, reason = "some of its bits are wanted")]
fn parts(hash: u64, places: usize) -> (usize, u32) {
    (hash as usize & (places - 1), (hash >> 32) as u32 | 1)
}

/// Puts a thing at a place that was taken for it.
pub(super) fn put<T>(things: &mut Vec<T>, place: usize, thing: T) {
    match things.get_mut(place) {
        Some(old) => *old = thing,
        None => things.push(thing),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Beside the obvious: a list of what is in the one set, the first first.
        #[test]
        fn what_is_found_is_what_was_taken_and_has_not_gone(
            steps in prop::collection::vec((1..6_u32, 0..4_usize, any::<bool>()), 0..60),
        ) {
            let (mut sets, mut list) = (Sets::default(), Vec::<(u32, usize, usize)>::new());
            for (n, (tag, which, takes)) in steps.into_iter().enumerate() {
                let key = Key { set: 7, tag };
                let candidate = sets.find(key).nth(which);
                if takes {
                    let gone = (list.len() == WAYS).then(|| list.pop()).flatten();
                    let place = sets.take(key, n);
                    prop_assert_eq!(place, gone.map_or(list.len(), |(_, place, _)| place));
                    list.insert(0, (tag, place, n));
                } else if let Some(candidate) = candidate {
                    sets.advance(key, candidate);
                    let at = list.iter().position(|(_, place, _)| *place == candidate.place).unwrap();
                    list.swap(at, at.saturating_sub(1));
                }
                for tag in 1..6 {
                    let found: Vec<_> =
                        sets.find(Key { set: 7, tag }).map(|found| (tag, found.place, found.len)).collect();
                    let wanted: Vec<_> = list.iter().copied().filter(|kept| kept.0 == tag).collect();
                    prop_assert_eq!(found, wanted);
                }
                prop_assert_eq!(sets.find(Key { set: 8, tag }).count(), 0);
            }
        }
    }

    #[test]
    fn what_comes_the_second_time_has_come_before() {
        let mut once = Once::default();
        assert_eq!([b"a", b"b", b"a", b"b"].map(|bytes| once.again(bytes)), [false, false, true, true]);
    }
}
