//! `tripline eval`: every event rule that matches each event. No windows, no grouping, no dedupe.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use serde::Serialize;
use tripline_rules::field::FieldId;
use tripline_rules::matcher::{self, Scratch};

use super::progress::Progress;
use super::ruleset::RuleArgs;
use super::{Exit, Failure, accounts, inputs};
use crate::decode::{Limits, Tally};
use crate::pipeline;

/// Read files and print every rule that matches each event: no windows, no grouping
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, or folders of them: *.json, *.ndjson, *.jsonl, *.log, each also .gz; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    rules: RuleArgs,
}

/// One line of output.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    line: u64,
    event_id: Option<&'a str>,
    rule_id: &'a str,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = args.rules.load()?;
    let ruleset = &loaded.ruleset;
    let inputs = inputs::find(&args.paths)?;
    let progress = Progress::bytes(inputs.bytes);
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut tally, mut scratch, mut matched) = (Tally::default(), Scratch::default(), Vec::new());
    // Log events of the same file in the parts before.
    let mut before = 0;
    let unreadable = inputs::each_record(&inputs, &progress, &mut |record| {
        if record.position.part == 0 {
            before = 0;
        }
        let file = record.position.to_string();
        let mut written = Ok(());
        before += pipeline::events(record, &Limits::FILE, ruleset.fields(), &mut tally, &mut |event| {
            matcher::hits(ruleset, &event.slots, &mut scratch, &mut matched);
            for rule in &matched {
                let line = Line {
                    file: &file,
                    line: before + event.ordinal,
                    event_id: event.slots.text(FieldId::EVENT_ID),
                    rule_id: &ruleset.rule(*rule).meta.id,
                };
                if written.is_ok() {
                    written = write_line(&mut out, &line);
                }
            }
        });
        Ok(written?)
    })?;
    out.flush()?;
    progress.finish();
    accounts::tell_decode(&tally);
    inputs::tell_skipped(&inputs);
    Ok(match (tally.balances(), unreadable) {
        (false, _) => Exit::Bug,
        (true, 0) => Exit::Ok,
        (true, _) => Exit::Upstream,
    })
}

fn write_line(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    writeln!(out)
}
