//! The forms in which commands print, and whether they may use colour.

use std::io::{self, IsTerminal};

use clap::{Args, ValueEnum};

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// One JSON object a line.
    Ndjson,
    /// One JSON array.
    Json,
    /// OCSF Detection Findings, one a line (alerts only).
    Ocsf,
}

/// The `--output` option, shared by all commands that print data.
#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// How to print [default: table on a terminal, else ndjson]
    #[arg(long = "output", value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl OutputArgs {
    pub(super) fn format(&self) -> Format {
        self.format.unwrap_or(if io::stdout().is_terminal() { Format::Table } else { Format::Ndjson })
    }

    /// The format where people are the usual readers, pipe or not.
    pub(super) fn format_for_people(&self) -> Format {
        self.format.unwrap_or(Format::Table)
    }
}

/// Whether stdout shows colour: a terminal, and nobody objects (<https://no-color.org>).
pub(super) fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Several JSON texts as one array, or one a line.
pub(super) fn write_json(
    out: &mut impl io::Write,
    format: Format,
    rows: impl Iterator<Item = String>,
) -> io::Result<()> {
    if format != Format::Json {
        for row in rows {
            writeln!(out, "{row}")?;
        }
        return Ok(());
    }
    write!(out, "[")?;
    for (n, row) in rows.enumerate() {
        write!(out, "{}{row}", if n == 0 { "\n" } else { ",\n" })?;
    }
    writeln!(out, "\n]")
}
