//! Slots × rule set → the event rules that match, on a scratch that the caller owns. No allocation once warm.

mod memo;

use crate::field::{Node, Plain, Slots, Value};
use crate::plan::{FieldIndex, Place, PredicateId, Ruleset};
use crate::rule::RuleId;
use memo::{Known, Memo};

/// What one worker needs to match: reused for every event, grown on demand.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Stamps say which event an answer belongs to, so that nothing is cleared between events.
    stamp: u32,
    candidate_stamps: Vec<u32>,
    candidates: Vec<RuleId>,
    lookups: Lookups,
}

impl Scratch {
    /// One that remembers no value: every event costs what one that was never seen costs.
    pub fn without_memo() -> Self {
        Self { lookups: Lookups { forgetful: true, ..Lookups::default() }, ..Self::default() }
    }
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
}

impl Scratch {
    fn begin(&mut self, ruleset: &Ruleset) {
        self.candidates.clear();
        if self.candidate_stamps.len() != ruleset.rules().len() {
            self.grow(ruleset);
        }
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.candidate_stamps.fill(0);
            self.lookups.known.fill((0, Known::default()));
            self.lookups.answers.fill((0, false));
            self.stamp = 1;
        }
        self.lookups.stamp = self.stamp;
    }

    #[cold]
    fn grow(&mut self, ruleset: &Ruleset) {
        self.candidate_stamps.resize(ruleset.rules().len(), 0);
        self.lookups.known.resize(ruleset.index().fields().len(), (0, Known::default()));
        self.lookups.memos.resize_with(ruleset.index().fields().len(), Memo::default);
        self.lookups.answers.resize(ruleset.predicates().len(), (0, false));
    }

    fn candidate(&mut self, rule: RuleId) {
        let stamp = &mut self.candidate_stamps[rule.index()];
        if *stamp != self.stamp {
            *stamp = self.stamp;
            self.candidates.push(rule);
        }
    }
}

/// Puts every event rule that matches into `hits`, in the order of their ids. A scratch belongs to one rule set:
/// begin a new one with a new rule set.
pub fn hits(ruleset: &Ruleset, slots: &Slots<'_>, scratch: &mut Scratch, hits: &mut Vec<RuleId>) {
    hits.clear();
    scratch.begin(ruleset);
    ruleset.index().always().iter().for_each(|rule| scratch.candidate(*rule));
    for place in ruleset.index().anchored() {
        let Some(known) = scratch.lookups.known(*place, ruleset, slots) else { continue };
        if !Memo::calls(known) {
            continue;
        }
        for at in 0..scratch.lookups.memos[*place].called(known).len() {
            let rule = scratch.lookups.memos[*place].called(known)[at];
            scratch.candidate(RuleId(rule));
        }
    }
    let Scratch { candidates, lookups, .. } = scratch;
    candidates.sort_unstable();
    for rule in candidates.iter() {
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

    /// What the event's values of a field pass and call; none when it has none.
    #[inline]
    fn known(&mut self, place: Place, ruleset: &Ruleset, slots: &Slots<'_>) -> Option<Known> {
        let index = &ruleset.index().fields()[place];
        let text = match slots.plain(&index.fields) {
            Plain::Missing => return None,
            Plain::Text(text) if !self.forgetful => Some(text),
            Plain::Text(_) | Plain::Other => None,
        };
        if self.known[place].0 != self.stamp {
            let memo = &mut self.memos[place];
            let found = match text {
                Some(text) => memo.of_text(text, |answer| {
                    let node = [Node::direct(Value::String(text))];
                    answer
                        .passing(|passing| index.passing(&node, None, slots, ruleset.predicates(), passing));
                    answer.called(|id| ruleset.index().calls(PredicateId(id)));
                }),
                None => ask(index, ruleset, slots, memo),
            };
            self.known[place] = (self.stamp, found);
        }
        Some(self.known[place].1)
    }
}

/// Asks the predicates of each field about its own nodes.
#[cold]
fn ask(index: &FieldIndex, ruleset: &Ruleset, slots: &Slots<'_>, memo: &mut Memo) -> Known {
    memo.fresh(|answer| {
        answer.passing(|passing| {
            for field in &index.fields {
                index.passing(&slots.get(*field), Some(*field), slots, ruleset.predicates(), passing);
            }
        });
        answer.called(|id| ruleset.index().calls(PredicateId(id)));
    })
}
