//! `tripline alerts`: what the store holds, and what people say of it. Short transactions beside the engine's.

mod list;
mod show;
mod triage;

use std::path::PathBuf;

use clap::Subcommand;

use super::{Exit, Failure};
use crate::store::{Store, StoreError, TriageError};

/// List, show, acknowledge and close the alerts of a store
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List alerts, newest first
    List(list::Args),
    /// Show alerts whole, with their deliveries and what was said of them
    Show(show::Args),
    /// Acknowledge an alert: from now on only what is new in kind is delivered
    Ack(triage::AckArgs),
    /// Say that it is done, and why
    Close(triage::CloseArgs),
    /// Deliver again: dead deliveries, or with `--pending` waiting ones at once
    Resend(triage::ResendArgs),
}

pub(super) fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => list::run(args),
        Command::Show(args) => show::run(args),
        Command::Ack(args) => triage::ack(args),
        Command::Close(args) => triage::close(args),
        Command::Resend(args) => triage::resend(args),
    }
}

/// Which store.
#[derive(Debug, clap::Args)]
struct StoreArgs {
    /// The store's file
    #[arg(long, value_name = "FILE", default_value = "tripline.db")]
    store: PathBuf,
}

impl StoreArgs {
    fn read(&self) -> Result<Store, Failure> {
        Ok(Store::open_beside(&self.store)?)
    }

    fn write(&self) -> Result<Store, Failure> {
        Ok(Store::open_for_triage(&self.store)?)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { exit: Exit::Upstream, error: error.into() }
    }
}

/// An id that names no alert is the user's mistake; the rest is the store's.
impl From<TriageError> for Failure {
    fn from(error: TriageError) -> Self {
        match error {
            TriageError::Store(error) => error.into(),
            error => Self { exit: Exit::CheckFailed, error: error.into() },
        }
    }
}
