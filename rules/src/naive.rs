//! The judge of the matcher: every event rule, every predicate, one after the other. No index, no memo, no
//! interning. Slow and obvious on purpose.

use crate::field::Slots;
use crate::plan::Ruleset;
use crate::rule::{RuleId, Trigger};

/// The event rules that match, in the order of their ids.
pub fn hits(ruleset: &Ruleset, slots: &Slots<'_>) -> Vec<RuleId> {
    ruleset
        .ids()
        .filter(|id| match &ruleset.rule(*id).trigger {
            Trigger::Event(condition) => condition.is_surely(true, &mut |predicate| predicate.answer(slots)),
            Trigger::Rules(_) => false,
        })
        .collect()
}
