//! The forms in which commands print, and whether they may use colour.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal};

use clap::{Args, ValueEnum};

use crate::alert::hides;

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
    may_color(&io::stdout())
}

/// True if `stream` is a terminal and `NO_COLOR` is unset or empty.
pub(super) fn may_color(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
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
    escape: bool,
    rows: u64,
}

impl<W: io::Write> JsonRows<W> {
    /// Rows of one array, or one a line.
    pub(super) fn new(out: W, array: bool) -> Self {
        Self { out, array, escape: io::stdout().is_terminal(), rows: 0 }
    }

    pub(super) fn row(&mut self, text: &str) -> io::Result<()> {
        let text = if self.escape { escape_hidden(text) } else { Cow::Borrowed(text) };
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

/// JSON for stdout: escaped if stdout is a terminal, otherwise unchanged.
pub(super) fn json_for_stdout(text: &str) -> Cow<'_, str> {
    if io::stdout().is_terminal() { escape_hidden(text) } else { Cow::Borrowed(text) }
}

/// Writes the characters of `json` that a terminal would act on or not show (controls, bidirectional controls, zero-width
/// characters, line separators) as `\uXXXX`. The JSON keeps its value: such characters occur in strings only, where both
/// spellings are equal. Line feeds and tabs are layout, for JSON strings hold neither unescaped.
fn escape_hidden(json: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| hides(c) && c != '\n' && c != '\t';
    if !json.chars().any(is_hidden) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 32);
    for c in json.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// `1 file`, `2 files`: `word` is the singular of one that takes an `s`.
pub(super) fn counted<N: Copy + PartialEq + From<u8> + Display>(n: N, word: &str) -> String {
    let plural = if n == N::from(1) { "" } else { "s" };
    format!("{n} {word}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_the_value_stays() {
        let hidden = "a\u{1b}[2J\u{7f}\u{9b}\u{202e}\u{2028}\u{2066}\u{200b}\u{feff}\u{e0041}z";
        for pretty in [false, true] {
            let value = serde_json::json!({"user": hidden, "plain": "ü €\n\t"});
            let text =
                if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let text = text.unwrap_or_default();
            let escaped = escape_hidden(&text);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).ok(), Some(value));
            assert!(!escaped.chars().any(|c| hides(c) && c != '\n'), "{escaped:?}");
            assert!(escaped.contains("\\u202e") && escaped.contains("\\udb40\\udc41"), "{escaped}");
        }
    }

    #[test]
    fn text_without_hidden_characters_is_not_copied() {
        assert!(matches!(escape_hidden("{\"a\": \"ü\"}\n"), Cow::Borrowed(_)));
    }
}
