//! What became of a load: counted where it happens, read by whoever shows progress, written into the ledger at the end.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use tripline_loadgen::Unusual;

use super::course::{Due, Kind};

/// The longest delay that is told apart, milliseconds: an hour.
const BEHIND_MS_MAX: u64 = 3_600_000;

/// Everything that is counted.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) events: u64,
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) unusual: Unusual,
    /// Events of background that was sent before: duplicates, by intention.
    pub(crate) recycled: u64,
    /// Events of attacks.
    pub(crate) attacks: u64,
    /// Units that were refused, or whose call failed, and were sent again.
    pub(crate) retries: u64,
    /// Units that were given up.
    pub(crate) errors: u64,
    /// What the last failure said.
    pub(crate) last_error: Option<String>,
    /// From when a unit was meant to leave until it was taken, milliseconds.
    pub(crate) behind_ms: Histogram<u64>,
}

/// The counts of a load under way.
#[derive(Debug)]
pub(crate) struct Books(Mutex<Sent>);

impl Books {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(Mutex::new(Sent {
            events: 0,
            messages: 0,
            bytes: 0,
            unusual: Unusual::default(),
            recycled: 0,
            attacks: 0,
            retries: 0,
            errors: 0,
            last_error: None,
            behind_ms: Histogram::new_with_bounds(1, BEHIND_MS_MAX, 3)?,
        })))
    }

    /// Units that were taken so long after the beginning.
    pub(crate) fn taken<'d>(&self, dues: impl Iterator<Item = &'d Due>, after: Duration) {
        let mut sent = self.lock();
        for due in dues {
            sent.events += due.unit.log_events;
            sent.messages += 1;
            sent.bytes += due.unit.bytes as u64;
            sent.unusual += due.unit.unusual;
            match due.kind {
                Kind::Background => {}
                Kind::Recycled => sent.recycled += due.unit.log_events,
                Kind::Attack => sent.attacks += due.unit.log_events,
            }
            let behind = after.saturating_sub(Duration::from_secs_f64(due.at_s)).as_millis();
            sent.behind_ms.saturating_record(u64::try_from(behind).unwrap_or(u64::MAX));
        }
    }

    pub(crate) fn retried(&self, units: usize, said: Option<String>) {
        let mut sent = self.lock();
        sent.retries += units as u64;
        sent.last_error = said.or(sent.last_error.take());
    }

    pub(crate) fn gave_up(&self, units: usize, said: String) {
        let mut sent = self.lock();
        sent.errors += units as u64;
        sent.last_error = Some(said);
    }

    /// How it stands.
    pub(crate) fn sent(&self) -> Sent {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Sent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sent {
    /// For the ledger.
    pub(crate) fn json(&self) -> Value {
        let after = |q: f64| self.behind_ms.value_at_quantile(q);
        let Unusual { repeats, foreign, oversize, late } = self.unusual;
        json!({
            "events": self.events, "messages": self.messages, "bytes": self.bytes,
            "duplicates": repeats, "foreign": foreign, "oversize": oversize, "late": late, "recycled": self.recycled,
            "attacks": self.attacks, "retries": self.retries, "errors": self.errors, "last_error": self.last_error,
            "behind_ms": {"p50": after(0.5), "p99": after(0.99), "p99.9": after(0.999), "max": self.behind_ms.max()},
        })
    }
}
