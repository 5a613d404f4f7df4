//! Memory as a cache of rows (`spec/windows.md` §3): which groups must be loaded before hits are folded in, and which may go.
//! What was loaded, folded, evicted and loaded again is what it would be had it stayed.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use tripline_rules::rule::{RuleId, Window};

use super::finding::Period;
use super::gathered::cost;
use super::group::{Group, With};
use super::overflow::{Overflow, Shared};
use super::{FindingKey, ROWS_MAX, What, Windows, key};
use crate::hit::{Group as GroupValues, Hit};

/// What is not in memory, and hits are of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Groups, whose rows are to be given to [`Windows::load`].
    pub groups: BTreeSet<(RuleId, GroupValues)>,
    /// Periods, of which [`Windows::load_period`] is to be told who has an alert.
    pub periods: BTreeSet<(RuleId, Period)>,
}

impl Windows {
    /// From now on memory holds only what is loaded. Nothing may have been folded in yet.
    pub fn load_on_demand(&mut self) {
        self.complete = false;
    }

    /// Nothing in memory, for other rules; what was counted and how late is late stays.
    pub fn emptied<'w>(&mut self, windows: impl IntoIterator<Item = &'w Window>) -> Self {
        let mut emptied = Self::with_limits(windows, ROWS_MAX, self.groups_max);
        emptied.load_on_demand();
        emptied.tally = self.tally;
        emptied.late_before_s = self.late_before_s;
        emptied.turn = self.turn;
        emptied.sketch = std::mem::take(&mut self.sketch);
        emptied
    }

    /// What must be loaded before these hits are folded in.
    pub fn needs(&self, hits: &[Hit]) -> Needs {
        let mut needs = Needs::default();
        for hit in hits.iter().filter(|_| !self.complete) {
            let place = (hit.rule, Arc::clone(&hit.group));
            if !self.groups.contains_key(&place) && !self.cold.contains(&place) {
                needs.groups.insert(place);
            }
            let Some(spec) = self.specs[hit.rule.index()] else { continue };
            // A hit can make a period fire that it lies in, or one in which a window ends that it is in.
            for end_s in [hit.event.time_s, hit.event.time_s.saturating_add(spec.need.within_s)] {
                let period = spec.period_of(end_s);
                if !self.overflows.contains_key(&(hit.rule, period)) {
                    needs.periods.insert((hit.rule, period));
                }
            }
        }
        needs
    }

    /// Who has an alert in a period: so many groups of their own, and the others' if there is one.
    pub fn load_period(&mut self, rule: RuleId, period: Period, own: usize, shared: Option<Shared>) {
        self.overflows.insert((rule, period), Overflow::restored(own, shared));
    }

    /// The hits of a group, all of them that are kept, in any order. Nothing opens and nothing is counted by that.
    pub fn load(&mut self, rule: RuleId, group: &GroupValues, hits: &[Hit]) {
        let mut loaded = Group::default();
        for hit in hits {
            match self.specs[rule.index()] {
                Some(spec) => {
                    let with = With { late: false, carried: hit.carried };
                    loaded.apply(&spec, key::of(hit), &hit.event, with);
                }
                None => {
                    self.keep_event(hit);
                }
            }
        }
        loaded.touched = self.turn;
        self.bytes += loaded.bytes();
        let known = self.groups.insert((rule, Arc::clone(group)), loaded);
        self.bytes -= known.map_or(0, |known| known.bytes());
    }

    /// The alerts that a group amounts to by itself; those of them that are not its own are to be given to
    /// [`Windows::share`].
    pub fn fired(&self, rule: RuleId, group: &GroupValues) -> Vec<FindingKey> {
        let (Some(spec), Some(state)) =
            (self.specs[rule.index()], self.groups.get(&(rule, Arc::clone(group))))
        else {
            return Vec::new();
        };
        let key = |period| FindingKey { rule, what: What::Group(Arc::clone(group), period) };
        state.fired_periods(&spec).map(key).collect()
    }

    /// This alert is no group's own: it is part of the one that is shared.
    pub fn share(&mut self, key: &FindingKey) {
        let count = self.finding(key).map_or(0, |finding| finding.count);
        if let What::Group(group, period) = &key.what {
            self.overflows.entry((key.rule, *period)).or_default().comes(group, count);
        }
    }

    /// Forgets a group, to be loaded again.
    pub fn unload(&mut self, rule: RuleId, group: &GroupValues) {
        let gone = self.groups.remove(&(rule, Arc::clone(group)));
        self.bytes -= gone.map_or(0, |gone| gone.bytes());
    }

    /// Forgets the groups that were hit least recently, when all together cost more than so many bytes: until they cost three
    /// quarters of that. Everything that was folded in must be in rows. Returns how many went.
    pub fn evict(&mut self, bytes_max: usize) -> usize {
        if self.complete || self.bytes() <= bytes_max {
            return 0;
        }
        // Events say when they were, and whoever writes them may say anything: periods are many, too. What they hold is in the
        // store, but for those of which a part is here.
        if self.overflows.len() > self.groups.len() {
            self.overflows.retain(|_, overflow| overflow.folded().next().is_some());
        }
        let mut ages: Vec<(u64, usize)> =
            self.groups.values().map(|group| (group.touched, group.bytes())).collect();
        ages.sort_unstable();
        let (mut excess, mut count) = (self.bytes() - bytes_max + bytes_max / 4, 0);
        let mut last = 0;
        for (touched, bytes) in ages {
            if excess == 0 {
                break;
            }
            (last, count, excess) = (touched, count + 1, excess.saturating_sub(bytes));
        }
        let mut old: Vec<(u64, &(RuleId, GroupValues))> = self
            .groups
            .iter()
            .map(|(place, group)| (group.touched, place))
            .filter(|(age, _)| *age <= last)
            .collect();
        old.sort_unstable_by_key(|(age, _)| *age);
        let old: HashSet<(RuleId, GroupValues)> =
            old.into_iter().take(count).map(|(_, place)| place.clone()).collect();
        old.iter().for_each(|(rule, group)| self.let_go(*rule, group));
        let bytes = &mut self.bytes;
        self.events.retain(|(rule, ..), (group, event)| {
            let stays = !old.contains(&(*rule, Arc::clone(group)));
            *bytes -= if stays { 0 } else { cost(event) };
            stays
        });
        old.len()
    }

    /// Forgets a group; what it has in an alert that is shared stays known there.
    fn let_go(&mut self, rule: RuleId, group: &GroupValues) {
        for key in self.fired(rule, group) {
            let What::Group(_, period) = key.what else { continue };
            let shares = self.overflows.get(&(rule, period)).is_some_and(|over| !over.has_own(group));
            if shares && let Some(finding) = self.finding(&key) {
                let now = Shared {
                    count: finding.count,
                    first_s: finding.first_seen_s,
                    last_s: finding.last_seen_s,
                };
                self.overflows.entry((rule, period)).or_default().goes(group, now);
            }
        }
        self.unload(rule, group);
    }
}
