//! Slots × rule set → the event rules that match, on a scratch that the caller owns. No allocation once warm.

mod memo;

use crate::field::{Node, Note, Plain, Slots, Value};
use crate::plan::{FieldIndex, Place, PredicateId, Ruleset};
use crate::rule::RuleId;
use memo::{Answer, Known, Memo};

/// What one worker needs to match: reused for every event, grown on demand.
#[derive(Debug, Default)]
pub struct Scratch {
    candidates: Candidates,
    lookups: Lookups,
}

impl Scratch {
    /// One that remembers no value: every event costs what one that was never seen costs.
    pub fn without_memo() -> Self {
        Self { lookups: Lookups { forgetful: true, ..Lookups::default() }, ..Self::default() }
    }
}

/// The rules to evaluate for one event, each once. Stamps say which event an entry belongs to, here and below, so that nothing
/// is cleared between events.
#[derive(Debug, Default)]
struct Candidates {
    stamp: u32,
    stamps: Vec<u32>,
    rules: Vec<RuleId>,
}

/// What the tests of one event have come to.
#[derive(Debug, Default)]
struct Lookups {
    stamp: u32,
    forgetful: bool,
    memos: Vec<Memo>,
    /// By place of a field's index: what its memo knows of this event.
    known: Vec<(u32, Known)>,
    /// By predicate, of those that no index knows.
    answers: Vec<(u32, bool)>,
    /// Room for a text.
    folded: String,
}

impl Scratch {
    fn begin(&mut self, ruleset: &Ruleset) {
        let Self { candidates, lookups } = self;
        candidates.rules.clear();
        if candidates.stamps.len() != ruleset.rules().len() {
            candidates.stamps.resize(ruleset.rules().len(), 0);
            lookups.grow(ruleset);
        }
        candidates.stamp = candidates.stamp.wrapping_add(1);
        if candidates.stamp == 0 {
            candidates.stamps.fill(0);
            lookups.known.fill((0, Known::default()));
            lookups.answers.fill((0, false));
            candidates.stamp = 1;
        }
        lookups.stamp = candidates.stamp;
    }
}

impl Candidates {
    fn add(&mut self, rule: RuleId) {
        let stamp = &mut self.stamps[rule.index()];
        if *stamp != self.stamp {
            *stamp = self.stamp;
            self.rules.push(rule);
        }
    }
}

/// Puts every event rule that matches into `hits`, in the order of their ids. A scratch belongs to one rule set:
/// begin a new one with a new rule set.
pub fn hits(ruleset: &Ruleset, slots: &Slots<'_>, scratch: &mut Scratch, hits: &mut Vec<RuleId>) {
    hits.clear();
    scratch.begin(ruleset);
    let Scratch { candidates, lookups } = scratch;
    let index = ruleset.index();
    index.always().iter().for_each(|rule| candidates.add(*rule));
    for (places, note) in [index.identity(), index.anchored()].into_iter().zip(slots.notes()) {
        // Of most who act no rule asks more than what they do, and of most that they do none asks at all.
        let places = note.map_or(places, |note| note.places(|| lookups.worth(places, note, ruleset, slots)));
        lookups.call_all(places, ruleset, slots, candidates);
    }
    candidates.rules.sort_unstable();
    for rule in &candidates.rules {
        let matches = ruleset.condition(*rule).is_some_and(|condition| {
            if slots.has_unknown() {
                let answer = |predicate: &PredicateId| ruleset.predicates()[predicate.index()].answer(slots);
                return condition.is_surely(true, &mut { answer });
            }
            condition.holds(&mut |predicate| lookups.answer(*predicate, ruleset, slots))
        });
        if matches {
            hits.push(*rule);
        }
    }
}

impl Lookups {
    #[cold]
    fn grow(&mut self, ruleset: &Ruleset) {
        self.known.resize(ruleset.index().fields().len(), (0, Known::default()));
        self.memos.resize_with(ruleset.index().fields().len(), Memo::default);
        self.answers.resize(ruleset.predicates().len(), (0, false));
    }

