//! A load on a service: packed, then sent in an open loop, with attacks in it; what was sent and what must follow is written down.

mod books;
mod client;
mod course;
mod pool;
mod sender;
mod unit;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use tokio::sync::watch;
use tripline_loadgen::{
    Corpus, Instance, LogEvent, Origin, Packing, Rate, ScenarioEvent, Scenarios, Share, Truth, attack,
};

use crate::target::Target;
use books::Books;
use client::Client;
use course::Course;
pub(crate) use sender::Patience;
use sender::Sender;
use unit::Unit;

/// From CloudTrail's writing of an event to its sending, milliseconds.
const WRITTEN_MS: i64 = 1_500;
/// Of so many attacks one is the benign look-alike. No divisor of it divides the number of scenarios, so each gets its turn.
const LOOK_ALIKE_EVERY: u64 = 6;

/// What a load is.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) target: Target,
    pub(crate) packing: Packing,
    pub(crate) rate: Rate,
    pub(crate) duration: Duration,
    /// What attacks are of.
    pub(crate) scenarios: Scenarios,
    pub(crate) attacks_per_minute: f64,
    pub(crate) connections: usize,
    /// What may be packed beforehand, bytes.
    pub(crate) pool_bytes_max: usize,
    pub(crate) patience: Patience,
}

/// A load that is ready to be sent.
pub(crate) struct Load {
    plan: Plan,
    client: Client,
    pool: Vec<Unit>,
}

/// A load that is being sent, or was.
pub(crate) struct Running {
    pub(crate) books: Arc<Books>,
    pub(crate) began: Instant,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) plan: Plan,
    /// Of all attacks that are meant to be sent; and of how many units each is.
    truth: Truth,
    owed: BTreeMap<u64, u64>,
    course: Option<Course>,
    client: Client,
}

impl Load {
    /// Packs what will be sent.
    pub(crate) async fn pack(corpus: &Corpus, plan: Plan, each: impl FnMut(u64)) -> anyhow::Result<Self> {
        let client = Client::of(&plan.target).await.context("only a stream or a log group takes a load")?;
        let size = pool::Size { events: corpus.options().events, bytes_max: plan.pool_bytes_max };
        let pool = pool::fill(corpus, &plan.target, plan.packing, size, each)?;
        ensure!(!pool.is_empty() || plan.attacks_per_minute > 0.0, "there is nothing to send");
        Ok(Self { plan, client, pool })
    }

    /// Starts the clock: attacks are of now.
    pub(crate) fn begin(self, corpus: &Corpus) -> anyhow::Result<Running> {
        let Self { plan, client, pool } = self;
        let (began, began_ms) = (Instant::now(), now_ms());
        let load_s = plan.duration.as_secs_f64();
        let mut course = Course::new(plan.rate.schedule(load_s), pool);
        let (mut truth, mut owed) = (Truth::default(), BTreeMap::new());
        for (n, at_s) in attack_times(load_s, plan.attacks_per_minute) {
            let seed = corpus.options().seed;
            let Some(scenario) = plan.scenarios.of_instance(seed, n) else { break };
            #[expect(clippy::cast_possible_truncation, reason = "some seconds")]
            let sent_ms = began_ms + (at_s * 1000.0) as i64;
            let end_s = (sent_ms - WRITTEN_MS).div_euclid(1000);
            let instance = Instance { scenario, seed, n, end_s, look_alike_every: LOOK_ALIKE_EVERY };
            let attack = attack(&instance, corpus.org())?;
            for events in by_log_stream(corpus, attack.events, sent_ms - WRITTEN_MS) {
                let unit = match plan.target {
                    Target::Logs(_) => Unit::events(corpus.log_stream(&events[0]), events)?,
                    _ => Unit::record(corpus.message_of(&events, n, plan.packing)),
                };
                course.add(at_s, n, unit);
                *owed.entry(n).or_default() += 1;
            }
            truth.add(attack.truth, sent_ms);
        }
        let (stop, _) = watch::channel(false);
        let books = Arc::new(Books::new(&plan.target, began_ms)?);
        Ok(Running { books, began, stop, plan, truth, owed, course: Some(course), client })
    }
}

/// An attack's events as log events that CloudTrail wrote all at once, by log stream, the last call first: CloudTrail is always out
/// of order.
fn by_log_stream(corpus: &Corpus, events: Vec<ScenarioEvent>, logs_time_ms: i64) -> Vec<Vec<LogEvent>> {
    let mut streams: BTreeMap<String, Vec<LogEvent>> = BTreeMap::new();
    for event in events.into_iter().rev() {
        let ScenarioEvent { message, event_time_s, account, region, .. } = event;
        let event =
            LogEvent { message, event_time_s, logs_time_ms, account, region, origin: Origin::Scenario };
        streams.entry(corpus.log_stream(&event)).or_default().push(event);
    }
    streams.into_values().collect()
}

/// When attacks begin, seconds after the load does, each with its number. None in the last second: it would be cut off.
fn attack_times(load_s: f64, a_minute: f64) -> impl Iterator<Item = (u64, f64)> {
    let apart_s = 60.0 / a_minute;
    #[expect(clippy::cast_precision_loss, reason = "far fewer attacks than a float counts")]
    let at_s = move |n: u64| (n as f64 + 0.5) * apart_s;
    (0..).map(move |n| (n, at_s(n))).take_while(move |(_, at_s)| a_minute > 0.0 && *at_s < load_s - 1.0)
}

impl Running {
    /// Sends everything. Ends early when told to stop.
    pub(crate) async fn send(&mut self) -> anyhow::Result<()> {
        let course = self.course.take().context("a load is sent once")?;
        let sender = Sender {
            client: self.client.clone(),
            books: Arc::clone(&self.books),
            began: self.began,
            patience: self.plan.patience,
            stop: self.stop.clone(),
        };
        sender.run(course, self.plan.connections).await;
        Ok(())
    }

    /// How many alerts must follow once all is sent.
    pub(crate) fn must(&self) -> usize {
        self.truth.must.len()
    }

    /// What follows from the attacks so far: of a load that was stopped or gave up, from those that were taken whole.
    pub(crate) fn followed(&self) -> Truth {
        let attacks = self.books.attacks();
        self.truth.of(|n| match (attacks.get(&n), self.owed.get(&n)) {
            (None, _) => Share::Nothing,
            (Some(parts), Some(units)) if parts.taken == *units => Share::Whole,
            (Some(_), _) => Share::Part,
        })
    }
}

/// Now, milliseconds since the epoch.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
