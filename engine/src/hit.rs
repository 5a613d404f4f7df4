//! Rule R matched event E: what the window stage receives. A hit owns what it needs of its event, because the
//! event's bytes are gone when the batch is.

mod facts;
pub(crate) mod group;
pub(crate) mod target;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tripline_rules::plan::Ruleset;
use tripline_rules::rule::{Count, Rule, RuleId};

use crate::decode::Event;
pub use facts::{Facts, event_id};
use group::Missing;
pub(crate) use group::hex;
pub use target::Target;

/// The values by which hits of a rule are told apart, with their names, in the rule's order.
pub type Group = Arc<[(String, String)]>;

/// One rule matched one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule whose window this hit enters.
    pub rule: RuleId,
    /// The group it enters.
    pub group: Group,
    /// The value that a `value_count` rule counts; none for the others.
    pub value: Option<Arc<[String]>>,
    /// The event.
    pub event: Arc<Facts>,
    /// Hits of the group before it that have no rows, for only a sketch counted them.
    pub carried: u32,
}

/// The hits of an event: one for each matched rule that alerts, and one for each correlation that counts a matched rule.
/// Returns how many a correlation could not group, because the event lacks a field of its `group-by`, or a value to count
/// (design §5): those are no hits.
pub fn of_event(ruleset: &Ruleset, event: &Event<'_>, matched: &[RuleId], hits: &mut Vec<Hit>) -> u64 {
    if matched.is_empty() {
        return 0;
    }
    let facts = Arc::new(Facts::of(event));
    let mut ungrouped = 0;
    for base in matched {
        let own = ruleset.rule(*base).alerts.then_some((*base, Missing::Dash));
        let fed = ruleset.feeds(*base).iter().map(|correlation| (*correlation, Missing::Drop));
        for (id, missing) in own.into_iter().chain(fed) {
            match hit(id, ruleset.rule(id), *base, event, &facts, missing) {
                Some(hit) => hits.push(hit),
                None => ungrouped += 1,
            }
        }
    }
    ungrouped
}

fn hit(
    id: RuleId,
    rule: &Rule,
    base: RuleId,
    event: &Event<'_>,
    facts: &Arc<Facts>,
    missing: Missing,
) -> Option<Hit> {
    let value = match &rule.window.count {
        Count::Events => None,
        Count::Values(fields) => Some(group::values(fields, base, &event.slots)?),
    };
    let group = group::of(&rule.window.group_by, base, facts, &event.slots, missing)?;
    Some(Hit { rule: id, group, value, event: Arc::clone(facts), carried: 0 })
}
