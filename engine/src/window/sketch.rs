//! Hits counted without rows: a conservative count-min sketch over buckets of event time (`spec/windows.md` §6). It never
//! says less than came; it may say more.
//!
//! Buckets are a sixth of a rule's window. Tables are of a *generation* of event time, an hour or as long as the window, and
//! the three newest of a length are kept: what lies before them is not counted here at all.

use std::collections::BTreeMap;

/// Cells that stand for one thing, each in a part of its own.
const PARTS: usize = 4;

/// Cells of a part: 16 MiB for a table.
const CELLS: usize = 1 << 21;

/// The shortest generation, seconds.
const GENERATION_S: i64 = 3_600;

/// Generations of one length that are kept.
const GENERATIONS_MAX: usize = 3;

/// Bytes of one entry as it is written.
const ENTRY_BYTES: usize = 24;

/// Names a (rule, group): a digest of both.
pub type Name = u128;

/// A generation: its length in seconds, and its place in the order of those.
pub type Generation = (i64, i64);

/// One hit that only the sketch knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Of which rule and group.
    pub name: Name,
    /// The first second of its bucket.
    pub bucket_s: i64,
}

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    tables: BTreeMap<Generation, Vec<u16>>,
}

/// How the windows of a rule are cut into buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    within_s: i64,
    width_s: i64,
}

impl Cut {
    pub(super) fn of(within_s: i64) -> Self {
        Self { within_s, width_s: (within_s + 5).div_euclid(6).max(1) }
    }

    fn bucket_s(self, time_s: i64) -> i64 {
        time_s.div_euclid(self.width_s).saturating_mul(self.width_s)
    }

    pub(super) fn generation(self, time_s: i64) -> Generation {
        let length_s = u64::try_from(self.within_s.max(GENERATION_S)).unwrap_or(u64::MAX).next_power_of_two();
        let length_s = i64::try_from(length_s).unwrap_or(i64::MAX);
        (length_s, self.bucket_s(time_s).div_euclid(length_s))
    }
}

impl Sketch {
    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// What it costs in memory.
    pub(super) fn bytes(&self) -> usize {
        self.tables.len() * PARTS * CELLS * size_of::<u16>()
    }

    /// Whether hits of that time are counted; if not, they are older than what is kept.
    pub(super) fn reaches(&self, cut: Cut, time_s: i64) -> bool {
        let (length_s, place) = cut.generation(time_s);
        let newer = self.tables.range((length_s, place + 1)..=(length_s, i64::MAX)).count();
        newer < GENERATIONS_MAX
    }

    /// Counts a hit. Returns what is to be kept of it, and the generation that went for its sake, with those before.
    pub(super) fn add(&mut self, cut: Cut, name: Name, time_s: i64) -> (Generation, Entry) {
        let (generation, entry) = (cut.generation(time_s), Entry { name, bucket_s: cut.bucket_s(time_s) });
        self.restore(generation, entry);
        (generation, entry)
    }

    /// Counts a hit that was kept.
    pub(super) fn restore(&mut self, generation: Generation, entry: Entry) {
        let table = self.tables.entry(generation).or_insert_with(|| vec![0; PARTS * CELLS]);
        let cells = cells(entry);
        let least = cells.iter().map(|cell| table[*cell]).min().unwrap_or_default();
        for cell in cells {
            table[cell] = table[cell].max(least.saturating_add(1));
        }
    }

    /// The most hits of a group that any window of the rule's length may hold that also holds a hit of that time.
    pub(super) fn most(&self, cut: Cut, name: Name, time_s: i64) -> u64 {
        if self.is_empty() {
            return 0;
        }
        let (first_s, last_s) = (
            cut.bucket_s(time_s.saturating_sub(cut.within_s)),
            cut.bucket_s(time_s.saturating_add(cut.within_s)),
        );
        let mut counts = Vec::new();
        let mut bucket_s = first_s;
        while bucket_s <= last_s {
            counts.push(self.count(cut, Entry { name, bucket_s }));
            bucket_s = bucket_s.saturating_add(cut.width_s);
        }
        // A window touches so many buckets at most, wherever it begins.
        let touched = usize::try_from(cut.within_s / cut.width_s + 2).unwrap_or(usize::MAX).min(counts.len());
        counts.windows(touched.max(1)).map(|window| window.iter().sum()).max().unwrap_or(0)
    }

    fn count(&self, cut: Cut, entry: Entry) -> u64 {
        let Some(table) = self.tables.get(&cut.generation(entry.bucket_s)) else { return 0 };
        cells(entry).iter().map(|cell| u64::from(table[*cell])).min().unwrap_or(0)
    }

    /// Forgets generations beyond the newest of their length, and those that end before `time_s`. Returns which went.
    pub(super) fn forget(&mut self, time_s: i64) -> Vec<Generation> {
        let mut newest: BTreeMap<i64, usize> = BTreeMap::new();
        let mut gone = Vec::new();
        for (length_s, place) in self.tables.keys().rev() {
            let kept = newest.entry(*length_s).or_default();
            *kept += 1;
            // A window that begins in it may end in the next.
            let over = place.saturating_add(2).saturating_mul(*length_s) <= time_s;
            if *kept > GENERATIONS_MAX || over {
                gone.push((*length_s, *place));
            }
        }
        gone.iter().for_each(|generation| drop(self.tables.remove(generation)));
        gone
    }
}

/// Where a thing is counted: one cell of each part.
fn cells(Entry { name, bucket_s }: Entry) -> [usize; PARTS] {
    let bytes = name.to_be_bytes();
    let half = |at: usize| u64::from_be_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|n| bytes[at + n]));
    let bucket = mixed(bucket_s.cast_unsigned());
    let mut state = mixed(half(0) ^ bucket) ^ half(8);
    let mut cells = [0; PARTS];
    for (part, cell) in cells.iter_mut().enumerate() {
        state = mixed(state);
        *cell = part * CELLS + usize::try_from(state % CELLS as u64).unwrap_or_default();
    }
    cells
}

/// The finaliser of splitmix64, <https://prng.di.unimi.it/splitmix64.c>.
fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

impl Entry {
    /// As it is written.
    pub fn to_bytes(self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..16].copy_from_slice(&self.name.to_be_bytes());
        bytes[16..].copy_from_slice(&self.bucket_s.to_be_bytes());
        bytes
    }

    /// All that were written one after the other; none when that is not ours.
    pub fn all_from(bytes: &[u8]) -> Option<Vec<Self>> {
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        let read = |entry: &[u8; ENTRY_BYTES]| {
            let (name, bucket) = entry.split_first_chunk()?;
            let bucket_s = i64::from_be_bytes(bucket.try_into().ok()?);
            Some(Self { name: u128::from_be_bytes(*name), bucket_s })
        };
        if rest.is_empty() { entries.iter().map(read).collect() } else { None }
    }
}
