//! Arguments as written, and options as meant.

pub(crate) mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use tripline_loadgen::{Options, Scenarios};

/// Writes a realistic CloudTrail corpus with planted attacks, and the list of the alerts that must follow.
#[derive(Debug, Parser)]
#[command(
    name = "tripline-loadgen",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Without a command.
    #[command(flatten)]
    pub(crate) corpus: Option<Cli>,
}

/// What else there is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Hold the alerts that an engine raised against the ledger of what was sent
    Verify(verify::Args),
}

/// A corpus as asked for.
#[derive(Debug, Args)]
pub(crate) struct Cli {
    /// Everything that looks random follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Background events
    #[arg(long, default_value_t = 100_000)]
    events: u64,
    /// How much event time the corpus spans: `90s`, `15m`, `1h`, `1h 30m`
    #[arg(long, default_value = "1h")]
    span: String,
    /// Event time of the beginning, RFC 3339
    #[arg(long, default_value = "2026-01-01T00:00:00Z")]
    start: String,
    /// Accounts of the organisation
    #[arg(long, default_value_t = 12)]
    accounts: u32,
    /// Regions in use
    #[arg(long, default_value_t = 4)]
    regions: u32,
    /// Of a million events, how many are delivered twice
    #[arg(long, default_value_t = 2_000)]
    duplicates_ppm: u32,
    /// Foreign lines a million events
    #[arg(long, default_value_t = 20)]
    foreign_ppm: u32,
    /// Which attacks to plant: names with commas between, `all`, `none`, or `random` for one that the seed picks
    #[arg(long, value_name = "NAME|all|random|none", default_value = "all")]
    scenario: String,
    /// In what shape
    #[arg(long, value_enum, default_value = "ndjson")]
    pub(crate) format: Format,
    /// Log events a message, in the shape `messages`
    #[arg(long, default_value_t = 50)]
    pub(crate) batch: u32,
    /// A folder, or `-` for NDJSON on standard output
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Where to write the ledger: the alerts that must follow and those that must not, as NDJSON
    #[arg(long)]
    pub(crate) ledger: Option<PathBuf>,
}

/// In what shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One event a line
    Ndjson,
    /// Subscription data messages, each a gzip'd file
    Messages,
    /// The layout that CloudTrail writes to S3
    S3,
}

impl Cli {
    pub(crate) fn options(&self) -> anyhow::Result<Options> {
        let span: SignedDuration =
            self.span.parse().with_context(|| format!("--span {}: not a duration", self.span))?;
        let start: Timestamp =
            self.start.parse().with_context(|| format!("--start {}: not RFC 3339", self.start))?;
        anyhow::ensure!(
            self.format == Format::Ndjson || self.out.as_os_str() != "-",
            "--out -: only NDJSON goes to standard output"
        );
        Ok(Options {
            seed: self.seed,
            start_s: start.as_second(),
            span_s: u32::try_from(span.as_secs())
                .with_context(|| format!("--span {}: too long", self.span))?,
            events: self.events,
            accounts: self.accounts,
            regions: self.regions,
            duplicates_ppm: self.duplicates_ppm,
            foreign_ppm: self.foreign_ppm,
            scenarios: match self.scenario.as_str() {
                "all" => Scenarios::All,
                "none" => Scenarios::None,
                "random" => Scenarios::Random,
                names => Scenarios::Only(names.split(',').map(|name| name.trim().to_owned()).collect()),
            },
        })
    }
}

/// Says on standard error what is wrong.
#[expect(clippy::print_stderr, reason = "talk goes to standard error, and here alone")]
pub(crate) fn complain(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("tripline-loadgen: {error:#}");
    ExitCode::from(code)
}
