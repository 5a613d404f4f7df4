//! `tripline demo`: the whole story without AWS. Generated traffic with planted attacks runs through the real decode, match,
//! windows, store and a real HTTP delivery; at the end the alerts are held against what was planted.

mod receiver;
mod report;
mod scratch;
mod suggest;
mod verdict;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tripline_loadgen::{Corpus, Options};

use super::progress::Progress;
use super::ruleset::RuleArgs;
use super::summary::Summary;
use super::{Exit, Failure, log, runtime, service, talk};
use crate::config::{Config, LogConfig, LogFormat};
use crate::decode::Limits;
use crate::pipeline::keeper::{Keeper, Route};
use crate::pipeline::live::LiveRules;
use crate::pipeline::now_ms;
use crate::pipeline::own::About;
use crate::pipeline::service::{Service, Shared};
use crate::port::{Access, DESCRIPTORS_RESERVED};
use crate::process;
use crate::silence::LastSeen;
use crate::sink::{Settings, Sink};
use crate::source::demo::{self, Pace};
use crate::store::{Commit, Query, Store, StoredPosition};
use scratch::Scratch;

/// Where the demo writes down what it plays.
const STORY: &str = "demo";

/// Play generated traffic with planted attacks through the whole engine, and judge the alerts
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Everything that looks random follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Background events, spread over an hour of event time
    #[arg(long, default_value_t = 200_000)]
    events: u64,
    /// How long the hour takes to play; 0 is as fast as the engine takes it
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// When the hour begins [default: an hour before now]
    #[arg(long, value_name = "RFC3339")]
    start: Option<jiff::Timestamp>,
    /// Keep the state here, and go on from it when it is there [default: a file that goes with the demo]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Serve metrics and alerts on this address, and go on serving when the story is over
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:9464")]
    serve: Option<SocketAddr>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    log::start(&LogConfig { level: "warn".to_owned(), format: LogFormat::Auto });
    let scratch = Scratch::new(args.store.as_deref())?;
    let mut store = Store::open(scratch.store())?;
    let corpus = Arc::new(story(args, &mut store)?);
    let ruleset = RuleArgs::default().load()?.ruleset;
    let runtime = runtime()?;
    let metrics = service::metrics(&ruleset, 0)?;
    let shared = service::shared(&runtime, metrics, LastSeen::default(), About::default());
    let progress = Arc::new(Progress::events(corpus.log_events_count()));
    let receiver = runtime.block_on(receiver::start(Arc::clone(&progress)))?;
    let settings = receiver.settings();
    let sink = runtime.block_on(Sink::open(settings.clone())).map_err(Failure::upstream)?;
    let mut keeper = Keeper::open(store, &ruleset, route(settings.clone()))?;
    let done = done(&mut keeper)?;
    if let Some(address) = args.serve {
        let address = serve(&runtime, address, &shared, &scratch)?;
        talk(&format!("serving     http://{address}/metrics, /readyz, /api/alerts, /api/status"));
    }
    let began = Instant::now();
    let room = crate::config::Config::default().pipeline.room;
    let service = Service::start(keeper, scratch.store(), vec![(settings, sink)], room, &shared)
        .map_err(Failure::upstream)?;
    shared.health.started(0);
    let played = Arc::new(AtomicU64::new(0));
    let pace = Pace { play: Duration::from_secs(u64::from(args.seconds)), done };
    let shards = demo::play(Arc::clone(&corpus), pace, Arc::clone(&played), now_ms);
    progress.follow(played);
    service
        .read(shards, &Arc::new(LiveRules::new(Arc::clone(&ruleset))), &Limits::STREAM)
        .map_err(Failure::upstream)?;
    let reader = Store::open_beside(scratch.store())?;
    let pending = service.settle(&reader, Duration::from_secs(30))?;
    let took = began.elapsed();
    let keeper = service.end(Vec::new());
    progress.finish();
    let alerts = reader.list(&Query::default())?;
    let verdict = verdict::judge(corpus.truth(), &alerts);
    let summary = Summary {
        accounts: &keeper.accounts(),
        alerts: &alerts,
        rules: ruleset.rules().len(),
        metrics: &shared.metrics,
        outbox: &reader.outbox()?,
        took,
    };
    let report = report::Report {
        summary,
        received: receiver.received(),
        verdict: &verdict,
        store: args.store.as_deref(),
        rerun: rerun(args, &corpus),
    };
    let mut out = io::stdout().lock();
    report.write(&mut out)?;
    out.flush()?;
    drop(out);
    if args.serve.is_some() {
        talk("serving until interrupted (Ctrl-C)");
        runtime.block_on(tokio::signal::ctrl_c())?;
    }
    Ok(match (keeper.accounts().balances(), verdict.holds() && pending == 0) {
        (false, _) => Exit::Bug,
        (true, true) => Exit::Ok,
        (true, false) => Exit::CheckFailed,
    })
}

