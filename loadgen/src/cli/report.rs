//! How a verdict is told: on standard output, and drawn.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;
use tripline_loadgen::judge::{Report, Sent, Verdict};

/// How a verdict is told.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// In what form to say what came of it
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
    /// Where to draw how long the alerts took
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// In what form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people
    Table,
    /// One object
    Json,
}

impl ReportArgs {
    pub(crate) fn write(&self, verdict: &Verdict, sent: Option<&Sent>) -> anyhow::Result<()> {
        let report = Report { verdict, sent };
        if let Some(path) = &self.svg {
            fs::write(path, report.svg()).with_context(|| path.display().to_string())?;
        }
        let mut out = io::stdout().lock();
        match self.output {
            Output::Table => report.table(&mut out),
            Output::Json => writeln!(out, "{}", report.json()),
        }
        .and_then(|()| out.flush())
        .context("standard output")
    }
}
