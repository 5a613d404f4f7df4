//! Tripline measured against the floor it stands on: inflating the same bytes, in the same run. Counts are verified before
//! times are believed.

mod corpus;
mod floor;

use std::io::{self, Write};

use clap::{Parser, ValueEnum};

/// Measures decode and match as multiples of the time that inflating the same bytes takes.
#[derive(Debug, Parser)]
#[command(name = "tripline-bench", version)]
struct Cli {
    /// Rounds; the median is printed
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Data messages in the corpus
    #[arg(long, default_value_t = 400)]
    messages: usize,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    /// For people
    Table,
    /// One array of rows
    Json,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let corpus = corpus::messages(cli.messages)?;
    let rows = floor::run(&corpus, cli.rounds.max(1))?;
    let mut out = io::stdout().lock();
    match cli.output {
        Output::Json => {
            let rows: Vec<serde_json::Value> = rows.iter().map(floor::Row::json).collect();
            writeln!(out, "{}", serde_json::to_string(&rows)?)?;
        }
        Output::Table => {
            writeln!(out, "{}", floor::HEAD)?;
            for row in rows {
                writeln!(out, "{row}")?;
            }
        }
    }
    Ok(())
}
