//! Scope of a period: its distinct event names, targets, source addresses and regions, and whether any call succeeded.
//!
//! An alert that gains one of these is worth a notification of its own, however small its count. Like all of a period it is
//! a function of the set of events, and only grows.
//!
//! Every delivery counts. AWS delivers an event the same each time; of forged deliveries that share an id and differ, one stands in
//! the rows, and after a restart the scope is that one's. Sinks keep what they were notified of.

use std::collections::HashSet;

use super::finding::{Scope, Values};
use super::key::{self, Key};
use crate::hit::Facts;
use crate::hit::group::{bounded, network};

/// Values of a kind that are kept as text: the first by time.
const FIRST_MAX: usize = 10;

/// Values of a kind that are counted; more change nothing.
const COUNT_MAX: usize = 1_000;

/// What a value costs in memory beside its text, and its digest; about.
const VALUE_BYTES: usize = 40;
const DIGEST_BYTES: usize = 24;

/// The scope of a period, as far as its events are known.
#[derive(Debug, Clone, Default)]
pub(super) struct PeriodScope {
    event_names: Distinct,
    targets: Distinct,
    source_ips: Distinct,
    regions: Distinct,
    succeeded: bool,
}

impl PeriodScope {
    /// Adds an event. Returns true if the scope changed.
    pub(super) fn add(&mut self, event: &Facts) -> bool {
        let time_s = event.time_s;
        let target = event.target.as_ref().map_or("", |target| target.name.as_str());
        let newly_succeeded = event.succeeded && !self.succeeded;
        self.succeeded |= event.succeeded;
        // Each of them must see the event: no short circuit.
        self.event_names.add(time_s, &event.event_name)
            | self.targets.add(time_s, target)
            | self.source_ips.add(time_s, &network(&event.source_ip))
            | self.regions.add(time_s, &event.region)
            | newly_succeeded
    }

    /// Returns the scope as a finding shows it.
    pub(super) fn read_out(&self) -> Scope {
        Scope {
            event_names: self.event_names.read_out(),
            targets: self.targets.read_out(),
            source_ips: self.source_ips.read_out(),
            regions: self.regions.read_out(),
            succeeded: self.succeeded,
        }
    }

    /// Returns the scope of one event.
    pub(super) fn of_event(event: &Facts) -> Scope {
        let mut scope = Self::default();
        scope.add(event);
        scope.read_out()
    }

    /// Returns its cost in memory, about.
    pub(super) fn bytes(&self) -> usize {
        [&self.event_names, &self.targets, &self.source_ips, &self.regions]
            .iter()
            .map(|kind| kind.bytes())
            .sum()
    }
}

/// The distinct values of one kind: all of them counted up to [`COUNT_MAX`], the first [`FIRST_MAX`] kept.
#[derive(Debug, Clone, Default)]
struct Distinct {
    /// Ascending by (time of the earliest event that has the value, value).
    first: Vec<(i64, Box<str>)>,
    /// Digests of all values, from the moment on at which `first` does not hold them all.
    all: HashSet<Key>,
}

impl Distinct {
    /// Adds a value. Returns true if what is read out may have changed. An absent value (`-`, empty) is none.
    fn add(&mut self, time_s: i64, value: &str) -> bool {
        if matches!(value, "" | "-") {
            return false;
        }
        let value = bounded(value);
        if let Some(known) = self.first.iter_mut().find(|(_, kept)| **kept == *value) {
            let earlier = time_s < known.0;
            if earlier {
                known.0 = time_s;
                self.first.sort_unstable();
            }
            return earlier;
        }
        let is_full = self.first.len() >= FIRST_MAX;
        let counted = is_full && self.count_in(&value);
        let place =
            self.first.partition_point(|(kept_s, kept)| (*kept_s, &**kept) < (time_s, value.as_str()));
        if place >= FIRST_MAX {
            return counted;
        }
        self.first.insert(place, (time_s, value.into()));
        // A value that falls out comes back only by an event before the last one here.
        self.first.truncate(FIRST_MAX);
        true
    }

    /// Counts a value that `first` does not hold. Returns true if it is new.
    fn count_in(&mut self, value: &str) -> bool {
        if self.all.is_empty() {
            self.all = self.first.iter().map(|(_, kept)| key::of_value(kept)).collect();
        }
        self.all.len() < COUNT_MAX && self.all.insert(key::of_value(value))
    }

    fn read_out(&self) -> Values {
        Values {
            count: self.first.len().max(self.all.len()) as u64,
            first: self.first.iter().map(|(_, value)| String::from(&**value)).collect(),
        }
    }

    fn bytes(&self) -> usize {
        self.first.iter().map(|(_, value)| VALUE_BYTES + value.len()).sum::<usize>()
            + self.all.len() * DIGEST_BYTES
    }
}
