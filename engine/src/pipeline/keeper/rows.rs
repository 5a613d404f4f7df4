//! From rows back to hits.

use std::sync::Arc;

use tripline_rules::plan::Ruleset;
use tripline_rules::rule::RuleId;

use crate::hit::{Facts, Hit};
use crate::pipeline::State;
use crate::pipeline::keys::RuleKeys;
use crate::store::{Store, StoreError, StoredHit};
use crate::window::FindingKey;

/// Shows every hit of a store whose rule is loaded, in the order in which they came.
///
/// # Errors
/// The store's, or `each`'s.
pub fn each_hit(
    store: &Store,
    ruleset: &Ruleset,
    keys: &RuleKeys,
    each: &mut dyn FnMut(Hit) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut last: Option<Arc<Facts>> = None;
    store.hits(&mut |stored| {
        let rules = keys.rules(&stored.rule);
        if rules.is_empty() {
            return Ok(());
        }
        // Hits of one event stand in a row and share it.
        let shared = last.take();
        let is_same =
            |event: &Arc<Facts>| event.text == stored.text && event.logs_time_ms == stored.logs_time_ms;
        let mut hit = match shared.filter(is_same) {
            Some(event) => hit_of(stored, rules[0], event),
            None => kept(stored, rules[0], ruleset)?,
        };
        last = Some(Arc::clone(&hit.event));
        for rule in rules {
            hit.rule = *rule;
            each(hit.clone())?;
        }
        Ok(())
    })
}

/// A hit of a rule, as it was kept.
pub(super) fn kept(stored: StoredHit, rule: RuleId, ruleset: &Ruleset) -> Result<Hit, StoreError> {
    let facts = Facts::kept(&stored.text, stored.logs_time_ms, ruleset.fields());
    let event = facts.ok_or_else(|| {
        let problem = format!("the event of a hit of rule {} is no CloudTrail event", stored.rule);
        StoreError::Row { table: "events", problem }
    })?;
    Ok(hit_of(stored, rule, Arc::new(event)))
}

fn hit_of(stored: StoredHit, rule: RuleId, event: Arc<Facts>) -> Hit {
    let (value, carried) = (stored.value.map(Arc::from), stored.carried);
    Hit { rule, group: Arc::from(stored.group), value, event, carried }
}

/// The findings that the store has no alert for.
pub(super) fn owed(store: &Store, state: &State) -> Result<Vec<FindingKey>, StoreError> {
    let known = store.alert_ids()?;
    let keys = state.alert_ids().into_iter().filter(|(_, id)| !known.contains(id));
    Ok(keys.map(|(key, _)| key).collect())
}
