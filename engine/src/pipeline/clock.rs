//! Clock of one run of the engine.

use std::time::Instant;

/// Milliseconds since the epoch at the start of the engine, and monotonic time since: a wall clock that is set forward or back
/// while the engine runs changes nothing. Time in which the machine is suspended does not pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct EngineClock {
    start_ms: i64,
    start: Instant,
}

impl EngineClock {
    /// Starts at `wall_ms`.
    pub(super) fn start(wall_ms: i64) -> Self {
        Self { start_ms: wall_ms, start: Instant::now() }
    }

    /// Returns the time.
    pub(super) fn now_ms(&self) -> i64 {
        let passed_ms = i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.start_ms.saturating_add(passed_ms)
    }
}
