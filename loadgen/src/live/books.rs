//! What became of a load: counted where it happens, read by whoever shows progress, written into the ledger at the end.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use tripline_loadgen::Unusual;
use tripline_loadgen::judge::Sent;

use super::course::{Due, Kind};
use super::now_ms;
use crate::target::Target;

/// The longest delay that is told apart, milliseconds: an hour.
const BEHIND_MS_MAX: u64 = 3_600_000;

/// The counts of a load under way.
#[derive(Debug)]
pub(crate) struct Books(Mutex<Counts>);

#[derive(Debug)]
struct Counts {
    sent: Sent,
    /// From when a unit was meant to leave until it was taken, milliseconds.
    behind_ms: Histogram<u64>,
    /// By the attack's number; who is not here is not there.
    attacks: BTreeMap<u64, Parts>,
}

/// Units of an attack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) taken: u64,
    /// They were given up, and may be there.
    pub(crate) unknown: u64,
}

impl Books {
    pub(crate) fn new(target: &Target, started_ms: i64) -> anyhow::Result<Self> {
        let sent = Sent { target: target.to_string(), started_ms, ..Sent::default() };
        let behind_ms = Histogram::new_with_bounds(1, BEHIND_MS_MAX, 3)?;
        Ok(Self(Mutex::new(Counts { sent, behind_ms, attacks: BTreeMap::new() })))
    }

    /// Units that were taken so long after the beginning.
    pub(crate) fn taken(&self, dues: &[Due], after: Duration) {
        let mut counts = self.lock();
        let Counts { sent, behind_ms, attacks } = &mut *counts;
        for due in dues {
            sent.events += due.unit.log_events;
            sent.messages += 1;
            sent.bytes += due.unit.bytes as u64;
            let Unusual { repeats, foreign, oversize, late } = due.unit.unusual;
            sent.duplicates += repeats;
            sent.foreign += foreign;
            sent.oversize += oversize;
            sent.late += late;
            match due.kind {
                Kind::Background => {}
                Kind::Recycled => sent.recycled += due.unit.log_events,
                Kind::Attack(n) => {
                    sent.attacks += due.unit.log_events;
                    attacks.entry(n).or_default().taken += 1;
                }
            }
            let behind = after.saturating_sub(Duration::from_secs_f64(due.at_s)).as_millis();
            behind_ms.saturating_record(u64::try_from(behind).unwrap_or(u64::MAX));
        }
    }

    pub(crate) fn retried(&self, units: usize, said: String) {
        let sent = &mut self.lock().sent;
        sent.retries += units as u64;
        sent.last_error = Some(said);
    }

    pub(crate) fn gave_up(&self, dues: &[Due], said: String) {
        let mut counts = self.lock();
        for due in dues {
            if let Kind::Attack(n) = due.kind {
                counts.attacks.entry(n).or_default().unknown += 1;
            }
        }
        counts.sent.errors += dues.len() as u64;
        counts.sent.last_error = Some(said);
    }

    /// Units that the load's stop kept from being taken, and what the service said, if it was asked.
    pub(crate) fn unsent(&self, units: usize, said: Option<String>) {
        let sent = &mut self.lock().sent;
        *sent.unsent.get_or_insert(0) += units as u64;
        sent.last_error = said.or(sent.last_error.take());
    }

    /// How it stands: were it over now, this would go into the ledger.
    pub(crate) fn sent(&self) -> Sent {
        let counts = self.lock();
        let after = |q: f64| counts.behind_ms.value_at_quantile(q);
        let behind_ms = [
            ("p50", after(0.5)),
            ("p99", after(0.99)),
            ("p99.9", after(0.999)),
            ("max", counts.behind_ms.max()),
        ];
        Sent {
            ended_ms: now_ms(),
            behind_ms: behind_ms.map(|(name, ms)| (name.to_owned(), ms)).into(),
            ..counts.sent.clone()
        }
    }

    /// What became of the attacks of which anything is there or may be, by number.
    pub(crate) fn attacks(&self) -> BTreeMap<u64, Parts> {
        self.lock().attacks.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
