//! `tripline explain`: why a rule matches the events of a file, or which predicate fails.

use std::io::{self, Write};
use std::path::PathBuf;

use tripline_rules::explain::{self, Reason, Trace, TraceStep};
use tripline_rules::field::FieldId;
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::{RuleId, Trigger};

use super::progress::Progress;
use super::ruleset::RuleArgs;
use super::{Exit, Failure, accounts, inputs};
use crate::decode::{Decoder, Event, Limits, Tally};

/// Say why a rule matches an event, or which predicate fails
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rule's id, name or title; a shipped rule needs no --pack
    rule: String,
    /// A file of one or more events in any form that replay reads; `-` is standard input
    #[arg(value_name = "EVENT-FILE")]
    file: PathBuf,
    #[command(flatten)]
    rules: RuleArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = args.rules.load_with(&args.rule)?;
    let ruleset = &loaded.ruleset;
    let id = loaded.find(&args.rule)?;
    let inputs = inputs::find(std::slice::from_ref(&args.file))?;
    let progress = Progress::bytes(inputs.bytes);
    let mut tally = Tally::default();
    let mut decoder = Decoder::new(ruleset.fields(), Limits::FILE);
    let mut out = io::stdout().lock();
    let unreadable = inputs::each_record(&inputs, &progress, &mut |record| {
        let mut written = Ok(());
        decoder.record(&record.bytes, &mut tally, &mut Vec::new(), |event| {
            if written.is_ok() {
                written = write_event(&mut out, ruleset, id, event);
            }
        });
        Ok(written?)
    })?;
    progress.finish();
    if unreadable > 0 {
        return Ok(Exit::Upstream);
    }
    if tally.events_evaluated == 0 {
        accounts::tell_decode(&tally);
        return Err(Failure::usage(anyhow::anyhow!("no CloudTrail event in {}", args.file.display())));
    }
    Ok(Exit::Ok)
}

fn write_event(out: &mut impl Write, ruleset: &Ruleset, id: RuleId, event: &Event<'_>) -> io::Result<()> {
    let name = event.slots.text(FieldId::EVENT_NAME).unwrap_or("(no eventName)");
    let event_id = event.slots.text(FieldId::EVENT_ID).unwrap_or("(no eventID)");
    writeln!(out, "event {} ({name})", printable(event_id))?;
    match &ruleset.rule(id).trigger {
        Trigger::Event(_) => write_rule(out, ruleset, id, event),
        Trigger::Rules(bases) => {
            writeln!(out, "{} counts the hits of:", ruleset.rule(id).meta.id)?;
            bases.iter().try_for_each(|base| write_rule(out, ruleset, *base, event))
        }
    }
}

fn write_rule(out: &mut impl Write, ruleset: &Ruleset, id: RuleId, event: &Event<'_>) -> io::Result<()> {
    let rule = ruleset.rule(id);
    let Trigger::Event(condition) = &rule.trigger else { return Ok(()) };
    let trace = explain::trace(condition, &event.slots, ruleset.fields());
    let mut reasons = trace.reasons();
    if trace.holds {
        writeln!(out, "{} matches, because", rule.meta.id)?;
    } else {
        writeln!(out, "{} does not match; the first predicate that fails:", rule.meta.id)?;
        reasons.truncate(1);
    }
    for reason in &reasons {
        writeln!(out, "    {}", worded(reason))?;
    }
    if has_more(&trace, &reasons) {
        writeln!(out, "  the rest of the evaluation:")?;
        write_trace(out, &trace, &reasons, 2)?;
    }
    Ok(())
}

/// Whether there is a predicate in it that was not told.
fn has_more(trace: &Trace, told: &[Reason]) -> bool {
    match &trace.step {
        TraceStep::All(parts) | TraceStep::Any(parts) => parts.iter().any(|part| has_more(part, told)),
        TraceStep::Not(part) => has_more(part, told),
        TraceStep::Is(reason) => !told.iter().any(|told| is_same(told, reason)),
    }
}

/// A reason says `not` where the rule needs the test to fail.
fn is_same(told: &Reason, reason: &Reason) -> bool {
    let operator = told.operator.strip_prefix("not ").unwrap_or(&told.operator);
    (&told.field, operator, &told.expected) == (&reason.field, reason.operator.as_str(), &reason.expected)
}

/// The evaluation as a tree, without the predicates that were told.
fn write_trace(out: &mut impl Write, trace: &Trace, told: &[Reason], depth: usize) -> io::Result<()> {
    if !has_more(trace, told) {
        return Ok(());
    }
    let mark = if trace.holds { "yes" } else { "no " };
    let indent = "  ".repeat(depth);
    let mut group = |word: &str, parts: &[Trace]| {
        writeln!(out, "{indent}{mark} {word}")?;
        parts.iter().try_for_each(|part| write_trace(out, part, told, depth + 1))
    };
    match &trace.step {
        TraceStep::All(parts) => group("all of", parts),
        TraceStep::Any(parts) => group("any of", parts),
        TraceStep::Not(part) => group("not", std::slice::from_ref(part)),
        TraceStep::Is(reason) => writeln!(out, "{indent}{mark} {}", worded(reason)),
    }
}

fn worded(reason: &Reason) -> String {
    let asked = format!("{} {} {}", reason.field, reason.operator, reason.expected);
    format!("{}    event has {}", printable(asked.trim_end()), printable(&reason.value))
}

/// Text of an event, fit for a terminal.
fn printable(text: &str) -> String {
    crate::alert::clean(text)
}
