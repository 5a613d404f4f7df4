//! Which shards may be read now: those whose parents are done. Pure.
//!
//! A split has one parent, a merge two. A parent that the stream no longer lists is done: its records are past retention.

use std::collections::{BTreeMap, BTreeSet};

use super::checkpoint::Checkpoint;

/// A shard as the stream lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// `shardId-` and twelve digits.
    pub(super) id: String,
    /// The shards that it came from.
    pub(super) parents: Vec<String>,
    /// Whether records still come to it.
    pub(super) open: bool,
}

/// Every shard that is known, and how far each was read.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    shards: BTreeMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    parents: Vec<String>,
    listed: bool,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Waits for its parents.
    Waits(Checkpoint),
    /// Is being read.
    Read,
    /// Was read to its end, and that is written.
    Done,
}

impl Lineage {
    /// Takes in what the stream lists now; a shard that is new begins where `checkpoint` says.
    pub(super) fn list(&mut self, listed: &[Listed], mut checkpoint: impl FnMut(&Listed) -> Checkpoint) {
        self.shards.values_mut().for_each(|known| known.listed = false);
        for shard in listed {
            let known = self.shards.entry(shard.id.clone()).or_insert_with(|| Known {
                parents: shard.parents.clone(),
                listed: true,
                state: match checkpoint(shard) {
                    Checkpoint::ShardEnd => State::Done,
                    checkpoint => State::Waits(checkpoint),
                },
            });
            known.listed = true;
        }
        // What is done and no longer listed can be nobody's parent any more.
        self.shards.retain(|_, known| known.listed || known.state != State::Done);
    }

    /// The shards that may be read from now on, and from where; they count as being read.
    pub(super) fn ready(&mut self) -> Vec<(String, Checkpoint)> {
        let unfinished: BTreeSet<String> = self
            .shards
            .iter()
            .filter(|(_, known)| known.state != State::Done)
            .map(|(id, _)| id.clone())
            .collect();
        let mut ready = Vec::new();
        for (id, known) in &mut self.shards {
            if known.parents.iter().any(|parent| unfinished.contains(parent)) {
                continue;
            }
            if let State::Waits(checkpoint) = &known.state {
                ready.push((id.clone(), checkpoint.clone()));
                known.state = State::Read;
            }
        }
        ready
    }

    /// A shard was read to its end, and that is written.
    pub(super) fn done(&mut self, id: &str) {
        if let Some(known) = self.shards.get_mut(id) {
            known.state = State::Done;
        }
    }

    /// How many shards wait for their parents, are being read, and are done.
    pub(super) fn counts(&self) -> [(&'static str, usize); 3] {
        let count = |is: fn(&State) -> bool| self.shards.values().filter(|known| is(&known.state)).count();
        [
            ("waiting", count(|state| matches!(state, State::Waits(_)))),
            ("reading", count(|state| *state == State::Read)),
            ("done", count(|state| *state == State::Done)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn listed(id: &str, parents: &[&str], open: bool) -> Listed {
        Listed { id: id.into(), parents: parents.iter().map(|id| (*id).to_owned()).collect(), open }
    }

    fn ready(lineage: &mut Lineage) -> Vec<String> {
        lineage.ready().into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn children_wait_for_all_their_parents() {
        let mut lineage = Lineage::default();
        let shards = [
            listed("a", &["gone"], false),
            listed("b", &[], false),
            listed("ab", &["a", "b"], false),
            listed("ab1", &["ab"], true),
        ];
        lineage.list(&shards, |_| Checkpoint::TrimHorizon);
        assert_eq!(ready(&mut lineage), ["a", "b"], "a parent that is not listed is not waited for");
        lineage.done("a");
        assert_eq!(ready(&mut lineage), [""; 0]);
        lineage.done("b");
        assert_eq!(ready(&mut lineage), ["ab"]);
        lineage.done("ab");
        lineage.list(&shards[2..], |_| panic!("all are known"));
        assert_eq!(ready(&mut lineage), ["ab1"]);
        assert_eq!(lineage.counts(), [("waiting", 0), ("reading", 1), ("done", 1)]);
    }

    #[test]
    fn a_parent_that_is_still_being_read_is_waited_for_though_it_is_no_longer_listed() {
        let mut lineage = Lineage::default();
        lineage.list(&[listed("a", &[], false)], |_| Checkpoint::TrimHorizon);
        assert_eq!(ready(&mut lineage), ["a"]);
        lineage.list(&[listed("b", &["a"], true)], |_| Checkpoint::TrimHorizon);
        assert_eq!(ready(&mut lineage), [""; 0]);
        lineage.done("a");
        assert_eq!(ready(&mut lineage), ["b"]);
    }

    #[test]
    fn what_was_done_before_is_not_read_again() {
        let mut lineage = Lineage::default();
        let stored = |shard: &Listed| match shard.id.as_str() {
            "a" => Checkpoint::ShardEnd,
            _ => Checkpoint::After("7".into()),
        };
        lineage.list(&[listed("a", &[], false), listed("b", &["a"], true)], stored);
        assert_eq!(lineage.ready(), [("b".to_owned(), Checkpoint::After("7".into()))]);
    }

    proptest! {
        /// Any splits and merges, done in any order: each shard is read once, and after its parents.
        #[test]
        fn every_shard_is_read_once_and_after_its_parents(
            parents in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..3), 1..20),
            order in prop::collection::vec(any::<prop::sample::Index>(), 20),
        ) {
            let name = |n: usize| format!("{n:03}");
            let shards: Vec<Listed> = parents.iter().enumerate().map(|(n, parents)| Listed {
                id: name(n),
                parents: parents.iter().filter(|_| n > 0).map(|index| name(index.index(n))).collect(),
                open: true,
            }).collect();
            let mut lineage = Lineage::default();
            let (mut reading, mut done) = (Vec::new(), Vec::new());
            for turn in order.iter().take(shards.len()) {
                lineage.list(&shards, |_| Checkpoint::TrimHorizon);
                for (id, _) in lineage.ready() {
                    let shard = shards.iter().find(|shard| shard.id == id).unwrap();
                    prop_assert!(shard.parents.iter().all(|parent| done.contains(parent)));
                    prop_assert!(!reading.contains(&id) && !done.contains(&id));
                    reading.push(id);
                }
                prop_assert!(!reading.is_empty(), "something is always ready");
                let id = reading.remove(turn.index(reading.len()));
                lineage.done(&id);
                done.push(id);
            }
            prop_assert_eq!(done.len(), shards.len());
        }
    }
}
