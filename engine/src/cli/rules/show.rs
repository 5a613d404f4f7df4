//! `tripline rules show`: one rule, as it was compiled.

use std::io::{self, Write};

use tripline_rules::condition::Condition;
use tripline_rules::field::Fields;
use tripline_rules::plan::Ruleset;
use tripline_rules::predicate::Predicate;
use tripline_rules::rule::{Count, GroupBy, Rule, Trigger};

use crate::cli::ruleset::RuleArgs;
use crate::cli::{Exit, Failure};

/// Show one rule
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The rule's id, name or title
    rule: String,
    #[command(flatten)]
    rules: RuleArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = args.rules.load_with(&args.rule)?;
    let ruleset = &loaded.ruleset;
    let rule = ruleset.rule(loaded.find(&args.rule)?);
    let mut out = io::stdout().lock();
    write_metadata(&mut out, rule)?;
    writeln!(out, "window         {}", window(rule))?;
    writeln!(out, "group by       {}", group_by(&rule.window.group_by))?;
    match &rule.trigger {
        Trigger::Event(condition) => {
            writeln!(out, "matches an event when")?;
            write_condition(&mut out, condition, ruleset.fields(), 1)?;
        }
        Trigger::Rules(bases) => {
            writeln!(out, "counts the hits of")?;
            for base in bases {
                write_base(&mut out, ruleset, ruleset.rule(*base))?;
            }
        }
    }
    Ok(Exit::Ok)
}

fn write_metadata(out: &mut impl Write, rule: &Rule) -> io::Result<()> {
    let meta = &rule.meta;
    let mut line = |name: &str, value: &str| {
        if value.is_empty() {
            Ok(())
        } else {
            writeln!(out, "{name:14} {}", value.trim_end().replace('\n', "\n               "))
        }
    };
    line("id", &meta.id)?;
    line("title", &meta.title)?;
    line("level", meta.level.as_str())?;
    line("status", meta.status.as_deref().unwrap_or_default())?;
    line("author", meta.author.as_deref().unwrap_or_default())?;
    line("license", meta.license.as_deref().unwrap_or_default())?;
    line("file", &meta.origin.to_string())?;
    line("description", meta.description.as_deref().unwrap_or_default())?;
    line("tags", &meta.tags.join(" "))?;
    line("references", &meta.references.join("\n"))?;
    line("falsepositives", &meta.falsepositives.join("\n"))?;
    line("pattern", meta.filter_pattern.as_deref().unwrap_or_default())
}

fn window(rule: &Rule) -> String {
    let window = &rule.window;
    let period = match window.suppress_s {
        0 => "an alert for every event".to_owned(),
        s => format!("one alert a group and period of {}", duration(s)),
    };
    match &window.count {
        Count::Events if window.threshold == 1 => period,
        Count::Events => {
            format!("at least {} events within {}; {period}", window.threshold, duration(window.within_s))
        }
        Count::Values(fields) => {
            let names = fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ");
            let (threshold, within) = (window.threshold, duration(window.within_s));
            format!("at least {threshold} distinct values of {names} within {within}; {period}")
        }
    }
}

fn duration(seconds: u32) -> String {
    match seconds {
        s if s.is_multiple_of(86_400) => format!("{} d", s / 86_400),
        s if s.is_multiple_of(3_600) => format!("{} h", s / 3_600),
        s if s.is_multiple_of(60) => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

fn group_by(by: &GroupBy) -> String {
    match by {
        GroupBy::Default => "recipient account, principal, source address".to_owned(),
        GroupBy::Fields(fields) if fields.is_empty() => "nothing: one group for all".to_owned(),
        GroupBy::Fields(fields) => {
            fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ")
        }
    }
}

fn write_base(out: &mut impl Write, ruleset: &Ruleset, base: &Rule) -> io::Result<()> {
    writeln!(out, "  {} ({})", base.meta.id, base.meta.title)?;
    match &base.trigger {
        Trigger::Event(condition) => write_condition(out, condition, ruleset.fields(), 2),
        Trigger::Rules(_) => Ok(()),
    }
}

fn write_condition(
    out: &mut impl Write,
    condition: &Condition<Predicate>,
    fields: &Fields,
    depth: usize,
) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    let mut group = |word: &str, parts: &[Condition<Predicate>]| {
        writeln!(out, "{indent}{word}")?;
        parts.iter().try_for_each(|part| write_condition(out, part, fields, depth + 1))
    };
    match condition {
        Condition::All(parts) => group("all of", parts),
        Condition::Any(parts) => group("any of", parts),
        Condition::Not(part) => group("not", std::slice::from_ref(part)),
        Condition::Is(predicate) => {
            let field = fields.selector(predicate.field);
            let asked = format!("{field} {} {}", predicate.test.operator(), predicate.test.expected());
            writeln!(out, "{indent}{}", asked.trim_end())
        }
    }
}
