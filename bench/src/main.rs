//! Tripline measured against the floor it stands on: inflating the same bytes, in the same run. Counts are verified before
//! times are believed.

mod children;
mod corpus;
mod cpu;
mod curve;
mod flood;
mod floor;
mod generated;
mod kinesis;
mod measure;
mod output;
mod outrun;
mod peers;
mod plot;
mod rules;
mod scale;
mod service;
mod stages;
mod windows;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tripline::decode::Kernel;

use output::Output;

/// Measures what Tripline costs beyond inflating its input, and what it holds.
#[derive(Debug, Parser)]
#[command(name = "tripline-bench", version)]
struct Cli {
    /// How to print
    #[arg(long, value_enum, default_value = "table", global = true)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// From gzip to matches, as a multiple of inflating alone, at 10, 76, 1,000 and 10,000 rules
    Floor {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        rules: Rules,
        /// Every kernel that this processor has, not only the fastest
        #[arg(long)]
        kernels: bool,
        /// Draw cost against rules into this file
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// What each step of the way adds, at 76 rules
    Stages {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        rules: Rules,
    },
    /// The same rules and events through other engines
    Peers {
        #[command(flatten)]
        input: Input,
    },
    /// From the body of a GetRecords answer to matches, at 76 rules
    Kinesis {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        rules: Rules,
    },
    /// One core against two, at 76 rules
    Scale {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        rules: Rules,
    },
    /// Hits through windows in memory
    Windows {
        /// Groups; each is hit twice
        #[arg(long, default_value_t = 1_000_000)]
        groups: u64,
    },
    /// Hits through window and store
    Durable {
        /// Hits
        #[arg(long, default_value_t = 200_000)]
        hits: u64,
        /// Groups that they go round
        #[arg(long, default_value_t = 20_000)]
        groups: u64,
    },
    /// From gzip to committed alerts, as a multiple of inflating alone, where one event in a thousand alerts
    Service {
        /// Rounds; the median is printed
        #[arg(long, default_value_t = 9)]
        rounds: usize,
        /// Events
        #[arg(long, default_value_t = 100_000)]
        events: usize,
    },
    /// Rate against latency to saturation, through a Kinesis server; needs the binaries of the whole workspace
    Curve {
        #[command(flatten)]
        load: curve::Load,
        /// Where to draw it
        #[arg(long)]
        svg: Option<PathBuf>,
    },
    /// What the load generator costs and how fast it is on its own, beside the service; needs its release binary
    Outrun {
        #[command(flatten)]
        load: outrun::Load,
    },
    /// What rules take in memory while nothing comes
    Memory {
        /// How many
        #[arg(long, default_value_t = 10_000)]
        rules: usize,
    },
    /// Passes over a small corpus and prints nothing: for who counts instructions
    Work {
        /// How many
        #[arg(long, default_value_t = 1)]
        passes: usize,
        /// Over so many events
        #[arg(long, default_value_t = 2_000)]
        events: usize,
        /// With so many rules
        #[arg(long, default_value_t = 76)]
        rules: usize,
        /// Inflate only
        #[arg(long)]
        inflate: bool,
        /// Remember no value
        #[arg(long)]
        no_memo: bool,
    },
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

/// What to measure on, and how often.
#[derive(Debug, clap::Args)]
struct Input {
    /// Rounds; the median is printed
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Events of each corpus
    #[arg(long, default_value_t = 20_000)]
    events: usize,
    /// A folder of gzip'd data messages, instead of the generated ones
    #[arg(long)]
    corpus: Option<PathBuf>,
}

/// Which rules.
#[derive(Debug, clap::Args)]
struct Rules {
    /// A folder of rules, instead of the generated ones
    #[arg(long)]
    rules: Option<PathBuf>,
}

impl Input {
    /// The corpus that the steps are measured on.
    fn main(&self) -> anyhow::Result<corpus::Corpus> {
        match &self.corpus {
            Some(folder) => corpus::folder(folder),
            None => corpus::main(self.events).map(|[main, ..]| main),
        }
    }

    fn rounds(&self) -> usize {
        self.rounds.max(1)
    }
}

impl Rules {
    /// Those that the steps are measured with.
    fn load(&self) -> anyhow::Result<tripline_rules::plan::Ruleset> {
        match &self.rules {
            Some(folder) => rules::folder(folder),
            None => rules::of(76),
        }
    }
}

fn main() -> anyhow::Result<()> {
    let Cli { output, command } = Cli::parse();
    match command {
        Command::Floor { input, rules, kernels, svg } => {
            measure::pin(0);
            let rows = floor(&input, &rules, kernels)?;
            if let Some(path) = svg {
                std::fs::write(path, plot::cost(&floor::lines(&rows)))?;
            }
            output.print(Some(floor::HEAD), &rows, floor::Row::json)
        }
        Command::Stages { input, rules } => {
            measure::pin(0);
            let rows = stages::run(&input.main()?, &rules.load()?, input.rounds())?;
            output.print(None, &rows, stages::Row::json)
        }
        Command::Peers { input } => {
            measure::pin(0);
            output.print(Some(peers::HEAD), &peers::run(&input.main()?, input.rounds())?, peers::Row::json)
        }
        Command::Kinesis { input, rules } => {
            measure::pin(0);
            let row = kinesis::run(&input.main()?, &rules.load()?, input.rounds())?;
            output.print(None, &[row], kinesis::Row::json)
        }
        Command::Scale { input, rules } => {
            let row = scale::run(&input.main()?, &rules.load()?, input.rounds())?;
            output.print(None, &[row], scale::Row::json)
        }
        Command::Work { passes, events, rules, inflate, no_memo } => {
            stages::work(&corpus::part(events)?, &rules::of(rules)?, passes, (inflate, !no_memo))
        }
        Command::Windows { groups } => output.print(None, &[windows::windows(groups)?], windows::Row::json),
        Command::Durable { hits, groups } => {
            output.print(None, &[windows::durable(hits, groups)?], windows::Row::json)
        }
        Command::Service { rounds, events } => {
            measure::pin(0);
            let [main, ..] = corpus::main(events)?;
            output.print(None, &[service::run(&main, rounds.max(1))?], service::Row::json)
        }
        Command::Curve { load, svg } => {
            let mut printing = output.begin(Some(curve::HEAD), curve::Row::json)?;
            let mut rows = Vec::new();
            let ended = curve::run(&load, &mut rows, |row| printing.row(row));
            printing.end()?;
            if let Some(path) = svg.filter(|_| !rows.is_empty()) {
                std::fs::write(path, plot::latency(&curve::lines(&rows)))?;
            }
            ended?.map_or(Ok(()), |ended| Ok(writeln!(io::stderr(), "{ended}")?))
        }
        Command::Outrun { load } => output.print(None, &[outrun::run(&load)?], outrun::Row::json),
        Command::Memory { rules } => output.print(None, &[service::memory(rules)?], service::Memory::json),
        Command::Flood { keys, memory_mib, rows_mib } => {
            let result = flood::run(&flood::Flood { keys, memory_mib, rows_mib })?;
            output.print(None, &[result], flood::Result::json)
        }
    }
}

/// Every rule set over every corpus, with what is remembered of values and without.
fn floor(input: &Input, rules: &Rules, kernels: bool) -> anyhow::Result<Vec<floor::Row>> {
    let sets = match &rules.rules {
        Some(folder) => vec![rules::folder(folder)?],
        None => [10, 76, 1_000, 10_000].into_iter().map(rules::of).collect::<anyhow::Result<_>>()?,
    };
    let corpora = match &input.corpus {
        Some(folder) => vec![corpus::folder(folder)?],
        None => {
            let [main, small, big] = corpus::main(input.events)?;
            vec![main, corpus::trail(input.events)?, small, big]
        }
    };
    let used = if kernels { Kernel::all() } else { vec![Kernel::best()] };
    let mut rows = Vec::new();
    for corpus in &corpora {
        let mut ways = Vec::new();
        for (kernel, memo) in used.iter().flat_map(|kernel| [(*kernel, true), (*kernel, false)]) {
            ways.extend(sets.iter().map(|rules| floor::Way { rules, kernel, memo }));
        }
        rows.extend(floor::run(corpus, &ways, input.rounds())?);
    }
    Ok(rows)
}
