//! What is old goes, a little at a time: rows behind the horizon of event time, alerts past their age, and what memory knows of
//! either.

use tripline_rules::rule::RuleId;

use super::Keeper;
use crate::store::{Retention, StoreError};

/// Between two parts of a sweep, and what one looks at: a few milliseconds of the state thread's time a second.
const SWEEP_EVERY_MS: i64 = 1_000;
const SWEEP_ROWS_MAX: usize = 2_000;

/// Between two sweeps of the whole store.
const SWEEP_REST_MS: i64 = 10 * 60 * 1000;

/// Where the sweep of the store is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sweep {
    /// The next row to look at.
    seq: i64,
    /// Not before that, milliseconds since the epoch.
    next_ms: i64,
}

/// What a sweep has taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gone {
    /// Window rows.
    pub rows: u64,
    /// Alerts.
    pub alerts: u64,
}

impl Keeper {
    /// Keeps what is older no longer. Event time is the watermark's: what is late by more is told apart from then on.
    pub fn retain(&mut self, retention: Retention) {
        self.retention = Some(retention);
    }

    /// What is late follows from how far event time had surely come with what is written.
    pub(super) fn move_horizon(&mut self) {
        if let (Some(retention), Some(low_s)) = (&self.retention, self.watermarks.low_s()) {
            self.state.set_late_before(low_s.saturating_sub(retention.late_s));
        }
    }

    /// Takes away a little of what need not be kept, when it is time for that: `now_ms` is. Most calls do nothing.
    ///
    /// # Errors
    /// The store's; then it goes on there the next time.
    pub fn sweep(&mut self, now_ms: i64) -> Result<Gone, StoreError> {
        let Some(retention) = self.retention.filter(|_| now_ms >= self.sweep.next_ms) else {
            return Ok(Gone::default());
        };
        self.sweep.next_ms = now_ms.saturating_add(SWEEP_EVERY_MS);
        self.move_horizon();
        let (state, keys) = (&self.state, &self.keys);
        let horizon_s =
            |rules: &mut dyn Iterator<Item = RuleId>| rules.filter_map(|rule| state.horizon_s(rule)).min();
        // Rows of rules that do not run may be wanted by one that does again: they go with the last of the others.
        let every = horizon_s(&mut (0..).map(RuleId).take(state.ruleset().rules().len()));
        let Some(every_s) = every else { return Ok(Gone::default()) };
        let before_s = |key: &str| horizon_s(&mut keys.rules(key).iter().copied()).unwrap_or(every_s);
        let swept = self.store.sweep_rows(self.sweep.seq, SWEEP_ROWS_MAX, &before_s)?;
        self.sweep.seq = swept.next_seq.unwrap_or_default();
        if swept.rows > 0 {
            self.weigh(now_ms)?;
        }
        let mut gone = Gone { rows: swept.rows, alerts: 0 };
        if swept.next_seq.is_none() {
            gone.alerts = self.store.sweep_alerts(&retention, every_s, now_ms)?;
            self.state.forget();
            self.sweep.next_ms = now_ms.saturating_add(SWEEP_REST_MS);
        }
        Ok(gone)
    }
}
