//! The budget of window rows: what they cost in all and for one rule, which rules are beyond it, and since when.

use std::collections::{BTreeMap, BTreeSet};

use tripline_rules::rule::RuleId;

use super::Keeper;
use crate::store::{Pressure, StoreError};
use crate::window::sketch;

/// Pressure ends when what is kept has fallen to so many hundredths of the budget: not at every row that goes.
const RELIEF_PERCENT: u64 = 90;

/// A stretch that ended is known for so long, milliseconds: whoever tells of it may have died before.
const TOLD_AGAIN_MS: i64 = 24 * 3_600_000;

/// What window rows may cost, in bytes of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Those of one rule.
    pub rule_bytes_max: u64,
    /// All of them.
    pub bytes_max: u64,
}

impl Budget {
    /// No limit.
    pub const NONE: Self = Self { rule_bytes_max: u64::MAX, bytes_max: u64::MAX };

    /// Whether rows of one key that cost so much, among `keys` that cost `all`, are too many. When all together are, those are
    /// that have more than their share. Who was beyond it before must fall further.
    fn is_exceeded(&self, bytes: u64, all: u64, keys: u64, before: bool) -> bool {
        let limit = |max: u64| if before { max / 100 * RELIEF_PERCENT } else { max };
        bytes > limit(self.rule_bytes_max)
            || (all > limit(self.bytes_max) && bytes > limit(self.bytes_max) / keys.max(1))
    }
}

impl Keeper {
    /// From now on window rows have a budget.
    ///
    /// # Errors
    /// The store's.
    pub fn set_budget(&mut self, budget: Budget, now_ms: i64) -> Result<(), StoreError> {
        self.budget = budget;
        // What is read here and cannot be read must not keep the engine from starting.
        self.store.set_small_damage_aside(now_ms)?;
        let since_ms = now_ms.saturating_sub(TOLD_AGAIN_MS);
        let stretches = self.store.pressures()?.into_iter().rev();
        let lately = stretches.filter(|pressure| pressure.to_ms.is_none_or(|to_ms| to_ms >= since_ms));
        self.pressures = lately.map(|pressure| (pressure.rule.clone(), pressure)).collect();
        let state = &mut self.state;
        self.store.sketched(|bucket, bytes| {
            let problem = || StoreError::Row { table: "sketched", problem: "no names of ours".to_owned() };
            state.restore_sketched(bucket, &sketch::read(bytes).ok_or_else(problem)?);
            Ok(())
        })?;
        self.weigh(now_ms)
    }

    /// Of each rule, by its id, the latest stretch beyond its budget, if that lasts or ended lately.
    pub fn pressures(&self) -> &BTreeMap<String, Pressure> {
        &self.pressures
    }

    /// How many rules are beyond their budget.
    pub fn under_pressure(&self) -> usize {
        self.pressures.values().filter(|pressure| pressure.to_ms.is_none()).count()
    }

    /// Holds what is kept against the budget.
    ///
    /// # Errors
    /// The store's; then all is as it was, and it may be done again.
    pub(super) fn weigh(&mut self, now_ms: i64) -> Result<(), StoreError> {
        if self.budget == Budget::NONE {
            return Ok(());
        }
        let totals = self.store.row_totals()?;
        let all = totals.iter().map(|total| total.bytes).sum();
        let keys = totals.iter().filter(|total| total.rows > 0).count() as u64;
        let mut pressed = BTreeSet::new();
        for total in &totals {
            for rule in self.keys.rules(&total.rule) {
                let known = self.pressures.get(&self.state.ruleset().rule(*rule).meta.id);
                let before = known.is_some_and(|pressure| pressure.to_ms.is_none());
                if self.budget.is_exceeded(total.bytes, all, keys, before) {
                    pressed.insert(*rule);
                }
            }
        }
        self.note(&pressed, now_ms)?;
        self.state.set_pressed(pressed);
        Ok(())
    }

    /// Writes down whose pressure begins, and whose ends.
    fn note(&mut self, pressed: &BTreeSet<RuleId>, now_ms: i64) -> Result<(), StoreError> {
        let ruleset = self.state.ruleset();
        let ids: BTreeSet<String> = pressed.iter().map(|rule| ruleset.rule(*rule).meta.id.clone()).collect();
        let is_open = |pressure: &Pressure| pressure.to_ms.is_none();
        let over =
            self.pressures.values().filter(|pressure| is_open(pressure) && !ids.contains(&pressure.rule));
        let ended = over.map(|pressure| Pressure { to_ms: Some(now_ms), ..pressure.clone() });
        let begun = ids.iter().filter(|rule| !self.pressures.get(*rule).is_some_and(is_open));
        let begun = begun.map(|rule| Pressure { rule: rule.clone(), from_ms: now_ms, to_ms: None });
        for pressure in ended.chain(begun).collect::<Vec<_>>() {
            self.store.set_pressure(&pressure)?;
            self.pressures.insert(pressure.rule.clone(), pressure);
        }
        Ok(())
    }
}
