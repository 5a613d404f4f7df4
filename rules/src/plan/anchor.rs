//! The cheapest necessary predicates of a condition: if the condition holds, one of them does.

use super::PredicateId;
use super::share::ALL;
use crate::condition::Condition;

/// Above this share of traffic an anchor saves less than it costs.
const SHARE_MAX: u32 = ALL * 9 / 10;

/// Predicates of which at least one is necessary, and how much traffic they let through, in ten-thousandths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) predicates: Vec<PredicateId>,
    pub(super) share: u32,
}

/// How much traffic passes a predicate; none when the nodes of its field do not decide it.
pub(super) trait Share: Fn(PredicateId) -> Option<u32> {}
impl<F: Fn(PredicateId) -> Option<u32>> Share for F {}

/// Every anchor that `condition` offers and that is worth it, the best first.
pub(super) fn all(condition: &Condition<PredicateId>, share: &impl Share) -> Vec<Anchor> {
    let mut found = Vec::new();
    collect(condition, share, &mut found);
    found.retain(|anchor| anchor.share <= SHARE_MAX);
    found.sort_by_key(|anchor| anchor.share);
    found
}

/// Every part of an `All` is necessary, so each offers its own.
fn collect(condition: &Condition<PredicateId>, share: &impl Share, found: &mut Vec<Anchor>) {
    match condition {
        Condition::All(parts) => parts.iter().for_each(|part| collect(part, share, found)),
        _ => found.extend(best(condition, share)),
    }
}

fn best(condition: &Condition<PredicateId>, share: &impl Share) -> Option<Anchor> {
    match condition {
        Condition::Is(id) => share(*id).map(|share| Anchor { predicates: vec![*id], share }),
        Condition::All(parts) => {
            parts.iter().filter_map(|part| best(part, share)).min_by_key(|anchor| anchor.share)
        }
        // One part is enough, so each must bring its own; of no parts, none is ever true.
        Condition::Any(parts) => {
            let mut all = Anchor { predicates: Vec::new(), share: 0 };
            for part in parts {
                let anchor = best(part, share)?;
                all.predicates.extend(anchor.predicates);
                all.share = all.share.saturating_add(anchor.share);
            }
            Some(all)
        }
        Condition::Not(_) => None,
    }
}

/// The same condition, the parts of each `All` in the order in which they fail soonest.
pub(super) fn selective_first(
    condition: Condition<PredicateId>,
    share: &impl Share,
) -> Condition<PredicateId> {
    let ordered = |parts: Vec<Condition<PredicateId>>| -> Vec<_> {
        parts.into_iter().map(|part| selective_first(part, share)).collect()
    };
    match condition {
        Condition::All(parts) => {
            let mut parts = ordered(parts);
            parts.sort_by_cached_key(|part| best(part, share).map_or(ALL, |anchor| anchor.share));
            Condition::All(parts)
        }
        Condition::Any(parts) => Condition::Any(ordered(parts)),
        Condition::Not(part) => Condition::Not(Box::new(selective_first(*part, share))),
        Condition::Is(id) => Condition::Is(id),
    }
}
