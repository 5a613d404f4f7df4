//! Which of its anchors each rule takes. The one that the least traffic passes is not always the best: every field that has
//! anchors is looked up for every event, so a field with few of them is not worth its lookups when its rules have others.

use std::collections::BTreeMap;

use super::PredicateId;
use super::anchor::Anchor;
use super::index::Place;
use super::share::ALL;
use crate::field::FieldId;

/// What it costs to look up a field that is missing, what one that is there costs beyond that, and what an evaluated rule does, in
/// nanoseconds; measured, and only their ratios count.
const MISSING_NS: u32 = 6;
const LOOKUP_NS: u32 = 20;
const RULE_NS: u32 = 60;

/// Predicates of a guard: a rule stands once for each of them with each that calls it.
const GUARDS_MAX: usize = 8;

/// A rule's anchors, the best first, and which of them it takes; without any it is evaluated for every event.
pub(super) struct Choice {
    anchors: Vec<Anchor>,
    taken: usize,
}

impl Choice {
    pub(super) fn new(anchors: Vec<Anchor>) -> Self {
        Self { anchors, taken: 0 }
    }

    pub(super) fn anchor(&self) -> Option<&Anchor> {
        self.anchors.get(self.taken)
    }

    /// The best of its other anchors that is of one field and of few predicates: what else must pass.
    pub(super) fn guard(
        &self,
        place: &impl Fn(PredicateId) -> Option<Place>,
    ) -> Option<(Place, &[PredicateId])> {
        let others = self.anchors.iter().enumerate().filter(|(n, _)| *n != self.taken);
        let mut short =
            others.map(|(_, anchor)| anchor.predicates.as_slice()).filter(|any| any.len() <= GUARDS_MAX);
        short.find_map(|any| {
            let first = place(*any.first()?)?;
            any.iter().all(|id| place(*id) == Some(first)).then_some((first, any))
        })
    }
}

/// Gives up the fields that are not worth their lookups, those with the least to lose first. `field` is a predicate's, `presence`
/// the share of events that have a field, in ten-thousandths.
pub(super) fn make(
    choices: &mut [Choice],
    field: &impl Fn(PredicateId) -> FieldId,
    presence: &impl Fn(FieldId) -> u32,
) {
    let uses = |anchor: &Anchor, given_up: FieldId| anchor.predicates.iter().any(|id| field(*id) == given_up);
    let mut rules: BTreeMap<FieldId, usize> = BTreeMap::new();
    for anchor in choices.iter().filter_map(Choice::anchor) {
        anchor.predicates.iter().for_each(|id| *rules.entry(field(*id)).or_default() += 1);
    }
    let mut fields: Vec<(usize, FieldId)> = rules.into_iter().map(|(field, count)| (count, field)).collect();
    fields.sort_unstable();
    let mut given_up = Vec::new();
    for (_, candidate) in fields {
        given_up.push(candidate);
        let allowed = |anchor: &Anchor| given_up.iter().all(|field| !uses(anchor, *field));
        let moves: Option<Vec<(usize, usize, u32)>> = choices
            .iter()
            .enumerate()
            .filter(|(_, choice)| choice.anchor().is_some_and(|anchor| uses(anchor, candidate)))
            .map(|(rule, choice)| {
                let to = choice.anchors.iter().position(&allowed)?;
                let more = choice.anchors[to].share.saturating_sub(choice.anchors[choice.taken].share);
                Some((rule, to, more))
            })
            .collect();
        let lookups =
            u64::from(presence(candidate).min(ALL)) * u64::from(LOOKUP_NS) + u64::from(ALL * MISSING_NS);
        let more =
            |moves: &[(usize, usize, u32)]| moves.iter().map(|(.., more)| u64::from(*more)).sum::<u64>();
        match moves {
            Some(moves) if more(&moves) * u64::from(RULE_NS) < lookups => {
                moves.iter().for_each(|(rule, to, _)| choices[*rule].taken = *to);
            }
            _ => {
                given_up.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(id: u32, share: u32) -> Anchor {
        Anchor { predicates: vec![PredicateId(id)], share }
    }

    /// Predicates 0–9 are of the first field, 10–19 of the second, and so on.
    fn chosen(mut choices: Vec<Choice>) -> Vec<Option<u32>> {
        let fields: Vec<FieldId> = crate::field::Fields::new().iter().map(|(id, _)| id).collect();
        make(&mut choices, &|id| fields[id.index() / 10], &|_| ALL);
        choices.iter().map(|choice| choice.anchor().map(|anchor| anchor.predicates[0].0)).collect()
    }

    #[test]
    fn a_field_with_few_anchors_is_given_up_and_one_with_many_is_not() {
        let both = || Choice::new(vec![anchor(0, 100), anchor(10, 900)]);
        let first = || Choice::new(vec![anchor(1, 100)]);
        let second = || Choice::new(vec![anchor(11, 100)]);
        assert_eq!(chosen(vec![both(), second()]), [Some(10), Some(11)]);
        assert_eq!(
            chosen(vec![both(), first(), second()]),
            [Some(0), Some(1), Some(11)],
            "who has no other stays"
        );
        let many = |n: usize| (0..n).map(|_| both()).chain([second()]).collect();
        assert_eq!(chosen(many(3))[0], Some(10));
        assert_eq!(chosen(many(9))[0], Some(0));
        assert_eq!(chosen(vec![Choice::new(Vec::new())]), [None]);
    }
}
