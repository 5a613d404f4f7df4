//! `tripline rules check`: everything wrong with a rule set, all at once.

use std::io::{self, Write};
use std::time::Instant;

use serde_json::json;
use tripline_rules::diagnostic::Diagnostic;
use tripline_rules::plan::{FieldStrategy, FieldSummary, Ruleset};

use crate::cli::output::{Format, OutputArgs, counted, write_json};
use crate::cli::ruleset::{LoadedRules, RuleArgs};
use crate::cli::{Exit, Failure, talk};

/// Report everything that is wrong with the rules
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Also say what was decided at load: anchors, and the rules that every event must evaluate
    #[arg(long)]
    plan: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = args.rules.load_quietly()?;
    let errors = loaded.errors();
    let mut out = io::stdout().lock();
    match args.output.format_for_people() {
        Format::Table => {
            loaded.diagnostics.iter().for_each(|diagnostic| talk(&diagnostic.to_string()));
            writeln!(
                out,
                "{} in {}: {}, {}",
                counted(loaded.ruleset.rules().len(), "rule"),
                counted(loaded.files, "file"),
                counted(errors, "error"),
                counted(loaded.diagnostics.len() - errors, "warning")
            )?;
        }
        Format::Ocsf => return Err(Failure::usage(anyhow::anyhow!("--output ocsf is for alerts"))),
        format => write_json(&mut out, format, loaded.diagnostics.iter().map(row))?,
    }
    if args.plan {
        write_plan(&mut out, &loaded)?;
    }
    Ok(if errors > 0 { Exit::Usage } else { Exit::Ok })
}

fn row(diagnostic: &Diagnostic) -> String {
    json!({
        "severity": diagnostic.severity.as_str(),
        "file": diagnostic.origin.file.as_ref(),
        "line": diagnostic.origin.line,
        "column": diagnostic.origin.column,
        "message": diagnostic.message,
        "help": diagnostic.help,
    })
    .to_string()
}

fn write_plan(out: &mut impl Write, loaded: &LoadedRules) -> io::Result<()> {
    let began = Instant::now();
    let plan = Ruleset::new(loaded.ruleset.rules().to_vec(), loaded.ruleset.fields().clone()).summary();
    let took_ms = began.elapsed().as_secs_f64() * 1000.0;
    let bytes: usize = plan.by_field.iter().map(|field| field.strategy.bytes).sum();
    writeln!(
        out,
        "plan: {}, {} over {}; {} KiB of tables and automata, built in {took_ms:.1} ms",
        counted(plan.event_rules, "event rule"),
        counted(plan.predicates, "distinct predicate"),
        counted(plan.fields, "field"),
        bytes.div_ceil(1024)
    )?;
    for FieldSummary { field, anchors, strategy } in &plan.by_field {
        let FieldStrategy { equals, holds, regexes, asked, .. } = strategy;
        let anchored =
            if *anchors == 0 { "for candidates only".to_owned() } else { counted(*anchors, "anchor") };
        writeln!(
            out,
            "plan: {field}: {anchored}; {equals} equal, {holds} within, {regexes} expressions, {asked} asked"
        )?;
    }
    for id in &plan.always {
        writeln!(out, "plan: every event evaluates {}", loaded.ruleset.rule(*id).meta.id)?;
    }
    Ok(())
}
