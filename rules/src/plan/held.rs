//! The texts that predicates of one field look for inside its values, all at once: one Aho-Corasick automaton.

use std::collections::HashMap;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::{Anchored, BuildError, dfa, nfa, packed};

use super::PredicateId;

/// Bytes of texts up to which the automaton is a dense one: it takes about a kilobyte a byte, and is three times as fast.
const DENSE_BYTES_MAX: usize = 4 << 10;

/// Shorter texts are found everywhere.
const AHEAD_BYTES_MIN: usize = 3;

/// What is looked for, and who looks for it.
#[derive(Debug)]
pub(super) struct Held {
    /// Tells of most values that they hold none, many bytes at once; none where the texts are too many or too short for that.
    ahead: Option<packed::Searcher>,
    form: Form,
    /// By the automaton's pattern.
    ids: Vec<Vec<PredicateId>>,
}

/// Neither looks ahead for rare bytes: on values of a few dozen that costs more than it saves.
#[derive(Debug)]
enum Form {
    Dense(dfa::DFA),
    Compact(nfa::contiguous::NFA),
}

impl Held {
    /// For texts that are folded and not empty, one or more.
    ///
    /// # Errors
    /// More states than the automaton can number.
    pub(super) fn new(held: &HashMap<String, Vec<PredicateId>>) -> Result<Self, BuildError> {
        let mut held: Vec<_> = held.iter().collect();
        held.sort_unstable();
        let (texts, ids): (Vec<&String>, Vec<Vec<PredicateId>>) =
            held.into_iter().map(|(text, ids)| (text, ids.clone())).unzip();
        let bytes: usize = texts.iter().map(|text| text.len()).sum();
        let are_long = texts.iter().all(|text| text.len() >= AHEAD_BYTES_MIN);
        let ahead = if are_long { packed::Builder::new().extend(&texts).build() } else { None };
        let form = if bytes <= DENSE_BYTES_MAX {
            Form::Dense(dfa::Builder::new().prefilter(false).build(texts)?)
        } else {
            Form::Compact(nfa::contiguous::Builder::new().prefilter(false).build(texts)?)
        };
        Ok(Self { ahead, form, ids })
    }

    /// Hands over who looks for what `text` holds, which is folded.
    pub(super) fn each(&self, text: &str, ask: &mut impl FnMut(PredicateId)) {
        if let Some(ahead) = &self.ahead
            && text.len() >= ahead.minimum_len()
            && ahead.find(text).is_none()
        {
            return;
        }
        let found = |pattern: usize| self.ids[pattern].iter().copied().for_each(&mut *ask);
        match &self.form {
            Form::Dense(automaton) => each_pattern(automaton, text, found),
            Form::Compact(automaton) => each_pattern(automaton, text, found),
        }
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// What the automaton takes, bytes.
    pub(super) fn bytes(&self) -> usize {
        let automaton = match &self.form {
            Form::Dense(automaton) => automaton.memory_usage(),
            Form::Compact(automaton) => automaton.memory_usage(),
        };
        automaton + self.ahead.as_ref().map_or(0, packed::Searcher::memory_usage)
    }
}

/// Every pattern that ends at any byte, however they overlap. The library's own search keeps a state that can be taken up
/// again, and takes twice as long a byte.
fn each_pattern(automaton: &impl Automaton, text: &str, mut found: impl FnMut(usize)) {
    // Both forms are built to begin anywhere.
    let Ok(mut state) = automaton.start_state(Anchored::No) else { return };
    for byte in text.as_bytes() {
        state = automaton.next_state(Anchored::No, state, *byte);
        if automaton.is_special(state) && automaton.is_match(state) {
            matches(automaton, state, &mut found);
        }
    }
}

#[inline(never)]
fn matches(automaton: &impl Automaton, state: StateID, found: &mut impl FnMut(usize)) {
    (0..automaton.match_len(state)).for_each(|at| found(automaton.match_pattern(state, at).as_usize()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::case::fold;

    /// Few characters, so that texts overlap; the last is a `k` when folded.
    const TEXT: &str = "[aAbBkſ\u{212A}é]{1,4}";

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]
        #[test]
        fn a_text_is_found_where_a_search_for_it_alone_finds_it(
            texts in prop_oneof![prop::collection::vec(TEXT, 1..12), prop::collection::vec("[aAbBkſ\u{212A}é]{3,4}", 1..12)],
            padding in prop_oneof![9 => Just(0), 1 => Just(DENSE_BYTES_MAX)],
            asked in "[c-z]{0,40}[aAbBkſ\u{212A}é]{0,12}[c-z]{0,40}",
        ) {
            let texts: Vec<String> = texts.iter().map(|text| fold(text)).chain([".".repeat(padding + AHEAD_BYTES_MIN)]).collect();
            let numbered = texts.iter().cloned().zip((0..).map(|n| vec![PredicateId(n)]));
            let held: HashMap<String, Vec<PredicateId>> = numbered.collect();
            let asked = fold(&asked);
            let mut found = Vec::new();
            Held::new(&held).unwrap().each(&asked, &mut |id| found.push(id));
            found.sort_unstable();
            found.dedup();
            let mut wanted: Vec<_> =
                held.iter().filter(|(text, _)| asked.contains(*text)).flat_map(|(_, ids)| ids.clone()).collect();
            wanted.sort_unstable();
            prop_assert_eq!(found, wanted);
        }
    }
}
