//! How long CloudTrail takes to write an event to its log group: minutes, and out of order.
//!
//! CloudTrail writes in batches, so events of one account and region within some seconds share a delay and mostly keep their
//! order, while other accounts' arrive before or after. Invariant: no delay is under `DELAY_MS_MIN`.

use crate::options::Options;
use crate::rng::{self, Rng};

/// No event is written sooner than this after its call.
pub(crate) const DELAY_MS_MIN: i64 = 4_000;

/// Events of a log stream within so many seconds are written together.
const BATCH_S: i64 = 20;
/// Inside a batch an event may overtake those of the same or the next second.
const JITTER_MS: u32 = 1_300;
/// A late batch is so late: 11 minutes, and up to so much more.
const LATE_MS: (i64, u32) = (660_000, 2_940_000);

/// (share of a thousand, delay in ms): the quantiles of a published trail, with straight lines between them.
const QUANTILES: [(u32, i64); 7] = [
    (0, DELAY_MS_MIN),
    (10, 11_000),
    (100, 50_000),
    (500, 190_000),
    (900, 399_000),
    (990, 541_000),
    (1_000, 610_000),
];

/// When an event is written, in milliseconds since the epoch.
pub(crate) fn written_ms(options: &Options, stream: u64, time_s: i64, rng: &mut Rng) -> i64 {
    let batch = u64::try_from(time_s.div_euclid(BATCH_S)).unwrap_or(0);
    let mut shared = Rng::keyed(options.seed ^ rng::mix(stream), 0xDE1A, batch);
    let delay_ms = if shared.chance(options.late_ppm) {
        LATE_MS.0 + i64::from(shared.below(LATE_MS.1))
    } else {
        quantile(shared.below(1_000_000))
    };
    let jitter_ms = match options.disorder {
        // As the calls followed each other, whatever their batches did.
        0 => return time_s * 1000 + quantile(500_000),
        times => times * JITTER_MS,
    };
    time_s * 1000 + delay_ms + i64::from(rng.below(jitter_ms))
}

/// The delay below which so many of a million fall.
fn quantile(ppm: u32) -> i64 {
    let mut from = QUANTILES[0];
    for to in QUANTILES {
        if ppm < to.0 * 1000 {
            let (step, width) = (i64::from(ppm - from.0 * 1000), i64::from((to.0 - from.0) * 1000));
            return from.1 + (to.1 - from.1) * step / width;
        }
        from = to;
    }
    from.1
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn the_quantiles_are_those_of_the_table() {
        let of = |per_mille: u32| quantile(per_mille * 1000);
        assert_eq!([of(10), of(100), of(500), of(900), of(990)], [11_000, 50_000, 190_000, 399_000, 541_000]);
        assert_eq!(quantile(999_999), 609_993, "the last line ends at its end, but for a step");
    }
}
