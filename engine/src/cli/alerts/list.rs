//! `tripline alerts list`.

mod table;

use std::io::{self, BufWriter, IsTerminal, Write};

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use tripline_rules::rule::Level;

use super::StoreArgs;
use crate::alert::{Alert, Status, ocsf};
use crate::cli::output::{Format, OutputArgs, colour, write_json};
use crate::cli::{Exit, Failure, talk};
use crate::store::Query;
use table::Layout;

/// List alerts, newest first
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// In this status [default: all but closed]
    #[arg(long, value_enum)]
    status: Option<Which>,
    /// At least this level
    #[arg(long, value_parser = levels(), value_name = "LEVEL")]
    level_min: Option<Level>,
    /// Of this rule
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
    /// Of this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Open,
    Acknowledged,
    Closed,
    All,
}

/// Sigma's words.
fn levels() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(Level::ALL.map(Level::as_str))
        .try_map(|word| Level::of_word(&word).ok_or("no such level"))
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let store = args.store.read()?;
    let status = match args.status {
        Some(Which::Open) => Some(Status::Open),
        Some(Which::Acknowledged) => Some(Status::Acknowledged),
        Some(Which::Closed) => Some(Status::Closed),
        Some(Which::All) | None => None,
    };
    let query = Query {
        status,
        but_closed: args.status.is_none(),
        level_min: args.level_min.map(|level| level as u8),
        rule: args.rule.clone(),
        account: args.account.clone(),
        newest_first: true,
        rows_max: Some(i64::from(args.limit) + 1),
        ..Query::default()
    };
    let mut found = store.list(&query)?;
    let more = found.len() > args.limit as usize;
    found.truncate(args.limit as usize);
    let mut out = BufWriter::new(io::stdout().lock());
    match args.output.format() {
        Format::Table => {
            let alerts: Vec<&Alert> = found.iter().map(|stored| &stored.alert).collect();
            table::write(&mut out, &alerts, layout())?;
        }
        format @ (Format::Ndjson | Format::Json) => {
            let rows = found.iter().map(|stored| stored.alert.json()).collect::<Result<Vec<_>, _>>();
            write_json(&mut out, format, rows.map_err(io::Error::from)?.into_iter())?;
        }
        format @ Format::Ocsf => {
            let rows = found.iter().map(|stored| ocsf::finding(&stored.alert, stored.opened_ms).to_string());
            write_json(&mut out, format, rows)?;
        }
    }
    out.flush()?;
    if more {
        talk(&format!("the newest {} alerts; --limit shows more", args.limit));
    }
    Ok(Exit::Ok)
}

/// A header, colors and the terminal's width on a terminal; whole lines anywhere else.
fn layout() -> Layout {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return Layout::default();
    }
    let width = terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0));
    // A terminal that does not know its size reports zero.
    Layout { header: true, width: width.filter(|width| *width > 0), color: colour() }
}
