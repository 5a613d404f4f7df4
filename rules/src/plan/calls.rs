//! Which rules a passed predicate calls, and what else must pass before one is worth evaluating: its *guard*, another of its
//! anchors. Rules of one guarding field stand together, so that one look at what the event passes there settles them all.

use std::collections::BTreeMap;
use std::ops::Range;

use super::PredicateId;
use super::index::Place;
use crate::rule::RuleId;

/// The calls of all predicates.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// By predicate, its groups.
    groups_of: Vec<Range<u32>>,
    groups: Vec<Group>,
    entries: Vec<Entry>,
}

/// What one predicate calls under guards of one field.
#[derive(Debug)]
pub(crate) struct Group {
    /// The field; none for rules that nothing else guards.
    pub(crate) guard: Option<Place>,
    entries: Range<u32>,
}

/// A rule, and one of the predicates that guard it; of what nothing guards, any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    guard: PredicateId,
    rule: RuleId,
}

/// The calls of all predicates, on their way.
#[derive(Default)]
pub(super) struct Draft(BTreeMap<PredicateId, BTreeMap<Option<Place>, Vec<Entry>>>);

impl Draft {
    /// `by` calls `rule`, if any of the predicates of `guard` passes, which are all of one field.
    pub(super) fn call(&mut self, by: PredicateId, rule: RuleId, guard: Option<(Place, &[PredicateId])>) {
        let groups = self.0.entry(by).or_default();
        match guard {
            None => groups.entry(None).or_default().push(Entry { guard: by, rule }),
            Some((place, any)) => {
                let entries = any.iter().map(|guard| Entry { guard: *guard, rule });
                groups.entry(Some(place)).or_default().extend(entries);
            }
        }
    }

    pub(super) fn finish(self, predicates: usize) -> Calls {
        let mut calls = Calls { groups_of: vec![0..0; predicates], ..Calls::default() };
        for (by, groups) in self.0 {
            let first = calls.groups.len();
            for (guard, mut entries) in groups {
                entries.sort_unstable();
                entries.dedup();
                let start = calls.entries.len();
                calls.entries.extend(entries);
                calls.groups.push(Group { guard, entries: bounded(start..calls.entries.len()) });
            }
            calls.groups_of[by.index()] = bounded(first..calls.groups.len());
        }
        calls
    }
}

impl Calls {
    /// What `id` calls.
    pub(crate) fn of(&self, id: PredicateId) -> &[Group] {
        let Range { start, end } = self.groups_of[id.index()];
        &self.groups[start as usize..end as usize]
    }

    /// Every rule of a group.
    pub(crate) fn all(&self, group: &Group) -> impl Iterator<Item = RuleId> {
        self.entries(group).iter().map(|entry| entry.rule)
    }

    /// The rules of a group that are guarded by one of the predicates in `passing`, which are ascending; one may come twice.
    pub(crate) fn guarded(&self, group: &Group, passing: &[u32]) -> impl Iterator<Item = RuleId> {
        let entries = self.entries(group);
        passing.iter().flat_map(move |id| {
            let start = entries.partition_point(|entry| entry.guard.0 < *id);
            entries[start..].iter().take_while(move |entry| entry.guard.0 == *id).map(|entry| entry.rule)
        })
    }

    fn entries(&self, group: &Group) -> &[Entry] {
        &self.entries[group.entries.start as usize..group.entries.end as usize]
    }
}

fn bounded(range: Range<usize>) -> Range<u32> {
    let bounded = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    bounded(range.start)..bounded(range.end)
}
