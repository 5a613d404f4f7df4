//! `tripline config`: what is configured, who said so, and everything wrong with it.

mod check;
mod schema;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Exit, Failure, talk};
use crate::config::{Config, ConfigError, Loaded};

/// Check and show the configuration
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Report everything that is wrong, or print `ok` and what is configured
    Check(check::Args),
    /// Show what holds and where each value comes from, or every default
    Show(show::Args),
    /// Print the JSON Schema of the file
    Schema,
}

/// Which configuration.
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// The TOML file; variables TRIPLINE__SECTION__KEY have the last word [default: none]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigArgs {
    /// The configuration as it is meant; warnings are told. When it is wrong, everything wrong is told.
    pub(super) fn load(&self) -> Result<Loaded, Exit> {
        let loaded = Config::load(self.config.as_deref(), environment()).map_err(|errors| refuse(&errors))?;
        loaded.warnings.iter().for_each(|warning| talk(&warning.to_string()));
        Ok(loaded)
    }
}

pub(super) fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Check(args) => check::run(args),
        Command::Show(args) => show::run(args),
        Command::Schema => schema::run(),
    }
}

/// The environment, as far as it is text. What has our prefix and is none is kept, to be refused by its value.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let is_ours = name.starts_with("TRIPLINE__");
        match value.into_string() {
            Ok(value) => Some((name, value)),
            Err(value) => is_ours.then(|| (name, value.to_string_lossy().into_owned())),
        }
    })
}

/// Tells everything that is wrong.
fn refuse(errors: &[ConfigError]) -> Exit {
    errors.iter().for_each(|error| talk(&error.to_string()));
    Exit::Configuration
}
