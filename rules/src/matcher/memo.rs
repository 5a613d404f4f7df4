//! What is known of the values of one field: for a text that was seen before, the predicates that it passes, and which of them
//! call rules. Attackers choose the texts, so it is bounded: full, it forgets everything and begins anew.

/// Texts that are kept, and the places of the table, which stays half empty.
const TEXTS_MAX: usize = 4 << 10;
const ROOM: usize = 8 << 10;

/// Bits of a place that say which text it is, one more than its number; the others are of its hash, so that texts that are
/// not meant are seldom looked at.
const NUMBER_BITS: u32 = 13;

/// Bytes of all texts that are kept.
const BYTES_MAX: usize = 256 << 10;

/// Longer texts are not worth keeping: they hardly come again.
const TEXT_BYTES_MAX: usize = 512;

/// Where an answer stands in the memo that gave it, until that is asked again.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    passing: (u32, u32),
    calling: (u32, u32),
}

/// The memo of one field.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// By hash, open addressing; 0 is free.
    table: Vec<u32>,
    texts: Vec<Text>,
    bytes: Vec<u8>,
    /// The answers of the texts that are kept, and behind them the last one of those that are not.
    ids: Vec<u32>,
    kept: usize,
}

#[derive(Debug)]
struct Text {
    start: u32,
    len: u32,
    known: Known,
}

impl Memo {
    /// What is known of `text`; `learn` finds it out when it is new: first those that pass, then those that call.
    #[inline]
    pub(super) fn of_text(&mut self, text: &str, learn: impl FnOnce(&mut Answer<'_>)) -> Known {
        let bytes = text.as_bytes();
        if bytes.len() > TEXT_BYTES_MAX || self.table.len() != ROOM {
            return self.first(learn);
        }
        let hash = hash(bytes);
        let (mut at, tag) = (place(hash), tag(hash));
        while self.table[at] != 0 {
            if self.table[at] & !NUMBER == tag {
                let known = &self.texts[(self.table[at] & NUMBER) as usize - 1];
                if same(&self.bytes[known.start as usize..][..known.len as usize], bytes) {
                    return known.known;
                }
            }
            at = (at + 1) % ROOM;
        }
        self.keep(bytes, at, hash, learn)
    }

    /// Of a text that is not kept, or before the first that is.
    #[cold]
    fn first(&mut self, learn: impl FnOnce(&mut Answer<'_>)) -> Known {
        self.table.resize(ROOM, 0);
        self.fresh(learn)
    }

    #[cold]
    fn keep(&mut self, text: &[u8], free: usize, hash: u64, learn: impl FnOnce(&mut Answer<'_>)) -> Known {
        let mut at = free;
        if self.texts.len() == TEXTS_MAX || self.bytes.len() + text.len() > BYTES_MAX {
            self.forget();
            at = place(hash);
        }
        let known = self.fresh(learn);
        self.kept = self.ids.len();
        let (start, len) = (bounded(self.bytes.len()), bounded(text.len()));
        self.bytes.extend_from_slice(text);
        self.texts.push(Text { start, len, known });
        self.table[at] = tag(hash) | bounded(self.texts.len());
        known
    }

    /// What `learn` finds out, kept until it is asked again.
    pub(super) fn fresh(&mut self, learn: impl FnOnce(&mut Answer<'_>)) -> Known {
        self.ids.truncate(self.kept);
        let start = self.ids.len();
        let mut answer = Answer { ids: &mut self.ids, start, middle: start };
        learn(&mut answer);
        let middle = answer.middle;
        let end = self.ids.len();
        Known { passing: (bounded(start), bounded(middle)), calling: (bounded(middle), bounded(end)) }
    }

    /// The predicates that pass, ascending.
    pub(super) fn passing(&self, known: Known) -> &[u32] {
        &self.ids[known.passing.0 as usize..known.passing.1 as usize]
    }

    /// Those of them that call rules.
    pub(super) fn calling(&self, known: Known) -> &[u32] {
        &self.ids[known.calling.0 as usize..known.calling.1 as usize]
    }

    fn forget(&mut self) {
        self.table.fill(0);
        self.texts.clear();
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

const NUMBER: u32 = (1 << NUMBER_BITS) - 1;

#[expect(clippy::cast_possible_truncation, reason = "a few bits are wanted")]
fn place(hash: u64) -> usize {
    hash as usize % ROOM
}

fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32 & !NUMBER
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
                prop_assert!(memo.texts.len() <= TEXTS_MAX && memo.bytes.len() <= BYTES_MAX);
            }
        }
    }
}
