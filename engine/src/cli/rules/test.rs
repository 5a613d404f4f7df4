//! `tripline rules test`: the cases beside the rules, run through the whole flow.

use std::io::{self, Write};
use std::sync::Arc;

use tripline_rules::cases::{self, Case, Cases};
use tripline_rules::diagnostic::Diagnostic;
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::RuleId;

use crate::cli::output::counted;
use crate::cli::ruleset::{LoadedRules, RuleArgs};
use crate::cli::{Exit, Failure, talk};
use crate::decode::Limits;
use crate::pipeline::Pipeline;
use crate::record::Record;

/// Run the cases that stand beside the rules
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    rules: RuleArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = args.rules.load_quietly()?;
    let ruleset = &loaded.ruleset;
    let (files, mut wrong) = read(&loaded);
    wrong.extend(cases::uncovered(ruleset.rules(), &files));
    let refused = loaded.errors();
    let (mut hits, mut misses) = (0_u64, 0_u64);
    for file in &files {
        for case in &file.cases {
            if case.hit {
                hits += 1
            } else {
                misses += 1
            }
            // A case that is about no rule was complained of already.
            if let Ok(rule) = file.rule_of(case, ruleset.rules()) {
                wrong.extend(judge(ruleset, rule, case));
            }
        }
    }
    loaded.tell_stopped();
    wrong.iter().for_each(tell);
    let alerting = ruleset.rules().iter().filter(|rule| rule.alerts).count();
    writeln!(
        io::stdout(),
        "{}, {} and {}: {}",
        counted(alerting, "rule"),
        counted(hits, "hit"),
        if misses == 1 { "1 near-miss".to_owned() } else { format!("{misses} near-misses") },
        if wrong.is_empty() { "all as they should be".to_owned() } else { format!("{} wrong", wrong.len()) }
    )?;
    Ok(match (refused, wrong.len()) {
        (0, 0) => Exit::Ok,
        (0, _) => Exit::CheckFailed,
        _ => Exit::Usage,
    })
}

fn tell(diagnostic: &Diagnostic) {
    talk(&diagnostic.to_string());
}

/// The cases of the loaded rules; those beside shipped rules that were not chosen are left alone.
fn read(loaded: &LoadedRules) -> (Vec<Cases>, Vec<Diagnostic>) {
    let mut files = Vec::new();
    let mut wrong = Vec::new();
    for file in &loaded.cases {
        let (cases, diagnostics) = cases::read(file);
        if loaded.is_wanted(&cases) {
            files.push(cases);
            wrong.extend(diagnostics);
        }
    }
    (files, wrong)
}

/// What is wrong with the outcome of a case. All rules run, so that correlations get their hits.
fn judge(ruleset: &Arc<Ruleset>, rule: RuleId, case: &Case) -> Option<Diagnostic> {
    let mut pipeline = Pipeline::new(Arc::clone(ruleset), Limits::FILE);
    pipeline.take(&Record::new(&"-".into(), 0, case.events.join("\n").into_bytes()));
    let evaluated = pipeline.accounts().decode.events_evaluated;
    let wanted = case.events.len() as u64;
    let meta = &ruleset.rule(rule).meta;
    if evaluated != wanted {
        let message =
            format!("case `{}`: {evaluated} of its {wanted} events are CloudTrail events", case.name);
        let help = "an event needs `eventVersion`, or `eventSource` and `eventName`, and a sound `eventTime`";
        return Some(Diagnostic::error(&case.origin, message).help(help));
    }
    let fired = pipeline.state().fired(rule);
    if fired == case.hit {
        return None;
    }
    let message = match case.hit {
        true => format!("case `{}` must hit rule `{}` and does not", case.name, meta.id),
        false => format!("case `{}` must not hit rule `{}` and does", case.name, meta.id),
    };
    let help = "`tripline explain` says which predicate decides";
    Some(Diagnostic::error(&case.origin, message).help(help))
}
