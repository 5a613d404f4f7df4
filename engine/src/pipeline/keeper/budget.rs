//! The budget of window rows: what they cost in all and for one rule, which rules are beyond it, and since when.

use std::collections::{BTreeMap, BTreeSet};

use tripline_rules::rule::RuleId;

use super::Keeper;
use crate::store::{Pressure, StoreError};
use crate::window::sketch;

/// Pressure ends when what is kept has fallen to so many hundredths of the budget: not at every row that goes.
const RELIEF_PERCENT: u64 = 90;

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
        let open = self.store.pressures()?.into_iter().filter(|pressure| pressure.to_ms.is_none());
        self.pressures = open.map(|pressure| (pressure.rule, pressure.from_ms)).collect();
        let state = &mut self.state;
        self.store.sketched(|bucket, bytes| {
            let problem = || StoreError::Row { table: "sketched", problem: "no names of ours".to_owned() };
            state.restore_sketched(bucket, &sketch::read(bytes).ok_or_else(problem)?);
            Ok(())
        })?;
        self.weigh(now_ms)
    }

    /// Rules that are beyond their budget, by id, and since when, milliseconds since the epoch.
    pub fn pressures(&self) -> &BTreeMap<String, i64> {
        &self.pressures
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
                let before = self.pressures.contains_key(&self.state.ruleset().rule(*rule).meta.id);
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
        let over: Vec<String> = self.pressures.keys().filter(|id| !ids.contains(*id)).cloned().collect();
        for rule in over {
            let from_ms = self.pressures.get(&rule).copied().unwrap_or(now_ms);
            self.store.set_pressure(&Pressure { rule: rule.clone(), from_ms, to_ms: Some(now_ms) })?;
            self.pressures.remove(&rule);
        }
        for rule in ids {
            if !self.pressures.contains_key(&rule) {
                self.store.set_pressure(&Pressure { rule: rule.clone(), from_ms: now_ms, to_ms: None })?;
                self.pressures.insert(rule, now_ms);
            }
        }
        Ok(())
    }
}
