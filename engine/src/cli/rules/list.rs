//! `tripline rules list`: the rules that run, one a line.

use std::io::{self, BufWriter, Write};

use serde_json::json;
use tripline_rules::rule::{Rule, Trigger};

use crate::cli::output::{Format, OutputArgs, write_json};
use crate::cli::ruleset::RuleArgs;
use crate::cli::{Exit, Failure};

/// List the rules that run, one a line
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = args.rules.load()?;
    let rules = loaded.ruleset.rules();
    let mut out = BufWriter::new(io::stdout().lock());
    match args.output.format_for_people() {
        Format::Table => {
            let width = rules.iter().map(|rule| rule.meta.id.chars().count()).max().unwrap_or(0);
            for rule in rules {
                let (id, level) = (&rule.meta.id, rule.meta.level.as_str());
                writeln!(out, "{id:width$}  {level:13}  {}{}", rule.meta.title, note(rule))?;
            }
        }
        Format::Ocsf => return Err(Failure::usage(anyhow::anyhow!("--output ocsf is for alerts"))),
        format => write_json(&mut out, format, rules.iter().map(row))?,
    }
    out.flush()?;
    Ok(Exit::Ok)
}

fn note(rule: &Rule) -> &'static str {
    if rule.alerts { "" } else { "  (feeds a correlation, no alert of its own)" }
}

fn row(rule: &Rule) -> String {
    json!({
        "id": rule.meta.id,
        "level": rule.meta.level.as_str(),
        "title": rule.meta.title,
        "kind": match rule.trigger { Trigger::Event(_) => "event", Trigger::Rules(_) => "correlation" },
        "alerts": rule.alerts,
        "status": rule.meta.status,
        "author": rule.meta.author,
        "tags": rule.meta.tags,
        "file": rule.meta.origin.file.as_ref(),
        "line": rule.meta.origin.line,
    })
    .to_string()
}
