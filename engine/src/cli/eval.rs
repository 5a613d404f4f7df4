//! `tripline eval`: every event rule that matches each event. No windows, no grouping, no dedupe.

use std::io::{self, BufWriter};

use clap::ValueEnum;
use serde::Serialize;
use tripline_rules::matcher::{self, Scratch};

use super::inputs::PathArgs;
use super::output::JsonRows;
use super::progress::Progress;
use super::ruleset::RuleArgs;
use super::{Exit, Failure, accounts, inputs};
use crate::decode::{Decoder, Limits, Tally};
use crate::hit;
use crate::record::Place;

/// Read files and print every rule that matches each event: no windows, no grouping
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    #[command(flatten)]
    rules: RuleArgs,
    /// How to print
    #[arg(long, value_enum, default_value = "ndjson")]
    output: Rows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rows {
    /// One JSON object a line
    Ndjson,
    /// One JSON array
    Json,
}

/// One line of output.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    line: u64,
    event_id: &'a str,
    rule_id: &'a str,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = args.rules.load()?;
    let ruleset = &loaded.ruleset;
    let inputs = args.paths.find()?;
    let progress = Progress::bytes(inputs.bytes);
    let out = BufWriter::new(io::stdout().lock());
    let mut rows = JsonRows::new(out, args.output == Rows::Json);
    let (mut tally, mut scratch, mut matched) = (Tally::default(), Scratch::default(), Vec::new());
    let mut decoder = Decoder::new(ruleset.fields(), Limits::FILE);
    // Log events of the same file in the parts before.
    let mut before = 0;
    let unreadable = inputs::each_record(&inputs, &progress, &mut |record| {
        if record.position.place == Place::Part(0) {
            before = 0;
        }
        let file = record.position.to_string();
        let mut written = Ok(());
        before += decoder.record(&record.bytes, &mut tally, &mut Vec::new(), |event| {
            matcher::hits(ruleset, &event.slots, &mut scratch, &mut matched);
            let event_id = if matched.is_empty() { String::new() } else { hit::event_id(event) };
            for rule in &matched {
                let line = Line {
                    file: &file,
                    line: before + event.ordinal,
                    event_id: &event_id,
                    rule_id: &ruleset.rule(*rule).meta.id,
                };
                if written.is_ok() {
                    written =
                        serde_json::to_string(&line).map_err(io::Error::from).and_then(|row| rows.row(&row));
                }
            }
        });
        Ok(written?)
    })?;
    rows.end()?;
    progress.finish();
    accounts::tell_decode(&tally);
    inputs::tell_skipped(&inputs);
    Ok(match (tally.balances(), unreadable) {
        (false, _) => Exit::Bug,
        (true, 0) => Exit::Ok,
        (true, _) => Exit::Upstream,
    })
}
