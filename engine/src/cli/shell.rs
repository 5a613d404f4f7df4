//! `tripline completions` and `tripline man`: completion scripts and manual pages, generated from the arguments themselves.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap_complete::Shell;

use super::{Exit, Failure, command, talk};

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Write manual pages, one for each command
#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// The folder to write to; made if it does not exist, files of the same names are replaced
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "tripline", &mut script);
    let mut out = io::stdout().lock();
    out.write_all(&script)?;
    out.flush()?;
    Ok(Exit::Ok)
}

pub(super) fn man(args: &ManArgs) -> Result<Exit, Failure> {
    let cannot = |error: io::Error| {
        Failure::upstream(anyhow::anyhow!("cannot write manual pages to {}: {error}", args.dir.display()))
    };
    fs::create_dir_all(&args.dir).map_err(cannot)?;
    clap_mangen::generate_to(command().disable_help_subcommand(true), &args.dir).map_err(cannot)?;
    talk(&format!("manual pages written to {}", args.dir.display()));
    Ok(Exit::Ok)
}
