//! `tripline-loadgen verify`: files in, the verdict on standard output, its sense as the exit code.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use tripline_loadgen::judge::{Alerts, Ledger, judge};

use super::complain;
use super::report::ReportArgs;
use crate::{CHECK_FAILED, UPSTREAM, USAGE};

/// What to hold against what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The ledger of what was sent, as NDJSON
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
    /// The alerts in their native form, as NDJSON: a file, or `-` for standard input; may be given several times
    #[arg(long, value_name = "FILE", required = true)]
    alerts: Vec<PathBuf>,
    #[command(flatten)]
    report: ReportArgs,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    let (ledger, alerts) = match read(args) {
        Ok(read) => read,
        Err(error) => return complain(&error, USAGE),
    };
    let verdict = judge(&ledger, &alerts);
    match args.report.write(&verdict, ledger.sent.as_ref()) {
        Ok(()) if verdict.holds() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::from(CHECK_FAILED),
        Err(error) => complain(&error, UPSTREAM),
    }
}

fn read(args: &Args) -> anyhow::Result<(Ledger, Alerts)> {
    let ledger = Ledger::read(&args.ledger.display().to_string(), open(&args.ledger)?)?;
    let mut alerts = Alerts::default();
    for path in &args.alerts {
        alerts.read(&path.display().to_string(), open(path)?)?;
    }
    Ok((ledger, alerts))
}

fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| path.display().to_string())?;
    Ok(Box::new(BufReader::new(file)))
}
