//! What came of holding alerts against a ledger: every case by name, and the shares.

use std::collections::BTreeMap;
use std::fmt;

use super::about::About;
use super::hop::{Hop, Took};

/// What came of the comparison.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// Due alerts that were raised and counted right.
    pub found: u64,
    /// Of these, how many say that their count is a bound: it was not compared.
    pub inexact: u64,
    /// Due alerts that were not raised.
    pub missed: Vec<Case>,
    /// Due alerts that were raised with another count.
    pub miscounted: Vec<Miscounted>,
    /// Alerts that were told twice, or stand under two ids.
    pub duplicates: Vec<Duplicate>,
    /// Alerts that the ledger forbids.
    pub forbidden: Vec<Forbidden>,
    /// Alerts that nothing declares.
    pub unexpected: Vec<Raised>,
    /// Alerts that may have followed from attacks of which a part was sent: they count neither for nor against it.
    pub permitted: Vec<Raised>,
    /// Alerts in which the engine tells of itself: they count neither for nor against it.
    pub own: Vec<Raised>,
    /// How long due alerts took, for the hops whose ends are known.
    pub took: BTreeMap<Hop, Took>,
    /// The slowest of them.
    pub worst: Option<Worst>,
}

/// One play of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Play {
    /// Which scenario.
    pub scenario: String,
    /// Which of its plays.
    pub instance: u64,
}

/// An alert that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The first play that declares it.
    pub play: Play,
    /// How many more declare it.
    pub others: u64,
    /// What it is about.
    pub about: About,
    /// Distinct events, of all of them.
    pub count: u64,
    /// When the first of them was due to be raised.
    pub sent_ms: Option<i64>,
}

/// A due alert with another count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miscounted {
    /// What was due.
    pub case: Case,
    /// What the alert says.
    pub counted: u64,
}

/// An alert that was raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub about: About,
    /// What it counted.
    pub count: u64,
}

/// An alert, and what forbids it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    /// The first play that forbids it.
    pub play: Play,
    /// The alert.
    pub raised: Raised,
}

/// What should have come once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Duplicate {
    /// An id with a revision that came before.
    Told {
        /// The alert.
        raised: Raised,
        /// Which revision.
        revision: u32,
        /// How often.
        times: u64,
    },
    /// An alert about what another id stands for.
    Id {
        /// The alert.
        raised: Raised,
        /// The other id.
        other: String,
    },
}

/// The slowest alerts by one hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worst {
    /// From the intended sending where that is known, else from the call.
    pub hop: Hop,
    /// Milliseconds, the slowest first.
    pub cases: Vec<(i64, Case)>,
}

impl Verdict {
    /// Whether everything that is due was found, once each and counted right, and nothing else.
    pub fn holds(&self) -> bool {
        self.missed.is_empty()
            && self.miscounted.is_empty()
            && self.duplicates.is_empty()
            && self.forbidden.is_empty()
            && self.unexpected.is_empty()
    }

    /// How many alerts are due: found, missed and miscounted.
    pub fn must(&self) -> u64 {
        self.found + len(&self.missed) + len(&self.miscounted)
    }

    /// How many alerts were judged: all but those that are permitted and the engine's own.
    pub fn judged(&self) -> u64 {
        self.found + len(&self.miscounted) + len(&self.forbidden) + len(&self.unexpected) + self.second_ids()
    }

    /// The share of what is due that was found, of 1; none when nothing is due.
    pub fn recall(&self) -> Option<f64> {
        share(self.found, self.must())
    }

    /// The share of what was judged that is due, of 1; none when nothing was raised.
    pub fn precision(&self) -> Option<f64> {
        share(self.found + len(&self.miscounted), self.judged())
    }

    pub(super) fn second_ids(&self) -> u64 {
        self.duplicates.iter().map(|one| u64::from(matches!(one, Duplicate::Id { .. }))).sum()
    }
}

impl fmt::Display for Play {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.scenario, self.instance)
    }
}

fn len<T>(of: &[T]) -> u64 {
    of.len() as u64
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
