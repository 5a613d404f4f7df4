//! One (rule, group): its rows, and what they amount to in each period.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::crossing::Need;
use super::finding::{Crossing, Evidence, Period, Scope};
use super::gathered::Gathered;
use super::key::{self, Key};
use super::rows::Rows;
use super::scope::PeriodScope;
use crate::hit::Facts;

/// What a group, a row of it, a period and a value of a period cost in memory beside their events; about.
const GROUP_BYTES: usize = 1_200;
const ROW_BYTES: usize = 64;
const PERIOD_BYTES: usize = 500;
const VALUE_BYTES: usize = 40;

/// What one rule asks of all its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) need: Need,
    /// S, seconds; positive.
    pub(super) suppress_s: u32,
    /// Rows of a fired period that are kept beside those that later windows need, and event ids of an alert.
    pub(super) rows_max: usize,
}

impl Spec {
    /// Whether every hit is worth an alert by itself.
    pub(super) fn is_single(self) -> bool {
        self.need.threshold == 1 && !self.need.values
    }

    pub(super) fn period_of(&self, time_s: i64) -> Period {
        let length = i64::from(self.suppress_s);
        Period { start_s: time_s.div_euclid(length).saturating_mul(length), length_s: self.suppress_s }
    }
}

/// What the hits of one period amount to.
#[derive(Debug, Clone)]
struct InPeriod {
    /// Distinct events, and hits that only a sketch counted.
    count: u64,
    first_s: i64,
    last_s: i64,
    values: HashSet<Key>,
    gathered: Gathered,
    scope: PeriodScope,
    /// e*: the end of the earliest satisfied window that ends at a hit of this period.
    fired_at_s: Option<i64>,
    /// The last of the first `rows_max` rows, once there are more.
    kept_end: Option<(i64, Key)>,
    rows: usize,
    /// A hit of it came when others of it may have been forgotten.
    late: bool,
    /// Hits were counted by a sketch.
    approximate: bool,
}

/// What comes with a hit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct With {
    /// Others may have come before it and been forgotten.
    pub(super) late: bool,
    /// So many of the group came before it and have no rows: a sketch counted them.
    pub(super) carried: u32,
}

/// A fired period, read out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fired {
    pub(super) count: u64,
    pub(super) count_exact: bool,
    pub(super) distinct: Option<u64>,
    pub(super) first_s: i64,
    pub(super) last_s: i64,
    pub(super) crossing: Crossing,
    pub(super) continues: bool,
    pub(super) evidence: Evidence,
    pub(super) scope: Scope,
    pub(super) late: bool,
    pub(super) approximate: bool,
}

/// What a hit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Applied {
    /// Whether it was counted; if not, it was there already.
    pub(super) counted: bool,
    /// The periods, earliest first, that fired now (`true`) or had fired and changed.
    pub(super) changed: Vec<(Period, bool)>,
}

/// The state of a group.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    rows: Rows,
    /// Boxed: a tree's node has room for eleven.
    periods: BTreeMap<i64, Box<InPeriod>>,
    /// The batch that it was hit in last.
    pub(super) touched: u64,
}

impl Group {
    /// Folds one hit in, and with it as many that came before it and have no rows.
    pub(super) fn apply(&mut self, spec: &Spec, key: Key, event: &Arc<Facts>, with: With) -> Applied {
        let period = spec.period_of(event.time_s);
        let state =
            self.periods.entry(period.start_s).or_insert_with(|| Box::new(InPeriod::new(event.time_s, spec)));
        state.late |= with.late;
        state.approximate |= with.carried > 0;
        let mut changed = BTreeMap::new();
        let (added, widened) = (state.gathered.add(event), state.scope.add(event));
        // Of values a row is one a second; an event that repeats one has no row of its own, and counts.
        let counts_by_event = spec.need.values && added.is_new;
        state.count += u64::from(counts_by_event);
        if added.changed || widened || counts_by_event {
            changed.insert(period.start_s, false);
        }
        let counted = self.count(spec, (event.time_s, key), period, &mut changed) || counts_by_event;
        for n in 0..with.carried {
            let is_new = self.count(spec, (event.time_s, key::carried(key, n)), period, &mut changed);
            if spec.need.values
                && is_new
                && let Some(state) = self.periods.get_mut(&period.start_s)
            {
                state.count += 1;
            }
        }
        changed.retain(|start, _| self.periods.get(start).is_some_and(|state| state.fired_at_s.is_some()));
        let period = |start_s| Period { start_s, length_s: spec.suppress_s };
        Applied {
            counted,
            changed: changed.into_iter().map(|(start, opened)| (period(start), opened)).collect(),
        }
    }

