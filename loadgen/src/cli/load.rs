//! The arguments of a corpus and of a load: what is written, where to, how fast.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use tripline_loadgen::{Corpus, Distribution, Options, Packing, Rate, Scenarios};

use crate::live::{Patience, Plan, now_ms};
use crate::target::Target;

/// How long CloudTrail takes for all but its late batches, seconds: a live corpus has been written when it is sent.
const WRITTEN_S: i64 = 620;
/// The same with late batches.
const WRITTEN_LATE_S: i64 = 3_700;
/// A live background spans so much event time at least, seconds.
const SPAN_S_MIN: u64 = 60;

/// What is written, where to, how fast.
#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    /// `dir:PATH`, `-` for NDJSON on standard output, `kinesis:STREAM`, or `logs:GROUP`
    #[arg(long)]
    pub(crate) target: Target,
    /// Everything that looks random follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Background events; of a load as many as its rate has
    #[arg(long)]
    events: Option<u64>,
    /// How much event time a corpus in files spans: `90s`, `15m`, `1h`, `1h 30m`
    #[arg(long, default_value = "1h")]
    span: String,
    /// Event time of the beginning, RFC 3339; of a load: such that all of it has just been written
    #[arg(long)]
    start: Option<String>,
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
    /// Of a million batches of CloudTrail, how many are late: by 11 minutes to an hour; of a load none, unless asked for
    #[arg(long)]
    late_ppm: Option<u32>,
    /// Of a million events, how many are as large as CloudTrail lets them be
    #[arg(long, default_value_t = 0)]
    oversize_ppm: u32,
    /// How far events stray from their order within a log stream: 1 as CloudTrail has it, 0 not at all, up to 100
    #[arg(long, default_value_t = 1)]
    disorder: u32,
    /// `all`, `none`, `random`, or names with commas between: what is planted in files, or attacks in a load
    #[arg(long, default_value = "all")]
    scenario: String,
    /// Files in what shape
    #[arg(long, value_enum, default_value = "s3")]
    pub(crate) format: Format,
    /// Log events a message
    #[arg(long, default_value_t = 50)]
    pub(crate) batch: u32,
    /// How messages are spread over shards
    #[arg(long, value_enum, default_value = "by-log-stream")]
    distribution: Spread,
    /// Events a second: `5000`, `ramp:100..5000`, `burst:500..20000/5s/60s`, `diurnal:200..3000/24h`
    #[arg(long, default_value = "1000")]
    rate: Rate,
    /// How long a load lasts
    #[arg(long, default_value = "60s")]
    duration: String,
    /// Attacks a minute in a load
    #[arg(long, default_value_t = 0.0)]
    attacks_per_minute: f64,
    /// Calls at once
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// MiB of messages that are packed before a load begins; what it needs beyond goes round again, as duplicates
    #[arg(long, default_value_t = 256)]
    pool_mib: usize,
    /// Where to write the ledger: what was sent, the alerts that must follow and those that must not, as NDJSON
    #[arg(long)]
    pub(crate) ledger: Option<PathBuf>,
}

/// Files in what shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The layout that CloudTrail writes to S3
    S3,
    /// Subscription data messages, each a gzip'd file
    Messages,
    /// One file with an event a line
    Ndjson,
}

/// How messages are spread over shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Spread {
    /// By log stream: its messages stay in order
    ByLogStream,
    /// At random
    Random,
}

impl LoadArgs {
    /// Whether the target is files, and there is neither clock nor rate.
    pub(crate) fn is_files(&self) -> bool {
        matches!(self.target, Target::Folder(_) | Target::Lines)
    }

    /// The corpus: of files as it is asked for, of a load such that all of it has just been written, attacks apart.
    pub(crate) fn options(&self) -> anyhow::Result<Options> {
        let given = self.start.as_deref().map(start).transpose()?;
        let defaults = Options::default();
        let base = Options {
            seed: self.seed,
            accounts: self.accounts,
            regions: self.regions,
            duplicates_ppm: self.duplicates_ppm,
            foreign_ppm: self.foreign_ppm,
            oversize_ppm: self.oversize_ppm,
            disorder: self.disorder,
            scenarios: if self.is_files() { self.scenarios() } else { Scenarios::None },
            ..defaults
        };
        if self.is_files() {
            return Ok(Options {
                start_s: given.unwrap_or(defaults.start_s),
                span_s: u32::try_from(duration("--span", &self.span)?.as_secs())
                    .with_context(|| format!("--span {}: too long", self.span))?,
                events: self.events.unwrap_or(defaults.events),
                late_ppm: self.late_ppm.unwrap_or(defaults.late_ppm),
                ..base
            });
        }
        anyhow::ensure!(
            self.attacks_per_minute.is_finite() && self.attacks_per_minute >= 0.0,
            "--attacks-per-minute {}: give a number, 0 for none",
            self.attacks_per_minute
        );
        // The attacks of a load are not the corpus'; their names are checked all the same.
        Corpus::new(Options { events: 0, scenarios: self.scenarios(), ..Options::default() })?;
        let load = duration("--duration", &self.duration)?;
        let span_s = load.as_secs().max(SPAN_S_MIN);
        let late_ppm = self.late_ppm.unwrap_or(0);
        let written_s = if late_ppm > 0 { WRITTEN_LATE_S } else { WRITTEN_S };
        let span_s =
            u32::try_from(span_s).with_context(|| format!("--duration {}: too long", self.duration))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some events, none negative"
        )]
        let events = self.rate.events(load.as_secs_f64()).ceil() as u64;
        Ok(Options {
            start_s: given.unwrap_or(now_ms().div_euclid(1000) - written_s - i64::from(span_s)),
            span_s,
            events: self.events.unwrap_or(events),
            late_ppm,
            ..base
        })
    }

    fn scenarios(&self) -> Scenarios {
        match self.scenario.as_str() {
            "all" => Scenarios::All,
            "none" => Scenarios::None,
            "random" => Scenarios::Random,
            names => Scenarios::Only(names.split(',').map(|name| name.trim().to_owned()).collect()),
        }
    }

    /// The load.
    pub(crate) fn plan(&self) -> anyhow::Result<Plan> {
        Ok(Plan {
            target: self.target.clone(),
            packing: self.packing(),
            rate: self.rate,
            duration: duration("--duration", &self.duration)?,
            scenarios: self.scenarios(),
            attacks_per_minute: self.attacks_per_minute,
            connections: self.connections.max(1),
            pool_bytes_max: self.pool_mib << 20,
            patience: Patience::default(),
        })
    }

    pub(crate) fn packing(&self) -> Packing {
        let distribution = match self.distribution {
            Spread::ByLogStream => Distribution::ByLogStream,
            Spread::Random => Distribution::Random,
        };
        Packing { events_max: self.batch, distribution, ..Packing::default() }
    }
}

/// A length of time as people write it.
pub(crate) fn duration(flag: &str, text: &str) -> anyhow::Result<Duration> {
    let duration: SignedDuration = text.parse().with_context(|| format!("{flag} {text}: not a duration"))?;
    Duration::try_from(duration).with_context(|| format!("{flag} {text}: negative"))
}

fn start(text: &str) -> anyhow::Result<i64> {
    let start: Timestamp = text.parse().with_context(|| format!("--start {text}: not RFC 3339"))?;
    Ok(start.as_second())
}
