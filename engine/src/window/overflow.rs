//! Which groups of a rule have an alert of their own in a period: the first thousand to fire. The others are folded into
//! one alert of the rule. Which groups come first is the one thing here that depends on arrival, and such an alert says
//! `approximate`.

use std::collections::HashMap;

use crate::hit::Group;

/// The groups of one (rule, period) that fired.
#[derive(Debug, Clone, Default)]
pub(super) struct Overflow {
    own: usize,
    /// Groups that share an alert and are here, and how many of their hits are in `before` already.
    folded: HashMap<Group, u64>,
    /// What the shared alert amounts to by groups that are not here any more.
    before: Option<Shared>,
}

/// The alert of the groups that have none of their own, as far as it is not in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shared {
    /// Hits.
    pub count: u64,
    /// The earliest, seconds.
    pub first_s: i64,
    /// The latest.
    pub last_s: i64,
}

impl Overflow {
    /// As it was written down: so many groups have alerts of their own.
    pub(super) fn restored(own: usize, before: Option<Shared>) -> Self {
        Self { own, folded: HashMap::new(), before }
    }

    /// A group fires: whether it has an alert of its own.
    pub(super) fn admit(&mut self, group: &Group, groups_max: usize) -> bool {
        if self.own < groups_max {
            self.own += 1;
            return true;
        }
        self.folded.insert(group.clone(), 0);
        false
    }

    /// Whether groups that fire from now on share an alert that is there.
    pub(super) fn shares(&self, groups_max: usize) -> bool {
        self.own >= groups_max && (self.before.is_some() || !self.folded.is_empty())
    }

    pub(super) fn has_own(&self, group: &Group) -> bool {
        !self.folded.contains_key(group)
    }

    /// Whether the last admitted group was the first to be folded.
    pub(super) fn is_new(&self) -> bool {
        self.folded.len() == 1 && self.before.is_none()
    }

    /// A group that shares the alert comes into memory, with so many hits that the alert has counted.
    pub(super) fn comes(&mut self, group: &Group, count: u64) {
        self.folded.insert(group.clone(), count);
    }

    /// A group that shares the alert goes out of memory, with what it amounts to.
    pub(super) fn goes(&mut self, group: &Group, now: Shared) {
        let Some(counted) = self.folded.remove(group) else { return };
        let before = self.before.get_or_insert(Shared { count: 0, ..now });
        before.count += now.count.saturating_sub(counted);
        before.first_s = before.first_s.min(now.first_s);
        before.last_s = before.last_s.max(now.last_s);
    }

    /// The groups here that share the alert, and how many of their hits are counted in [`Overflow::before`].
    pub(super) fn folded(&self) -> impl Iterator<Item = (&Group, u64)> {
        self.folded.iter().map(|(group, counted)| (group, *counted))
    }

    pub(super) fn before(&self) -> Option<Shared> {
        self.before
    }
}
