//! `tripline rules`: what is loaded, everything wrong with it, its cases, one rule.

mod check;
mod list;
mod show;
mod test;

use clap::Subcommand;

use super::{Exit, Failure};

/// List, check, test and show rules
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the rules that run, one a line
    List(list::Args),
    /// Report everything that is wrong with the rules
    Check(check::Args),
    /// Run the cases that stand beside the rules
    Test(test::Args),
    /// Show one rule
    Show(show::Args),
}

pub(super) fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => list::run(args),
        Command::Check(args) => check::run(args),
        Command::Test(args) => test::run(args),
        Command::Show(args) => show::run(args),
    }
}
