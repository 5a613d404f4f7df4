//! When does a window hold enough? Looks only at the windows that contain a new row; earlier answers stand, because more
//! hits never make a window hold less.

use std::collections::HashSet;

use super::finding::Crossing;
use super::key::Key;
use super::rows::Rows;

/// What is counted, and how much of it within which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    /// Distinct values rather than hits.
    pub(super) values: bool,
    /// T.
    pub(super) threshold: usize,
    /// W, seconds.
    pub(super) within_s: i64,
}

impl Need {
    /// The times, ascending and each once, of the rows that end a satisfied window holding `new`; only those that
    /// `matters` are looked at.
    pub(super) fn satisfied_by(
        self,
        rows: &Rows,
        new: (i64, Key),
        matters: impl Fn(i64) -> bool,
    ) -> Vec<i64> {
        let mut ends: Vec<i64> =
            rows.between(new.0, new.0.saturating_add(self.within_s)).map(|(end, _)| end).collect();
        ends.dedup();
        ends.retain(|end| matters(*end) && self.crossing(rows, *end).is_some());
        ends
    }

    /// The window that ends at `to_s`, when it holds enough: walks back until T hits (or values) are found.
    pub(super) fn crossing(self, rows: &Rows, to_s: i64) -> Option<Crossing> {
        let from_s = to_s.saturating_sub(self.within_s);
        let mut window = rows.between(from_s, to_s).rev();
        let reached_s = if self.values {
            let mut seen = HashSet::new();
            window.find(|(_, value)| seen.insert(*value) && seen.len() == self.threshold)?.0
        } else {
            window.nth(self.threshold - 1)?.0
        };
        let held = rows.between(reached_s, to_s);
        let n = if self.values {
            held.map(|(_, value)| value).collect::<HashSet<_>>().len()
        } else {
            held.count()
        };
        Some(Crossing { from_s: reached_s, to_s, n: n as u64 })
    }
}
