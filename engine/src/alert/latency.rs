//! The ledger of an alert: when its first event passed which hop. Never one flattering number, always the hops.

use crate::hit::Facts;

/// Times in milliseconds since the epoch, where they are known. A file knows the first two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latency {
    /// `eventTime`: the call, in whole seconds.
    pub event_ms: i64,
    /// When CloudTrail wrote the event to its log.
    pub logs_ms: Option<i64>,
}

impl Latency {
    pub(super) fn of(event: &Facts) -> Self {
        Self { event_ms: event.time_s.saturating_mul(1000), logs_ms: event.logs_time_ms }
    }

    /// From the call to the log, milliseconds; clocks that disagree give 0.
    pub fn event_to_logs_ms(&self) -> Option<i64> {
        self.logs_ms.map(|logs| logs.saturating_sub(self.event_ms).max(0))
    }
}
