//! How long to wait after failures in a row. Pure: chance is an argument.

use std::time::Duration;

/// The first wait is drawn from up to this; each further one from twice as much.
const FIRST: Duration = Duration::from_millis(200);

/// The most that a wait is drawn from. A shard takes five reads a second, so a throttled one is soon free again.
const LONGEST: Duration = Duration::from_secs(10);

/// The wait after `failures` in a row (from 1): between half of a limit that doubles and the whole, so that shards that
/// failed together do not come back together, and none comes back at once. `random` is any number from all of `u64`.
pub(super) fn wait(failures: u32, random: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let limit = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let half_ms = u64::try_from(limit.as_millis() / 2).unwrap_or(u64::MAX);
    limit / 2 + Duration::from_millis(random % (half_ms + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_ten_seconds() {
        for (failures, limit_ms) in [(0, 200), (1, 200), (2, 400), (3, 800), (7, 10_000), (u32::MAX, 10_000)]
        {
            let waits =
                (0..1_000u64).map(|n| wait(failures, n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).as_millis());
            let waits: Vec<_> = waits.collect();
            assert!(waits.iter().all(|ms| (limit_ms / 2..=limit_ms).contains(ms)), "{failures}: {waits:?}");
            assert!(waits.iter().max() > waits.iter().min());
        }
    }
}
