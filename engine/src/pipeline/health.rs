//! Whether the service can do its work, for those who ask, and the wish that it end.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::store::{DamageTotal, Pressure};

/// What `/readyz` tells. Lag is no part of it: a service that catches up works. Sinks are no part of it: one's outage is not ours.
#[derive(Debug, Default)]
pub struct Health {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    started: bool,
    draining: bool,
    store_error: Option<String>,
    source_error: Option<String>,
    rules_refused: usize,
    reload_problem: Option<String>,
    pressures: BTreeMap<String, Pressure>,
    damaged: Vec<DamageTotal>,
}

/// Why the service is ready, or not.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Readiness {
    /// Whether it is.
    pub ready: bool,
    /// `ok`, `starting`, `draining`, why the last commit failed (it is being repeated), or, if all is well but for damaged rows,
    /// `degraded` and how many: detection goes on without them.
    pub store: String,
    /// `ok`, or why the source cannot be read: it is being tried again.
    pub source: String,
    /// Errors in the rule files; the other rules run.
    pub rules_refused: usize,
    /// `ok`, or why the last reload was refused; the rules that ran run on.
    pub rules_reload: String,
}

impl Health {
    /// The state is folded and records are being taken.
    pub fn started(&self, rules_refused: usize) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.started = true;
        inner.rules_refused = rules_refused;
    }

    /// Errors in the rule files that were loaded last.
    pub fn rules_refused(&self, rules_refused: usize) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).rules_refused = rules_refused;
    }

    /// Result of the last reload: none, or why it was refused.
    pub fn reloaded(&self, problem: Option<String>) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).reload_problem = problem;
    }

    /// No more is read, and what was is being written.
    pub fn draining(&self) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).draining = true;
    }

    /// How the source is.
    pub fn source(&self, error: Option<String>) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).source_error = error;
    }

    /// How the last commit went.
    pub fn committed(&self, error: Option<String>) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).store_error = error;
    }

    /// Of each rule, by its id, the latest stretch beyond its budget of rows.
    pub fn pressed(&self, pressures: &BTreeMap<String, Pressure>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.pressures != *pressures {
            inner.pressures.clone_from(pressures);
        }
    }

    /// What [`Health::pressed`] was told last.
    pub fn pressures(&self) -> BTreeMap<String, Pressure> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).pressures.clone()
    }

    /// Sets how many damaged rows of each table were moved aside.
    pub fn damaged(&self, totals: Vec<DamageTotal>) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).damaged = totals;
    }

    /// Returns what [`Health::damaged`] was called with last.
    pub fn damage_totals(&self) -> Vec<DamageTotal> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).damaged.clone()
    }

    /// What to tell.
    pub fn readiness(&self) -> Readiness {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let damaged: u64 = inner.damaged.iter().map(|total| total.rows).sum();
        let store = match (&inner.store_error, inner.draining, inner.started) {
            (Some(error), ..) => error.clone(),
            (None, true, _) => "draining".to_owned(),
            (None, false, true) if damaged > 0 => {
                format!("degraded: {damaged} damaged rows were moved aside, see `tripline store repair`")
            }
            (None, false, true) => "ok".to_owned(),
            (None, false, false) => "starting".to_owned(),
        };
        let works = inner.store_error.is_none() && inner.source_error.is_none();
        Readiness {
            ready: inner.started && !inner.draining && works,
            store,
            source: inner.source_error.clone().unwrap_or_else(|| "ok".to_owned()),
            rules_refused: inner.rules_refused,
            rules_reload: inner.reload_problem.clone().unwrap_or_else(|| "ok".to_owned()),
        }
    }
}

/// A wish to end, that those who wait hear at once.
#[derive(Debug, Default)]
pub struct Stop {
    asked: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Asks everybody to end.
    pub fn ask(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Whether somebody did.
    pub fn is_asked(&self) -> bool {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits so long, or until it is asked. Returns whether it was.
    pub fn wait(&self, at_most: Duration) -> bool {
        let until = Instant::now() + at_most;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        while !*asked {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            asked = self.changed.wait_timeout(asked, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *asked
    }
}
