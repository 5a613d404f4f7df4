//! Exact windows of event time: hits in, findings out.
//!
//! A rule fires for a group in a period when some closed window of length W that ends at a hit of the period holds at
//! least T distinct hits, or T distinct values (`spec/windows.md`). What is found is a function of the *set* of hits: order,
//! duplicates and batches do not matter, and another hit only ever opens an alert, raises a count or widens a span.
//!
//! Knows no wall clock, does no I/O. The rows of a group are the truth, and everything else is folded from them. Memory holds
//! all of them, or is a cache ([`cache`]): then what hits need is loaded before they are folded in.

pub mod cache;
mod crossing;
pub mod finding;
mod gathered;
mod group;
mod key;
mod overflow;
pub mod pressure;
mod read_out;
mod rows;
mod scope;
pub mod sketch;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

use std::collections::btree_map;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use tripline_rules::rule::{Count, RuleId, Window};

use crate::hit::{Facts, Group as GroupValues, Hit};
use crossing::Need;
use finding::Period;
use gathered::cost;
use group::{Group, Spec, With};
use overflow::Overflow;
pub use overflow::Shared;
use sketch::{Bucket, Name, Sketch};

/// Event ids of an alert, and rows of a fired period: beyond them counts are a bound (`spec/windows.md` §3).
const ROWS_MAX: usize = 1000;

/// Groups of one rule in one period that have an alert of their own; the rest share one. Public rule sets have rules that
/// match nearly half of all traffic: they must cost rows, not alerts.
const GROUPS_MAX: usize = 1000;

/// Where the hits went: `hits = counted + duplicate + too_old + over_budget`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HitTally {
    /// Hits that came.
    pub hits: u64,
    /// Hits that were new.
    pub counted: u64,
    /// Hits that were there already.
    pub duplicate: u64,
    /// Hits of window rules that came too late to be counted with others.
    pub too_old: u64,
    /// Hits of rules under pressure that only a sketch counted, or an alert that is shared.
    pub over_budget: u64,
}

impl HitTally {
    /// What came since then.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            hits: self.hits - before.hits,
            counted: self.counted - before.counted,
            duplicate: self.duplicate - before.duplicate,
            too_old: self.too_old - before.too_old,
            over_budget: self.over_budget - before.over_budget,
        }
    }

    /// Whether every hit is somewhere.
    pub fn balances(&self) -> bool {
        self.hits == self.counted + self.duplicate + self.too_old + self.over_budget
    }
}

/// What became of a hit.
enum Fate {
    Counted,
    Duplicate,
    OverBudget,
}

/// A hit of a rule that suppresses nothing, by (rule, time, account, event id).
type EventPlace = (RuleId, i64, String, String);

/// Names a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingKey {
    rule: RuleId,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// A group in a period.
    Group(GroupValues, Period),
    /// The groups of a period beyond the first thousand.
    Overflow(Period),
    /// One event of a rule that suppresses nothing: (time, account, event id).
    Event(i64, String, String),
}

/// The windows of one rule set.
#[derive(Debug)]
pub struct Windows {
    /// By rule; none for a rule that suppresses nothing.
    specs: Vec<Option<Spec>>,
    groups: HashMap<(RuleId, GroupValues), Group>,
    overflows: BTreeMap<(RuleId, Period), Overflow>,
    events: BTreeMap<EventPlace, (GroupValues, Arc<Facts>)>,
    groups_max: usize,
    tally: HitTally,
    /// What is older is late, seconds; only ever moves on.
    late_before_s: Option<i64>,
    /// Whether memory holds everything.
    complete: bool,
    /// Batches folded in so far: what was touched when.
    turn: u64,
    /// What groups and events cost in memory, about.
    bytes: usize,
    /// Rules whose rows are beyond their budget.
    pressed: BTreeSet<RuleId>,
    /// Groups without rows among those that the present commit hits.
    cold: HashSet<(RuleId, GroupValues)>,
    /// What rules are called in the sketch.
    rule_keys: Vec<String>,
    sketch: Sketch,
    /// What the present commit has added to the sketch.
    sketched: BTreeMap<Bucket, Vec<Name>>,
}

