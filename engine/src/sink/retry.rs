//! When a refused delivery is tried again, and when no more. Pure: time and chance are arguments.

use std::time::Duration;

use jiff::fmt::rfc2822;

/// The first wait is drawn from up to this; each further one from twice as much.
const FIRST_MS: i64 = 1_000;
/// The most that a wait is drawn from.
const LONGEST_MS: i64 = 15 * 60 * 1_000;
/// As far as a receiver's own wish is followed.
const RETRY_AFTER_MS_MAX: i64 = 60 * 60 * 1_000;
/// A delivery still refused at this age is given up: whoever had to be told has been in the dark for a day, and the
/// store shows it.
pub const DEAD_AFTER_MS: i64 = 24 * 60 * 60 * 1_000;

/// What follows a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Not before this time, milliseconds since the epoch.
    At(i64),
    /// No more: it stays in the store as undeliverable.
    Dead,
}

/// What follows the refusal of attempt number `attempt` (from 1) of a delivery made at `created_ms`.
///
/// Full jitter: anything between at once and a limit that doubles, so that those who failed together do not come back
/// together. `random` is any number from all of `u64`.
pub fn next_attempt(
    attempt: u32,
    created_ms: i64,
    now_ms: i64,
    retry_after: Option<Duration>,
    random: u64,
) -> Next {
    if now_ms.saturating_sub(created_ms) >= DEAD_AFTER_MS {
        return Next::Dead;
    }
    let doublings = attempt.saturating_sub(1).min(20);
    let limit_ms = (FIRST_MS << doublings).min(LONGEST_MS);
    let drawn_ms = i64::try_from(random % (limit_ms.unsigned_abs() + 1)).unwrap_or(limit_ms);
    let asked_ms = retry_after.map_or(0, |after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
    Next::At(now_ms.saturating_add(drawn_ms.max(asked_ms.min(RETRY_AFTER_MS_MAX))))
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

    fn wait(attempt: u32, retry_after_s: Option<u64>, random: u64) -> i64 {
        match next_attempt(attempt, NOW_MS, NOW_MS, retry_after_s.map(Duration::from_secs), random) {
            Next::At(at_ms) => at_ms - NOW_MS,
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
    fn after_a_day_it_is_dead_and_not_before() {
        let next = |age_ms| next_attempt(99, NOW_MS - age_ms, NOW_MS, None, 0);
        assert_eq!(next(DEAD_AFTER_MS - 1), Next::At(NOW_MS));
        assert_eq!(next(DEAD_AFTER_MS), Next::Dead);
        assert_eq!(next(-5_000), Next::At(NOW_MS), "a clock set back kills nothing");
        assert_eq!(next_attempt(1, i64::MIN, i64::MAX, None, 0), Next::Dead);
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
