//! `tripline-loadgen`: arguments, then a corpus, then files or standard output, then an exit code.

mod cli;
mod files;

use std::process::ExitCode;

use clap::Parser;
use tripline_loadgen::Corpus;

/// What was verified does not hold.
const CHECK_FAILED: u8 = 1;
/// The corpus could not be made from such arguments.
const USAGE: u8 = 2;
/// The corpus could not be written.
const UPSTREAM: u8 = 4;

fn main() -> ExitCode {
    match cli::CommandLine::parse() {
        cli::CommandLine { command: Some(cli::Command::Verify(args)), .. } => cli::verify::run(&args),
        cli::CommandLine { corpus: Some(cli), .. } => generate(&cli),
        cli::CommandLine { .. } => cli::complain(&anyhow::anyhow!("--out: where to?"), USAGE),
    }
}

fn generate(cli: &cli::Cli) -> ExitCode {
    let corpus = match cli.options().and_then(|options| Ok(Corpus::new(options)?)) {
        Ok(corpus) => corpus,
        Err(error) => return cli::complain(&error, USAGE),
    };
    match files::write(&corpus, cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::complain(&error, UPSTREAM),
    }
}