impl Windows {
    /// Empty windows for rules in the order of their ids.
    pub fn new<'w>(windows: impl IntoIterator<Item = &'w Window>) -> Self {
        Self::with_limits(windows, ROWS_MAX, GROUPS_MAX)
    }

    fn with_limits<'w>(
        windows: impl IntoIterator<Item = &'w Window>,
        rows_max: usize,
        groups_max: usize,
    ) -> Self {
        let spec = |window: &Window| {
            (window.suppress_s > 0).then(|| Spec {
                need: Need {
                    values: matches!(window.count, Count::Values(_)),
                    threshold: usize::try_from(window.threshold.max(1)).unwrap_or(usize::MAX),
                    within_s: i64::from(window.within_s),
                },
                suppress_s: window.suppress_s,
                rows_max,
            })
        };
        Self {
            specs: windows.into_iter().map(spec).collect(),
            groups: HashMap::new(),
            overflows: BTreeMap::new(),
            events: BTreeMap::new(),
            groups_max,
            tally: HitTally::default(),
            late_before_s: None,
            complete: true,
            turn: 0,
            bytes: 0,
            pressed: BTreeSet::new(),
            cold: HashSet::new(),
            rule_keys: Vec::new(),
            sketch: Sketch::default(),
            sketched: BTreeMap::new(),
        }
    }

    /// From now on hits of events that are older than that are late.
    pub fn set_late_before(&mut self, time_s: i64) {
        self.late_before_s = self.late_before_s.max(Some(time_s));
    }

    /// How far back the hits of a rule are needed for all that is not late, seconds: a window reaches back by its length, its
    /// period began before it, and the period before that may be continued.
    pub fn horizon_s(&self, rule: RuleId) -> Option<i64> {
        let length_s =
            self.specs[rule.index()].map_or(0, |spec| spec.need.within_s + 2 * i64::from(spec.suppress_s));
        self.late_before_s.map(|time_s| time_s.saturating_sub(length_s))
    }

    /// Whether a hit is too late to be counted with others: some of them may be gone. A single event is worth an alert however
    /// late it comes.
    pub fn is_too_late(&self, hit: &Hit) -> bool {
        let is_single = self.specs[hit.rule.index()].is_none_or(Spec::is_single);
        !is_single && self.late_before_s.is_some_and(|time_s| hit.event.time_s < time_s)
    }

    /// Forgets every hit and every period that is behind the horizon of its rule.
    pub fn forget(&mut self) {
        let Some(before_s) = self.late_before_s else { return };
        let horizons: Vec<i64> =
            (0..).map(RuleId).zip(&self.specs).filter_map(|(rule, _)| self.horizon_s(rule)).collect();
        let (specs, bytes) = (&self.specs, &mut self.bytes);
        self.groups.retain(|(rule, _), group| {
            *bytes -= group.bytes();
            let stays = specs[rule.index()].is_some_and(|spec| group.forget(&spec, horizons[rule.index()]));
            *bytes += if stays { group.bytes() } else { 0 };
            stays
        });
        self.overflows.retain(|(rule, period), _| {
            period.start_s.saturating_add(i64::from(period.length_s)) > horizons[rule.index()]
        });
        self.events.retain(|(_, time_s, _, _), (_, event)| {
            let stays = *time_s >= before_s;
            *bytes -= if stays { 0 } else { cost(event) };
            stays
        });
        self.groups.shrink_to_fit();
    }

    /// Folds a batch of hits in. Returns the findings that opened, with `true`, or changed. Hits that are to have no row are
    /// taken out of it, and too late ones; the rules of all these are added to `unkept`.
    pub fn apply(&mut self, hits: &mut Vec<Hit>, unkept: &mut Vec<RuleId>) -> BTreeMap<FindingKey, bool> {
        let mut changed = BTreeMap::new();
        self.turn += 1;
        hits.retain_mut(|hit| {
            let kept = self.apply_one(hit, &mut changed);
            if !kept {
                unkept.push(hit.rule);
            }
            kept
        });
        changed
    }

    /// Folds one hit in and counts where it went. Whether it is to have a row.
    fn apply_one(&mut self, hit: &mut Hit, changed: &mut BTreeMap<FindingKey, bool>) -> bool {
        self.tally.hits += 1;
        if self.is_too_late(hit) {
            self.tally.too_old += 1;
            return false;
        }
        let (fate, kept) = match self.specs[hit.rule.index()] {
            Some(spec) => self.apply_windowed(spec, hit, changed),
            None => (self.apply_event(hit, changed), true),
        };
        match fate {
            Fate::Counted => self.tally.counted += 1,
            Fate::Duplicate => self.tally.duplicate += 1,
            Fate::OverBudget => self.tally.over_budget += 1,
        }
        kept
    }

    fn apply_windowed(
        &mut self,
        spec: Spec,
        hit: &mut Hit,
        changed: &mut BTreeMap<FindingKey, bool>,
    ) -> (Fate, bool) {
        let place = (hit.rule, Arc::clone(&hit.group));
        if self.cold.contains(&place) {
            if !self.gets_row(&spec, hit) {
                return (Fate::OverBudget, false);
            }
            self.cold.remove(&place);
        }
        hit.carried = hit.carried.max(self.carried(&spec, hit));
        let late = self.horizon_s(hit.rule).is_some_and(|horizon_s| hit.event.time_s < horizon_s);
        let with = With { late, carried: hit.carried };
        let kept = !self.needs_no_row(&spec, hit);
        let known = self.groups.get(&place).map_or(0, Group::bytes);
        let group = self.groups.entry(place).or_default();
        group.touched = self.turn;
        let applied = group.apply(&spec, key::of(hit), &hit.event, with);
        self.bytes = self.bytes + group.bytes() - known;
        for (period, opened) in applied.changed {
            let overflow = self.overflows.entry((hit.rule, period)).or_default();
            let own = if opened {
                overflow.admit(&hit.group, self.groups_max)
            } else {
                overflow.has_own(&hit.group)
            };
            let what = if own { What::Group(Arc::clone(&hit.group), period) } else { What::Overflow(period) };
            *changed.entry(FindingKey { rule: hit.rule, what }).or_default() |=
                opened && (own || overflow.is_new());
        }
        (if applied.counted { Fate::Counted } else { Fate::Duplicate }, kept)
    }

    fn apply_event(&mut self, hit: &Hit, changed: &mut BTreeMap<FindingKey, bool>) -> Fate {
        let Some(new) = self.keep_event(hit) else { return Fate::Duplicate };
        if !self.complete {
            // It has no state, but is here.
            let place = (hit.rule, Arc::clone(&hit.group));
            let known = self.groups.get(&place).map_or(0, Group::bytes);
            let group = self.groups.entry(place).or_default();
            group.touched = self.turn;
            self.bytes = self.bytes + group.bytes() - known;
        }
        let event = &hit.event;
        let what = What::Event(event.time_s, event.account.clone(), event.event_id.clone());
        changed.insert(FindingKey { rule: hit.rule, what }, new);
        if new { Fate::Counted } else { Fate::Duplicate }
    }

    /// Keeps the event of a rule that suppresses nothing: whether it is new; none when it is there already.
    fn keep_event(&mut self, hit: &Hit) -> Option<bool> {
        let event = &hit.event;
        let place = (hit.rule, event.time_s, event.account.clone(), event.event_id.clone());
        let delivered = (Arc::clone(&hit.group), Arc::clone(event));
        match self.events.entry(place) {
            btree_map::Entry::Vacant(free) => {
                self.bytes += cost(event);
                free.insert(delivered);
                Some(true)
            }
            btree_map::Entry::Occupied(mut kept) if event.precedes(&kept.get().1) => {
                self.bytes = self.bytes + cost(event) - cost(&kept.get().1);
                kept.insert(delivered);
                Some(false)
            }
            btree_map::Entry::Occupied(_) => None,
        }
    }

    /// Where the hits went.
    pub fn tally(&self) -> HitTally {
        self.tally
    }

    /// Folds a hit in that an earlier run has counted.
    pub fn restore(&mut self, hit: &Hit) {
        let before = self.tally;
        self.turn += 1;
        self.apply_one(&mut hit.clone(), &mut BTreeMap::new());
        self.tally = before;
    }

    /// What all of it costs in memory, about.
    pub fn bytes(&self) -> usize {
        self.bytes + self.sketch.bytes()
    }

    /// How many groups have state.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }
}
