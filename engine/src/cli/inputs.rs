//! The files that a command reads: found, read one after the other, and what could not be.

use std::path::PathBuf;

use clap::Args;

use super::output::counted;
use super::progress::Progress;
use super::{Failure, accounts, talk};
use crate::decode::Tally;
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

/// Reports that the files hold no CloudTrail event, with what they hold instead and what is expected. Returns false, in
/// silence, if there was at least one event, or if everything that was read is a valid form without any event.
pub(super) fn report_no_events(tally: &Tally) -> bool {
    let is_empty_but_valid = tally.records_received > 0
        && tally.events_in == 0
        && tally.records_decoded + tally.records_control == tally.records_received;
    if tally.events_evaluated > 0 || is_empty_but_valid {
        return false;
    }
    let mut found = Vec::new();
    if tally.events_not_cloudtrail > 0 {
        found.push(format!("{} of something else", counted(tally.events_not_cloudtrail, "log event")));
    }
    for (rejected, word) in [(&tally.records_rejected, "record"), (&tally.events_rejected, "log event")] {
        let count: u64 = rejected.values().sum();
        if count > 0 {
            let reasons = accounts::reasons(rejected);
            found.push(format!("{} that could not be decoded{reasons}", counted(count, word)));
        }
    }
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
    talk(&format!(
        "tripline: no CloudTrail event in the input; found {found}\n\
         expected CloudTrail as JSON, plain or gzip: log files ({{\"Records\": [...]}}), one event a line, or CloudWatch Logs \
         subscription messages; each event has `eventVersion`, or `eventSource` and `eventName`"
    ));
    true
}
