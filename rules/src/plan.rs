//! All rules of a set, compiled together once, at load.
//!
//! Predicates are interned: equal ones are evaluated once an event. Every event rule is *anchored* on equalities
//! of which one is necessary for it to match (usually `eventName`, else `eventSource`); an event looks its anchor
//! fields up in a hash table and only the candidates are evaluated. Rules without an anchor are always evaluated.
//! Invariant: the index only over-approximates; [`naive`](crate::naive) judges the whole.

mod anchor;
mod index;

use std::collections::HashMap;

use crate::condition::Condition;
use crate::field::Fields;
use crate::predicate::Predicate;
use crate::rule::{Rule, RuleId, Trigger};

pub(crate) use index::Index;

/// A predicate's place in a [`Ruleset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PredicateId(u32);

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
    /// Distinct (field, value) anchors in the index.
    pub anchors: usize,
    /// The rules that no anchor guards: every event evaluates them.
    pub always: Vec<RuleId>,
}

impl Ruleset {
    /// Compiles `rules`, whose predicates refer to `fields`. References between rules are indices into `rules`.
    pub fn new(rules: Vec<Rule>, fields: Fields) -> Self {
        let mut interner = Interner::default();
        let mut anchors = Vec::new();
        let mut feeds = vec![Vec::new(); rules.len()];
        let mut conditions = Vec::with_capacity(rules.len());
        for (id, rule) in (0u32..).map(RuleId).zip(&rules) {
            conditions.push(match &rule.trigger {
                Trigger::Event(condition) => {
                    anchors.push((id, anchor::of(condition, &fields)));
                    Some(condition.clone().map(&mut |predicate| interner.intern(predicate)))
                }
                Trigger::Rules(bases) => {
                    bases.iter().for_each(|base| feeds[base.index()].push(id));
                    None
                }
            });
        }
        let index = Index::new(anchors);
        Self { rules, fields, predicates: interner.predicates, conditions, feeds, index }
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
            anchors: self.index.anchor_count(),
            always: self.index.always().to_vec(),
        }
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
