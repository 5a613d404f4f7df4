//! The flow, wired: records in, alerts out.
//!
//! [`Matcher`] and [`State`] are the two halves, pure: what workers do to a record, and what the one state thread does with
//! their hits. [`Pipeline`] runs both in a row and in memory, for files. The service runs them in threads and keeps what the
//! state says: [`keeper`], [`service`].
//!
//! Invariant: what came in is accounted for at any time: [`Accounts::balances`].

pub mod attempt;
mod clock;
mod committer;
mod counts;
mod courier;
mod gate;
pub mod health;
pub mod heartbeat;
pub mod keeper;
pub mod keys;
pub mod live;
mod lookout;
mod matching;
pub mod own;
pub mod service;
mod state;
#[cfg(test)]
mod tests;
pub mod watermark;

use std::collections::BTreeMap;
use std::sync::Arc;

use tripline_rules::plan::Ruleset;

use crate::alert::Alert;
use crate::decode::{Limits, Tally};
use crate::record::Record;
use crate::window::{FindingKey, HitTally};
pub use committer::COMMIT_BATCHES_MAX;
pub use matching::{Matched, Matcher};
pub use state::State;

/// Where everything went that came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Records and log events.
    pub decode: Tally,
    /// Hits of windows.
    pub hits: HitTally,
    /// Matches that a correlation could not group or count for lack of a field.
    pub ungrouped: u64,
}

impl Accounts {
    /// Whether all three identities of design §1.3 hold.
    pub fn balances(&self) -> bool {
        self.decode.balances() && self.hits.balances()
    }
}

/// A rule set at work, in one thread and in memory.
#[derive(Debug)]
pub struct Pipeline {
    matcher: Matcher,
    state: State,
}

impl Pipeline {
    /// Nothing seen yet.
    pub fn new(ruleset: Arc<Ruleset>, limits: Limits) -> Self {
        Self { matcher: Matcher::new(Arc::clone(&ruleset), limits), state: State::new(ruleset) }
    }

    /// Takes a record in. Returns the findings that it opened, with `true`, or changed.
    pub fn take(&mut self, record: &Record) -> BTreeMap<FindingKey, bool> {
        self.state.take(&mut self.matcher.take(record))
    }

    /// What its state amounts to.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Every alert so far, in the order of first sight: the same for the same set of events.
    pub fn alerts(&self) -> Vec<Alert> {
        self.state.alerts()
    }

    /// Where everything went.
    pub fn accounts(&self) -> Accounts {
        self.state.accounts()
    }
}

/// The clock, milliseconds since the epoch: looked at here and nowhere deeper.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
