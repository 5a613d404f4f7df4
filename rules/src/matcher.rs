//! Slots × rule set → the event rules that match, on a scratch that the caller owns. No allocation once warm.

use crate::field::Slots;
use crate::plan::{PredicateId, Ruleset};
use crate::rule::RuleId;

/// What one worker needs to match: reused for every event, grown on demand.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Stamps say which event an answer belongs to, so that nothing is cleared between events.
    stamp: u32,
    candidate_stamps: Vec<u32>,
    candidates: Vec<RuleId>,
    answers: Vec<(u32, bool)>,
}

impl Scratch {
    fn begin(&mut self, ruleset: &Ruleset) {
        self.candidates.clear();
        self.candidate_stamps.resize(ruleset.rules().len(), 0);
        self.answers.resize(ruleset.predicates().len(), (0, false));
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.candidate_stamps.fill(0);
            self.answers.fill((0, false));
            self.stamp = 1;
        }
    }
}

/// Puts every event rule that matches into `hits`, in the order of their ids. A scratch belongs to one rule set:
/// begin a new one with a new rule set.
pub fn hits(ruleset: &Ruleset, slots: &Slots<'_>, scratch: &mut Scratch, hits: &mut Vec<RuleId>) {
    hits.clear();
    scratch.begin(ruleset);
    let Scratch { stamp, candidate_stamps, candidates, answers } = scratch;
    ruleset.index().candidates(slots, &mut |rule| {
        if candidate_stamps[rule.index()] != *stamp {
            candidate_stamps[rule.index()] = *stamp;
            candidates.push(rule);
        }
    });
    candidates.sort_unstable();
    for rule in candidates.iter() {
        let matches = ruleset.condition(*rule).is_some_and(|condition| {
            if slots.has_unknown() {
                let answer = |predicate: &PredicateId| ruleset.predicates()[predicate.index()].answer(slots);
                return condition.is_surely(true, &mut { answer });
            }
            condition.holds(&mut |predicate| {
                let answer = &mut answers[predicate.index()];
                if answer.0 != *stamp {
                    *answer = (*stamp, ruleset.predicates()[predicate.index()].holds(slots));
                }
                answer.1
            })
        });
        if matches {
            hits.push(*rule);
        }
    }
}
