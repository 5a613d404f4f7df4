//! `tripline replay`: files to alerts, and where everything went.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tripline_rules::plan::Ruleset;

use super::inputs::PathArgs;
use super::output::{Format, OutputArgs, colour, counted, write_json};
use super::progress::Progress;
use super::ruleset::RuleArgs;
use super::{Exit, Failure, accounts, inputs, talk};
use crate::alert::{Alert, ocsf, table};
use crate::decode::Limits;
use crate::pipeline::keeper::{Keeper, Route};
use crate::pipeline::{Accounts, Matcher, Pipeline, now_ms};
use crate::source::file::Inputs;
use crate::store::{Query, Store, Told};

/// Read files and print the alerts that they give rise to
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    #[command(flatten)]
    rules: RuleArgs,
    /// Keep the state here and go on from what it holds [default: in memory]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// What came of the files.
struct Outcome {
    alerts: Vec<Alert>,
    accounts: Accounts,
    unreadable: u64,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = args.rules.load()?;
    let inputs = args.paths.find()?;
    let progress = Progress::bytes(inputs.bytes);
    let ruleset = &loaded.ruleset;
    let Outcome { alerts, accounts, unreadable } = match &args.store {
        None => in_memory(ruleset, &inputs, &progress)?,
        Some(path) => in_store(path, ruleset, &inputs, &progress)?,
    };
    progress.finish();
    write(&alerts, args.output.format())?;
    let levels = alerts.iter().map(|alert| alert.rule.level);
    accounts::lines(&accounts, levels, ruleset.rules().len()).iter().for_each(|line| talk(line));
    inputs::tell_skipped(&inputs);
    if !accounts.balances() {
        talk(
            "tripline: the accounts do not balance; this is a bug of ours, please report it with the lines above",
        );
        return Ok(Exit::Bug);
    }
    if unreadable > 0 {
        return Ok(Exit::Upstream);
    }
    Ok(if inputs::report_no_events(&accounts.decode) { Exit::CheckFailed } else { Exit::Ok })
}

fn in_memory(ruleset: &Arc<Ruleset>, inputs: &Inputs, progress: &Progress) -> Result<Outcome, Failure> {
    let mut pipeline = Pipeline::new(Arc::clone(ruleset), Limits::FILE);
    let mut opened = 0_u64;
    let unreadable = inputs::each_record(inputs, progress, &mut |record| {
        opened += pipeline.take(record).into_values().map(u64::from).sum::<u64>();
        progress.say(counted(opened, "alert"));
        Ok(())
    })?;
    Ok(Outcome { alerts: pipeline.alerts(), accounts: pipeline.accounts(), unreadable })
}

/// The alerts are all that the store holds then: a file that was read before adds nothing.
fn in_store(
    path: &Path,
    ruleset: &Arc<Ruleset>,
    inputs: &Inputs,
    progress: &Progress,
) -> Result<Outcome, Failure> {
    let mut matcher = Matcher::new(Arc::clone(ruleset), Limits::FILE);
    let to_nobody: Route = Arc::new(|_| Vec::new());
    let mut keeper = Keeper::open(Store::open(path)?, ruleset, to_nobody)?;
    let mut opened = 0_u64;
    let unreadable = inputs::each_record(inputs, progress, &mut |record| {
        let mut folded = keeper.fold(vec![matcher.take(record)]).without_progress();
        let written = keeper.write(&mut folded, &[], &[], now_ms())?;
        opened += written.told.iter().map(|told| u64::from(*told == Told::Opened)).sum::<u64>();
        progress.say(counted(opened, "alert"));
        Ok(())
    })?;
    let stored = keeper.store().list(&Query::default())?;
    let alerts = stored.into_iter().map(|stored| stored.alert).collect();
    Ok(Outcome { alerts, accounts: keeper.accounts(), unreadable })
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