    /// Counts a row in, unless it is there already. Whether it was counted.
    fn count(
        &mut self,
        spec: &Spec,
        row: (i64, Key),
        period: Period,
        changed: &mut BTreeMap<i64, bool>,
    ) -> bool {
        if !self.rows.insert(row.0, row.1) {
            return false;
        }
        if let Some(state) = self.periods.get_mut(&period.start_s) {
            state.count_in(row, spec);
        }
        for end in spec.need.satisfied_by(&self.rows, row, |end| self.matters(spec, end)) {
            self.fire(spec, end, changed);
        }
        self.prune(spec, row, period);
        // The period after may reach back to this row, or has become a continuation.
        changed.entry(period.start_s).or_insert(false);
        for start in changed.keys().copied().collect::<Vec<_>>() {
            changed.entry(start.saturating_add(i64::from(spec.suppress_s))).or_insert(false);
        }
        true
    }

    /// What it costs in memory, about.
    pub(super) fn bytes(&self) -> usize {
        let of = |state: &InPeriod| {
            PERIOD_BYTES + state.values.len() * VALUE_BYTES + state.gathered.bytes() + state.scope.bytes()
        };
        GROUP_BYTES
            + self.rows.len() * ROW_BYTES
            + self.periods.values().map(|state| of(state)).sum::<usize>()
    }

    /// Whether the period of a time has fired.
    pub(super) fn has_fired(&self, spec: &Spec, time_s: i64) -> bool {
        let state = self.periods.get(&spec.period_of(time_s).start_s);
        state.is_some_and(|state| state.fired_at_s.is_some())
    }

    /// How many hits there are within so many seconds of a time.
    pub(super) fn rows_near(&self, time_s: i64, within_s: i64) -> u64 {
        let (from_s, to_s) = (time_s.saturating_sub(within_s), time_s.saturating_add(within_s));
        self.rows.between(from_s, to_s).count() as u64
    }

    /// Whether another hit at that time changes nothing but a count that is a bound already.
    pub(super) fn is_saturated(&self, spec: &Spec, time_s: i64) -> bool {
        let state = self.periods.get(&spec.period_of(time_s).start_s);
        state.is_some_and(|state| {
            let is_bound = state.count > spec.rows_max as u64;
            // A value that is new still raises `distinct`.
            let knows_values = !spec.need.values || state.rows >= spec.rows_max;
            is_bound && knows_values && state.fired_at_s.is_some_and(|fired| fired < time_s)
        })
    }

    /// Whether a window that ends at `end` could tell something new.
    fn matters(&self, spec: &Spec, end_s: i64) -> bool {
        let state = self.periods.get(&spec.period_of(end_s).start_s);
        state.is_some_and(|state| state.fired_at_s.is_none_or(|fired| end_s <= fired))
    }

    fn fire(&mut self, spec: &Spec, end_s: i64, changed: &mut BTreeMap<i64, bool>) {
        let start = spec.period_of(end_s).start_s;
        if let Some(state) = self.periods.get_mut(&start) {
            let opened = state.fired_at_s.is_none();
            if state.fired_at_s.is_none_or(|fired| end_s <= fired) {
                state.fired_at_s = Some(end_s);
                *changed.entry(start).or_default() |= opened;
            }
        }
    }

    /// Drops the rows of a fired period that no later window and no evidence needs (`spec/windows.md` §3, saturation):
    /// after the crossing, beyond the first `rows_max`, older than the newest that the next window may reach back to.
    fn prune(&mut self, spec: &Spec, new: (i64, Key), period: Period) {
        let Some(state) = self.periods.get_mut(&period.start_s) else { return };
        let end_s = period.start_s.saturating_add(i64::from(period.length_s) - 1);
        state.place(&self.rows, new, spec, period.start_s);
        let (Some(kept_end), Some(fired_at_s)) = (state.kept_end, state.fired_at_s) else { return };
        let tail = self.rows.after(kept_end, end_s).filter(|row| row.0 > fired_at_s);
        if let Some(row) = spec.removable(tail) {
            self.rows.remove(row);
            state.rows -= 1;
        }
    }

