//! `tripline store`: the file itself.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;

use super::config::ConfigArgs;
use super::ruleset::RuleArgs;
use super::{Exit, Failure};
use crate::alert::{Alert, clean};
use crate::pipeline::keeper::{Keeper, Repaired, Route};
use crate::pipeline::now_ms;
use crate::store::{DAMAGED_ROWS_MAX, Damage, Scope, Store, StoreError};

/// Copy, check and repair a store
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a copy of a store while it is in use: whole, checked, and on the disk
    Backup(BackupArgs),
    /// Check every page and every row of a store, beside whoever uses it
    Check(CheckArgs),
    /// Move damaged rows aside and rebuild what can be rebuilt; the engine must be stopped
    Repair(RepairArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// The copy; a file that is there is not replaced
    #[arg(value_name = "FILE")]
    to: PathBuf,
    /// The store's file
    #[arg(long, value_name = "FILE", default_value = "tripline.db")]
    store: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// The store's file
    #[arg(long, value_name = "FILE", default_value = "tripline.db")]
    store: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct RepairArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The store's file [default: store.path of the configuration]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

pub(super) fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        // Reading it needs the write-ahead log's index, which only who may write can make.
        Command::Backup(args) => Store::open_for_triage(&args.store)?.backup(&args.to)?,
        Command::Check(args) => return check(args),
        Command::Repair(args) => return repair(args),
    }
    writeln!(io::stdout().lock(), "ok")?;
    Ok(Exit::Ok)
}

/// Reports every damaged page and row.
fn check(args: &CheckArgs) -> Result<Exit, Failure> {
    let store = Store::open_beside(&args.store)?;
    let mut out = io::stdout().lock();
    let pages = store.check_pages(&args.store).and_then(|()| store.examine(Scope::All));
    let damaged = match pages {
        Ok(damaged) => damaged,
        Err(error) if error.is_damaged_file() => {
            writeln!(out, "damaged  {}", clean(&error.to_string()))?;
            return Ok(Exit::CheckFailed);
        }
        Err(error) => return Err(error.into()),
    };
    if damaged.is_empty() {
        writeln!(out, "ok")?;
        return Ok(Exit::Ok);
    }
    list(&mut out, &damaged)?;
    writeln!(out, "stop the engine, then run `tripline store repair`")?;
    Ok(Exit::CheckFailed)
}

/// Writes a line for each damaged row.
fn list(out: &mut impl Write, damaged: &[Damage]) -> io::Result<()> {
    for damage in damaged {
        writeln!(out, "damaged  {}", clean(&damage.to_string()))?;
    }
    let more = if damaged.len() >= DAMAGED_ROWS_MAX { " or more" } else { "" };
    writeln!(out, "{} damaged rows{more}", damaged.len())
}

fn repair(args: &RepairArgs) -> Result<Exit, Failure> {
    let config = match args.config.load() {
        Ok(loaded) => loaded.config,
        Err(exit) => return Ok(exit),
    };
    let path = args.store.as_ref().unwrap_or(&config.store.path);
    if !path.exists() {
        let error = io::Error::from(io::ErrorKind::NotFound);
        return Err(StoreError::File { path: path.clone(), error }.into());
    }
    let rules = RuleArgs::chosen(&config.rules).load()?;
    let sinks = config.sinks.clone();
    let route: Route = Arc::new(move |alert: &Alert| {
        sinks.iter().filter(|sink| sink.takes(alert)).map(|sink| sink.name.clone()).collect()
    });
    let repaired = Keeper::repair(Store::open(path)?, &rules.ruleset, route, now_ms())?;
    report(&repaired)?;
    Ok(Exit::Ok)
}

/// Says what a repair did.
fn report(repaired: &Repaired) -> Result<(), Failure> {
    let Repaired { damaged, rows, totals, rebuilt, incomplete } = repaired;
    let mut out = io::stdout().lock();
    if *rows + *totals + *rebuilt == 0 && incomplete.is_empty() {
        writeln!(out, "ok: nothing was damaged")?;
        return Ok(());
    }
    if !damaged.is_empty() {
        list(&mut out, damaged)?;
    }
    writeln!(
        out,
        "{rows} rows were moved into the table `damaged`, {totals} totals of window rows were computed anew"
    )?;
    writeln!(out, "{rebuilt} alerts were rebuilt from their window rows")?;
    for id in incomplete {
        writeln!(
            out,
            "incomplete  alert {id}: some of its window rows are gone; its id, rule, account and count are right"
        )?;
    }
    for source in damaged.iter().filter(|damage| damage.table == "positions") {
        writeln!(
            out,
            "positions {}: at the next start it is read as if it were new (kinesis.start)",
            clean(&source.key.to_string())
        )?;
    }
    Ok(())
}
