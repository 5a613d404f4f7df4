//! Attempts to write: repeated until they succeed or the service ends, with damaged rows moved aside in between.

use std::time::Duration;

use tokio::sync::oneshot;

use super::super::now_ms;
use super::{Committer, Keeper};
use crate::store::{Aside, Scope, StoreError};

/// Between attempts to write, at first and at most.
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);

impl Committer {
    /// Tries until the store does what is asked; none when the service ends before.
    ///
    /// Damaged rows are moved aside, and the attempt is repeated at once: each time there are fewer. An error that remains when
    /// there are no damaged rows (any more) is waited for as before; the whole store is examined once, not at every attempt.
    pub(super) fn persist<T>(
        &mut self,
        attempt: &mut dyn FnMut(&mut Keeper) -> Result<T, StoreError>,
    ) -> Option<T> {
        let mut retry = RETRY_MIN;
        let mut may_examine = true;
        loop {
            match attempt(&mut self.keeper) {
                Ok(done) => {
                    self.report_usable(None);
                    self.health.committed(None);
                    return Some(done);
                }
                Err(error) => {
                    let names_rows = matches!(error, StoreError::DamagedRows(_));
                    if (names_rows || may_examine) && self.set_damage_aside(&error) {
                        continue;
                    }
                    may_examine &= !error.is_damaged_row();
                    tracing::error!(%error, retry_ms = retry.as_millis(), "commit failed");
                    self.metrics.commits.with_label_values(&["failed"]).inc();
                    self.report_usable(Some(&error));
                    self.health.committed(Some(error.to_string()));
                    if self.stop.wait(retry) {
                        return None;
                    }
                    retry = (retry * 2).min(RETRY_MAX);
                }
            }
        }
    }

    /// Shows in metrics whether only a person can make the store usable again.
    fn report_usable(&self, error: Option<&StoreError>) {
        let pages = error.is_some_and(StoreError::is_damaged_file);
        let file = matches!(error, Some(StoreError::Replaced { .. }));
        for (reason, is_it) in [("pages", pages), ("file", file)] {
            self.metrics.store_unusable.with_label_values(&[reason]).set(i64::from(is_it));
        }
    }

    /// Moves the damaged rows aside that an error is about. True if there were any.
    pub(super) fn set_damage_aside(&mut self, error: &StoreError) -> bool {
        if !error.is_damaged_row() {
            return false;
        }
        match self.keeper.set_damage_aside(error, now_ms()) {
            Ok(aside) => self.report(error, &aside),
            Err(failed) => {
                tracing::error!(error = %failed, "damaged rows could not be moved aside");
                false
            }
        }
    }

    /// Moves damaged alerts and deliveries aside that sinks met, and answers them. False when the service ends.
    pub(super) fn examine_deliveries(&mut self, sinks: Vec<oneshot::Sender<u64>>) -> bool {
        if sinks.is_empty() {
            return true;
        }
        let examined = self.persist(&mut |keeper| keeper.examine(Scope::Deliveries, now_ms()));
        let Some(aside) = examined else { return false };
        self.report(&"a delivery could not be read", &aside);
        for sink in sinks {
            // The sink's thread may have ended.
            let _ = sink.send(aside.rows + aside.totals);
        }
        true
    }

    /// Reports rows that were moved aside in log, metrics and health. True if there were any.
    fn report(&self, error: &dyn std::fmt::Display, aside: &Aside) -> bool {
        let Aside { rows, totals, .. } = aside;
        if rows + totals == 0 {
            return false;
        }
        tracing::error!(
            %error,
            rows,
            totals,
            "damaged rows of the store were moved aside; check the disk, then stop the engine and run `tripline store repair`"
        );
        self.report_damage();
        true
    }

    /// Shows in metrics and health which damaged rows were moved aside so far.
    pub(super) fn report_damage(&self) {
        let totals = match self.keeper.damage_totals() {
            Ok(totals) => totals,
            Err(error) => {
                tracing::warn!(%error, "the damaged rows cannot be counted");
                return;
            }
        };
        for total in &totals {
            let rows = i64::try_from(total.rows).unwrap_or(i64::MAX);
            self.metrics.store_damaged_rows.with_label_values(&[&total.table]).set(rows);
        }
        self.health.damaged(totals);
    }
}
