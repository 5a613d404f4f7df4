//! Which groups of a rule have an alert of their own in a period: the first thousand to fire. The others are folded into
//! one alert of the rule. Which groups come first is the one thing here that depends on arrival, and such an alert says
//! `approximate`.

use std::collections::HashSet;

use crate::hit::Group;

/// The groups of one (rule, period) that fired.
#[derive(Debug, Default)]
pub(super) struct Overflow {
    own: usize,
    folded: HashSet<Group>,
}

impl Overflow {
    /// A group fires: whether it has an alert of its own.
    pub(super) fn admit(&mut self, group: &Group, groups_max: usize) -> bool {
        if self.own < groups_max {
            self.own += 1;
            return true;
        }
        self.folded.insert(group.clone());
        false
    }

    pub(super) fn has_own(&self, group: &Group) -> bool {
        !self.folded.contains(group)
    }

    /// Whether the last admitted group was the first to be folded.
    pub(super) fn is_new(&self) -> bool {
        self.folded.len() == 1
    }

    pub(super) fn folded(&self) -> impl Iterator<Item = &Group> {
        self.folded.iter()
    }
}
