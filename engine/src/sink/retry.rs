//! When a refused delivery is tried again, and when no more. Pure: time and chance are arguments.

use std::time::Duration;

use jiff::fmt::rfc2822;

/// Upper limit of the first wait; each further wait has twice the limit of the one before.
const FIRST_MS: i64 = 1_000;
/// Largest limit of a wait.
const LONGEST_MS: i64 = 15 * 60 * 1_000;
/// Longest `Retry-After` that is followed.
const RETRY_AFTER_MS_MAX: i64 = 60 * 60 * 1_000;
/// Refusals of a delivery before it can be abandoned. A `Retry-After` of an hour gives 24 attempts a day.
pub const DEAD_AFTER_ATTEMPTS: u32 = 20;
/// Counted time of a delivery ([`counted_ms`]) before it can be abandoned.
pub const DEAD_AFTER_MS: i64 = 24 * 60 * 60 * 1_000;
/// Time beyond the wait that a step of the counted time may take: the queue, the rate limit and the attempt itself.
pub const STEP_MARGIN_MS: i64 = 60_000;

/// Consequence of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Another attempt, not before this many milliseconds have passed.
    After(i64),
    /// No further attempt: the delivery stays in the store as dead.
    Dead,
}

/// Returns the consequence of a delivery's refusal number `attempts` (from 1), when `tried_ms` of its time have counted.
///
/// The wait has full jitter (Brooker, "Exponential Backoff and Jitter"): it is drawn between 0 and a limit that doubles, so
/// that deliveries that failed together do not return together. `random` is any number from all of `u64`.
pub fn next_attempt(attempts: u32, tried_ms: i64, retry_after: Option<Duration>, random: u64) -> Next {
    if attempts >= DEAD_AFTER_ATTEMPTS && tried_ms >= DEAD_AFTER_MS {
        return Next::Dead;
    }
    Next::After(wait_ms(attempts.saturating_sub(1), LONGEST_MS, retry_after, random))
}

/// Returns how much of the time between two refusals of a delivery counts toward its end: `since_ms`, the monotonic time since
/// the refusal before, but at most the wait that followed it and a margin. A delivery that was not refused before in this run of
/// the engine has no such time, so neither an outage of the engine nor a change of the wall clock counts.
pub fn counted_ms(since_ms: Option<i64>, wait_ms: i64) -> i64 {
    since_ms.map_or(0, |since_ms| since_ms.clamp(0, wait_ms.saturating_add(STEP_MARGIN_MS).max(0)))
}

/// Draws a wait below a limit that doubles `doublings` times up to `longest_ms`; never shorter than `retry_after`, as far as
/// that is followed.
pub(super) fn wait_ms(doublings: u32, longest_ms: i64, retry_after: Option<Duration>, random: u64) -> i64 {
    let limit_ms = (FIRST_MS << doublings.min(20)).min(longest_ms);
    let drawn_ms = i64::try_from(random % (limit_ms.unsigned_abs() + 1)).unwrap_or(limit_ms);
    let asked_ms = retry_after.map_or(0, |after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
    drawn_ms.max(asked_ms.min(RETRY_AFTER_MS_MAX))
}

/// How long a `Retry-After` header asks to wait: seconds, or a date.
pub fn retry_after(header: &str, now_ms: i64) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit is a wish like any other: later than we follow.
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let at_ms = rfc2822::DateTimeParser::new().parse_timestamp(header).ok()?.as_millisecond();
    Some(Duration::from_millis(u64::try_from(at_ms.saturating_sub(now_ms)).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_767_323_000_000;

    fn wait(attempts: u32, retry_after_s: Option<u64>, random: u64) -> i64 {
        match next_attempt(attempts, 0, retry_after_s.map(Duration::from_secs), random) {
            Next::After(wait_ms) => wait_ms,
            Next::Dead => panic!("dead at once"),
        }
    }

    #[test]
    fn waits_are_drawn_from_a_limit_that_doubles() {
        let longest = [(1, 1_000), (2, 2_000), (3, 4_000), (10, 512_000), (11, 900_000), (u32::MAX, 900_000)];
        for (attempt, limit_ms) in longest {
            let drawn = (0..5_000u64).map(|n| wait(attempt, None, n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            let drawn: Vec<_> = drawn.collect();
            assert!(drawn.iter().all(|ms| (0..=limit_ms).contains(ms)));
            let mean = drawn.iter().sum::<i64>() / 5_000;
            assert!((limit_ms * 45 / 100..limit_ms * 55 / 100).contains(&mean), "{attempt}: {mean}");
        }
        assert_eq!(wait(0, None, 1_000), 1_000);
    }

    #[test]
    fn a_receivers_wish_is_followed_for_an_hour() {
        assert_eq!(wait(1, Some(30), 0), 30_000);
        assert_eq!(wait(11, Some(30), 900_000), 900_000, "it asks for no earlier");
        assert_eq!(wait(1, Some(u64::MAX), 0), 3_600_000);
    }

    #[test]
    fn a_delivery_is_dead_after_enough_attempts_and_enough_counted_time() {
        let next = |attempts, tried_ms| next_attempt(attempts, tried_ms, None, 0);
        let (attempts, tried_ms) = (DEAD_AFTER_ATTEMPTS, DEAD_AFTER_MS);
        assert_eq!(next(attempts, tried_ms), Next::Dead);
        assert_eq!(next(u32::MAX, i64::MAX), Next::Dead);
        assert_eq!(next(attempts - 1, i64::MAX), Next::After(0), "one refusal of many is not enough");
        assert_eq!(next(u32::MAX, tried_ms - 1), Next::After(0));
    }

    #[test]
    fn a_step_counts_as_far_as_its_wait_and_a_margin() {
        assert_eq!(counted_ms(None, 900_000), 0, "the first refusal since the start of the engine");
        assert_eq!(counted_ms(Some(10_000), 900_000), 10_000);
        assert_eq!(counted_ms(Some(26 * 3_600_000), 900_000), 960_000);
        assert_eq!(counted_ms(Some(-5), 900_000), 0);
        assert_eq!(counted_ms(Some(i64::MAX), i64::MAX), i64::MAX);
        assert_eq!(counted_ms(Some(5), i64::MIN), 0);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // 2026-01-02T03:03:20Z.
        let read = |text| retry_after(text, NOW_MS).map(|after| after.as_secs());
        assert_eq!(read("120"), Some(120));
        assert_eq!(read(" 0 "), Some(0));
        assert_eq!(read("99999999999999999999999"), Some(u64::from(u32::MAX)));
        assert_eq!(read("Fri, 02 Jan 2026 03:04:20 GMT"), Some(60));
        assert_eq!(read("Fri, 02 Jan 2026 03:03:00 GMT"), Some(0), "already past");
        for garbage in ["", "-1", "1.5", "soon", "2026-01-02", "1 2", "\u{661}"] {
            assert_eq!(read(garbage), None, "{garbage}");
        }
    }
}
