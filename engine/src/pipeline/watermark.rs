//! How far event time has surely come (`spec/windows.md` §4). Serves the last telling of an alert, never its first:
//! exactness and promptness never hang on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Matched;

/// How late CloudTrail's events usually are at most, seconds.
const LATENESS_S: i64 = 15 * 60;

/// How far past its arrival one event may move a watermark, seconds: clocks are wrong, and forged.
const AHEAD_S_MAX: i64 = 5 * 60;

/// The watermarks of the sources that are being read, seconds of event time.
#[derive(Debug, Clone, Default)]
pub struct Watermarks(BTreeMap<Arc<str>, i64>);

impl Watermarks {
    /// A source that is to be read, and the watermark that was stored for it. Until something is known of it, nothing is
    /// known of all.
    pub fn expect(&mut self, source: &str, low_s: Option<i64>) {
        self.0.insert(source.into(), low_s.unwrap_or(i64::MIN));
    }

    /// A record was read.
    pub fn observe(&mut self, record: &Matched) {
        let Some(newest_s) = record.newest_s else { return };
        let bound_s = record.stamps.arrival_ms.map(|ms| ms.div_euclid(1000).saturating_add(AHEAD_S_MAX));
        let low_s = newest_s.min(bound_s.unwrap_or(i64::MAX)).saturating_sub(LATENESS_S);
        let kept = self.0.entry(Arc::clone(&record.position.source)).or_insert(low_s);
        *kept = (*kept).max(low_s);
    }

    /// That of one source.
    pub fn of(&self, source: &str) -> Option<i64> {
        self.0.get(source).copied().filter(|low_s| *low_s > i64::MIN)
    }

    /// That of all: what every source has passed.
    pub fn low_s(&self) -> Option<i64> {
        self.0.values().min().copied().filter(|low_s| *low_s > i64::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Tally;
    use crate::record::{Position, Stamps};

    fn record(source: &str, newest_s: i64, arrival_s: Option<i64>) -> Matched {
        Matched {
            position: Position { source: source.into(), part: 0 },
            stamps: Stamps { arrival_ms: arrival_s.map(|s| s * 1000), ..Stamps::default() },
            bytes: 0,
            hits: Vec::new(),
            rejects: Vec::new(),
            tally: Tally::default(),
            ungrouped: 0,
            newest_s: Some(newest_s),
        }
    }

    #[test]
    fn the_slowest_source_counts_and_none_goes_back() {
        let mut watermarks = Watermarks::default();
        assert_eq!(watermarks.low_s(), None);
        watermarks.observe(&record("a", 10_000, Some(10_000)));
        assert_eq!(watermarks.low_s(), Some(9_100));
        watermarks.observe(&record("b", 5_000, Some(10_000)));
        assert_eq!(watermarks.low_s(), Some(4_100));
        watermarks.observe(&record("b", 4_000, Some(10_000)));
        assert_eq!(watermarks.of("b"), Some(4_100));
    }

    #[test]
    fn a_source_that_has_said_nothing_yet_holds_all() {
        let mut watermarks = Watermarks::default();
        watermarks.expect("a", None);
        watermarks.expect("b", Some(7_000));
        watermarks.observe(&record("b", 10_000, None));
        assert_eq!((watermarks.low_s(), watermarks.of("a"), watermarks.of("b")), (None, None, Some(9_100)));
        watermarks.observe(&record("a", 9_000, None));
        assert_eq!(watermarks.low_s(), Some(8_100));
    }

    #[test]
    fn an_event_from_the_future_moves_it_five_minutes_at_most() {
        let mut watermarks = Watermarks::default();
        watermarks.observe(&record("a", i64::MAX, Some(10_000)));
        assert_eq!(watermarks.low_s(), Some(10_000 + 300 - 900));
    }
}
