//! The files that a command reads: found, read one after the other, and what could not be.

use std::path::PathBuf;

use clap::Args;

use super::output::counted;
use super::progress::Progress;
use super::{Failure, talk};
use crate::record::Record;
use crate::source::file::{self, Inputs};

/// Skipped files that are named; the rest is a number.
const SKIPPED_SHOWN_MAX: usize = 20;

/// Which files to read.
#[derive(Debug, Args)]
pub(super) struct PathArgs {
    /// Files, or folders of them: *.json, *.ndjson, *.jsonl, *.log, each also .gz; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl PathArgs {
    /// The files below the paths.
    pub(super) fn find(&self) -> Result<Inputs, Failure> {
        find(&self.paths)
    }
}

/// The files below `paths`.
pub(super) fn find(paths: &[PathBuf]) -> Result<Inputs, Failure> {
    let inputs = file::find(paths)?;
    if inputs.files.is_empty() {
        tell_skipped(&inputs);
        return Err(Failure::usage(anyhow::anyhow!(
            "nothing to read: no *.json, *.ndjson, *.jsonl or *.log (each also .gz) below the given paths"
        )));
    }
    Ok(inputs)
}

/// Shows every record to `each`. What cannot be read is told, the others follow; returns how many could not.
pub(super) fn each_record(
    inputs: &Inputs,
    progress: &Progress,
    each: &mut dyn FnMut(&Record) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let mut unreadable = 0;
    for record in inputs.records() {
        match record {
            Ok(record) => {
                each(&record)?;
                progress.advance(record.bytes.len() as u64);
            }
            Err(error) => {
                unreadable += 1;
                talk(&format!("tripline: could not read {error}"));
            }
        }
    }
    Ok(unreadable)
}

/// Names what was not read.
pub(super) fn tell_skipped(inputs: &Inputs) {
    if inputs.skipped.is_empty() {
        return;
    }
    let shown = inputs.skipped.iter().take(SKIPPED_SHOWN_MAX).map(|path| path.display().to_string());
    let mut names = shown.collect::<Vec<_>>().join(", ");
    if let Some(more) = inputs.skipped.len().checked_sub(SKIPPED_SHOWN_MAX).filter(|more| *more > 0) {
        names.push_str(&format!(" and {more} more"));
    }
    talk(&format!("skipped     {}: {names}", counted(inputs.skipped.len(), "file")));
}
