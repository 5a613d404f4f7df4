//! Memory as a cache of the store's rows: what hits need is loaded before they are folded in, and what was not hit for long
//! goes again.

use tripline_rules::rule::RuleId;

use super::Keeper;
use super::rows::kept;
use crate::hit::Group;
use crate::pipeline::Matched;
use crate::store::StoreError;
use crate::window::{FindingKey, Shared};

impl Keeper {
    /// Loads what these records need; folding them in needs no store after that. Hits that were matched with older rules become
    /// those of the present ones; of such that are no rule's any more it adds to `dropped`.
    ///
    /// # Errors
    /// The store's; then the same may be loaded again.
    pub fn load(&mut self, batches: &mut [Matched], dropped: &mut u64) -> Result<(), StoreError> {
        *dropped += self.translate(batches);
        for batch in &*batches {
            let needs = self.state.needs(batch);
            for (rule, period) in needs.periods {
                let id = &self.state.ruleset().rule(rule).meta.id;
                let end_s = period.start_s.saturating_add(i64::from(period.length_s));
                let (own, shared) = self.store.period_alerts(id, end_s)?;
                let shared = shared.map(|stored| Shared {
                    count: stored.alert.count,
                    first_s: stored.alert.first_seen_s,
                    last_s: stored.alert.last_seen_s,
                });
                self.state.load_period(rule, period, own, shared);
            }
            for (rule, group) in needs.groups {
                if self.state.counts_cold(rule) && !self.store.has_rows(self.keys.of(rule), &group)? {
                    self.state.is_cold(rule, &group);
                    continue;
                }
                for key in self.load_group(rule, &group)? {
                    // Its rows were written together with the alerts of then: what has none of its own was in the shared one.
                    self.state.share(&key);
                }
            }
        }
        Ok(())
    }

    /// Loads a group. Returns the alerts that it amounts to and that are not in the store.
    pub(super) fn load_group(&mut self, rule: RuleId, group: &Group) -> Result<Vec<FindingKey>, StoreError> {
        let from_s = self.state.horizon_s(rule).unwrap_or(i64::MIN);
        let mut hits = Vec::new();
        for stored in self.store.group_hits(self.keys.of(rule), group, from_s)? {
            hits.push(kept(stored, rule, self.state.ruleset())?);
        }
        let mut missing = Vec::new();
        for (key, id) in self.state.load(rule, group, &hits) {
            match self.store.has_alert(&id) {
                Ok(true) => {}
                Ok(false) => missing.push(key),
                Err(error) => {
                    self.state.unload(rule, group);
                    return Err(error);
                }
            }
        }
        Ok(missing)
    }

    /// Lets groups go that were not hit for long, when they cost too much. Everything folded in must be written.
    pub(super) fn evict(&mut self) {
        if let Some(bytes_max) = self.memory_bytes_max {
            self.state.evict(bytes_max);
        }
    }
}
