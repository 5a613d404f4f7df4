//! When was each account and region heard of last, and is it strange that there has been nothing since?
//!
//! An account and region is *silent* when three things hold:
//! 1. Nothing came for `after`.
//! 2. That is a surprise. For each hour of the day, weekdays and weekends apart, its profile has learned in which share p
//!    of the minutes something comes. A silent minute is worth −ln(1−p): never more than p = 0.985 gives, nothing in quiet
//!    hours, nothing where records were lost, nothing in an hour that was not watched twice yet. The sum must reach
//!    `surprise_min`, 20: e⁻²⁰ is two in a thousand million, for a traffic whose minutes know nothing of each other. It
//!    must reach twice as much for each silence of the key that was told of lately and ended: who often pauses is
//!    doubted, who paused once hardly.
//! 3. It is twice the longest gap that began at this hour of the day lately: real traffic comes and goes in blocks. In the
//!    first eight days of a key, before it had a weekend, nothing longer than a day is strange.
//!
//! So one that speaks every minute is missed after six, one that speaks once a day is not, and nobody needs to say which is
//! which. The whole stream is one key more; it is also silent after `stream_after`, whatever was learned.
//!
//! Time is the stream's: minutes of arrival, and a clock up to which everything that had arrived is read. An hour is learned
//! when that clock has passed it, and only if anything at all came in it: a stream that stood still teaches nothing. Nor does
//! the first day of a silence that was told of: what lasts longer becomes usual.

mod key;
#[cfg(test)]
mod oracle;
mod profile;
mod quiet;
mod rows;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use dashmap::DashMap;

pub use key::{Key, Name};
pub use quiet::{Ignore, NoAccountRegion, NoQuietHours, QuietHours};
pub use rows::Row;
use watch::{Look, Watch};

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

/// What counts as silence.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Nobody is silent before that, in milliseconds. Whole minutes are counted.
    pub after_ms: i64,
    /// The whole stream is silent after that.
    pub stream_after_ms: i64,
    /// For so long after the first key was heard of, no key is new.
    pub settle_ms: i64,
    /// What the silent minutes must be worth together, at least.
    pub surprise_min: f64,
    /// When nobody is silent.
    pub quiet: Vec<QuietHours>,
    /// Who never is.
    pub ignore: Vec<Ignore>,
    /// Accounts and regions that are watched.
    pub keys_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            after_ms: 5 * MINUTE_MS,
            stream_after_ms: 15 * MINUTE_MS,
            settle_ms: 24 * 60 * MINUTE_MS,
            surprise_min: 20.0,
            quiet: Vec::new(),
            ignore: Vec::new(),
            keys_max: 10_000,
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// Somebody is silent; said once for each silence.
    Silent {
        /// Who.
        key: Key,
        /// Since when, milliseconds since the epoch.
        last_seen_ms: i64,
        /// The clock at which it was noticed.
        detected_ms: i64,
        /// Minutes of the silence in which something usually comes.
        expected_minutes: f64,
    },
    /// Somebody who was silent was heard again.
    Resumed {
        /// Who.
        key: Key,
        /// When it was heard before the silence.
        silent_from_ms: i64,
        /// When it was heard again.
        resumed_ms: i64,
    },
    /// An account and region was heard of for the first time.
    New {
        /// Which.
        key: Key,
        /// When.
        first_seen_ms: i64,
    },
}

/// When each was heard of last. Workers write it; one look-out checks it.
#[derive(Debug, Default)]
pub struct LastSeen {
    settings: Settings,
    watches: DashMap<Name, Watch>,
    /// Stretches of time of which records were lost, as minutes: first, and first that is not.
    lost: Mutex<Vec<(i64, i64)>>,
    dropped: AtomicU64,
}

impl LastSeen {
    /// A record with an event of this account and region arrived, at so many milliseconds since the epoch. What is no
    /// account and region, or one too many, is counted and not watched.
    pub fn observe(&self, place: Option<Name>, arrival_ms: i64) {
        match place {
            Some(name) => self.heard(name, arrival_ms),
            None => drop(self.dropped.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// A record with any event arrived.
    pub fn observe_stream(&self, arrival_ms: i64) {
        self.heard(Name::STREAM, arrival_ms);
    }

    fn heard(&self, name: Name, arrival_ms: i64) {
        if let Some(mut watch) = self.watches.get_mut(&name) {
            watch.heard(arrival_ms);
        } else if name == Name::STREAM || self.len() < self.settings.keys_max {
            self.watches.entry(name).or_insert_with(|| Watch::new(name.key(), arrival_ms)).heard(arrival_ms);
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Records that arrived between these times, in milliseconds, were lost: that is no silence.
    pub fn lost(&self, from_ms: i64, to_ms: i64) {
        let minutes = (from_ms.div_euclid(MINUTE_MS), to_ms.div_euclid(MINUTE_MS).saturating_add(1));
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).push(minutes);
    }

    /// Learns the hours that have passed, and says who is silent, heard again, or new. Everything that had arrived by
    /// `clock_ms` must have been observed. Only one may check.
    pub fn check(&self, clock_ms: i64) -> Vec<Notice> {
        let clock = clock_ms.div_euclid(MINUTE_MS);
        let spoken =
            self.watches.get(&Name::STREAM).map(|stream| stream.hours_before(clock)).unwrap_or_default();
        let first_ms = self.watches.iter().map(|watch| watch.first_seen_ms).min().unwrap_or(clock_ms);
        let mut notices = Vec::new();
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let settings = &self.settings;
        let look = Look { settings, clock_ms, clock, spoken: &spoken, first_ms, lost: &lost };
        self.watches.iter_mut().for_each(|mut watch| watch.look(&look, &mut notices));
        // The map has no order.
        notices.sort_by(|one, other| one.key().cmp(other.key()));
        notices
    }

    /// Accounts and regions, and the stream.
    pub fn len(&self) -> usize {
        self.watches.len()
    }

    /// Whether nothing was heard of.
    pub fn is_empty(&self) -> bool {
        self.watches.is_empty()
    }

    /// How many of them are silent, and told of.
    pub fn silent_keys(&self) -> usize {
        self.watches.iter().filter(|watch| watch.is_silent()).count()
    }

    /// Times that something was heard of that is not watched.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Notice {
    fn key(&self) -> &Key {
        match self {
            Self::Silent { key, .. } | Self::Resumed { key, .. } | Self::New { key, .. } => key,
        }
    }
}