    /// Whether a predicate holds of the event.
    fn answer(&mut self, id: PredicateId, ruleset: &Ruleset, slots: &Slots<'_>) -> bool {
        let Some(place) = ruleset.index().place_of(id) else {
            let answer = &mut self.answers[id.index()];
            if answer.0 != self.stamp {
                *answer = (self.stamp, ruleset.predicates()[id.index()].holds(slots));
            }
            return answer.1;
        };
        match self.known(place, ruleset, slots) {
            Some(known) => self.memos[place].passing(known).contains(&id.0),
            None => false,
        }
    }

    /// Of these places those to look at in each event that shares the note with this one: what varies, and what calls a rule.
    fn worth(&mut self, places: &[Place], note: &Note, ruleset: &Ruleset, slots: &Slots<'_>) -> Box<[Place]> {
        let is_worth = |place: &Place| {
            let varies = ruleset.index().fields()[*place].fields.iter().any(|field| note.varies(*field));
            varies
                || self
                    .known(*place, ruleset, slots)
                    .is_some_and(|known| !self.memos[*place].calling(known).is_empty())
        };
        places.iter().copied().filter(is_worth).collect()
    }

    /// Adds the rules that the passing predicates of these fields call.
    fn call_all(
        &mut self,
        places: &[Place],
        ruleset: &Ruleset,
        slots: &Slots<'_>,
        candidates: &mut Candidates,
    ) {
        for place in places {
            if let Some(known) = self.known(*place, ruleset, slots) {
                self.call(*place, known, ruleset, slots, candidates);
            }
        }
    }

    /// Adds the rules that the passing predicates of a field call and that their guards let through.
    #[inline]
    fn call(
        &mut self,
        place: Place,
        known: Known,
        ruleset: &Ruleset,
        slots: &Slots<'_>,
        candidates: &mut Candidates,
    ) {
        let calls = ruleset.index().calls();
        for at in 0..self.memos[place].calling(known).len() {
            let id = PredicateId(self.memos[place].calling(known)[at]);
            for group in calls.of(id) {
                let Some(guard) = group.guard else {
                    calls.all(group).for_each(|rule| candidates.add(rule));
                    continue;
                };
                if let Some(known) = self.known(guard, ruleset, slots) {
                    let passing = self.memos[guard].passing(known);
                    calls.guarded(group, passing).for_each(|rule| candidates.add(rule));
                }
            }
        }
    }

    /// What the event's values of a field pass; none when it has none.
    #[inline]
    fn known(&mut self, place: Place, ruleset: &Ruleset, slots: &Slots<'_>) -> Option<Known> {
        let index = &ruleset.index().fields()[place];
        let plain = slots.plain(&index.fields);
        if matches!(plain, Plain::Missing) {
            return None;
        }
        if self.known[place].0 != self.stamp {
            let (memo, folded) = (&mut self.memos[place], &mut self.folded);
            let calls = |id| !ruleset.index().calls().of(PredicateId(id)).is_empty();
            let found = if let Plain::Text(text) = plain {
                let learn = |answer: &mut Answer<'_>| {
                    let nodes = (&[Node::direct(Value::String(text))][..], None);
                    answer.passing(|passing| {
                        index.passing(nodes, slots, ruleset.predicates(), folded, passing)
                    });
                    answer.calling(calls);
                };
                if self.forgetful { memo.fresh(learn) } else { memo.of_text(text, learn) }
            } else {
                memo.fresh(|answer| {
                    answer.passing(|passing| ask(index, ruleset, slots, folded, passing));
                    answer.calling(calls);
                })
            };
            self.known[place] = (self.stamp, found);
        }
        Some(self.known[place].1)
    }
}

/// Asks the predicates of each field about its own nodes.
#[cold]
fn ask(
    index: &FieldIndex,
    ruleset: &Ruleset,
    slots: &Slots<'_>,
    folded: &mut String,
    passing: &mut Vec<u32>,
) {
    for field in &index.fields {
        let nodes = slots.get(*field);
        index.passing((&nodes, Some(*field)), slots, ruleset.predicates(), folded, passing);
    }
}
