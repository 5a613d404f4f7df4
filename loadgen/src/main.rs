//! `tripline-loadgen`: arguments, then a corpus, then files or standard output, then an exit code.

mod cli;
mod files;

use std::process::ExitCode;

use clap::Parser;
use tripline_loadgen::Corpus;

/// The corpus could not be made from such arguments.
const USAGE: u8 = 2;
/// The corpus could not be written.
const UPSTREAM: u8 = 4;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let corpus = match cli.options().and_then(|options| Ok(Corpus::new(options)?)) {
        Ok(corpus) => corpus,
        Err(error) => return cli::complain(&error, USAGE),
    };
    match files::write(&corpus, &cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::complain(&error, UPSTREAM),
    }
}