    /// What a fired period amounts to; none for one that has not fired.
    pub(super) fn fired(&self, spec: &Spec, period: Period) -> Option<Fired> {
        let state = self.periods.get(&period.start_s)?;
        let previous = self.periods.get(&period.start_s.saturating_sub(i64::from(period.length_s)));
        let crossing = spec.need.crossing(&self.rows, state.fired_at_s?)?;
        // A window that reaches back may hold what was estimated there.
        let reached =
            previous.is_some_and(|previous| previous.approximate && crossing.from_s < period.start_s);
        let approximate = state.approximate || reached;
        Some(Fired {
            count: state.count,
            count_exact: state.count <= spec.rows_max as u64 && !approximate,
            distinct: spec.need.values.then_some(state.values.len() as u64),
            first_s: state.first_s,
            last_s: state.last_s,
            crossing,
            continues: previous.is_some_and(|state| state.fired_at_s.is_some()),
            evidence: state.gathered.evidence()?,
            scope: state.scope.read_out(),
            late: state.late,
            approximate,
        })
    }

    /// Forgets the periods that ended before `horizon_s`, and the hits of older seconds. Returns whether anything is left.
    pub(super) fn forget(&mut self, spec: &Spec, horizon_s: i64) -> bool {
        self.periods.retain(|start_s, _| start_s.saturating_add(i64::from(spec.suppress_s)) > horizon_s);
        // A window that ends in a period that is left reaches back so far.
        let first_s = self.periods.keys().next().map(|start_s| start_s.saturating_sub(spec.need.within_s));
        match first_s {
            Some(first_s) => self.rows.forget_before(first_s),
            None => self.rows = Rows::default(),
        }
        first_s.is_some()
    }

    /// The periods that fired, earliest first.
    pub(super) fn fired_periods(&self, spec: &Spec) -> impl Iterator<Item = Period> + '_ {
        let length_s = spec.suppress_s;
        let fired = self.periods.iter().filter(|(_, state)| state.fired_at_s.is_some());
        fired.map(move |(start, _)| Period { start_s: *start, length_s })
    }
}

impl Spec {
    /// Of rows in ascending order, the oldest that no window of the next period needs: such a window reaches back to at
    /// most the newest T − 1 hits, or to the latest hit of each of the T most recently seen values (a later hit may repeat
    /// one of those, hence T).
    fn removable(&self, tail: impl DoubleEndedIterator<Item = (i64, Key)>) -> Option<(i64, Key)> {
        let threshold = self.need.threshold;
        if !self.need.values {
            return tail.rev().nth(threshold - 1);
        }
        let mut seen = HashSet::new();
        tail.rev().filter(|(_, value)| !(seen.len() < threshold && seen.insert(*value))).last()
    }
}

impl InPeriod {
    fn new(time_s: i64, spec: &Spec) -> Self {
        Self {
            count: 0,
            first_s: time_s,
            last_s: time_s,
            values: HashSet::new(),
            gathered: Gathered::new(spec.rows_max),
            scope: PeriodScope::default(),
            fired_at_s: None,
            kept_end: None,
            rows: 0,
            late: false,
            approximate: false,
        }
    }

    fn count_in(&mut self, row: (i64, Key), spec: &Spec) {
        // Of values the event is counted, not the row.
        self.count += u64::from(!spec.need.values);
        self.rows += 1;
        self.first_s = self.first_s.min(row.0);
        self.last_s = self.last_s.max(row.0);
        if spec.need.values {
            self.values.insert(row.1);
        }
    }

    /// Keeps `kept_end` on the `rows_max`-th row of the period.
    fn place(&mut self, rows: &Rows, new: (i64, Key), spec: &Spec, start_s: i64) {
        match self.kept_end {
            Some(end) if new < end => self.kept_end = rows.before(end, start_s),
            Some(_) => {}
            None if self.rows > spec.rows_max => {
                self.kept_end = rows.between(start_s, self.last_s).nth(spec.rows_max - 1);
            }
            None => {}
        }
    }
}
