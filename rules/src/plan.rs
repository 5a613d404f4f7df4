//! All rules of a set, compiled together once, at load.
//!
//! Predicates are interned: equal ones are evaluated once an event. Every event rule is *anchored* on predicates of which one
//! is necessary for it to match, those that the least traffic passes (usually `eventName`); an event looks its anchored fields
//! up and only the rules that these *call*, and whose guard passes too, are evaluated, what fails soonest first, negations
//! therefore last. Rules without an anchor are always evaluated. Invariant: the index only over-approximates;
//! [`naive`](crate::naive) judges the whole.

mod anchor;
mod calls;
mod choice;
mod field_index;
mod held;
mod index;
mod share;

use std::collections::HashMap;

use crate::condition::Condition;
use crate::field::{FieldId, Fields};
use crate::predicate::{Predicate, Shape};
use crate::rule::{Rule, RuleId, Trigger};

use choice::Choice;
pub(crate) use field_index::FieldIndex;
pub use field_index::FieldStrategy;
pub(crate) use index::{Index, Place};

/// A predicate's place in a [`Ruleset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PredicateId(pub(crate) u32);

impl PredicateId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Compiled rules. Immutable; shared by all workers.
#[derive(Debug)]
pub struct Ruleset {
    rules: Vec<Rule>,
    fields: Fields,
    predicates: Vec<Predicate>,
    conditions: Vec<Option<Condition<PredicateId>>>,
    feeds: Vec<Vec<RuleId>>,
    index: Index,
}

/// What a plan looks like, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSummary {
    /// Event rules.
    pub event_rules: usize,
    /// Distinct predicates over all event rules.
    pub predicates: usize,
    /// Distinct fields that a decoder fills.
    pub fields: usize,
    /// The fields that an event is looked up by, and those that only evaluated rules ask for.
    pub by_field: Vec<FieldSummary>,
    /// The rules that no anchor guards: every event evaluates them.
    pub always: Vec<RuleId>,
}

/// What was decided for one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSummary {
    /// The field as a person writes it.
    pub field: String,
    /// Rules that are anchored on it, once for each of their anchors there.
    pub anchors: usize,
    /// How its predicates are found.
    pub strategy: FieldStrategy,
}

impl Ruleset {
    /// Compiles `rules`, whose predicates refer to `fields`. References between rules are indices into `rules`.
    pub fn new(rules: Vec<Rule>, fields: Fields) -> Self {
        let mut interner = Interner::default();
        let mut feeds = vec![Vec::new(); rules.len()];
        let mut conditions = Vec::with_capacity(rules.len());
        for (id, rule) in (0u32..).map(RuleId).zip(&rules) {
            conditions.push(match &rule.trigger {
                Trigger::Event(condition) => {
                    Some(condition.clone().map(&mut |predicate| interner.intern(predicate)))
                }
                Trigger::Rules(bases) => {
                    bases.iter().for_each(|base| feeds[base.index()].push(id));
                    None
                }
            });
        }
        let predicates = interner.predicates;
        let shares: Vec<Option<u32>> = predicates.iter().map(|predicate| share(predicate, &fields)).collect();
        let share = |id: PredicateId| shares[id.index()];
        let (mut ids, mut choices) = (Vec::new(), Vec::new());
        for (id, condition) in (0u32..).map(RuleId).zip(&mut conditions) {
            if let Some(event) = condition.take() {
                ids.push(id);
                choices.push(Choice::new(anchor::all(&event, &share)));
                *condition = Some(anchor::selective_first(event, &share));
            }
        }
        let presence = |field: FieldId| share::of(fields.selector(field), &Shape::Node);
        choice::make(&mut choices, &|id| predicates[id.index()].field, &presence);
        let index = Index::new(&predicates, &fields, ids.into_iter().zip(&choices));
        Self { rules, fields, predicates, conditions, feeds, index }
    }

    /// Every rule, by [`RuleId`].
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// One rule.
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.index()]
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = RuleId> + use<> {
        (0u32..).map(RuleId).take(self.rules.len())
    }

    /// The rule whose id, name or title is `word`.
    pub fn find(&self, word: &str) -> Option<RuleId> {
        let by = |matches: &dyn Fn(&Rule) -> bool| self.ids().find(|id| matches(self.rule(*id)));
        by(&|rule| rule.meta.id == word)
            .or_else(|| by(&|rule| rule.meta.name.as_deref() == Some(word)))
            .or_else(|| by(&|rule| rule.meta.title == word))
    }

    /// What a decoder fills for these rules.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The correlations that count the hits of this rule.
    pub fn feeds(&self, id: RuleId) -> &[RuleId] {
        &self.feeds[id.index()]
    }

    /// What was decided at load.
    pub fn summary(&self) -> PlanSummary {
        PlanSummary {
            event_rules: self.conditions.iter().flatten().count(),
            predicates: self.predicates.len(),
            fields: self.fields.len(),
            by_field: self.by_field(),
            always: self.index.always().to_vec(),
        }
    }

    fn by_field(&self) -> Vec<FieldSummary> {
        let summary = |(place, index): (Place, &FieldIndex)| FieldSummary {
            field: self.fields.selector(index.fields[0]).plain_name(),
            anchors: self.index.anchors_on(place),
            strategy: index.strategy(),
        };
        let mut all: Vec<_> = self.index.fields().iter().enumerate().map(summary).collect();
        all.sort_by(|a, b| b.anchors.cmp(&a.anchors).then_with(|| a.field.cmp(&b.field)));
        all
    }

    pub(crate) fn predicates(&self) -> &[Predicate] {
        &self.predicates
    }

    pub(crate) fn condition(&self, id: RuleId) -> Option<&Condition<PredicateId>> {
        self.conditions[id.index()].as_ref()
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }
}

/// How much traffic passes a predicate, in ten-thousandths; none when the nodes of its field do not decide it.
fn share(predicate: &Predicate, fields: &Fields) -> Option<u32> {
    match predicate.test.shape() {
        Shape::Field => None,
        shape => Some(share::of(fields.selector(predicate.field), &shape)),
    }
}

#[derive(Default)]
struct Interner {
    predicates: Vec<Predicate>,
    ids: HashMap<Predicate, PredicateId>,
}

impl Interner {
    fn intern(&mut self, predicate: Predicate) -> PredicateId {
        if let Some(id) = self.ids.get(&predicate) {
            return *id;
        }
        let id = PredicateId(u32::try_from(self.predicates.len()).unwrap_or(u32::MAX));
        self.predicates.push(predicate.clone());
        self.ids.insert(predicate, id);
        id
    }
}
