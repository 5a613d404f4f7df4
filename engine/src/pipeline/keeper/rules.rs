//! Another set of rules takes over. Everything that was folded in is written, so memory is let go, and loaded again under the
//! new rules as it is needed.

use std::collections::HashMap;
use std::sync::Arc;

use tripline_rules::plan::Ruleset;
use tripline_rules::rule::{RuleId, Window};

use super::Keeper;
use crate::pipeline::Matched;
use crate::pipeline::keys::RuleKeys;
use crate::store::{KnownRule, Store, StoreError};

/// Older sets of which it is known what their rules are now: far more than reloads that a record can outlast on its way.
const GENERATIONS_MAX: usize = 256;

/// What a store says to a set of rules.
pub(super) struct Known {
    pub(super) keys: RuleKeys,
    /// Rules whose detection it has never seen.
    pub(super) new: Vec<RuleId>,
    /// Rules whose hits become alerts in another way than before.
    pub(super) reshaped: Vec<RuleId>,
}

pub(super) fn know(store: &mut Store, ruleset: &Ruleset) -> Result<Known, StoreError> {
    let keys = RuleKeys::new(ruleset);
    let known = keys.all().zip(ruleset.rules()).map(|(key, rule)| {
        let Window { threshold, suppress_s, .. } = rule.window;
        KnownRule { key, id: &rule.meta.id, shape: format!("{threshold} {suppress_s} {}", rule.alerts) }
    });
    let changed = store.know_rules(&known.collect::<Vec<_>>())?;
    let ids = |places: Vec<usize>| {
        places.into_iter().filter_map(|n| Some(RuleId(u32::try_from(n).ok()?))).collect()
    };
    Ok(Known { new: ids(changed.new), reshaped: ids(changed.reshaped), keys })
}

impl Keeper {
    /// Goes on under other rules, which are of this generation. Nothing may be folded that is not written.
    ///
    /// # Errors
    /// The store's; then the rules are what they were, and it may be tried again.
    pub fn adopt(&mut self, ruleset: &Arc<Ruleset>, generation: u64) -> Result<(), StoreError> {
        let known = know(&mut self.store, ruleset)?;
        let now: HashMap<(&str, &str), RuleId> = (0..)
            .map(RuleId)
            .zip(ruleset.rules().iter().zip(known.keys.all()))
            .map(|(id, (rule, key))| ((rule.meta.id.as_str(), key), id))
            .collect();
        let before = self.state.ruleset().rules().iter().zip(self.keys.all());
        let to_now: Vec<Option<RuleId>> =
            before.map(|(rule, key)| now.get(&(rule.meta.id.as_str(), key)).copied()).collect();
        for older in self.translations.values_mut() {
            older.iter_mut().for_each(|rule| *rule = rule.and_then(|rule| to_now[rule.index()]));
        }
        self.translations.insert(self.generation, to_now);
        while self.translations.len() > GENERATIONS_MAX {
            self.translations.pop_first();
        }
        self.state.go_on_under(ruleset);
        self.generation = generation;
        self.state.set_rule_keys(known.keys.all().map(str::to_owned).collect());
        self.keys = known.keys;
        self.new = known.new;
        self.reshaped = known.reshaped;
        Ok(())
    }

    /// Finds what the rows of reshaped rules amount to now and the store has no alert for: the next commit opens it.
    ///
    /// # Errors
    /// The store's; then it goes on there the next time.
    pub fn settle_reshaped(&mut self) -> Result<(), StoreError> {
        while let Some(rule) = self.reshaped.last().copied() {
            for group in self.store.groups_of(self.keys.of(rule))? {
                let missing = self.load_group(rule, &group)?;
                self.owed.extend(missing);
            }
            self.reshaped.pop();
        }
        Ok(())
    }

    /// Says of records that were matched with an older set of rules what their hits are in this one. Returns how many are of no
    /// rule any more.
    pub(super) fn translate(&self, batches: &mut [Matched]) -> u64 {
        let mut dropped = 0;
        for batch in batches.iter_mut().filter(|batch| batch.generation != self.generation) {
            let to_now = self.translations.get(&batch.generation);
            let before = batch.hits.len();
            batch.hits.retain_mut(|hit| {
                let now = to_now.and_then(|to_now| to_now.get(hit.rule.index()).copied().flatten());
                hit.rule = now.unwrap_or(hit.rule);
                now.is_some()
            });
            dropped += (before - batch.hits.len()) as u64;
            batch.generation = self.generation;
        }
        dropped
    }
}
