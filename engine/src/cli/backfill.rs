//! `tripline backfill`: what the stream lost, read from the log group. A range is read whole, with the longest window on
//! either side, through windows of its own; what comes of it is put into the service's store under the ids that the stream
//! would have given it.
//!
//! Until then it is kept in a store of its own beside that one, slice by slice: a backfill that was ended goes on there.

mod scratch;
mod upsert;

use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;
use tripline_rules::plan::Ruleset;

use super::config::ConfigArgs;
use super::progress::Progress;
use super::ruleset::RuleArgs;
use super::{Exit, Failure, accounts, log, runtime, talk};
use crate::config::Config;
use crate::pipeline::{Matcher, now_ms};
use crate::source::logs::LogGroup;
use scratch::Scratch;

/// Log time of one slice: what is read again when a backfill was ended in its middle.
const SLICE_MS: i64 = 5 * 60 * 1000;

/// CloudTrail writes an event to its log so much later, at most.
const LATENESS_MS: i64 = 15 * 60 * 1000;

/// Read a log group again, between two times, and put what comes of it into the store
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The log group that CloudTrail writes to
    #[arg(long, value_name = "NAME")]
    log_group: String,
    /// From when on, as the log's time
    #[arg(long, value_name = "RFC3339")]
    from: Timestamp,
    /// Up to when
    #[arg(long, value_name = "RFC3339")]
    to: Timestamp,
    /// Calls a second; the service grants five to all who ask in one account and region
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=50))]
    rate: u32,
    #[command(flatten)]
    config: ConfigArgs,
}

/// What is read: milliseconds since the epoch.
#[derive(Debug, Clone, Copy)]
struct Range {
    /// What was asked for.
    from_ms: i64,
    to_ms: i64,
    /// With the longest window on either side.
    first_ms: i64,
    last_ms: i64,
}

impl Range {
    fn of(args: &Args, ruleset: &Ruleset) -> Result<Self, Failure> {
        let (from_ms, to_ms) = (args.from.as_millisecond(), args.to.as_millisecond());
        if from_ms >= to_ms {
            return Err(Failure::usage(anyhow::anyhow!(
                "--from {} is not before --to {}",
                args.from,
                args.to
            )));
        }
        let longest_s = ruleset.rules().iter().map(|rule| rule.window.within_s).max().unwrap_or_default();
        let longest_ms = i64::from(longest_s) * 1000;
        let last_ms = to_ms.saturating_add(longest_ms).min(now_ms().max(to_ms));
        Ok(Self { from_ms, to_ms, first_ms: from_ms.saturating_sub(longest_ms), last_ms })
    }

    /// Whether an alert, of which the first and the last event are given, is of what was asked for. Margins are not whole.
    fn holds(self, first_seen_s: i64, last_seen_s: i64) -> bool {
        let after = last_seen_s.saturating_mul(1000) >= self.from_ms.saturating_sub(LATENESS_MS);
        after && first_seen_s.saturating_mul(1000) <= self.to_ms
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let config = match args.config.load() {
        Ok(loaded) => loaded.config,
        Err(exit) => return Ok(exit),
    };
    log::start(&config.log);
    let ruleset = RuleArgs::chosen(&config.rules).load()?.ruleset;
    let range = Range::of(args, &ruleset)?;
    let mut scratch = Scratch::open(&config.store.path, &args.log_group, range, &ruleset)?;
    if let Some(read_ms) = scratch.read_ms() {
        let at = Timestamp::from_millisecond(read_ms).map(|at| at.to_string()).unwrap_or_default();
        talk(&format!("going on at {at}, where an earlier backfill of this range was ended"));
    }
    if let Err(failure) = read(args, &config, &ruleset, range, &mut scratch) {
        match scratch.read_ms() {
            Some(_) => talk("the same command goes on where this one ended"),
            None => drop(scratch.finish()?),
        }
        return Err(failure);
    }
    let upserted = upsert::into(&config, &ruleset, range, &scratch)?;
    let accounts = scratch.finish()?;
    let mut out = io::stdout().lock();
    let levels = upserted.levels.iter().copied();
    for line in accounts::lines(&accounts, levels, ruleset.rules().len()) {
        writeln!(out, "{line}")?;
    }
    writeln!(
        out,
        "store       {} opened, {} grown, {} as they were",
        upserted.opened, upserted.grown, upserted.unchanged
    )?;
    out.flush()?;
    Ok(if accounts.balances() { Exit::Ok } else { Exit::Bug })
}

/// Reads every slice that is not read yet.
fn read(
    args: &Args,
    config: &Config,
    ruleset: &Arc<Ruleset>,
    range: Range,
    scratch: &mut Scratch,
) -> Result<(), Failure> {
    let runtime = runtime()?;
    let region = config.kinesis.as_ref().and_then(|kinesis| kinesis.region());
    let mut log_group = runtime.block_on(LogGroup::open(&args.log_group, region, args.rate));
    let mut matcher = Matcher::new(Arc::clone(ruleset), config.limits.clone());
    let mut at_ms = scratch.read_ms().unwrap_or(range.first_ms);
    let minutes = |ms: i64| u64::try_from(ms / 60_000).unwrap_or_default();
    let progress = Progress::minutes(minutes(range.last_ms - range.first_ms));
    while at_ms <= range.last_ms {
        let end_ms = at_ms.saturating_add(SLICE_MS).min(range.last_ms.saturating_add(1));
        let mut token = None;
        loop {
            let page = runtime.block_on(log_group.page(at_ms, end_ms - 1, token));
            let (record, next) = page.map_err(|error| {
                progress.finish();
                Failure::upstream(error)
            })?;
            if let Some(record) = record {
                scratch.take(matcher.take(&record))?;
            }
            token = next;
            if token.is_none() {
                break;
            }
        }
        scratch.is_read(end_ms)?;
        progress.to(minutes(end_ms - range.first_ms));
        progress.say(format!("{} events", scratch.accounts().decode.events_in));
        at_ms = end_ms;
    }
    progress.finish();
    Ok(())
}
