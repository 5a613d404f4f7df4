//! `tripline alerts list`.

use std::io::{self, BufWriter, Write};

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use tripline_rules::rule::Level;

use super::StoreArgs;
use crate::alert::{Status, clean, ocsf, rfc3339};
use crate::cli::output::{Format, OutputArgs, write_json};
use crate::cli::{Exit, Failure, talk};
use crate::store::{Query, StoredAlert};

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
        Format::Table => table(&mut out, &found)?,
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

fn table(out: &mut impl Write, found: &[StoredAlert]) -> io::Result<()> {
    for StoredAlert { alert, .. } in found {
        writeln!(
            out,
            "{}  {:13} {:12} {}  {:>6}  {}",
            &alert.id[..alert.id.len().min(12)],
            alert.rule.level.as_str(),
            alert.status.as_str(),
            rfc3339(alert.last_seen_s),
            alert.count,
            clean(&alert.summary)
        )?;
    }
    Ok(())
}
