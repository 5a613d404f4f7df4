//! `tripline run`: the service. Kinesis in, alerts out, one port; drains on SIGTERM.

mod descriptors;
mod drain;
mod file_work;
mod reload;

use std::io::{self, Write};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::Rule;

use super::config::ConfigArgs;
use super::ruleset::{LoadedRules, RuleArgs};
use super::{Exit, Failure, log, runtime, service, summary, talk};
use crate::config::{Config, HeartbeatConfig};
use crate::pipeline::heartbeat::Pace;
use crate::pipeline::keeper::{Keeper, Route};
use crate::pipeline::live::{LiveRules, Wish};
use crate::pipeline::now_ms;
use crate::pipeline::own::About;
use crate::pipeline::service::{Service, Shared};
use crate::port::Access;
use crate::silence::{LastSeen, Row};
use crate::sink::{Ping, Settings, Sink};
use crate::source::kinesis::{self, Kinesis, NoCheckpoint, Stored};
use crate::store::{Query, Store, StoreError, StoredPosition};
use drain::Signals;
use reload::Reloader;

/// Attempts to reach the stream at the start; after it, there is no end of them.
const ATTEMPTS: u32 = 6;

/// How long the dead man's switch may take to answer.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(10);

/// Wishes for a reload that may wait.
const WISHES_MAX: usize = 16;

/// Read CloudTrail from a Kinesis stream and alert, until told to stop
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let config = match args.config.load() {
        Ok(loaded) => loaded.config,
        Err(exit) => return Ok(exit),
    };
    log::start(&config.log);
    let limits = descriptors::provide(&config);
    let Some(stream) = config.kinesis.clone() else {
        talk(
            "kinesis.stream is not set: name the stream in the configuration, or in TRIPLINE__KINESIS__STREAM",
        );
        return Ok(Exit::Configuration);
    };
    let rules = RuleArgs::chosen(&config.rules).load()?;
    let mut store = Store::open(&config.store.path)?;
    store.set_quarantine_rows_max(i64::try_from(config.store.quarantine_rows_max).unwrap_or(i64::MAX));
    store.set_busy_timeout(config.store.busy_timeout)?;
    let aside = store.set_small_damage_aside(now_ms())?;
    if aside.rows > 0 {
        tracing::error!(
            rows = aside.rows,
            "damaged rows of the store were moved aside: see `tripline store repair`"
        );
    }
    let runtime = runtime()?;
    let metrics = service::metrics(&rules.ruleset, rules.errors())?;
    let mut signals = runtime.block_on(async { drain::signals() });
    let opened = runtime.block_on(async {
        tokio::select! {
            opened = Kinesis::open(stream, ATTEMPTS, metrics.clone(), now_ms) => Some(opened),
            // Nothing was received that would have to be written.
            _ = signals.recv() => None,
        }
    });
    let Some(opened) = opened else { return Ok(Exit::Ok) };
    let kinesis = opened.map_err(Failure::upstream)?;
    let last_seen = LastSeen::restore(
        config.silence.clone().unwrap_or_default(),
        store.seen()?.into_iter().map(Row::from).collect(),
    );
    for (_, gap) in store.gaps()? {
        last_seen.lost(gap.from_ms, gap.to_ms);
    }
    let about = About { stream_arn: kinesis.described().arn.clone(), log_group: config.log_group.clone() };
    let shared = service::shared(&runtime, metrics, last_seen, about);
    let (wishes, wished) = mpsc::channel(WISHES_MAX);
    let address = service::serve(
        &runtime,
        config.http.listen,
        (Access::new(config.http.token.as_ref()), limits),
        &shared,
        &config.store.path,
        Some(wishes.clone()),
    )?;
    runtime.block_on(async { reload::on_hangup(wishes) });
    tracing::info!(stream = kinesis.described().arn, port = %address, rules = rules.ruleset.rules().len(), "starting");
    let mut sinks = Vec::new();
    for settings in &config.sinks {
        let sink = runtime.block_on(Sink::open(settings.clone())).map_err(Failure::upstream)?;
        sinks.push((settings.clone(), sink));
    }
    let exit = serve(&config, &rules, store, Live { kinesis, sinks, signals, wished }, &shared)?;
    // Calls that nobody waits for any more must not hold up the end.
    runtime.shutdown_background();
    Ok(exit)
}

/// What reaches out of the process.
struct Live {
    kinesis: Kinesis,
    sinks: Vec<(Settings, Sink)>,
    signals: Signals,
    /// Wishes that the rules be loaded again.
    wished: mpsc::Receiver<Wish>,
}