/// The command that plays the same demo again: the same alerts under the same ids.
fn rerun(args: &Args, corpus: &Corpus) -> String {
    let start_s = corpus.options().start_s;
    let start = jiff::Timestamp::from_second(start_s).map(|start| start.to_string()).unwrap_or_default();
    let Args { seed, events, seconds, .. } = args;
    format!("tripline demo --seed {seed} --events {events} --seconds {seconds} --start {start}")
}

/// The corpus that the store began with, or a new one.
fn story(args: &Args, store: &mut Store) -> Result<Corpus, Failure> {
    let named = |start_s: i64| format!("seed {} events {} start {start_s}", args.seed, args.events);
    let kept = store.positions()?.into_iter().find(|position| position.source == STORY);
    let span_s = Options::default().span_s;
    let kept_start = kept.as_ref().and_then(|kept| kept.position.rsplit(' ').next()?.parse::<i64>().ok());
    let asked = args.start.map(jiff::Timestamp::as_second);
    let start_s = asked.or(kept_start).unwrap_or_else(|| now_ms() / 1000 - i64::from(span_s));
    match kept {
        Some(kept) if kept.position != named(start_s) => {
            return Err(Failure::usage(anyhow::anyhow!(
                "the store holds another story ({}); go on with that one, or name another --store",
                kept.position
            )));
        }
        Some(_) => {}
        None if !store.alert_ids()?.is_empty() => {
            return Err(Failure::usage(anyhow::anyhow!(
                "the store holds alerts of something else than a demo; name another --store"
            )));
        }
        None => {
            let positions = [StoredPosition {
                source: STORY.to_owned(),
                position: named(start_s),
                low_s: None,
                seen_ms: None,
            }];
            store.commit(&Commit { positions: &positions, now_ms: now_ms(), ..Commit::default() })?;
        }
    }
    let options = Options { seed: args.seed, events: args.events, start_s, ..Options::default() };
    Corpus::new(options).map_err(Failure::usage)
}

/// How far each of the two shards was played, in a store that is gone on with.
fn done(keeper: &mut Keeper) -> Result<Vec<Option<u64>>, Failure> {
    let positions = keeper.positions()?;
    let mut done = vec![None; 2];
    for (n, done) in done.iter_mut().enumerate() {
        let name = demo::shard_name(n);
        let position = positions.iter().find(|position| position.source == name);
        keeper.expect(&name, position.and_then(|position| position.low_s));
        *done = position.and_then(|position| position.position.parse().ok());
    }
    Ok(done)
}

fn route(settings: Settings) -> Route {
    Arc::new(move |alert| if settings.takes(alert) { vec![settings.name.clone()] } else { Vec::new() })
}

fn serve(
    runtime: &Runtime,
    address: SocketAddr,
    shared: &Shared,
    scratch: &Scratch,
) -> Result<SocketAddr, Failure> {
    if !address.ip().is_loopback() {
        return Err(Failure::usage(anyhow::anyhow!("the demo serves on loopback only, not on {address}")));
    }
    let limits = Config::default().http.limits.within(process::descriptor_limit(), DESCRIPTORS_RESERVED);
    service::serve(runtime, address, (Access::new(None), limits), shared, scratch.store(), None)
}
