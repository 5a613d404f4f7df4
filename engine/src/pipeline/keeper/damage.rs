//! Damaged rows of the store, found while the engine runs: they are moved aside, and detection goes on with the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tripline_rules::plan::Ruleset;

use super::{Keeper, Route};
use crate::store::{Aside, DAMAGED_ROWS_MAX, Damage, DamageTotal, Scope, Store, StoreError};
use crate::window::FindingKey;

impl Keeper {
    /// Moves aside the damaged rows that an error of the store names, or, if it names none, all that an examination of the whole
    /// store finds. Nothing was moved if the error is not about rows.
    ///
    /// Alerts whose body is lost are worded anew with the next commit if their group is in memory; the others when they grow.
    ///
    /// # Errors
    /// The store's.
    pub fn set_damage_aside(&mut self, error: &StoreError, now_ms: i64) -> Result<Aside, StoreError> {
        match error {
            StoreError::DamagedRows(rows) => {
                let aside = self.store.set_damage_aside(rows, now_ms)?;
                self.owe_again(&aside);
                Ok(aside)
            }
            error if error.is_damaged_row() => self.examine(Scope::All, now_ms),
            _ => Ok(Aside::default()),
        }
    }

    /// Examines rows of the store and moves aside those that are damaged. How far sources were read is left to
    /// `tripline store repair`: without it, records would be read twice or never.
    ///
    /// # Errors
    /// The store's.
    pub fn examine(&mut self, scope: Scope, now_ms: i64) -> Result<Aside, StoreError> {
        let mut found = self.store.examine(scope)?;
        found.retain(|damage| damage.table != "positions");
        let aside = self.store.set_damage_aside(&found, now_ms)?;
        self.owe_again(&aside);
        Ok(aside)
    }

    /// Returns how many damaged rows of each table were moved aside and wait for `tripline store repair`.
    ///
    /// # Errors
    /// The store's.
    pub fn damage_totals(&self) -> Result<Vec<DamageTotal>, StoreError> {
        self.store.damage_totals()
    }

    /// Makes the next commit write the alerts whose body was lost.
    fn owe_again(&mut self, aside: &Aside) {
        if aside.alerts.is_empty() {
            return;
        }
        let lost = self.state.alert_ids().into_iter().filter(|(_, id)| aside.alerts.contains(id));
        self.owed.extend(lost.map(|(key, _)| key));
    }
}

/// What a repair did.
#[derive(Debug, Default)]
pub struct Repaired {
    /// Damaged rows that were moved aside, at most [`DAMAGED_ROWS_MAX`] of them, in the order in which they were found.
    pub damaged: Vec<Damage>,
    /// Rows of which there is a copy in `damaged` now: those, and what referred to them.
    pub rows: u64,
    /// Totals of window rows that were computed anew.
    pub totals: u64,
    /// Alerts that are again what their window rows amount to.
    pub rebuilt: u64,
    /// Alerts of which some window rows are gone: only their id, rule, account, level, count and last event are known.
    pub incomplete: Vec<String>,
}

impl Keeper {
    /// Moves every damaged row of a store aside, and folds the window rows that are left into the alerts that were damaged since
    /// the last repair. Everything is settled after it.
    ///
    /// # Errors
    /// The store's; a row remains damaged, which is a bug of ours.
    pub fn repair(
        mut store: Store,
        ruleset: &Arc<Ruleset>,
        route: Route,
        now_ms: i64,
    ) -> Result<Repaired, StoreError> {
        let mut repaired = Repaired::default();
        loop {
            let found = store.examine(Scope::All)?;
            if found.is_empty() {
                break;
            }
            let aside = store.set_damage_aside(&found, now_ms)?;
            if aside.rows + aside.totals == 0 {
                return Err(StoreError::DamagedRows(found));
            }
            repaired.rows += aside.rows;
            repaired.totals += aside.totals;
            let room = DAMAGED_ROWS_MAX.saturating_sub(repaired.damaged.len());
            repaired.damaged.extend(found.into_iter().take(room));
        }
        store.rebuild_indexes()?;
        let lost = store.lost_alerts()?;
        let mut keeper = Self::open(store, ruleset, route)?;
        if !lost.are_rows_gone {
            // Alerts that the rows amount to and that nobody asked for: rules may have changed since.
            keeper.owed.clear();
        }
        keeper.rebuild(&lost.ids, now_ms, &mut repaired)?;
        keeper.store.settle_damage(now_ms)?;
        Ok(repaired)
    }

    /// Writes these alerts, and those that are owed, as the window rows amount to them.
    fn rebuild(
        &mut self,
        ids: &BTreeSet<String>,
        now_ms: i64,
        repaired: &mut Repaired,
    ) -> Result<(), StoreError> {
        let known = self.state.alert_ids().into_iter().filter(|(_, id)| ids.contains(id));
        let known: BTreeMap<String, FindingKey> = known.map(|(key, id)| (id, key)).collect();
        self.owed.extend(known.values().cloned());
        let mut folded = self.fold(Vec::new());
        if folded.is_due() {
            self.write(&mut folded, &[], &[], now_ms)?;
        }
        for id in ids {
            let rebuilt = known.get(id).and_then(|key| self.state.alert(key));
            let stored = self.store.alert_body(id)?;
            if rebuilt.is_some_and(|alert| stored.is_some_and(|stored| stored.summary == alert.summary)) {
                repaired.rebuilt += 1;
            } else {
                repaired.incomplete.push(id.clone());
            }
        }
        Ok(())
    }
}
