//! `tripline store`: the file itself.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Subcommand;

use super::{Exit, Failure};
use crate::store::Store;

/// Copy and check a store
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a copy of a store while it is in use: whole, checked, and on the disk
    Backup(BackupArgs),
    /// Check every page of a store, beside whoever uses it
    Check(CheckArgs),
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

pub(super) fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        // Reading it needs the write-ahead log's index, which only who may write can make.
        Command::Backup(args) => Store::open_for_triage(&args.store)?.backup(&args.to)?,
        Command::Check(args) => Store::open_beside(&args.store)?.check(&args.store)?,
    }
    writeln!(io::stdout().lock(), "ok")?;
    Ok(Exit::Ok)
}
