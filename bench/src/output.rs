//! How rows are printed: for people, or as one array. Whoever waits long for rows prints each as it comes, so that none is lost
//! when the run ends badly.

use std::fmt::Display;
use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Table,
    /// One array of rows
    Json,
}

/// Rows that are being printed.
pub(crate) struct Printing<R> {
    output: Output,
    json: fn(&R) -> Value,
    is_first: bool,
}

impl Output {
    /// Prints rows: for people one a line, below a head if there is one.
    pub(crate) fn print<R: Display>(
        self,
        head: Option<&str>,
        rows: &[R],
        json: fn(&R) -> Value,
    ) -> anyhow::Result<()> {
        let mut printing = self.begin(head, json)?;
        rows.iter().try_for_each(|row| printing.row(row))?;
        printing.end()
    }

    /// The same for rows that are yet to come.
    pub(crate) fn begin<R: Display>(
        self,
        head: Option<&str>,
        json: fn(&R) -> Value,
    ) -> anyhow::Result<Printing<R>> {
        match (self, head) {
            (Output::Table, None) => {}
            (Output::Table, Some(head)) => writeln!(io::stdout(), "{head}")?,
            (Output::Json, _) => write!(io::stdout(), "[")?,
        }
        Ok(Printing { output: self, json, is_first: true })
    }
}

impl<R: Display> Printing<R> {
    pub(crate) fn row(&mut self, row: &R) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        match (self.output, std::mem::take(&mut self.is_first)) {
            (Output::Table, _) => writeln!(out, "{row}")?,
            (Output::Json, true) => write!(out, "{}", (self.json)(row))?,
            (Output::Json, false) => write!(out, ",{}", (self.json)(row))?,
        }
        Ok(out.flush()?)
    }

    /// After the last row, or after what kept it from coming.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        match self.output {
            Output::Table => Ok(()),
            Output::Json => Ok(writeln!(io::stdout(), "]")?),
        }
    }
}
