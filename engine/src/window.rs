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
mod rows;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tripline_rules::rule::{Count, RuleId, Window};

use crate::hit::{Facts, Group as GroupValues, Hit};
use crossing::Need;
use finding::{Crossing, Evidence, Finding, Period};
use group::{Group, Spec};
use overflow::Overflow;
pub use overflow::Shared;

/// Event ids of an alert, and rows of a fired period: beyond them counts are a bound (`spec/windows.md` §3).
const ROWS_MAX: usize = 1000;

/// Groups of one rule in one period that have an alert of their own; the rest share one. Public rule sets have rules that
/// match nearly half of all traffic: they must cost rows, not alerts.
const GROUPS_MAX: usize = 1000;

/// Where the hits went: `hits = counted + duplicate`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HitTally {
    /// Hits that came.
    pub hits: u64,
    /// Hits that were new.
    pub counted: u64,
    /// Hits that were there already.
    pub duplicate: u64,
}

impl HitTally {
    /// Whether every hit is somewhere.
    pub fn balances(&self) -> bool {
        self.hits == self.counted + self.duplicate
    }
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
        let specs = &self.specs;
        self.groups.retain(|(rule, _), group| {
            specs[rule.index()].is_some_and(|spec| group.forget(&spec, horizons[rule.index()]))
        });
        self.overflows.retain(|(rule, period), _| {
            period.start_s.saturating_add(i64::from(period.length_s)) > horizons[rule.index()]
        });
        self.events.retain(|(_, time_s, _, _), _| *time_s >= before_s);
        self.groups.shrink_to_fit();
    }

    /// Folds a batch of hits in. Returns the findings that opened, with `true`, or changed.
    pub fn apply(&mut self, hits: &[Hit]) -> BTreeMap<FindingKey, bool> {
        let mut changed = BTreeMap::new();
        self.turn += 1;
        for hit in hits {
            self.tally.hits += 1;
            let new = match self.specs[hit.rule.index()] {
                Some(spec) => self.apply_windowed(spec, hit, &mut changed),
                None => self.apply_event(hit, &mut changed),
            };
            if new { self.tally.counted += 1 } else { self.tally.duplicate += 1 }
        }
        changed
    }

    fn apply_windowed(&mut self, spec: Spec, hit: &Hit, changed: &mut BTreeMap<FindingKey, bool>) -> bool {
        let late = self.horizon_s(hit.rule).is_some_and(|horizon_s| hit.event.time_s < horizon_s);
        let group = self.groups.entry((hit.rule, Arc::clone(&hit.group))).or_default();
        group.touched = self.turn;
        let applied = group.apply(&spec, key::of(hit), &hit.event, late);
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
        applied.counted
    }

    fn apply_event(&mut self, hit: &Hit, changed: &mut BTreeMap<FindingKey, bool>) -> bool {
        let Some(new) = self.keep_event(hit) else { return false };
        if !self.complete {
            // It has no state, but is here.
            let group = self.groups.entry((hit.rule, Arc::clone(&hit.group))).or_default();
            group.touched = self.turn;
        }
        let event = &hit.event;
        let what = What::Event(event.time_s, event.account.clone(), event.event_id.clone());
        changed.insert(FindingKey { rule: hit.rule, what }, new);
        new
    }

    /// Keeps the event of a rule that suppresses nothing: whether it is new; none when it is there already.
    fn keep_event(&mut self, hit: &Hit) -> Option<bool> {
        let event = &hit.event;
        let place = (hit.rule, event.time_s, event.account.clone(), event.event_id.clone());
        let delivered = (Arc::clone(&hit.group), Arc::clone(event));
        match self.events.entry(place) {
            Entry::Vacant(free) => {
                free.insert(delivered);
                Some(true)
            }
            Entry::Occupied(mut kept) if event.precedes(&kept.get().1) => {
                kept.insert(delivered);
                Some(false)
            }
            Entry::Occupied(_) => None,
        }
    }

    /// The finding behind a key, as it stands now.
    pub fn finding(&self, key: &FindingKey) -> Option<Finding> {
        match &key.what {
            What::Group(group, period) => self.group_finding(key.rule, group, *period),
            What::Overflow(period) => self.overflow_finding(key.rule, *period),
            What::Event(time_s, account, id) => {
                let place = (key.rule, *time_s, account.clone(), id.clone());
                self.events.get(&place).map(|(group, event)| single(key.rule, group, event))
            }
        }
    }

    /// Every finding, in the order of first sight, then rule and group: the same for the same set of hits.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<_> = self.keyed_findings().into_iter().map(|(_, finding)| finding).collect();
        findings.sort_by(|one, other| {
            (one.first_seen_s, one.rule, &one.group).cmp(&(other.first_seen_s, other.rule, &other.group))
        });
        findings
    }

    /// Every finding with its key, in the order of the keys.
    pub fn keyed_findings(&self) -> Vec<(FindingKey, Finding)> {
        let mut keys = BTreeSet::new();
        for ((rule, group), state) in &self.groups {
            let Some(spec) = self.specs[rule.index()] else { continue };
            for period in state.fired_periods(&spec) {
                let own = self.overflows.get(&(*rule, period)).is_none_or(|overflow| overflow.has_own(group));
                let what = if own { What::Group(Arc::clone(group), period) } else { What::Overflow(period) };
                keys.insert(FindingKey { rule: *rule, what });
            }
        }
        for (rule, time_s, account, id) in self.events.keys() {
            keys.insert(FindingKey { rule: *rule, what: What::Event(*time_s, account.clone(), id.clone()) });
        }
        keys.into_iter().filter_map(|key| self.finding(&key).map(|finding| (key, finding))).collect()
    }

    /// Where the hits went.
    pub fn tally(&self) -> HitTally {
        self.tally
    }

    /// Folds a hit in that an earlier run has counted.
    pub fn restore(&mut self, hit: &Hit) {
        let before = self.tally;
        self.apply(std::slice::from_ref(hit));
        self.tally = before;
    }

    /// How many groups have state.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    fn group_finding(&self, rule: RuleId, group: &GroupValues, period: Period) -> Option<Finding> {
        let spec = self.specs[rule.index()]?;
        let fired = self.groups.get(&(rule, Arc::clone(group)))?.fired(&spec, period)?;
        Some(Finding {
            rule,
            group: Arc::clone(group),
            period: Some(period),
            count: fired.count,
            count_exact: fired.count_exact && !fired.late,
            distinct: fired.distinct,
            first_seen_s: fired.first_s,
            last_seen_s: fired.last_s,
            window: fired.crossing,
            continues: fired.continues,
            evidence: fired.evidence,
            approximate: false,
            late: fired.late,
        })
    }

    /// One finding for all groups of a period that have none of their own: sums and spans, the first one's evidence.
    fn overflow_finding(&self, rule: RuleId, period: Period) -> Option<Finding> {
        let overflow = self.overflows.get(&(rule, period))?;
        let part = |(group, counted)| Some((self.group_finding(rule, group, period)?, counted));
        let parts: Vec<(Finding, u64)> = overflow.folded().filter_map(part).collect();
        let before = overflow.before();
        let here: u64 = parts.iter().map(|(part, counted)| part.count.saturating_sub(*counted)).sum();
        let parts: Vec<Finding> = parts.into_iter().map(|(part, _)| part).collect();
        let first = parts.iter().min_by_key(|part| (part.first_seen_s, &part.group))?;
        let last = parts.iter().max_by_key(|part| (part.last_seen_s, &part.group))?;
        Some(Finding {
            group: Arc::from([]),
            count: before.map_or(0, |before| before.count) + here,
            count_exact: false,
            distinct: None,
            first_seen_s: before.map_or(first.first_seen_s, |before| before.first_s.min(first.first_seen_s)),
            last_seen_s: before.map_or(last.last_seen_s, |before| before.last_s.max(last.last_seen_s)),
            continues: false,
            evidence: Evidence { latest: Arc::clone(&last.evidence.latest), ..first.evidence.clone() },
            approximate: true,
            ..first.clone()
        })
    }
}

fn single(rule: RuleId, group: &GroupValues, event: &Arc<Facts>) -> Finding {
    let time_s = event.time_s;
    Finding {
        rule,
        group: Arc::clone(group),
        period: None,
        count: 1,
        count_exact: true,
        distinct: None,
        first_seen_s: time_s,
        last_seen_s: time_s,
        window: Crossing { from_s: time_s, to_s: time_s, n: 1 },
        continues: false,
        evidence: Evidence {
            first: Arc::clone(event),
            latest: Arc::clone(event),
            more: Vec::new(),
            event_ids: vec![event.event_id.clone()],
        },
        approximate: false,
        late: false,
    }
}
