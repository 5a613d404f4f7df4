//! One simulated world: a stream whose shards split and merge, an engine that is killed, a store that fails, a sink that
//! refuses, and a clock; all in one thread, all out of one seed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tripline::alert::Alert;
use tripline::alert::gain::Notified;
use tripline::decode::Limits;
use tripline::failpoint;
use tripline::pipeline::attempt::Moment;
use tripline::pipeline::keeper::{Keeper, Route};
use tripline::pipeline::own::About;
use tripline::pipeline::{Matched, Matcher, attempt};
use tripline::record::{Mark, Place, Position, Record, Stage};
use tripline::sink::Refusal;
use tripline::store::{Others, Outcome, Query, Retention, Store, StoreError};
use tripline_rules::plan::Ruleset;

use super::traffic;
use crate::reference::{Alerts, found};
use crate::rng::Rng;

const SHARDS_MAX: usize = 9;
const SINK: &str = "sink";

/// How long a store may stay locked that nobody has open any more.
const LOCKED_MAX: Duration = Duration::from_secs(10);

/// What a store says of a shard that was read to its end.
const SHARD_END: &str = "SHARD_END";

struct Shard {
    source: Arc<str>,
    parents: Vec<usize>,
    records: Vec<Vec<u8>>,
    open: bool,
}

/// The engine between two kills.
struct Engine {
    keeper: Keeper,
    matcher: Matcher,
    /// The next record of each shard.
    next: BTreeMap<usize, usize>,
    /// Shards whose end is written.
    over: BTreeSet<usize>,
    queue: Vec<Matched>,
}

/// What happened.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) records: usize,
    pub(super) reshards: usize,
    pub(super) crashes: usize,
    pub(super) store_faults: usize,
    pub(super) refusals: usize,
    pub(super) rereads: usize,
    pub(super) alerts: usize,
    pub(super) repeated_deliveries: usize,
}

pub(super) struct World<'r> {
    rng: Rng,
    rules: &'r Arc<Ruleset>,
    path: PathBuf,
    memory_bytes_max: usize,
    shards: Vec<Shard>,
    engine: Option<Engine>,
    now_ms: i64,
    serial: usize,
    /// Every delivery that the sink accepted, by its key, and how often.
    pub(super) ledger: BTreeMap<String, usize>,
    /// By alert, what the latest revision that the sink accepted said.
    pub(super) notified: BTreeMap<String, (u32, Notified)>,
    /// What the store said last.
    said: Alerts,
    pub(super) counts: Counts,
}

impl<'r> World<'r> {
    pub(super) fn new(seed: u64, rules: &'r Arc<Ruleset>, folder: &Path) -> Self {
        let mut rng = Rng(seed);
        let shard = |n| Shard { source: shard_name(n), parents: Vec::new(), records: Vec::new(), open: true };
        let shards = (0..1 + rng.below(3)).map(shard).collect();
        let memory_bytes_max = [0, 4_000, 20_000, usize::MAX][rng.below(4)];
        Self {
            rng,
            rules,
            path: folder.join(format!("{seed}.db")),
            memory_bytes_max,
            shards,
            engine: None,
            now_ms: 1_770_008_000_000,
            serial: 0,
            ledger: BTreeMap::new(),
            notified: BTreeMap::new(),
            said: Alerts::new(),
            counts: Counts::default(),
        }
    }

