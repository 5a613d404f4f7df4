//! What is known of the values of one field: for a text that was seen before, the predicates that it passes, and which of them
//! call rules. Attackers choose the texts, so it is bounded: full, it forgets everything and begins anew.
//!
//! What a lookup waits for is memory: a place of the table is one line of the processor's cache, and holds the text itself.

/// Texts that are kept.
const TEXTS_MAX: usize = 4 << 10;

/// Places of a new table; one that is half full is made twice as large.
const ROOM_MIN: usize = 64;

/// Bytes up to which a text stands in its place; a longer one stands with its like.
const HELD: usize = 44;

/// Bytes of all longer texts that are kept.
const BYTES_MAX: usize = 256 << 10;

/// Longer texts are not worth keeping: they hardly come again.
const TEXT_BYTES_MAX: usize = 512;

/// Where an answer stands in the memo that gave it, until that is asked again: predicates that pass, and behind them those
/// of them that call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    start: u32,
    middle: u32,
    end: u32,
}

/// The memo of one field.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// By hash, open addressing.
    table: Vec<Slot>,
    texts: usize,
    /// The longer texts.
    bytes: Vec<u8>,
    /// The answers of the texts that are kept, and behind them the last one of those that are not.
    ids: Vec<u32>,
    kept: usize,
}

/// A place of the table.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Slot {
    /// Half of the text's hash, so that texts that are not meant are seldom looked at; 0 is free.
    tag: u32,
    len: u32,
    known: Known,
    /// The text, or where it starts among the longer ones.
    held: [u8; HELD],
}

const FREE: Slot = Slot { tag: 0, len: 0, known: Known { start: 0, middle: 0, end: 0 }, held: [0; HELD] };

impl Slot {
    #[inline]
    fn text<'m>(&'m self, longer: &'m [u8]) -> &'m [u8] {
        let len = self.len as usize;
        if len <= HELD {
            return &self.held[..len];
        }
        let [a, b, c, d, ..] = self.held;
        &longer[u32::from_le_bytes([a, b, c, d]) as usize..][..len]
    }
}

