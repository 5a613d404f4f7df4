//! The forms in which commands print, and whether they may use colour.

use std::fmt::Display;
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
    out: impl io::Write,
    format: Format,
    mut rows: impl Iterator<Item = String>,
) -> io::Result<()> {
    let mut json = JsonRows::new(out, format == Format::Json);
    rows.try_for_each(|row| json.row(&row))?;
    json.end()
}

/// JSON texts as they come.
pub(super) struct JsonRows<W> {
    out: W,
    array: bool,
    rows: u64,
}

impl<W: io::Write> JsonRows<W> {
    /// Rows of one array, or one a line.
    pub(super) fn new(out: W, array: bool) -> Self {
        Self { out, array, rows: 0 }
    }

    pub(super) fn row(&mut self, text: &str) -> io::Result<()> {
        let before = match (self.array, self.rows) {
            (true, 0) => "[\n",
            (true, _) => ",\n",
            (false, _) => "",
        };
        let after = if self.array { "" } else { "\n" };
        self.rows += 1;
        write!(self.out, "{before}{text}{after}")
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        match (self.array, self.rows) {
            (true, 0) => writeln!(self.out, "[]")?,
            (true, _) => writeln!(self.out, "\n]")?,
            (false, _) => {}
        }
        self.out.flush()
    }
}

/// `1 file`, `2 files`: `word` is the singular of one that takes an `s`.
pub(super) fn counted<N: Copy + PartialEq + From<u8> + Display>(n: N, word: &str) -> String {
    let plural = if n == N::from(1) { "" } else { "s" };
    format!("{n} {word}{plural}")
}
