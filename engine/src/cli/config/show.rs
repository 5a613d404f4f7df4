//! `tripline config show`: what holds and where each value comes from; with `--defaults` a file of every setting.

use std::io::{self, BufWriter, Write};

use super::{ConfigArgs, environment, refuse};
use crate::cli::output::{Format, OutputArgs, write_json};
use crate::cli::{Exit, Failure};
use crate::config::{self, Effective, Setting};

/// Show what holds and where each value comes from, or every default
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Print a commented file of every setting and its default instead
    #[arg(long, conflicts_with_all = ["config", "format"])]
    defaults: bool,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    if args.defaults {
        out.write_all(config::example().as_bytes())?;
        out.flush()?;
        return Ok(Exit::Ok);
    }
    let settings = match Effective::read(args.config.config.as_deref(), environment()) {
        Ok(effective) => effective.settings,
        Err(errors) => return Ok(refuse(&errors)),
    };
    match args.output.format_for_people() {
        Format::Table => write_table(&mut out, &settings)?,
        Format::Ocsf => return Err(Failure::usage(anyhow::anyhow!("--output ocsf is for alerts"))),
        format => write_json(&mut out, format, settings.iter().map(|setting| setting.to_json().to_string()))?,
    }
    out.flush()?;
    Ok(Exit::Ok)
}

fn write_table(out: &mut impl Write, settings: &[Setting]) -> io::Result<()> {
    let rows: Vec<[String; 3]> =
        settings.iter().map(|s| [s.key.clone(), s.shown(), s.origin.to_string()]).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).min(60);
    let (key_width, value_width) = (width(0), width(1));
    rows.iter().try_for_each(|[key, value, origin]| {
        writeln!(out, "{key:key_width$}  {value:value_width$}  {origin}")
    })
}