/// Reads until told to stop, and says what came of it.
fn serve(
    config: &Config,
    rules: &LoadedRules,
    store: Store,
    live: Live,
    shared: &Shared,
) -> Result<Exit, Failure> {
    let Live { kinesis, sinks, signals, wished } = live;
    let began = Instant::now();
    let ruleset = &rules.ruleset;
    let mut keeper = keeper(config, ruleset, store)?;
    let before = keeper.store().last_alert_seq()?;
    let stored = stored(&mut keeper, &kinesis.described().id)?;
    let service = Service::start(keeper, &config.store.path, sinks, config.pipeline.room, shared)
        .map_err(Failure::upstream)?;
    let live_rules = Arc::new(LiveRules::new(Arc::clone(ruleset)));
    let patience = config.kinesis.as_ref().map(|kinesis| kinesis.stuck_after).unwrap_or_default();
    let lookout = service
        .look_out(kinesis.board(), patience, config.silence.is_some(), &live_rules, &config.limits)
        .map_err(Failure::upstream)?;
    let mut onlookers = vec![lookout];
    onlookers.extend(heartbeat(config, &service, &kinesis, &live_rules)?);
    let reloader = Reloader {
        choice: config.rules.clone(),
        watch: config.rules.watch,
        exchange: service.exchange(&live_rules),
        wishes: wished,
        shared: shared.clone(),
        log_group: config.log_group.clone(),
    };
    onlookers.push(reloader.start().map_err(Failure::upstream)?);
    let (feeds, reading) = kinesis.read(stored, config.pipeline.workers, &shared.runtime);
    let reading = Arc::new(reading);
    let drain = drain::on_signal(signals, Arc::clone(&reading), shared, config.pipeline.drain_timeout);
    shared.health.started(rules.errors());
    let written = service.read(feeds, &live_rules, &config.limits).map_err(Failure::upstream)?;
    let asked = drain.was_asked();
    let mut keeper = service.end(onlookers);
    let query = Query { after_seq: Some(before), ..Query::default() };
    let alerts: Vec<_> = keeper.store().list(&query)?;
    let summary = summary::Summary {
        accounts: &keeper.accounts(),
        alerts: &alerts,
        rules: live_rules.current().1.rules().len(),
        metrics: &shared.metrics,
        outbox: &keeper.store().outbox()?,
        took: began.elapsed(),
    };
    let mut out = io::stdout().lock();
    summary.write(&mut out, |_| "")?;
    out.flush()?;
    let is_replaced = finish(&mut keeper);
    if is_replaced || !written {
        talk(
            "tripline: not everything that was received could be written; it is read again at the next start",
        );
        return Ok(Exit::Upstream);
    }
    if !asked {
        talk(
            "tripline: the stream ended; what it was is in the log, and the next start begins with what it is",
        );
        return Ok(Exit::Upstream);
    }
    // What does not add up is a mistake of ours.
    Ok(if keeper.accounts().balances() { Exit::Ok } else { Exit::Bug })
}

/// Brings everything into the store's one file. True if that is not the file any more that is at its path.
fn finish(keeper: &mut Keeper) -> bool {
    match keeper.empty_log() {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!("the log of the store could not be emptied: another process reads the store")
        }
        Err(error) => {
            tracing::error!(%error, "the log of the store could not be emptied");
            return matches!(error, StoreError::Replaced { .. });
        }
    }
    false
}

/// Goes on where the store ends, and tells of rules that it did not know.
fn keeper(config: &Config, ruleset: &Arc<Ruleset>, store: Store) -> Result<Keeper, Failure> {
    let sinks = route(config.sinks.clone());
    let mut keeper = Keeper::open_on_demand(store, ruleset, sinks, config.pipeline.windows_bytes_max)?;
    keeper.retain(config.store.retention);
    keeper.set_budget(config.store.budget, now_ms())?;
    for id in keeper.new_rules() {
        tell_new_rule(ruleset.rule(*id), config.log_group.as_deref());
    }
    Ok(keeper)
}

/// Calls the dead man's switch from now on, if one is named.
fn heartbeat(
    config: &Config,
    service: &Service,
    kinesis: &Kinesis,
    rules: &Arc<LiveRules>,
) -> Result<Option<JoinHandle<()>>, Failure> {
    let Some(HeartbeatConfig { url, allow_private, every, sink_patience }) = &config.heartbeat else {
        return Ok(None);
    };
    let ping = Ping::open(url, *allow_private, HEARTBEAT_TIMEOUT).map_err(Failure::upstream)?;
    let source_patience = config.kinesis.as_ref().map(|kinesis| kinesis.stuck_after).unwrap_or_default();
    let pace = Pace { every: *every, source_patience, sink_patience: *sink_patience };
    let beating = service.beat((ping, pace), &config.store.path, kinesis.board(), rules, &config.limits);
    Ok(Some(beating.map_err(Failure::upstream)?))
}

/// A detection that this store has not seen begins with nothing: says how to let it look back.
fn tell_new_rule(rule: &Rule, log_group: Option<&str>) {
    let now = Timestamp::now();
    let ago_s = i64::from(rule.window.within_s.max(24 * 3_600));
    let from = now.saturating_sub(SignedDuration::from_secs(ago_s)).unwrap_or(now);
    let log_group = log_group.unwrap_or("LOG-GROUP");
    let backfill = format!("tripline backfill --log-group {log_group} --from {from:.0} --to {now:.0}");
    tracing::info!(rule = rule.meta.id, backfill, "a new detection: it sees what comes from now on");
}

/// What is stored of streams, and their watermarks made known.
fn stored(keeper: &mut Keeper, stream: &str) -> Result<Vec<Stored>, Failure> {
    let mut stored = Vec::new();
    for position in keeper.positions()?.into_iter().filter(|position| kinesis::is_shard(&position.source)) {
        let StoredPosition { source, position, low_s, seen_ms } = position;
        let checkpoint = position.parse().map_err(|error: NoCheckpoint| {
            Failure::upstream(anyhow::anyhow!("the store's position of {source}: {error}"))
        })?;
        let one = Stored { source, checkpoint, seen_ms };
        if one.is_of(stream) && !one.is_over() {
            keeper.expect(&one.source, low_s);
        }
        stored.push(one);
    }
    Ok(stored)
}

fn route(sinks: Vec<Settings>) -> Route {
    Arc::new(move |alert| {
        sinks.iter().filter(|sink| sink.takes(alert)).map(|sink| sink.name.clone()).collect()
    })
}
