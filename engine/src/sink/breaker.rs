//! Circuit breaker of a sink (Nygard, *Release It!*): while a sink is unavailable one delivery at a time is tried instead of all
//! that wait. Pure: time, from a clock that never jumps, and chance are arguments.
//!
//! ```text
//! closed ── 3 failures in a row, or a Retry-After ──▶ open ── the wait is over ──▶ half-open
//!    ▲                                                  ▲                            │  │
//!    │                                                  └──── the attempt failed ────┘  │
//!    └────────────────────── the sink answered the attempt ─────────────────────────────┘
//! ```

use std::time::Duration;

use super::retry;

/// Failures in a row that open the breaker: fewer may be the fault of single deliveries.
pub const OPEN_AFTER: u32 = 3;
/// Longest limit of the wait between two attempts while the breaker is open, so the latest time at which a recovery is noticed.
pub const PROBE_MS_MAX: i64 = 60_000;
/// Failures in a row that were an outage: after it, deliveries that failed do not sit out their own waits. After fewer these
/// waits are short, and a delivery that makes its receiver fail must not come back each time another one is accepted.
pub const OUTAGE_AFTER: u32 = OPEN_AFTER + 2;

/// State of the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything that is due is tried.
    Closed,
    /// Nothing is tried before this time.
    Open {
        /// Milliseconds, by the clock that the caller passes.
        until_ms: i64,
    },
    /// One delivery is tried.
    HalfOpen,
}

/// Change of the state by an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// None that concerns other deliveries.
    None,
    /// The breaker opened, or the attempt in the half-open state failed.
    Opened,
    /// The breaker closed.
    Closed {
        /// Failures in a row before that.
        failures: u32,
    },
}

/// Circuit breaker of one sink.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    failures: u32,
    until_ms: Option<i64>,
}

impl Breaker {
    /// Returns the state at `now_ms`.
    pub fn state(&self, now_ms: i64) -> State {
        match self.until_ms {
            None => State::Closed,
            Some(until_ms) if now_ms < until_ms => State::Open { until_ms },
            Some(_) => State::HalfOpen,
        }
    }

    /// Records that the sink answered an attempt: it accepted the delivery, or rejected this one.
    pub fn reached(&mut self) -> Change {
        let failures = std::mem::take(&mut self.failures);
        match self.until_ms.take() {
            None => Change::None,
            Some(_) => Change::Closed { failures },
        }
    }

    /// Records an attempt at `now_ms` that failed for a reason that concerns the sink. `retry_after` is the wait that the sink
    /// asked for; `random` is any number from all of `u64`.
    pub fn failed(&mut self, now_ms: i64, retry_after: Option<Duration>, random: u64) -> Change {
        self.failures = self.failures.saturating_add(1);
        let asks = retry_after.is_some_and(|after| !after.is_zero());
        if self.failures < OPEN_AFTER && !asks && self.until_ms.is_none() {
            return Change::None;
        }
        let doublings = self.failures.saturating_sub(OPEN_AFTER);
        let wait_ms = retry::wait_ms(doublings, PROBE_MS_MAX, retry_after, random);
        self.until_ms = Some(now_ms.saturating_add(wait_ms));
        Change::Opened
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(breaker: &mut Breaker, now_ms: i64) -> Change {
        breaker.failed(now_ms, None, u64::MAX)
    }

    /// Opened at 0 by the third failure.
    fn open() -> Breaker {
        let mut breaker = Breaker::default();
        assert_eq!(failed(&mut breaker, 0), Change::None);
        assert_eq!(failed(&mut breaker, 0), Change::None);
        assert_eq!(breaker.state(0), State::Closed);
        assert_eq!(failed(&mut breaker, 0), Change::Opened);
        breaker
    }

    #[test]
    fn three_failures_in_a_row_open_it() {
        let State::Open { until_ms } = open().state(0) else { panic!("closed") };
        assert!((1..=1_000).contains(&until_ms), "{until_ms}");
        assert_eq!(open().state(until_ms), State::HalfOpen);
        let mut breaker = Breaker::default();
        for _ in 0..100 {
            assert_eq!(failed(&mut breaker, 0), Change::None);
            assert_eq!(failed(&mut breaker, 0), Change::None);
            assert_eq!(breaker.reached(), Change::None, "an answer between them");
        }
    }

    #[test]
    fn waits_double_as_far_as_a_minute() {
        let (mut breaker, mut now_ms, mut longest_ms) = (open(), 0, 0);
        for n in 0..500_u64 {
            let before_ms = now_ms;
            let random = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            if let State::Open { until_ms } = breaker.state(now_ms) {
                now_ms = until_ms;
            }
            longest_ms = longest_ms.max(now_ms - before_ms);
            assert_eq!(breaker.state(now_ms), State::HalfOpen);
            assert_eq!(breaker.failed(now_ms, None, random), Change::Opened);
        }
        assert!((PROBE_MS_MAX * 9 / 10..=PROBE_MS_MAX).contains(&longest_ms), "{longest_ms}");
        assert_eq!(breaker.reached(), Change::Closed { failures: 503 });
        assert_eq!(breaker.state(now_ms), State::Closed);
        assert_eq!(breaker.reached(), Change::None);
    }

    #[test]
    fn a_retry_after_opens_it_at_once() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.failed(5, Some(Duration::from_secs(30)), 0), Change::Opened);
        assert_eq!(breaker.state(30_004), State::Open { until_ms: 30_005 });
        assert_eq!(breaker.failed(30_005, Some(Duration::from_secs(999_999)), 0), Change::Opened);
        assert_eq!(breaker.state(0), State::Open { until_ms: 30_005 + 3_600_000 }, "an hour at most");
        assert_eq!(Breaker::default().failed(5, Some(Duration::ZERO), 0), Change::None);
    }
}
