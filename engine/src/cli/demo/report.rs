//! What the demo says at its end: the summary of every service, and whether it found what was planted.

use std::io::{self, Write};
use std::path::Path;

use super::receiver::Received;
use super::suggest;
use super::verdict::Verdict;
use crate::alert::Hop;
use crate::cli::summary::Summary;

pub(super) struct Report<'r> {
    pub(super) summary: Summary<'r>,
    pub(super) received: Received,
    pub(super) verdict: &'r Verdict,
    /// The store that outlives the demo.
    pub(super) store: Option<&'r Path>,
    /// The command that plays the same demo again.
    pub(super) rerun: String,
}

impl Report<'_> {
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out)?;
        self.summary.write(out, note)?;
        let Received { deliveries, repeated } = &self.received;
        writeln!(out, "receiver    {deliveries} received, {repeated} of them repeats")?;
        for (what, names) in [("missing", &self.verdict.missing), ("unexpected", &self.verdict.unexpected)] {
            for name in names {
                writeln!(out, "{what:11} {name}")?;
            }
        }
        suggest::write(out, self.summary.alerts, self.store, &self.rerun)?;
        let Verdict { planted, found, unexpected, .. } = self.verdict;
        writeln!(out, "planted {planted} found {found} unexpected {}", unexpected.len())
    }
}

/// The hour is played faster than it happened, so what lies between the log and the stream is the story's pace.
fn note(hop: Hop) -> &'static str {
    match hop {
        Hop::EventToLogs => "  as generated",
        Hop::LogsToArrival | Hop::EventToAlerted => "  the hour, played fast",
        _ => "",
    }
}
