//! `tripline pattern`: one filter pattern against messages, as CloudWatch's `TestMetricFilter` does it.

use std::ffi::OsString;
use std::io::{self, Write};

use clap::ValueEnum;
use tripline_rules::field::Fields;
use tripline_rules::pattern::{self, Dialect, Parsed, Wildcard};

use super::{Exit, Failure, talk};
use crate::decode;

/// Hold messages against one CloudWatch filter pattern
#[derive(Debug, clap::Args)]
// A pattern may begin with `-h`; only `--help` helps here.
#[command(disable_help_flag = true)]
pub(super) struct Args {
    /// The filter pattern; may be empty, and may begin with `-`
    #[arg(allow_hyphen_values = true)]
    pattern: String,
    /// The messages
    #[arg(long, value_name = "TEXT", num_args = 1.., required = true)]
    message: Vec<String>,
    /// How `*` matches
    #[arg(long, value_enum, default_value = "glob")]
    wildcard: WildcardMode,
    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum WildcardMode {
    /// As documented: any run of characters
    Glob,
    /// As observed on the service in 2019: leftmost, without going back
    #[value(name = "aws-2019")]
    Aws2019,
}

/// Writes `--message A -B` as `--message=A --message=-B`: a log line may begin with a hyphen, and must not be taken for an
/// option because of it. Values end at the next option of this command.
pub(super) fn arguments(args: Vec<OsString>) -> Vec<OsString> {
    const MESSAGE: &str = "--message";
    let is_option = |text: &str| {
        matches!(text, MESSAGE | "--wildcard" | "--help" | "--")
            || text.starts_with("--message=")
            || text.starts_with("--wildcard=")
    };
    let mut written = Vec::with_capacity(args.len());
    let mut args = args.into_iter().peekable();
    while let Some(arg) = args.next() {
        let has_value = |next: &OsString| !next.to_str().is_some_and(is_option);
        if arg != MESSAGE || !args.peek().is_some_and(has_value) {
            written.push(arg);
            continue;
        }
        while let Some(value) = args.next_if(has_value) {
            let mut message = OsString::from("--message=");
            message.push(value);
            written.push(message);
        }
    }
    written
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let wildcard = match args.wildcard {
        WildcardMode::Glob => Wildcard::Glob,
        WildcardMode::Aws2019 => Wildcard::Aws2019,
    };
    let mut fields = Fields::new();
    let compiled = pattern::parse(&args.pattern).and_then(|Parsed { pattern, warnings }| {
        let dialect = Dialect { wildcard, ..Dialect::default() };
        Ok((pattern.lower(dialect, &mut fields)?, warnings))
    });
    let (condition, warnings) = match compiled {
        Ok(compiled) => compiled,
        Err(error) => {
            talk(&error.render(&args.pattern));
            return Ok(Exit::Usage);
        }
    };
    for warning in warnings {
        talk(&format!("warning: {warning}"));
    }
    let mut out = io::stdout().lock();
    for message in &args.message {
        let matches = decode::any_message(message, &fields, |slots| {
            condition.holds(&mut |predicate| predicate.holds(slots))
        });
        writeln!(out, "{}", if matches { "match" } else { "no match" })?;
    }
    Ok(Exit::Ok)
}
