//! Every predicate of one field that its nodes decide: from a node to those that it passes, without asking each.
//!
//! | predicates | are found by |
//! | --- | --- |
//! | equal to a text | a hash table of folded texts |
//! | holding a text | one Aho-Corasick automaton: dense while it is small, else compact; before it a look for any of them, many bytes at once |
//! | holding an expression, if they are many | one multi-pattern automaton |
//! | numbers, networks, booleans, presence, few expressions | asking each |
//!
//! The first three only propose; the predicate itself decides. Invariant: nothing that passes is left out.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use regex_automata::meta;
use regex_automata::{Input, PatternSet};

use super::PredicateId;
use super::held::Held;
use crate::case::{fold, fold_into};
use crate::field::{FieldId, Node, Slots};
use crate::predicate::{Predicate, Shape, Test, regex};

/// From so many expressions on, one automaton beats asking each.
const REGEX_SET_MIN: usize = 4;

/// Who writes rules chooses its texts, and who writes events only asks: nobody can make its places collide.
type Equals = HashMap<String, Vec<PredicateId>, FixedState>;

/// The predicates of one field, or of several that reach the same wherever the event is plain: `$.eventName` of filter patterns
/// and `eventName` of Sigma.
#[derive(Debug)]
pub(crate) struct FieldIndex {
    pub(crate) fields: Vec<FieldId>,
    equals: Equals,
    /// The lengths of those texts in bytes, a bit each; the highest stands for all longer ones.
    equal_lengths: u64,
    holds: Option<Held>,
    regexes: Option<(meta::Regex, Vec<PredicateId>)>,
    asked: Vec<PredicateId>,
}

/// What a field's index is made of, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldStrategy {
    /// Texts in the hash table.
    pub equals: usize,
    /// Texts in the Aho-Corasick automaton.
    pub holds: usize,
    /// Expressions in the multi-pattern automaton.
    pub regexes: usize,
    /// Predicates that are asked one by one.
    pub asked: usize,
    /// What the tables and automata take, bytes, about.
    pub bytes: usize,
}

impl FieldIndex {
    /// Sorts the predicates of `fields` by their shapes; those of [`Shape::Field`] do not belong here.
    pub(super) fn new(fields: Vec<FieldId>, ids: &[PredicateId], predicates: &[Predicate]) -> Self {
        let mut equals = Equals::default();
        let mut held: HashMap<String, Vec<PredicateId>> = HashMap::new();
        let (mut asked, mut expressions) = (Vec::new(), Vec::new());
        for id in ids {
            let test = &predicates[id.index()].test;
            match (test.shape(), expression(test)) {
                (Shape::Equals(text), _) => equals.entry(fold(&text)).or_default().push(*id),
                (Shape::Holds(text), _) => held.entry(fold(&text)).or_default().push(*id),
                (_, Some(regex)) => expressions.push((*id, regex)),
                (_, None) => asked.push(*id),
            }
        }
        let sources: Vec<_> = expressions.iter().map(|(_, regex)| *regex).collect();
        let set = if sources.len() < REGEX_SET_MIN { None } else { regex::set(&sources) };
        let searched = expressions.into_iter().map(|(id, _)| id);
        let regexes = match set {
            Some(set) => Some((set, searched.collect())),
            None => {
                asked.extend(searched);
                None
            }
        };
        let equal_lengths = equals.keys().fold(0, |lengths, text| lengths | length_bit(text));
        let holds = if held.is_empty() { None } else { Held::new(&held).ok() };
        if holds.is_none() {
            // More than the automaton can number: each is asked instead.
            asked.extend(held.into_values().flatten());
        }
        Self { fields, equals, equal_lengths, holds, regexes, asked }
    }

    /// Adds the predicates that any of `nodes` passes to `passing`; one may come twice. Only those of `field` when there is one:
    /// the nodes are its own, and not those of the others. `folded` is room for a text.
    pub(crate) fn passing(
        &self,
        (nodes, field): (&[Node<'_>], Option<FieldId>),
        slots: &Slots<'_>,
        predicates: &[Predicate],
        folded: &mut String,
        passing: &mut Vec<u32>,
    ) {
        for node in nodes {
            let node_alone = std::slice::from_ref(node);
            self.propose(node, folded, &mut |id| {
                let predicate = &predicates[id.index()];
                if field.is_none_or(|field| field == predicate.field)
                    && predicate.test.holds(node_alone, slots)
                {
                    passing.push(id.0);
                }
            });
        }
    }

    /// Hands over every predicate that `node` may pass.
    fn propose(&self, node: &Node<'_>, folded: &mut String, ask: &mut impl FnMut(PredicateId)) {
        self.asked.iter().copied().for_each(&mut *ask);
        let Some(text) = node.value.text() else { return };
        if let Some((set, ids)) = &self.regexes {
            let mut found = PatternSet::new(ids.len());
            set.which_overlapping_matches(&Input::new(text), &mut found);
            found.iter().for_each(|pattern| ask(ids[pattern.as_usize()]));
        }
        // Folding never changes the length of what is ASCII.
        let may_equal = self.equal_lengths & length_bit(text) != 0 || !text.is_ascii();
        if !may_equal && self.holds.is_none() {
            return;
        }
        fold_into(text, folded);
        if may_equal {
            self.equals.get(folded.as_str()).into_iter().flatten().copied().for_each(&mut *ask);
        }
        if let Some(held) = &self.holds {
            held.each(folded, ask);
        }
    }

    /// What it is made of.
    pub(super) fn strategy(&self) -> FieldStrategy {
        let table: usize = self.equals.iter().map(|(text, ids)| text.len() + 48 + 4 * ids.len()).sum();
        let automaton = self.holds.as_ref().map_or(0, Held::bytes);
        let set = self.regexes.as_ref().map_or(0, |(set, _)| set.memory_usage());
        FieldStrategy {
            equals: self.equals.len(),
            holds: self.holds.as_ref().map_or(0, Held::len),
            regexes: self.regexes.as_ref().map_or(0, |(_, ids)| ids.len()),
            asked: self.asked.len(),
            bytes: table + automaton + set,
        }
    }
}

fn length_bit(text: &str) -> u64 {
    1 << text.len().min(63)
}

fn expression(test: &Test) -> Option<&regex::Regex> {
    match test {
        Test::Pattern(test) => test.regex(),
        Test::Sigma(test) => test.regex(),
        Test::SameAs(_) => None,
    }
}
