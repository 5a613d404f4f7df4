//! How often a sink may be called. Pure: the clock is an argument.
//!
//! A token bucket, kept as the one number that says when it will be full again. Invariant: in any stretch of time no more
//! go than the rate times its length, and a second's worth.

/// An allowance that refills.
#[derive(Debug, Clone)]
pub struct Rate {
    interval_ms: f64,
    burst_ms: f64,
    full_at_ms: f64,
}

impl Rate {
    /// `per_s` a second on average; after a rest a second's worth at once, at least one. Zero, negative or not a number is
    /// no limit.
    pub fn new(per_s: f64) -> Self {
        let interval_ms = if per_s > 0.0 { 1000.0 / per_s } else { 0.0 };
        Self { interval_ms, burst_ms: interval_ms.max(1000.0) - interval_ms, full_at_ms: 0.0 }
    }

    /// Takes one if one may go now; otherwise says when one may.
    ///
    /// # Errors
    /// The earliest time for another try, milliseconds since the epoch.
    pub fn take(&mut self, now_ms: i64) -> Result<(), i64> {
        let now = as_float(now_ms);
        // A clock that was set back must not lock the sink for as long.
        let full_at = self.full_at_ms.clamp(now, now + self.burst_ms + self.interval_ms);
        let wait_ms = full_at - self.burst_ms - now;
        self.full_at_ms = full_at;
        if wait_ms > 0.0 {
            return Err(now_ms.saturating_add(whole(wait_ms)));
        }
        self.full_at_ms = full_at + self.interval_ms;
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this age are far below 2^53")]
fn as_float(ms: i64) -> f64 {
    ms as f64
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and a wait is minutes at most")]
fn whole(ms: f64) -> i64 {
    ms.ceil() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many go when somebody always asks again as soon as told.
    fn gone(per_s: f64, from_ms: i64, stretch_ms: i64) -> u32 {
        let (mut rate, mut now_ms, mut n) = (Rate::new(per_s), from_ms, 0);
        while now_ms < from_ms + stretch_ms && n < 100_000 {
            match rate.take(now_ms) {
                Ok(()) => n += 1,
                Err(at_ms) => {
                    assert!(at_ms > now_ms);
                    now_ms = at_ms;
                }
            }
        }
        n
    }

    #[test]
    fn no_more_go_than_the_rate_and_a_seconds_worth() {
        let now_ms = 1_767_323_000_000;
        assert_eq!(gone(1.0, now_ms, 10_000), 10);
        assert_eq!(gone(10.0, now_ms, 10_000), 109, "a second's worth at once, then one each 100 ms");
        assert_eq!(gone(0.5, now_ms, 10_000), 5);
        assert_eq!(gone(0.0, now_ms, 1), 100_000, "no limit");
        assert_eq!(gone(f64::NAN, now_ms, 1), 100_000);
    }

    #[test]
    fn a_clock_set_back_does_not_lock_the_sink() {
        let mut rate = Rate::new(1.0);
        assert_eq!(rate.take(1_000_000_000), Ok(()));
        assert_eq!(rate.take(5_000), Err(6_000));
        assert_eq!(rate.take(6_000), Ok(()));
    }
}
