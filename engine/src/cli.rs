//! The command line: one file a subcommand. Data goes to stdout, talk and progress to stderr.
//!
//! Knows everything below it and is known by nothing. Invariant: nothing else in the engine prints.

mod accounts;
mod alerts;
mod backfill;
mod config;
mod demo;
mod doctor;
mod eval;
mod examples;
mod explain;
mod health;
mod inputs;
mod log;
mod output;
mod pattern;
mod progress;
mod replay;
mod rules;
mod ruleset;
mod run;
mod service;
mod shell;
mod sink;
mod store;
mod summary;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::source::SourceError;

/// Detects attacks in AWS CloudTrail events, and says why.
#[derive(Debug, Parser)]
#[command(name = "tripline", version, about, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 ok, 1 a check failed, 2 usage or rule error, 3 configuration, \
                          4 upstream (a file or a service could not be read), 70 a bug of ours";

#[derive(Debug, Subcommand)]
enum Command {
    /// Play generated traffic with planted attacks through the whole engine, and judge the alerts
    Demo(demo::Args),
    /// Read CloudTrail from a Kinesis stream and alert, until told to stop
    Run(run::Args),
    /// Read a log group again, between two times, and put what comes of it into the store
    Backfill(backfill::Args),
    /// Read files and print the alerts that they give rise to
    Replay(replay::Args),
    /// Read files and print every rule that matches each event: no windows, no grouping
    Eval(eval::Args),
    /// Hold messages against one CloudWatch filter pattern
    Pattern(pattern::Args),
    /// Say why a rule matches an event, or which predicate fails
    Explain(explain::Args),
    /// Say what is wrong with an installation, and what to do about it
    Doctor(doctor::Args),
    /// Ask the engine whether it is alive
    Health(health::Args),
    /// List, show, acknowledge and close the alerts of a store
    #[command(subcommand)]
    Alerts(alerts::Command),
    /// Copy and check a store
    #[command(subcommand)]
    Store(store::Command),
    /// Try sinks
    #[command(subcommand)]
    Sink(sink::Command),
    /// List, check, test and show rules
    #[command(subcommand)]
    Rules(rules::Command),
    /// Check and show the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Print a completion script for a shell
    Completions(shell::CompletionsArgs),
    /// Write manual pages, one for each command
    Man(shell::ManArgs),
}

/// The command line with the examples of each command.
fn command() -> clap::Command {
    examples::add(Cli::command())
}

impl Cli {
    /// Parses the arguments of this process; prints help or a usage error and exits where the parser asks for it.
    pub fn from_env() -> Self {
        let matches = command().get_matches_from(arguments(std::env::args_os()));
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// The arguments as the parser wants them.
fn arguments(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let args: Vec<OsString> = args.collect();
    if args.get(1).is_some_and(|command| command == "pattern") { pattern::arguments(args) } else { args }
}

/// How a command ended; the numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked.
    Ok = 0,
    /// A check failed.
    CheckFailed = 1,
    /// The arguments or a rule are wrong.
    Usage = 2,
    /// The configuration is wrong.
    Configuration = 3,
    /// Something could not be read or written.
    Upstream = 4,
    /// A bug of ours.
    Bug = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command stopped, and with which code.
#[derive(Debug)]
struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Usage, error: error.into() }
    }

    fn upstream(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Upstream, error: error.into() }
    }

    fn bug(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Bug, error: error.into() }
    }
}

/// A path that is not there, or cannot be listed.
impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self { exit: Exit::Upstream, error: error.into() }
    }
}

/// Writing failed. A reader that has seen enough closes the pipe: that is success.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let exit = if error.kind() == io::ErrorKind::BrokenPipe { Exit::Ok } else { Exit::Upstream };
        Self { exit, error: error.into() }
    }
}

/// Runs one command to its end.
pub fn run(cli: Cli) -> Exit {
    let done = match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Backfill(args) => backfill::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Pattern(args) => pattern::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Health(args) => health::run(&args),
        Command::Alerts(command) => alerts::run(&command),
        Command::Store(command) => store::run(&command),
        Command::Sink(command) => sink::run(&command),
        Command::Rules(command) => rules::run(&command),
        Command::Config(command) => config::run(&command),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    };
    done.unwrap_or_else(|failure| {
        if failure.exit != Exit::Ok {
            talk(&format!("tripline: {:#}", failure.error));
        }
        failure.exit
    })
}

/// Sockets and timers; the engine's own work has threads of its own.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// One line to stderr. When even that is closed there is nobody left to tell.
fn talk(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
