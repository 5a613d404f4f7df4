//! The indexes of all fields, and which rules a passed predicate calls.

use std::collections::HashMap;

use super::PredicateId;
use super::choice::Choice;
use super::field_index::FieldIndex;
use crate::field::{FieldId, Fields};
use crate::predicate::{Predicate, Shape};
use crate::rule::RuleId;

/// Where a field's index stands among the others.
pub(crate) type Place = usize;

/// From an event's fields to the rules worth evaluating.
#[derive(Debug)]
pub(crate) struct Index {
    fields: Vec<FieldIndex>,
    /// By predicate: the index of its field; none when nodes do not decide it.
    places: Vec<Option<Place>>,
    /// By predicate: the rules that are anchored on it.
    calls: Vec<Vec<RuleId>>,
    /// The fields on which any rule is anchored.
    anchored: Vec<Place>,
    always: Vec<RuleId>,
}

impl Index {
    pub(super) fn new<'c>(
        predicates: &[Predicate],
        fields: &Fields,
        choices: impl Iterator<Item = (RuleId, &'c Choice)>,
    ) -> Self {
        let mut by_name: HashMap<String, Place> = HashMap::new();
        let mut by_place: Vec<(Vec<FieldId>, Vec<PredicateId>)> = Vec::new();
        let mut places = vec![None; predicates.len()];
        for (id, predicate) in (0u32..).map(PredicateId).zip(predicates) {
            if predicate.test.shape() == Shape::Field {
                continue;
            }
            let name = fields.selector(predicate.field).plain_name();
            let place = *by_name.entry(name).or_insert_with(|| {
                by_place.push((Vec::new(), Vec::new()));
                by_place.len() - 1
            });
            let (twins, ids) = &mut by_place[place];
            if !twins.contains(&predicate.field) {
                twins.push(predicate.field);
            }
            ids.push(id);
            places[id.index()] = Some(place);
        }
        let fields =
            by_place.into_iter().map(|(twins, ids)| FieldIndex::new(twins, &ids, predicates)).collect();
        let mut index = Self {
            fields,
            places,
            calls: vec![Vec::new(); predicates.len()],
            anchored: Vec::new(),
            always: Vec::new(),
        };
        for (rule, choice) in choices {
            match choice.anchor() {
                None => index.always.push(rule),
                Some(anchor) => anchor.predicates.iter().for_each(|id| index.call(*id, rule)),
            }
        }
        index.anchored.sort_unstable();
        index
    }

    fn call(&mut self, id: PredicateId, rule: RuleId) {
        let calls = &mut self.calls[id.index()];
        if calls.last() != Some(&rule) {
            calls.push(rule);
        }
        if let Some(place) = self.places[id.index()]
            && !self.anchored.contains(&place)
        {
            self.anchored.push(place);
        }
    }

    /// All of them.
    pub(crate) fn fields(&self) -> &[FieldIndex] {
        &self.fields
    }

    /// The index that knows whether this predicate passes; none when the predicate itself must be asked.
    pub(crate) fn place_of(&self, id: PredicateId) -> Option<Place> {
        self.places[id.index()]
    }

    /// The rules that may match when this predicate passes.
    pub(crate) fn calls(&self, id: PredicateId) -> &[RuleId] {
        &self.calls[id.index()]
    }

    /// The fields to look up for every event.
    pub(crate) fn anchored(&self) -> &[Place] {
        &self.anchored
    }

    /// The rules to evaluate for every event.
    pub(crate) fn always(&self) -> &[RuleId] {
        &self.always
    }

    /// How many rules are anchored on a field's predicates, one counted for each of its anchors there.
    pub(super) fn anchors_on(&self, place: Place) -> usize {
        let here = self.places.iter().zip(&self.calls).filter(|(own, _)| **own == Some(place));
        here.map(|(_, calls)| calls.len()).sum()
    }
}
