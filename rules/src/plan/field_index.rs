//! Every predicate of one field that its nodes decide: from a node to those that it passes, without asking each.
//!
//! | predicates | are found by |
//! | --- | --- |
//! | equal to a text | a hash table of folded texts |
//! | holding a text | one Aho-Corasick automaton over the folded text: dense while it is small, else compact |
//! | holding an expression, if they are many | one multi-pattern automaton |
//! | numbers, networks, booleans, presence, few expressions | asking each |
//!
//! The first three only propose; the predicate itself decides. Invariant: nothing that passes is left out.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex_automata::meta;
use regex_automata::{Input, PatternSet};

use super::PredicateId;
use crate::case::fold;
use crate::field::{FieldId, Node, Slots};
use crate::predicate::{Predicate, Shape, Test, regex};

/// Bytes of texts up to which the automaton is a dense one: it takes about a kilobyte a byte, and is three times as fast.
const DENSE_BYTES_MAX: usize = 4 << 10;

/// From so many expressions on, one automaton beats asking each.
const REGEX_SET_MIN: usize = 4;

/// The predicates of one field, or of several that reach the same wherever the event is plain: `$.eventName` of filter patterns
/// and `eventName` of Sigma.
#[derive(Debug)]
pub(crate) struct FieldIndex {
    pub(crate) fields: Vec<FieldId>,
    equals: HashMap<String, Vec<PredicateId>>,
    holds: Option<(AhoCorasick, Vec<Vec<PredicateId>>)>,
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
        let mut equals: HashMap<String, Vec<PredicateId>> = HashMap::new();
        let mut held: HashMap<String, Vec<PredicateId>> = HashMap::new();
        let (mut asked, mut expressions) = (Vec::new(), Vec::new());
        for id in ids {
            let test = &predicates[id.index()].test;
            match (test.shape(), expression(test)) {
                (Shape::Equals(text), _) => equals.entry(fold(&text).into_owned()).or_default().push(*id),
                (Shape::Holds(text), _) => held.entry(fold(&text).into_owned()).or_default().push(*id),
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
        let mut index = Self { fields, equals, holds: None, regexes, asked };
        index.hold(held);
        index
    }

    fn hold(&mut self, held: HashMap<String, Vec<PredicateId>>) {
        if held.is_empty() {
            return;
        }
        let mut held: Vec<_> = held.into_iter().collect();
        held.sort_unstable();
        let (texts, ids): (Vec<String>, Vec<_>) = held.into_iter().unzip();
        let bytes: usize = texts.iter().map(String::len).sum();
        let kind =
            if bytes <= DENSE_BYTES_MAX { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
        match AhoCorasick::builder().kind(Some(kind)).build(&texts) {
            Ok(automaton) => self.holds = Some((automaton, ids)),
            // More states than it can number: each is asked instead.
            Err(_) => self.asked.extend(ids.into_iter().flatten()),
        }
    }

    /// Adds the predicates that any of `nodes` passes to `passing`; one may come twice. Only those of `field` when there is one:
    /// the nodes are its own, and not those of the others.
    pub(crate) fn passing(
        &self,
        nodes: &[Node<'_>],
        field: Option<FieldId>,
        slots: &Slots<'_>,
        predicates: &[Predicate],
        passing: &mut Vec<u32>,
    ) {
        for node in nodes {
            let node_alone = std::slice::from_ref(node);
            self.propose(node, &mut |id| {
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
    fn propose(&self, node: &Node<'_>, ask: &mut impl FnMut(PredicateId)) {
        self.asked.iter().copied().for_each(&mut *ask);
        let Some(text) = node.value.text() else { return };
        if let Some((set, ids)) = &self.regexes {
            let mut found = PatternSet::new(ids.len());
            set.which_overlapping_matches(&Input::new(text), &mut found);
            found.iter().for_each(|pattern| ask(ids[pattern.as_usize()]));
        }
        if self.equals.is_empty() && self.holds.is_none() {
            return;
        }
        let folded = fold(text);
        if let Some(ids) = self.equals.get(&*folded) {
            ids.iter().copied().for_each(&mut *ask);
        }
        if let Some((automaton, ids)) = &self.holds {
            for found in automaton.find_overlapping_iter(&*folded) {
                ids[found.pattern().as_usize()].iter().copied().for_each(&mut *ask);
            }
        }
    }

    /// What it is made of.
    pub(super) fn strategy(&self) -> FieldStrategy {
        let table: usize = self.equals.iter().map(|(text, ids)| text.len() + 48 + 4 * ids.len()).sum();
        let automaton = self.holds.as_ref().map_or(0, |(automaton, _)| automaton.memory_usage());
        let set = self.regexes.as_ref().map_or(0, |(set, _)| set.memory_usage());
        FieldStrategy {
            equals: self.equals.len(),
            holds: self.holds.as_ref().map_or(0, |(_, ids)| ids.len()),
            regexes: self.regexes.as_ref().map_or(0, |(_, ids)| ids.len()),
            asked: self.asked.len(),
            bytes: table + automaton + set,
        }
    }
}

fn expression(test: &Test) -> Option<&regex::Regex> {
    match test {
        Test::Pattern(test) => test.regex(),
        Test::Sigma(test) => test.regex(),
        Test::SameAs(_) => None,
    }
}
