//! `tripline-loadgen`: arguments, then a corpus, then files or a load, then an exit code.

mod alerts;
mod cli;
mod files;
mod live;
mod progress;
mod target;

use std::process::ExitCode;

use clap::Parser;
use tripline_loadgen::Corpus;

use cli::{Command, CommandLine, complain, drive, load::LoadArgs, send, verify};

/// What was verified does not hold.
const CHECK_FAILED: u8 = 1;
/// There is no corpus or load of such arguments.
const USAGE: u8 = 2;
/// It could not be written or sent, or the alerts not be had.
const UPSTREAM: u8 = 4;

fn main() -> ExitCode {
    match CommandLine::parse() {
        CommandLine { command: Some(Command::Verify(args)), .. } => verify::run(&args),
        CommandLine { command: Some(Command::Drive(args)), .. } => {
            with_corpus(&args.load, |corpus| drive::run(&args, corpus))
        }
        CommandLine { load: Some(args), .. } => {
            with_corpus(&args, |corpus| send::run(&args, corpus).map(|()| true))
        }
        CommandLine { .. } => complain(&anyhow::anyhow!("--target: where to?"), USAGE),
    }
}

/// Decides the corpus, and does with it what was asked for; that may find that something does not hold.
fn with_corpus(args: &LoadArgs, run: impl FnOnce(&Corpus) -> anyhow::Result<bool>) -> ExitCode {
    let corpus = match args.options().and_then(|options| Ok(Corpus::new(options)?)) {
        Ok(corpus) => corpus,
        Err(error) => return complain(&error, USAGE),
    };
    match run(&corpus) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(CHECK_FAILED),
        Err(error) => complain(&error, UPSTREAM),
    }
}