    /// Every record that was ever written to the stream.
    pub(super) fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.shards.iter().flat_map(|shard| shard.records.iter().map(Vec::as_slice))
    }

    /// The safety phase: anything may happen.
    pub(super) fn live(&mut self, steps: usize) {
        for _ in 0..steps {
            match self.rng.below(20) {
                0..5 => self.write(),
                5 => self.reshard(),
                6..11 => self.read(),
                11..15 => self.commit(),
                15..17 => self.deliver(true),
                17 => self.now_ms += i64::try_from(self.rng.below(20 * 60_000)).unwrap(),
                18 => self.idle(),
                _ => self.crash(),
            }
        }
    }

    /// The liveness phase: nothing fails any more, and everything must come to its end.
    pub(super) fn settle(&mut self) {
        failpoint::arm(None);
        loop {
            let before = (self.engine().next.clone(), self.engine().over.len());
            for _ in 0..self.shards.len() * 2 {
                self.read();
            }
            self.commit();
            let engine = self.engine();
            if (engine.next.clone(), engine.over.len()) == before && engine.queue.is_empty() && self.is_read()
            {
                break;
            }
        }
        let mut rounds = 0;
        while self.engine().keeper.store().outbox().unwrap().iter().any(|sink| sink.pending > 0) {
            self.now_ms += 20 * 60_000;
            self.deliver(false);
            rounds += 1;
            assert!(rounds < 10_000, "deliveries never ended");
        }
    }

    /// What the store holds.
    pub(super) fn alerts(&mut self) -> Vec<Alert> {
        let stored = self.engine().keeper.store().list(&Query::default()).unwrap();
        stored.into_iter().map(|stored| stored.alert).collect()
    }

    /// Whether all that came of each shard is accounted for, and exactly once where nothing was read twice.
    pub(super) fn assert_accounts(&mut self) {
        let accounts = self.engine().keeper.store().accounts().unwrap();
        for (source, of_source) in &accounts {
            assert!(of_source.unaccounted().iter().all(|(_, gap)| *gap == 0), "{source}: {of_source:?}");
        }
        let received: u64 = accounts.iter().map(|(_, of_source)| of_source.records).sum();
        let written = self.records().count() as u64;
        assert!(received >= written, "{received} of {written} records");
        assert!(self.counts.rereads > 0 || received == written, "{received} of {written} records");
    }

    fn is_read(&mut self) -> bool {
        self.engine();
        let engine = self.engine.as_ref().unwrap();
        self.shards.iter().enumerate().all(|(n, shard)| {
            engine.over.contains(&n)
                || (shard.open && engine.next.get(&n).copied().unwrap_or(0) == shard.records.len())
        })
    }

    fn write(&mut self) {
        let open: Vec<usize> = (0..self.shards.len()).filter(|n| self.shards[*n].open).collect();
        let to = open[self.rng.below(open.len())];
        let written = self.records().count();
        let bytes = if written > 0 && self.rng.one_in(8) {
            let n = self.rng.below(written);
            self.records().nth(n).unwrap().to_vec()
        } else {
            traffic::record(&mut self.rng, &mut self.serial)
        };
        self.shards[to].records.push(bytes);
        self.counts.records += 1;
    }

    /// A split in two, or a merge of two.
    fn reshard(&mut self) {
        let mut open: Vec<usize> = (0..self.shards.len()).filter(|n| self.shards[*n].open).collect();
        if self.shards.len() >= SHARDS_MAX || !self.rng.one_in(2) {
            return;
        }
        self.rng.shuffle(&mut open);
        let (parents, children) = if open.len() > 1 && self.rng.one_in(2) { (2, 1) } else { (1, 2) };
        open.truncate(parents);
        open.iter().for_each(|n| self.shards[*n].open = false);
        for _ in 0..children {
            let source = shard_name(self.shards.len());
            self.shards.push(Shard { source, parents: open.clone(), records: Vec::new(), open: true });
        }
        self.counts.reshards += 1;
    }

    fn engine(&mut self) -> &mut Engine {
        if self.engine.is_none() {
            self.engine = Some(self.start());
        }
        self.engine.as_mut().unwrap()
    }

    /// A start: goes on from what the store says.
    fn start(&self) -> Engine {
        let route: Route = Arc::new(|_| vec![SINK.to_owned()]);
        let store = open_again(&self.path);
        let mut keeper = Keeper::open_on_demand(store, self.rules, route, self.memory_bytes_max).unwrap();
        keeper.retain(Retention { late_s: 24 * 3_600, closed_alerts_ms: None, alerts_ms: None });
        let (mut next, mut over) = (BTreeMap::new(), BTreeSet::new());
        for position in keeper.positions().unwrap() {
            let n = self.shards.iter().position(|shard| shard.source.as_ref() == position.source).unwrap();
            if position.position == SHARD_END {
                over.insert(n);
            } else {
                next.insert(n, position.position.parse::<usize>().unwrap() + 1);
                keeper.expect(&position.source, position.low_s);
            }
        }
        let matcher = Matcher::new(Arc::clone(self.rules), Limits::STREAM);
        Engine { keeper, matcher, next, over, queue: Vec::new() }
    }

    /// Reads a little of one shard whose parents are over; sometimes a little of what was read already.
    fn read(&mut self) {
        let (now_ms, over) = (self.now_ms, self.engine().over.clone());
        let may: Vec<usize> = (0..self.shards.len())
            .filter(|n| {
                !over.contains(n) && self.shards[*n].parents.iter().all(|parent| over.contains(parent))
            })
            .collect();
        if may.is_empty() {
            return;
        }
        let n = may[self.rng.below(may.len())];
        let (back, many) = (if self.rng.one_in(12) { self.rng.below(3) } else { 0 }, 1 + self.rng.below(4));
        let engine = self.engine.as_mut().unwrap();
        let shard = &self.shards[n];
        let next = engine.next.entry(n).or_default();
        self.counts.rereads += back.min(*next);
        *next -= back.min(*next);
        for _ in 0..many {
            let Some(bytes) = shard.records.get(*next) else { break };
            let mut record = Record::new(&shard.source, *next as u64, bytes.clone());
            record.stamps.arrival_ms = Some(now_ms);
            engine.queue.push(engine.matcher.take(&record));
            *next += 1;
        }
        if !shard.open && *next == shard.records.len() {
            let place = Place::Named(SHARD_END.into());
            engine.queue.push(mark(&mut engine.matcher, shard, place, Stage::Ends, now_ms));
        }
    }

    fn idle(&mut self) {
        let n = self.rng.below(self.shards.len());
        let now_ms = self.now_ms;
        self.engine();
        let (engine, shard) = (self.engine.as_mut().unwrap(), &self.shards[n]);
        let next = engine.next.get(&n).copied().unwrap_or(0);
        if next > 0 && next == shard.records.len() && shard.open {
            let place = Place::Part(next as u64 - 1);
            engine.queue.push(mark(&mut engine.matcher, shard, place, Stage::Idles, now_ms));
        }
    }

    /// Writes what was read, or a part of it; the store may fail, and the engine may die before, amid or after it.
    fn commit(&mut self) {
        let dies = self.rng.below(24);
        let faults = self.rng.one_in(6).then(|| 1 + self.rng.below(2));
        let now_ms = self.now_ms;
        let part = self.rng.below(4);
        let engine = self.engine();
        let size = engine.queue.len() - engine.queue.len() * part / 8;
        let batch: Vec<Matched> = engine.queue.drain(..size).collect();
        let ended: Vec<Arc<str>> = batch
            .iter()
            .filter(|matched| matched.stage == Some(Stage::Ends))
            .filter_map(|matched| Some(Arc::clone(&matched.position.as_ref()?.source)))
            .collect();
        let mut folding = engine.keeper.begin();
        for mut matched in batch {
            engine.keeper.load(std::slice::from_mut(&mut matched), &mut 0).unwrap();
            engine.keeper.fold_in(&mut folding, matched);
        }
        let mut folded = engine.keeper.finish(folding);
        if dies == 0 {
            return self.crash();
        }
        for _ in 0..faults.unwrap_or(0) {
            failpoint::arm(Some(("store.commit", 1)));
            let engine = self.engine.as_mut().unwrap();
            assert!(engine.keeper.write(&mut folded, &[], &[], now_ms).is_err());
            self.counts.store_faults += 1;
            if dies == 1 {
                return self.crash();
            }
        }
        failpoint::arm(None);
        let engine = self.engine.as_mut().unwrap();
        engine.keeper.write(&mut folded, &[], &[], now_ms).unwrap();
        let _ = engine.keeper.sweep(now_ms).unwrap();
        let over =
            ended.iter().map(|source| self.shards.iter().position(|shard| shard.source == *source).unwrap());
        engine.over.extend(over);
        if dies == 2 {
            self.crash();
        }
        self.assert_monotone();
    }

    /// An alert never vanishes, and what it says only grows.
    fn assert_monotone(&mut self) {
        let now = found(&self.alerts());
        for (name, before) in &self.said {
            let now = now.get(name);
            assert!(now.is_some(), "{name:?} vanished");
            let (now, before) = (now.unwrap(), before);
            assert!(
                now.count >= before.count && now.first_s <= before.first_s && now.last_s >= before.last_s,
                "{name:?}: {before:?} then {now:?}"
            );
        }
        self.said = now;
    }

    /// Calls the sink with what is due; it may refuse, and the engine may die between its answer and the note of it.
    fn deliver(&mut self, faults: bool) {
        let now_ms = self.now_ms;
        let due = self.engine().keeper.store().due(SINK, now_ms, 8).unwrap();
        let mut outcomes = Vec::new();
        for due in due.into_iter().map(Result::unwrap) {
            let refused = faults && self.rng.one_in(3);
            let answer = if refused { Err(Refusal::Timeout { ms: 1 }) } else { Ok(()) };
            let alert = &due.stored.alert;
            if refused {
                self.counts.refusals += 1;
            } else {
                let times = self.ledger.entry(format!("{}.{}", alert.id, alert.revision)).or_default();
                *times += 1;
                self.counts.repeated_deliveries += usize::from(*times > 1);
                let latest = self.notified.entry(alert.id.clone()).or_default();
                *latest = (latest.0.max(alert.revision), Notified::of(alert));
            }
            let at = Moment { wall_ms: now_ms, engine_ms: now_ms };
            let (ended, _) = attempt::ended(&due, &answer, None, at, self.rng.next());
            let (alert, revision) = (alert.id.clone(), alert.revision);
            outcomes.push(Outcome {
                alert,
                revision,
                sink: SINK.to_owned(),
                ended,
                others: Others::Unchanged,
            });
        }
        if faults && self.rng.one_in(10) {
            return self.crash();
        }
        let keeper = &mut self.engine().keeper;
        let mut nothing = keeper.fold(Vec::new());
        keeper.write(&mut nothing, &outcomes, &[], now_ms).unwrap();
    }

    /// The engine dies: what was not written is gone.
    fn crash(&mut self) {
        failpoint::arm(None);
        if self.engine.take().is_some() {
            self.counts.crashes += 1;
        }
    }
}

fn shard_name(n: usize) -> Arc<str> {
    Arc::from(format!("stream:1:shardId-{n:012}"))
}

/// A process that another test is about to start holds what this one has open, locks too, until it becomes its program.
fn open_again(path: &Path) -> Store {
    let before = Instant::now();
    loop {
        match Store::open(path) {
            Err(StoreError::Locked { .. }) if before.elapsed() < LOCKED_MAX => {
                std::thread::park_timeout(Duration::from_millis(10));
            }
            opened => return opened.unwrap(),
        }
    }
}

fn mark(matcher: &mut Matcher, shard: &Shard, place: Place, stage: Stage, now_ms: i64) -> Matched {
    let position = Position { source: Arc::clone(&shard.source), place };
    matcher.mark(Mark { position, seen_ms: Some(now_ms), stage, gap: None }, &About::default())
}

/// What a world takes at most.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
