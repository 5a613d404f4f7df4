//! The distinct hits of one (rule, group), in the order of (time, key). Rows are the truth: everything a group knows can
//! be folded from them again.

use std::collections::BTreeSet;

use super::key::Key;

/// The hits of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rows(BTreeSet<(i64, Key)>);

impl Rows {
    /// Whether the hit is new.
    pub(super) fn insert(&mut self, time_s: i64, key: Key) -> bool {
        self.0.insert((time_s, key))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn remove(&mut self, row: (i64, Key)) {
        self.0.remove(&row);
    }

    pub(super) fn forget_before(&mut self, time_s: i64) {
        self.0 = self.0.split_off(&(time_s, Key::MIN));
    }

    /// Rows with `from <= time <= to`, earliest first.
    pub(super) fn between(&self, from_s: i64, to_s: i64) -> impl DoubleEndedIterator<Item = (i64, Key)> {
        let range = (from_s <= to_s).then(|| self.0.range((from_s, Key::MIN)..=(to_s, Key::MAX)));
        range.into_iter().flatten().copied()
    }

    /// The rows after `row`, at most at `to_s`, earliest first.
    pub(super) fn after(&self, row: (i64, Key), to_s: i64) -> impl DoubleEndedIterator<Item = (i64, Key)> {
        use std::ops::Bound::{Excluded, Included};
        let range =
            (row < (to_s, Key::MAX)).then(|| self.0.range((Excluded(row), Included((to_s, Key::MAX)))));
        range.into_iter().flatten().copied()
    }

    /// The last row before `row`, at least at `from_s`.
    pub(super) fn before(&self, row: (i64, Key), from_s: i64) -> Option<(i64, Key)> {
        self.0.range(..row).next_back().copied().filter(|(time_s, _)| *time_s >= from_s)
    }
}
