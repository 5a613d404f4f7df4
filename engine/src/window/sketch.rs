//! Hits counted without rows: conservative count-min sketches, one for each bucket of event time (`spec/windows.md` §6). They
//! never say less than came; they may say more.
//!
//! A bucket is a sixth of a rule's window wide, or so wide that the buckets that are kept reach back behind the watermark. Rules
//! whose buckets are equally wide share them. What lies before the oldest bucket is not counted here at all.

use std::collections::BTreeMap;

/// Cells that stand for one thing, each in a part of its own.
const PARTS: usize = 4;

/// Buckets of one width that are kept.
const BUCKETS_MAX: i64 = 32;

/// How far back buckets must reach beside the window: the slack of watermarks, seconds.
const SLACK_S: i64 = 15 * 60;

/// A table has a part of what windows may cost in memory: so all of one width are half of it.
const TABLES_IN_BUDGET: usize = 64;

/// Bytes of a table, at least and at most.
const TABLE_BYTES_MIN: usize = 1 << 18;
const TABLE_BYTES_MAX: usize = 1 << 24;

/// A cell counts no further: it then stands for any number.
const FULL: u8 = u8::MAX;

/// Bytes of one name as it is written.
const NAME_BYTES: usize = 16;

/// Names a (rule, group): a digest of both.
pub type Name = u128;

/// A bucket: its width in seconds, and its place in the order of those.
pub type Bucket = (i64, i64);

/// The counts.
#[derive(Debug)]
pub(super) struct Sketch {
    tables: BTreeMap<Bucket, Vec<u8>>,
    table_bytes: usize,
}

impl Default for Sketch {
    fn default() -> Self {
        Self::within(0)
    }
}

/// How the windows of a rule are cut into buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    within_s: i64,
    width_s: i64,
}

impl Cut {
    pub(super) fn of(within_s: i64) -> Self {
        let (sixth, kept) =
            (within_s.saturating_add(5) / 6, (within_s.saturating_add(SLACK_S)) / (BUCKETS_MAX - 1));
        Self { within_s, width_s: sixth.max(kept) + 1 }
    }

    pub(super) fn bucket(self, time_s: i64) -> Bucket {
        (self.width_s, time_s.div_euclid(self.width_s))
    }
}

impl Sketch {
    /// Nothing counted yet, where windows may cost so many bytes.
    pub(super) fn within(bytes_max: usize) -> Self {
        let table_bytes =
            (bytes_max / TABLES_IN_BUDGET).clamp(TABLE_BYTES_MIN, TABLE_BYTES_MAX) / PARTS * PARTS;
        Self { tables: BTreeMap::new(), table_bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// What it costs in memory.
    pub(super) fn bytes(&self) -> usize {
        self.tables.len() * self.table_bytes
    }

    /// Whether hits of that time are counted; if not, they are older than what is kept.
    pub(super) fn reaches(&self, cut: Cut, time_s: i64) -> bool {
        let (width_s, place) = cut.bucket(time_s);
        let newest = self.tables.range((width_s, i64::MIN)..=(width_s, i64::MAX)).next_back();
        newest.is_none_or(|((_, newest), _)| newest.saturating_sub(place) < BUCKETS_MAX)
    }

    /// Counts a hit.
    pub(super) fn add(&mut self, bucket: Bucket, name: Name) {
        let bytes = self.table_bytes;
        let table = self.tables.entry(bucket).or_insert_with(|| vec![0; bytes]);
        let cells = cells(name, bytes);
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
        let place = |time_s| cut.bucket(time_s).1;
        let (first, last) =
            (place(time_s.saturating_sub(cut.within_s)), place(time_s.saturating_add(cut.within_s)));
        let cells = cells(name, self.table_bytes);
        let counts: Vec<u64> = (first..=last).map(|place| self.count((cut.width_s, place), cells)).collect();
        // A window touches so many buckets at most, wherever it begins.
        let touched = usize::try_from(cut.within_s / cut.width_s + 2).unwrap_or(usize::MAX).min(counts.len());
        let sums = counts
            .windows(touched.max(1))
            .map(|window| window.iter().fold(0, |sum: u64, one| sum.saturating_add(*one)));
        sums.max().unwrap_or(0)
    }

    fn count(&self, bucket: Bucket, cells: [usize; PARTS]) -> u64 {
        let Some(table) = self.tables.get(&bucket) else { return 0 };
        match cells.iter().map(|cell| table[*cell]).min() {
            Some(FULL) => u64::MAX,
            count => u64::from(count.unwrap_or(0)),
        }
    }

    /// Forgets buckets beyond the newest of their width, and those that no window needs that ends after `time_s`. Returns which
    /// went.
    pub(super) fn forget(&mut self, time_s: i64) -> Vec<Bucket> {
        let mut newest: BTreeMap<i64, i64> = BTreeMap::new();
        let mut gone = Vec::new();
        for (width_s, place) in self.tables.keys().rev() {
            let newest = *newest.entry(*width_s).or_insert(*place);
            // A window is six buckets long at most, and lies in one more.
            let over = place.saturating_add(8).saturating_mul(*width_s) <= time_s;
            if newest.saturating_sub(*place) >= BUCKETS_MAX || over {
                gone.push((*width_s, *place));
            }
        }
        gone.iter().for_each(|bucket| drop(self.tables.remove(bucket)));
        gone
    }
}

/// Where a thing is counted in a table of so many bytes: one cell of each part.
fn cells(name: Name, bytes: usize) -> [usize; PARTS] {
    let part = bytes / PARTS;
    let words = name.to_be_bytes();
    // The name is a digest: every part of it is as good as any.
    std::array::from_fn(|n| {
        let word = u32::from_be_bytes([0, 1, 2, 3].map(|byte| words[n * 4 + byte]));
        n * part + usize::try_from(word).unwrap_or_default() % part
    })
}

/// Names as they are written, one after the other.
pub fn written(names: &[Name]) -> Vec<u8> {
    names.iter().flat_map(|name| name.to_be_bytes()).collect()
}

/// Names that were written; none when that is not ours.
pub fn read(bytes: &[u8]) -> Option<Vec<Name>> {
    let (names, rest) = bytes.as_chunks::<NAME_BYTES>();
    rest.is_empty().then(|| names.iter().map(|name| Name::from_be_bytes(*name)).collect())
}
