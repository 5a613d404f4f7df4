//! Beyond the budget of rows (`spec/windows.md` §6, the third tier). Of a rule *under pressure* the hits of groups that have no
//! rows yet are counted by the sketch alone. A hit that may complete a window, of hits with rows and without, gets a row that
//! carries what is missing, and its group has rows from then on. So no crossing of an `event_count` rule is missed, and what was estimated says so.
//!
//! Groups that have rows go on exactly: only what changes nothing but a count that is a bound already gets no row.

use std::collections::{BTreeMap, BTreeSet};

use tripline_rules::rule::RuleId;

use super::group::Spec;
use super::sketch::{Bucket, Cut, Name, Sketch};
use super::{GroupValues, Windows, key};
use crate::hit::Hit;

impl Windows {
    /// The rules whose rows are beyond their budget.
    pub fn set_pressed(&mut self, pressed: BTreeSet<RuleId>) {
        self.pressed = pressed;
    }

    /// Whether groups of a rule that have no rows are told to [`Windows::is_cold`] rather than loaded.
    pub fn counts_cold(&self, rule: RuleId) -> bool {
        self.specs[rule.index()].is_some() && (self.pressed.contains(&rule) || !self.sketch.is_empty())
    }

    /// A group has no rows.
    pub fn is_cold(&mut self, rule: RuleId, group: &GroupValues) {
        self.cold.insert((rule, GroupValues::clone(group)));
    }

    /// What the rules are called in the sketch, in the order of their ids: over reloads and restarts the same.
    pub fn set_rule_keys(&mut self, keys: Vec<String>) {
        self.rule_keys = keys;
    }

    /// What the sketch may cost follows from what windows may cost, in bytes. Nothing may be counted yet.
    pub fn set_bytes_max(&mut self, bytes_max: usize) {
        self.sketch = Sketch::within(bytes_max);
    }

    /// What the sketch alone has counted since the last call, and which of its buckets went since.
    pub fn sketched(&mut self, time_s: Option<i64>) -> (BTreeMap<Bucket, Vec<Name>>, Vec<Bucket>) {
        // Whatever was cold may have rows by the next commit.
        self.cold.clear();
        let gone =
            if self.sketch.is_empty() { Vec::new() } else { self.sketch.forget(time_s.unwrap_or(i64::MIN)) };
        (std::mem::take(&mut self.sketched), gone)
    }

    /// Counts what an earlier run has sketched.
    pub fn restore_sketched(&mut self, bucket: Bucket, names: &[Name]) {
        names.iter().for_each(|name| self.sketch.add(bucket, *name));
    }

    /// What a hit of a cold group comes to: whether it gets a row, or only a sketch knows of it, or the alert that all such
    /// groups share.
    pub(super) fn gets_row(&mut self, spec: &Spec, hit: &Hit) -> bool {
        let (pressed, time_s) = (self.pressed.contains(&hit.rule), hit.event.time_s);
        if !pressed {
            return true;
        }
        // One of many whose alert is shared already: a row would change nothing but its count.
        let overflow = self.overflows.get(&(hit.rule, spec.period_of(time_s)));
        let is_one_of_many = overflow.is_some_and(|overflow| overflow.shares(self.groups_max));
        if spec.is_single() || is_one_of_many {
            return !is_one_of_many;
        }
        let cut = Cut::of(spec.need.within_s);
        let fires_alone = spec.need.threshold == 1;
        if fires_alone || !self.sketch.reaches(cut, time_s) || self.carried(spec, hit) > 0 {
            return true;
        }
        let (bucket, name) = (cut.bucket(time_s), self.name(hit));
        self.sketch.add(bucket, name);
        self.sketched.entry(bucket).or_default().push(name);
        false
    }

    /// How many a hit carries that have no rows: as many as make its period fire, when a window that holds it may hold enough
    /// of what has rows and what was sketched.
    pub(super) fn carried(&self, spec: &Spec, hit: &Hit) -> u32 {
        if self.sketch.is_empty() || spec.is_single() {
            return 0;
        }
        let (time_s, within_s) = (hit.event.time_s, spec.need.within_s);
        let group = self.groups.get(&(hit.rule, GroupValues::clone(&hit.group)));
        if group.is_some_and(|group| group.has_fired(spec, time_s)) {
            return 0;
        }
        let most = self.sketch.most(Cut::of(within_s), self.name(hit), time_s);
        let near = group.map_or(0, |group| group.rows_near(time_s, within_s));
        let missing = spec.need.threshold - 1;
        let enough = most > 0 && most.saturating_add(near) >= missing as u64;
        if enough { u32::try_from(missing).unwrap_or(u32::MAX) } else { 0 }
    }

    fn name(&self, hit: &Hit) -> Name {
        let rule = self.rule_keys.get(hit.rule.index()).map_or("", String::as_str);
        key::of_group(rule, &hit.group)
    }

    /// Whether a hit of a group that is here needs no row.
    pub(super) fn needs_no_row(&self, spec: &Spec, hit: &Hit) -> bool {
        if hit.carried > 0 || !self.pressed.contains(&hit.rule) {
            return false;
        }
        let group = self.groups.get(&(hit.rule, GroupValues::clone(&hit.group)));
        group.is_some_and(|group| group.is_saturated(spec, hit.event.time_s))
    }
}
