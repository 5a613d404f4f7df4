//! What a service says at its end: where everything went, how fast, how late.

use std::io::{self, Write};
use std::time::Duration;

use super::accounts;
use crate::alert::Hop;
use crate::metrics::Metrics;
use crate::pipeline::Accounts;
use crate::store::{Pending, StoredAlert};

/// What there is to say.
pub(super) struct Summary<'s> {
    pub(super) accounts: &'s Accounts,
    /// Those that opened meanwhile.
    pub(super) alerts: &'s [StoredAlert],
    pub(super) rules: usize,
    pub(super) metrics: &'s Metrics,
    pub(super) outbox: &'s [Pending],
    pub(super) took: Duration,
}

impl Summary<'_> {
    /// Writes it; `note` is what there is to say of a hop.
    pub(super) fn write(&self, out: &mut impl Write, note: fn(Hop) -> &'static str) -> io::Result<()> {
        let levels = self.alerts.iter().map(|stored| stored.alert.rule.level);
        for line in accounts::lines(self.accounts, levels, self.rules) {
            writeln!(out, "{line}")?;
        }
        for Pending { sink, created, delivered, pending, dead, .. } in self.outbox {
            writeln!(
                out,
                "deliveries  {sink}: {created} created = {delivered} delivered + {pending} pending + {dead} dead"
            )?;
        }
        self.throughput(out)?;
        self.latency(out, note)
    }

    #[expect(clippy::cast_precision_loss, reason = "rates for people")]
    fn throughput(&self, out: &mut impl Write) -> io::Result<()> {
        let events = self.accounts.decode.events_in as f64;
        let (took_s, busy_s) = (self.took.as_secs_f64(), self.metrics.worker_busy.get());
        writeln!(
            out,
            "throughput  {events} log events in {took_s:.1} s, {:.0} a second; decode and match were busy for {busy_s:.2} s: \
             {:.0} a second and core",
            events / took_s.max(f64::EPSILON),
            events / busy_s.max(f64::EPSILON),
        )
    }

    fn latency(&self, out: &mut impl Write, note: fn(Hop) -> &'static str) -> io::Result<()> {
        writeln!(
            out,
            "latency     {:22} {:>8} {:>9} {:>9} {:>9} {:>9}",
            "hop", "alerts", "p50", "p90", "p99", "max"
        )?;
        for hop in Hop::ALL {
            let Some(summary) = self.metrics.latencies.summary(hop) else { continue };
            writeln!(
                out,
                "            {:22} {:>8} {:>9} {:>9} {:>9} {:>9}{}",
                hop.as_str(),
                summary.count,
                shown(summary.p50_ms),
                shown(summary.p90_ms),
                shown(summary.p99_ms),
                shown(summary.max_ms),
                note(hop)
            )?;
        }
        Ok(())
    }
}

fn shown(ms: u64) -> String {
    if ms < 10_000 { format!("{ms} ms") } else { format!("{} s", ms / 1000) }
}
