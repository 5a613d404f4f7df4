//! Arguments as written: a corpus or a load without a command; commands that judge.

pub(crate) mod drive;
pub(crate) mod load;
mod report;
pub(crate) mod send;
pub(crate) mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Writes realistic CloudTrail traffic with planted attacks, or sends it at a rate, and keeps the ledger of the alerts that must follow.
#[derive(Debug, Parser)]
#[command(
    name = "tripline-loadgen",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Without a command.
    #[command(flatten)]
    pub(crate) load: Option<load::LoadArgs>,
}

/// What else there is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Hold the alerts that an engine raised against the ledger of what was sent
    Verify(verify::Args),
    /// Send a load, collect the alerts meanwhile, and judge
    Drive(Box<drive::DriveArgs>),
}

/// Sockets and timers: two threads are enough to keep some connections busy.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// Says on standard error what is wrong.
#[expect(clippy::print_stderr, reason = "talk goes to standard error, and here alone")]
pub(crate) fn complain(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("tripline-loadgen: {error:#}");
    ExitCode::from(code)
}
