//! Tripline measured against the floor it stands on: inflating the same bytes, in the same run. Counts are verified before
//! times are believed.

mod floor;
mod synth;

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
    messages: u64,
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
    let shape = synth::Shape { messages: cli.messages, events_per_message: 50, seed: 1 };
    let messages = synth::messages(shape)?;
    let rows = floor::run(&messages, shape, cli.rounds.max(1))?;
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
