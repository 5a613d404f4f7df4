//! What is unusual among log events, for the books of whoever sends them.

use std::ops::{Add, AddAssign};

use crate::{LogEvent, Origin};

/// CloudTrail has written all but its late batches by then, milliseconds after the call.
const LATE_MS_MIN: i64 = 650_000;
/// A larger event is as large as CloudTrail lets it be, bytes.
const OVERSIZE_BYTES_MIN: usize = 100_000;

/// Log events that are unusual, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unusual {
    /// Delivered before.
    pub repeats: u64,
    /// No CloudTrail.
    pub foreign: u64,
    /// As large as CloudTrail lets them be.
    pub oversize: u64,
    /// Written more than eleven minutes after the call.
    pub late: u64,
}

impl Unusual {
    /// What is unusual about one.
    pub fn of(event: &LogEvent) -> Self {
        Self {
            repeats: u64::from(event.origin == Origin::Repeat),
            foreign: u64::from(event.origin == Origin::Foreign),
            oversize: u64::from(event.message.len() >= OVERSIZE_BYTES_MIN),
            late: u64::from(event.logs_time_ms - event.event_time_s * 1000 > LATE_MS_MIN),
        }
    }
}

impl Add for Unusual {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            repeats: self.repeats + other.repeats,
            foreign: self.foreign + other.foreign,
            oversize: self.oversize + other.oversize,
            late: self.late + other.late,
        }
    }
}

impl AddAssign for Unusual {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
