//! Memory as a cache of rows (`spec/windows.md` §3): which groups must be loaded before hits are folded in, and which may go.
//! What was loaded, folded, evicted and loaded again is what it would be had it stayed.

use std::collections::BTreeSet;
use std::sync::Arc;

use tripline_rules::rule::{RuleId, Window};

use super::finding::Period;
use super::group::Group;
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
    pub fn emptied<'w>(&self, windows: impl IntoIterator<Item = &'w Window>) -> Self {
        let mut emptied = Self::with_limits(windows, ROWS_MAX, self.groups_max);
        emptied.load_on_demand();
        emptied.tally = self.tally;
        emptied.late_before_s = self.late_before_s;
        emptied.turn = self.turn;
        emptied
    }

    /// What must be loaded before these hits are folded in.
    pub fn needs(&self, hits: &[Hit]) -> Needs {
        let mut needs = Needs::default();
        for hit in hits.iter().filter(|_| !self.complete) {
            if !self.groups.contains_key(&(hit.rule, Arc::clone(&hit.group))) {
                needs.groups.insert((hit.rule, Arc::clone(&hit.group)));
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
                    loaded.apply(&spec, key::of(hit), &hit.event, false);
                }
                None => {
                    self.keep_event(hit);
                }
            }
        }
        loaded.touched = self.turn;
        self.groups.insert((rule, Arc::clone(group)), loaded);
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
        self.groups.remove(&(rule, Arc::clone(group)));
    }

    /// Forgets the groups that were hit least recently, when there are more than so many: a quarter of them at once.
    /// Everything that was folded in must be in rows. Returns how many went.
    pub fn evict(&mut self, groups_max: usize) -> usize {
        if self.complete {
            return 0;
        }
        // Events say when they were, and whoever writes them may say anything: periods are many, too. What they hold is in the
        // store, but for those of which a part is here.
        if self.overflows.len() > groups_max {
            self.overflows.retain(|_, overflow| overflow.folded().next().is_some());
        }
        if self.groups.len() <= groups_max {
            return 0;
        }
        let excess = self.groups.len() - groups_max + groups_max / 4;
        let mut turns: Vec<u64> = self.groups.values().map(|group| group.touched).collect();
        let nth = excess.min(turns.len()).saturating_sub(1);
        let last = *turns.select_nth_unstable(nth).1;
        let old = self.groups.iter().filter(|(_, group)| group.touched <= last);
        let old: BTreeSet<(RuleId, GroupValues)> = old.take(excess).map(|(place, _)| place.clone()).collect();
        for (rule, group) in &old {
            for key in self.fired(*rule, group) {
                let What::Group(_, period) = key.what else { continue };
                let shares = self.overflows.get(&(*rule, period)).is_some_and(|over| !over.has_own(group));
                if shares && let Some(finding) = self.finding(&key) {
                    let now = Shared {
                        count: finding.count,
                        first_s: finding.first_seen_s,
                        last_s: finding.last_seen_s,
                    };
                    self.overflows.entry((*rule, period)).or_default().goes(group, now);
                }
            }
            self.unload(*rule, group);
        }
        self.events.retain(|(rule, ..), (group, _)| !old.contains(&(*rule, Arc::clone(group))));
        old.len()
    }
}
