//! How far event time has surely come (`spec/windows.md` §4). Serves the last telling of an alert, never its first:
//! exactness and promptness never hang on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Matched;
use crate::record::Stage;

/// How late CloudTrail's events usually are at most, seconds.
const LATENESS_S: i64 = 15 * 60;

/// How far past its arrival one event may move a watermark, seconds: clocks are wrong, and forged.
const AHEAD_S_MAX: i64 = 5 * 60;

/// The watermarks of the sources that are being read.
#[derive(Debug, Clone, Default)]
pub struct Watermarks(BTreeMap<Arc<str>, Low>);

#[derive(Debug, Clone, Copy)]
struct Low {
    /// Seconds of event time.
    low_s: i64,
    /// It has had nothing for so long that nobody waits for it.
    idle: bool,
}

impl Watermarks {
    /// A source that is to be read, and the watermark that was stored for it. Until something is known of it, nothing is
    /// known of all.
    pub fn expect(&mut self, source: &str, low_s: Option<i64>) {
        self.0.insert(source.into(), Low { low_s: low_s.unwrap_or(i64::MIN), idle: false });
    }

    /// A record was read, or a mark.
    pub fn observe(&mut self, matched: &Matched) {
        let Some(position) = &matched.position else { return };
        let source = &position.source;
        let unknown = Low { low_s: i64::MIN, idle: false };
        match matched.stage {
            Some(Stage::Opens) => drop(self.0.entry(Arc::clone(source)).or_insert(unknown)),
            // What had arrived is read, and what comes will be of now: that far nobody need wait.
            Some(Stage::Idles) => {
                let seen_s = matched.seen_ms.map_or(i64::MIN, |ms| ms.div_euclid(1000));
                self.raise(source, seen_s.saturating_sub(LATENESS_S), true);
            }
            Some(Stage::Ends) => drop(self.0.remove(source)),
            None => {
                let Some(newest_s) = matched.newest_s else { return };
                let bound =
                    matched.stamps.arrival_ms.map(|ms| ms.div_euclid(1000).saturating_add(AHEAD_S_MAX));
                let low_s = newest_s.min(bound.unwrap_or(i64::MAX)).saturating_sub(LATENESS_S);
                self.raise(source, low_s, false);
            }
        }
    }

    fn raise(&mut self, source: &Arc<str>, low_s: i64, idle: bool) {
        let kept = self.0.entry(Arc::clone(source)).or_insert(Low { low_s, idle });
        *kept = Low { low_s: kept.low_s.max(low_s), idle };
    }

    /// That of one source.
    pub fn of(&self, source: &str) -> Option<i64> {
        self.0.get(source).map(|low| low.low_s).filter(|low_s| *low_s > i64::MIN)
    }

    /// That of all: what every source has passed that is not idle; when all are, what every one has passed.
    pub fn low_s(&self) -> Option<i64> {
        let lowest = |idle: bool| self.0.values().filter(|low| idle || !low.idle).map(|low| low.low_s).min();
        lowest(false).or_else(|| lowest(true)).filter(|low_s| *low_s > i64::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Place, Position, Stamps};

    fn record(source: &str, newest_s: i64, arrival_s: Option<i64>) -> Matched {
        Matched {
            position: Some(Position { source: source.into(), place: Place::Part(0) }),
            stamps: Stamps { arrival_ms: arrival_s.map(|s| s * 1000), ..Stamps::default() },
            newest_s: Some(newest_s),
            ..Matched::default()
        }
    }

    fn mark(source: &str, stage: Stage, seen_s: i64) -> Matched {
        Matched {
            stage: Some(stage),
            seen_ms: Some(seen_s * 1000),
            newest_s: None,
            ..record(source, 0, None)
        }
    }

    #[test]
    fn an_idle_source_holds_nobody_up_until_it_speaks_again() {
        let mut watermarks = Watermarks::default();
        watermarks.observe(&mark("a", Stage::Opens, 0));
        watermarks.observe(&record("b", 10_000, Some(10_000)));
        assert_eq!(watermarks.low_s(), None, "nothing is known of a");
        watermarks.observe(&mark("a", Stage::Idles, 5_000));
        assert_eq!((watermarks.low_s(), watermarks.of("a")), (Some(9_100), Some(4_100)));
        watermarks.observe(&record("a", 6_000, Some(10_000)));
        assert_eq!(watermarks.low_s(), Some(5_100));
        watermarks.observe(&mark("a", Stage::Idles, 20_000));
        watermarks.observe(&mark("b", Stage::Idles, 21_000));
        assert_eq!(watermarks.low_s(), Some(19_100), "all are idle: time goes on");
        watermarks.observe(&mark("a", Stage::Ends, 20_000));
        assert_eq!((watermarks.low_s(), watermarks.of("a")), (Some(20_100), None));
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
