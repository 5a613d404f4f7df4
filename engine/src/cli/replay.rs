//! `tripline replay`: files to alerts, and where everything went.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use super::inputs::PathArgs;
use super::output::{Format, OutputArgs, colour, counted, write_json};
use super::progress::Progress;
use super::ruleset::RuleArgs;
use super::{Exit, Failure, accounts, inputs, talk};
use crate::alert::{Alert, ocsf, table};
use crate::decode::Limits;
use crate::pipeline::Pipeline;

/// Read files and print the alerts that they give rise to
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = args.rules.load()?;
    let inputs = args.paths.find()?;
    let progress = Progress::bytes(inputs.bytes);
    let mut pipeline = Pipeline::new(Arc::clone(&loaded.ruleset), Limits::FILE);
    let mut opened = 0_u64;
    let unreadable = inputs::each_record(&inputs, &progress, &mut |record| {
        opened += pipeline.take(record).into_values().map(u64::from).sum::<u64>();
        progress.say(counted(opened, "alert"));
        Ok(())
    })?;
    progress.finish();
    let alerts = pipeline.alerts();
    write(&alerts, args.output.format())?;
    let accounts = pipeline.accounts();
    accounts::tell(&accounts, &alerts, loaded.ruleset.rules().len());
    inputs::tell_skipped(&inputs);
    if !accounts.balances() {
        talk(
            "tripline: the accounts do not balance; this is a bug of ours, please report it with the lines above",
        );
        return Ok(Exit::Bug);
    }
    Ok(if unreadable > 0 { Exit::Upstream } else { Exit::Ok })
}

fn write(alerts: &[Alert], format: Format) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Table => {
            let colour = colour();
            for alert in alerts {
                writeln!(out, "{}", table::text(alert, colour))?;
            }
        }
        Format::Ndjson | Format::Json => {
            let rows =
                alerts.iter().map(Alert::json).collect::<Result<Vec<_>, _>>().map_err(io::Error::from)?;
            write_json(&mut out, format, rows.into_iter())?;
        }
        Format::Ocsf => {
            // A replay has no now of its own: the same set of events gives the same bytes.
            let time_ms = |alert: &Alert| alert.last_seen_s.saturating_mul(1000);
            let rows = alerts.iter().map(|alert| ocsf::finding(alert, time_ms(alert)).to_string());
            write_json(&mut out, format, rows)?;
        }
    }
    Ok(out.flush()?)
}
