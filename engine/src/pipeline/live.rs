//! The rules that run, exchanged while they do.
//!
//! A set has a generation. The state thread takes a new set over first; then it is published here, and each worker goes on
//! with it from its next record. What a worker still matched with an older set is translated: a rule that is the same in both
//! keeps its hits, those of one that is gone or looks for something else are counted and dropped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tripline_rules::plan::Ruleset;

/// The rules that run.
#[derive(Debug)]
pub struct LiveRules {
    generation: AtomicU64,
    current: Mutex<Arc<Ruleset>>,
}

impl LiveRules {
    /// The first generation, 0.
    pub fn new(ruleset: Arc<Ruleset>) -> Self {
        Self { generation: AtomicU64::new(0), current: Mutex::new(ruleset) }
    }

    /// Which generation runs.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The rules that run, and their generation.
    pub fn current(&self) -> (u64, Arc<Ruleset>) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        (self.generation(), Arc::clone(&current))
    }

    /// From now on these run. The state thread must have taken them over.
    pub(super) fn publish(&self, generation: u64, ruleset: &Arc<Ruleset>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::clone(ruleset);
        self.generation.store(generation, Ordering::Release);
    }
}

/// What came of a wish to load the rules again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reloaded {
    /// They run.
    Taken {
        /// How many.
        rules: usize,
        /// Errors in the rule files; each keeps a rule from running that did not run before, either.
        refused: usize,
        /// Ids of the rules whose detection begins with no hits.
        new: Vec<String>,
        /// Ids of the rules that run no more.
        gone: Vec<String>,
    },
    /// The rules that ran before run on.
    Refused {
        /// Why, each with its place.
        problems: Vec<String>,
    },
}

/// Somebody wants the rules loaded again, and may wait for what comes of it.
pub type Wish = Option<oneshot::Sender<Reloaded>>;
