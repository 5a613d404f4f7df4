//! What is usual for a key: for each hour of the day, weekdays and weekends apart, the share of its minutes in which
//! something comes, and the longest gap that began in it.
//!
//! Whole numbers throughout: what was written down and read again goes on as if nothing had been.

use serde::{Deserialize, Serialize};

use super::watch::NUMBER_MAX;

/// Shares are written in so many parts.
pub(super) const PARTS: i64 = 10_000;

/// A share is worth no more than this, or one missed minute would be all the world: five are a surprise.
const SHARE_MAX: i64 = 9_850;

/// An hour of the day says nothing before it was watched so often.
const WATCHED_MIN: u8 = 2;

/// Gaps that begin in an hour are known when something came in it so often: twice, and before the present one.
const HEARD_MIN: u8 = 3;

/// The mean of an hour's share forgets the past in about so many days.
const DAYS: i64 = 5;

/// Hours of the day, on weekdays and on weekends.
const BUCKETS: usize = 48;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i64, u8, u8, i64)", into = "(i64, u8, u8, i64)")]
struct Bucket {
    /// The share, in [`PARTS`].
    share: i64,
    /// How often it was watched; stops counting when it no longer matters.
    watched: u8,
    /// How often something came in it.
    heard: u8,
    /// The longest gap that began in it, in minutes; shrinks by an eighth a day.
    gap: i64,
}

impl From<(i64, u8, u8, i64)> for Bucket {
    fn from((share, watched, heard, gap): (i64, u8, u8, i64)) -> Self {
        Self { share, watched, heard, gap }
    }
}

impl From<Bucket> for (i64, u8, u8, i64) {
    fn from(Bucket { share, watched, heard, gap }: Bucket) -> Self {
        (share, watched, heard, gap)
    }
}

/// 48 buckets: the hours of weekdays, then of weekends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Profile(Vec<Bucket>);

impl Default for Profile {
    fn default() -> Self {
        Self(vec![Bucket::default(); BUCKETS])
    }
}

impl Profile {
    /// Whether it could have been learned.
    pub(super) fn is_sound(&self) -> bool {
        let is_sound =
            |bucket: &Bucket| (0..=PARTS).contains(&bucket.share) && (0..=NUMBER_MAX).contains(&bucket.gap);
        self.0.len() == BUCKETS && self.0.iter().all(is_sound)
    }

    /// Learns an hour, of which the bits say in which minutes something came.
    pub(super) fn learn(&mut self, hour: i64, minutes: u64) {
        let bucket = &mut self.0[bucket(hour * 60)];
        let seen = i64::from(minutes.count_ones()) * PARTS / 60;
        let days = i64::from(bucket.watched).min(DAYS - 1);
        bucket.share = (bucket.share * days + seen) / (days + 1);
        bucket.watched = bucket.watched.saturating_add(1);
        if minutes != 0 {
            bucket.heard = bucket.heard.saturating_add(1);
            bucket.gap -= bucket.gap / 8;
        }
    }

    /// Learns a gap between two minutes in which something came.
    pub(super) fn learn_gap(&mut self, from: i64, to: i64) {
        let bucket = &mut self.0[bucket(from)];
        bucket.gap = bucket.gap.max(to - from);
    }

    /// The share of such minutes in which something comes, in [`PARTS`]; 0 where that is not known yet.
    pub(super) fn share(&self, minute: i64) -> i64 {
        let bucket = &self.0[bucket(minute)];
        if bucket.watched < WATCHED_MIN { 0 } else { bucket.share.min(SHARE_MAX) }
    }

    /// The longest gap that lately began at such an hour, in minutes; where that is not known yet, the longest of all.
    pub(super) fn gap(&self, minute: i64) -> i64 {
        let bucket = &self.0[bucket(minute)];
        if bucket.heard < HEARD_MIN {
            self.0.iter().map(|bucket| bucket.gap).max().unwrap_or_default()
        } else {
            bucket.gap
        }
    }
}

/// Which bucket a minute since the epoch is in.
fn bucket(minute: i64) -> usize {
    let hour_of_day = usize::try_from(minute.div_euclid(60).rem_euclid(24)).unwrap_or_default();
    if day_of_week(minute) < 5 { hour_of_day } else { hour_of_day + 24 }
}

/// 0 is Monday. The epoch began on a Thursday.
pub(super) fn day_of_week(minute: i64) -> i64 {
    (minute.div_euclid(24 * 60) + 3).rem_euclid(7)
}
