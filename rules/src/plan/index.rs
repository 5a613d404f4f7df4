//! The indexes of all fields, and where to begin.

use std::collections::{BTreeSet, HashMap};

use super::PredicateId;
use super::calls::{self, Calls};
use super::choice::Choice;
use super::field_index::FieldIndex;
use crate::field::{FieldId, Fields, IDENTITY};
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
    calls: Calls,
    /// The fields on which any rule is anchored, but for the next.
    anchored: Vec<Place>,
    /// Those of them that say who did it.
    identity: Vec<Place>,
    /// By field: how many rules are anchored on it, one counted for each of its anchors there.
    anchors: Vec<usize>,
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
        let is_identity = |field: &FieldId| fields.selector(*field).root() == Some(IDENTITY);
        let fields: Vec<FieldIndex> =
            by_place.into_iter().map(|(twins, ids)| FieldIndex::new(twins, &ids, predicates)).collect();
        let (mut draft, mut always, mut anchors) =
            (calls::Draft::default(), Vec::new(), vec![0; fields.len()]);
        for (rule, choice) in choices {
            let Some(anchor) = choice.anchor() else {
                always.push(rule);
                continue;
            };
            let guard = choice.guard(&|id| places[id.index()]);
            for id in anchor.predicates.iter().collect::<BTreeSet<_>>() {
                draft.call(*id, rule, guard);
                places[id.index()].into_iter().for_each(|place| anchors[place] += 1);
            }
        }
        let anchored = (0..fields.len()).filter(|place| anchors[*place] > 0);
        let (identity, anchored) = anchored.partition(|place| fields[*place].fields.iter().all(is_identity));
        let calls = draft.finish(predicates.len());
        Self { fields, places, calls, anchored, identity, anchors, always }
    }

    /// All of them.
    pub(crate) fn fields(&self) -> &[FieldIndex] {
        &self.fields
    }

    /// The index that knows whether this predicate passes; none when the predicate itself must be asked.
    pub(crate) fn place_of(&self, id: PredicateId) -> Option<Place> {
        self.places[id.index()]
    }

    /// Which rules may match when which predicates pass.
    pub(crate) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The fields to look up for every event.
    pub(crate) fn anchored(&self) -> &[Place] {
        &self.anchored
    }

    /// Those to look up beside them for every identity.
    pub(crate) fn identity(&self) -> &[Place] {
        &self.identity
    }

    /// The rules to evaluate for every event.
    pub(crate) fn always(&self) -> &[RuleId] {
        &self.always
    }

    /// How many rules are anchored on a field's predicates, one counted for each of its anchors there.
    pub(super) fn anchors_on(&self, place: Place) -> usize {
        self.anchors[place]
    }
}