impl Memo {
    /// What is known of `text`; `learn` finds it out when it is new: first those that pass, then those that call.
    #[inline]
    pub(super) fn of_text(&mut self, text: &str, learn: impl FnOnce(&mut Answer<'_>)) -> Known {
        let text = text.as_bytes();
        if text.len() > TEXT_BYTES_MAX || self.table.is_empty() {
            return self.first(learn);
        }
        let hash = hash(text);
        let mut at = self.place(hash);
        while self.table[at].tag != 0 {
            let slot = &self.table[at];
            if slot.tag == tag(hash) && same(slot.text(&self.bytes), text) {
                return slot.known;
            }
            at = self.next(at);
        }
        self.keep(text, hash, learn)
    }

    /// Of a text that is not kept, or before the first that is.
    #[cold]
    fn first(&mut self, learn: impl FnOnce(&mut Answer<'_>)) -> Known {
        if self.table.is_empty() {
            self.table.resize(ROOM_MIN, FREE);
        }
        self.fresh(learn)
    }

    #[cold]
    fn keep(&mut self, text: &[u8], hash: u64, learn: impl FnOnce(&mut Answer<'_>)) -> Known {
        let is_long = text.len() > HELD;
        if self.texts == TEXTS_MAX || is_long && self.bytes.len() + text.len() > BYTES_MAX {
            self.forget();
        } else if 2 * self.texts == self.table.len() {
            self.grow();
        }
        let known = self.fresh(learn);
        self.kept = self.ids.len();
        let mut held = [0; HELD];
        if is_long {
            held[..4].copy_from_slice(&bounded(self.bytes.len()).to_le_bytes());
            self.bytes.extend_from_slice(text);
        } else {
            held[..text.len()].copy_from_slice(text);
        }
        let at = self.free(hash);
        self.table[at] = Slot { tag: tag(hash), len: bounded(text.len()), known, held };
        self.texts += 1;
        known
    }

    /// The place where a text of this hash may stand.
    fn free(&self, hash: u64) -> usize {
        let mut at = self.place(hash);
        while self.table[at].tag != 0 {
            at = self.next(at);
        }
        at
    }

    fn grow(&mut self) {
        let room = 2 * self.table.len();
        let old = std::mem::replace(&mut self.table, vec![FREE; room]);
        for slot in old.into_iter().filter(|slot| slot.tag != 0) {
            let at = self.free(hash(slot.text(&self.bytes)));
            self.table[at] = slot;
        }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a few bits are wanted")]
    fn place(&self, hash: u64) -> usize {
        hash as usize & (self.table.len() - 1)
    }

    #[inline]
    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.table.len() - 1)
    }

    /// What `learn` finds out, kept until it is asked again.
    pub(super) fn fresh(&mut self, learn: impl FnOnce(&mut Answer<'_>)) -> Known {
        self.ids.truncate(self.kept);
        let start = self.ids.len();
        let mut answer = Answer { ids: &mut self.ids, start, middle: start };
        learn(&mut answer);
        let middle = answer.middle;
        Known { start: bounded(start), middle: bounded(middle), end: bounded(self.ids.len()) }
    }

    /// The predicates that pass, ascending.
    pub(super) fn passing(&self, known: Known) -> &[u32] {
        &self.ids[known.start as usize..known.middle as usize]
    }

    /// Those of them that call rules.
    pub(super) fn calling(&self, known: Known) -> &[u32] {
        &self.ids[known.middle as usize..known.end as usize]
    }

    fn forget(&mut self) {
        self.table.fill(FREE);
        self.texts = 0;
        self.bytes.clear();
        self.ids.clear();
        self.kept = 0;
    }
}

/// An answer that is being found.
pub(super) struct Answer<'m> {
    ids: &'m mut Vec<u32>,
    start: usize,
    middle: usize,
}

impl Answer<'_> {
    /// The predicates that pass, as `find` adds them, in any order and as often as it likes.
    pub(super) fn passing(&mut self, find: impl FnOnce(&mut Vec<u32>)) {
        find(self.ids);
        if self.ids.len() - self.start > 1 {
            self.ids[self.start..].sort_unstable();
            // `dedup` of the part that is ours.
            let mut kept = self.start + 1;
            for at in self.start + 1..self.ids.len() {
                if self.ids[at] != self.ids[kept - 1] {
                    self.ids[kept] = self.ids[at];
                    kept += 1;
                }
            }
            self.ids.truncate(kept);
        }
        self.middle = self.ids.len();
    }

    /// Those of them that call rules.
    pub(super) fn calling(&mut self, calls: impl Fn(u32) -> bool) {
        for at in self.start..self.middle {
            if calls(self.ids[at]) {
                self.ids.push(self.ids[at]);
            }
        }
    }
}

fn bounded(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Never that of a free place.
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32 | 1
}

/// Whether two texts are equal: most are short, and those that are compared most often are.
#[inline]
fn same(known: &[u8], text: &[u8]) -> bool {
    let number = |sixteen: &[u8; 16]| u128::from_le_bytes(*sixteen);
    let (Some(last_known), Some(last)) = (known.last_chunk(), text.last_chunk()) else {
        return known == text;
    };
    let chunks = known.as_chunks().0.iter().zip(text.as_chunks().0);
    known.len() == text.len()
        && number(last_known) == number(last)
        && chunks.fold(0, |unlike, (known, text)| unlike | (number(known) ^ number(text))) == 0
}

/// Mixes sixteen bytes at a time. Who finds texts that collide makes the memo slow, and nothing wrong.
#[inline]
fn hash(text: &[u8]) -> u64 {
    const MIX: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];
    #[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
    let mix = |hash: u64, sixteen: &[u8; 16]| {
        let word = u128::from_le_bytes(*sixteen);
        let product = u128::from(word as u64 ^ MIX[0] ^ hash) * u128::from((word >> 64) as u64 ^ MIX[1]);
        product as u64 ^ (product >> 64) as u64
    };
    let (chunks, rest) = text.as_chunks::<16>();
    let hash = chunks.iter().fold(text.len() as u64, mix);
    // The last sixteen bytes once more stand for what is left of them.
    let last = text.last_chunk::<16>().copied().unwrap_or_else(|| {
        let mut padded = [0; 16];
        padded[..rest.len()].copy_from_slice(rest);
        padded
    });
    mix(hash, &last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_are_the_same_when_they_are_equal(known in "[ab]{0,50}", at in 0..50_usize, other in "[ab]{0,50}") {
            let mut text = known.clone().into_bytes();
            prop_assert!(same(known.as_bytes(), &text));
            prop_assert_eq!(same(known.as_bytes(), other.as_bytes()), known == other);
            prop_assert!(!same(known.as_bytes(), &[known.as_bytes(), b"a"].concat()));
            if let Some(byte) = text.get_mut(at) {
                *byte = b'c';
                prop_assert!(!same(known.as_bytes(), &text) && hash(known.as_bytes()) != hash(&text));
            }
        }

        /// Whatever comes in whatever order, the answer is that of the text, and nothing grows without bound.
        #[test]
        fn a_memo_only_remembers(texts in prop::collection::vec("[ab]{0,3}|[a-z]{1,20}|[a-z]{500,530}", 1..2500)) {
            let mut memo = Memo::default();
            for text in &texts {
                let learn = |answer: &mut Answer<'_>| {
                    let ids: Vec<u32> = text.bytes().map(|byte| u32::from(byte) + bounded(text.len())).collect();
                    answer.passing(|out| out.extend(ids));
                    answer.calling(|id| id % 3 == 0);
                };
                let known = memo.of_text(text, learn);
                let mut wanted: Vec<u32> = text.bytes().map(|byte| u32::from(byte) + bounded(text.len())).collect();
                wanted.sort_unstable();
                wanted.dedup();
                let calling: Vec<u32> = wanted.iter().copied().filter(|id| id % 3 == 0).collect();
                prop_assert_eq!(memo.passing(known), &wanted);
                prop_assert_eq!(memo.calling(known), &calling);
                prop_assert!(memo.texts <= TEXTS_MAX && memo.bytes.len() <= BYTES_MAX);
            }
        }
    }
}
