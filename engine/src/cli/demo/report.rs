//! What the demo says at its end: where everything went, how fast, how late, and whether it found what was planted.

use std::io::{self, Write};
use std::time::Duration;

use super::receiver::Received;
use super::verdict::Verdict;
use crate::alert::Hop;
use crate::cli::accounts;
use crate::metrics::Metrics;
use crate::pipeline::Accounts;
use crate::store::{Pending, StoredAlert};

pub(super) struct Report<'r> {
    pub(super) accounts: &'r Accounts,
    pub(super) alerts: &'r [StoredAlert],
    pub(super) rules: usize,
    pub(super) metrics: &'r Metrics,
    pub(super) outbox: &'r [Pending],
    pub(super) received: Received,
    pub(super) took: Duration,
    pub(super) verdict: &'r Verdict,
}

impl Report<'_> {
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out)?;
        let levels = self.alerts.iter().map(|stored| stored.alert.rule.level);
        for line in accounts::lines(self.accounts, levels, self.rules) {
            writeln!(out, "{line}")?;
        }
        self.deliveries(out)?;
        self.throughput(out)?;
        self.latency(out)?;
        for (what, names) in [("missing", &self.verdict.missing), ("unexpected", &self.verdict.unexpected)] {
            for name in names {
                writeln!(out, "{what:11} {name}")?;
            }
        }
        let Verdict { planted, found, unexpected, .. } = self.verdict;
        writeln!(out, "planted {planted} found {found} unexpected {}", unexpected.len())
    }

    fn deliveries(&self, out: &mut impl Write) -> io::Result<()> {
        for sink in self.outbox {
            writeln!(
                out,
                "deliveries  {} created = {} delivered + {} pending + {} dead; {} received, {} of them repeats",
                sink.created,
                sink.delivered,
                sink.pending,
                sink.dead,
                self.received.deliveries,
                self.received.repeated
            )?;
        }
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "rates for people")]
    fn throughput(&self, out: &mut impl Write) -> io::Result<()> {
        let events = self.accounts.decode.events_in as f64;
        let (took_s, busy_s) = (self.took.as_secs_f64(), self.metrics.worker_busy.get());
        writeln!(
            out,
            "throughput  {events} log events in {took_s:.1} s, {:.0} a second as played; decode and match were busy for \
             {busy_s:.2} s: {:.0} a second and core",
            events / took_s.max(f64::EPSILON),
            events / busy_s.max(f64::EPSILON),
        )
    }

    fn latency(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "latency     {:22} {:>8} {:>9} {:>9} {:>9} {:>9}",
            "hop", "alerts", "p50", "p90", "p99", "max"
        )?;
        for hop in Hop::ALL {
            let Some(summary) = self.metrics.latencies.summary(hop) else { continue };
            // The hour is played faster than it happened, so what lies between the log and the stream is the story's pace.
            let note = match hop {
                Hop::EventToLogs => "  as generated",
                Hop::LogsToArrival | Hop::EventToAlerted => "  the hour, played fast",
                _ => "",
            };
            writeln!(
                out,
                "            {:22} {:>8} {:>9} {:>9} {:>9} {:>9}{note}",
                hop.as_str(),
                summary.count,
                shown(summary.p50_ms),
                shown(summary.p90_ms),
                shown(summary.p99_ms),
                shown(summary.max_ms)
            )?;
        }
        Ok(())
    }
}

fn shown(ms: u64) -> String {
    if ms < 10_000 { format!("{ms} ms") } else { format!("{} s", ms / 1000) }
}
