//! Tripline measured against the floor it stands on: inflating the same bytes, in the same run. Counts are verified before
//! times are believed.

mod corpus;
mod flood;
mod floor;

use std::io::{self, Write};

use clap::{Parser, Subcommand, ValueEnum};

/// Measures decode and match as multiples of the time that inflating the same bytes takes, or what a flood of keys does.
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
    #[arg(long, value_enum, default_value = "table", global = true)]
    output: Output,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Flood one rule with keys that come once, within 500 s of event time
    Flood {
        /// How many
        #[arg(long, default_value_t = 1_000_000)]
        keys: u64,
        /// MiB that windows may take in memory
        #[arg(long, default_value_t = 256)]
        memory_mib: u64,
        /// MiB that the rule's rows may take in the store
        #[arg(long, default_value_t = 256)]
        rows_mib: u64,
    },
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
    if let Some(Command::Flood { keys, memory_mib, rows_mib }) = cli.command {
        let result = flood::run(&flood::Flood { keys, memory_mib, rows_mib })?;
        let mut out = io::stdout().lock();
        match cli.output {
            Output::Json => writeln!(out, "{}", result.json())?,
            Output::Table => writeln!(out, "{result}")?,
        }
        return Ok(());
    }
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
