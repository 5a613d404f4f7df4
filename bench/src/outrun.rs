//! What the load generator costs while it sends, and how fast it is on its own, beside what the service costs: in one run, so that
//! the ratio is of one hour of one machine. It sends to a Kinesis that keeps nothing; all of it shares the machine's cores.
//!
//! Packing comes before a load's clock and is left out: of two loads that pack the same and last unequally long, it falls out of the
//! difference. Invariant: no figure without its counts, the ledger's against the sink's.

mod sink;

use std::fmt;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tripline_loadgen::judge::{Ledger, Sent};

use crate::{children, corpus, cpu, measure, service};
use sink::Sink;

/// A rate is held when nothing was given up, so much of it was sent…
const SENT_MIN: f64 = 0.95;
/// …and all but one message in a hundred were taken within so long after they were meant to leave, milliseconds.
const BEHIND_MS_MAX: u64 = 1_000;
/// The long one of the two loads lasts so many times as long as the short one.
const TIMES_AS_LONG: u64 = 3;
/// Seconds in which what is packed is sent once, to be looked into.
const LOOKED_INTO_S: u64 = 2;

/// What is sent.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Load {
    /// Events a second while the cost is taken; on its own it begins with these, and with twice as many each time
    #[arg(long, default_value_t = 200_000)]
    rate: u64,
    /// Seconds of each load; one lasts three times as long
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// Events that are packed, and go round; those that the service is measured on are as many
    #[arg(long, default_value_t = 100_000)]
    events: usize,
    /// Rounds of the service; the median is printed
    #[arg(long, default_value_t = 9)]
    rounds: usize,
}

/// Both, side by side.
#[derive(Debug)]
pub(crate) struct Row {
    /// Log events that the sink found in what came, as many as the ledger has.
    looked_into: u64,
    rate: u64,
    /// Log events that the figures of the next two are of.
    events: u64,
    /// Seconds of a core that a million events took: of the load generator while it sends, of the sink.
    sending: f64,
    sink: f64,
    paces: Vec<Pace>,
    cores: usize,
    service: service::Row,
}

/// A rate that was tried.
#[derive(Debug)]
struct Pace {
    rate: u64,
    sent_a_second: f64,
    behind_p99_ms: u64,
    given_up: u64,
    /// Seconds of a core that a million events took to be sent.
    sending: f64,
}

/// A load that was sent, and what it took of the cores: all of the load generator, and the sink.
struct Took {
    sent: Sent,
    loadgen_s: f64,
    sink_s: f64,
}

/// Sends the loads, then measures the service.
pub(crate) fn run(load: &Load) -> anyhow::Result<Row> {
    ensure!(load.rate > 0 && load.seconds > 0 && load.events > 1, "a load has events");
    let sink = Sink::start()?;
    let once = load.events as u64 / LOOKED_INTO_S;
    let (looked_into, events) = sink.events_of(|| load.whole(&sink, once, LOOKED_INTO_S))?;
    let said = looked_into.sent.events;
    ensure!(events == said && events > 0, "{events} log events came of {said} in the ledger");
    let short = load.whole(&sink, load.rate, load.seconds)?;
    let long = load.whole(&sink, load.rate, load.seconds * TIMES_AS_LONG)?;
    let events = long.sent.events - short.sent.events;
    let sending = (long.loadgen_s - short.loadgen_s) * 1e6 / float(events);
    let packing_s = short.loadgen_s - sending * float(short.sent.events) / 1e6;
    let (mut paces, mut rate) = (Vec::new(), load.rate);
    while paces.last().is_none_or(Pace::is_held) {
        paces.push(Pace::of(rate, &load.send(&sink, rate, load.seconds)?, packing_s));
        rate *= 2;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // After everything that starts a process or a thread: these would inherit it.
    measure::pin(0);
    let [main, ..] = corpus::main(load.events)?;
    Ok(Row {
        looked_into: said,
        rate: load.rate,
        events,
        sending,
        sink: (long.sink_s - short.sink_s) * 1e6 / float(events),
        paces,
        cores,
        service: service::run(&main, load.rounds.max(1))?,
    })
}

impl Load {
    /// A load of which nothing was refused and nothing given up.
    fn whole(&self, sink: &Sink, rate: u64, seconds: u64) -> anyhow::Result<Took> {
        let took = self.send(sink, rate, seconds)?;
        ensure!(took.sent.errors + took.sent.retries == 0, "{rate} a second were not taken: {:?}", took.sent);
        Ok(took)
    }

    fn send(&self, sink: &Sink, rate: u64, seconds: u64) -> anyhow::Result<Took> {
        let folder = tempfile::tempdir()?;
        let ledger = folder.path().join("ledger.ndjson");
        let (came, before) = (sink.records(), [cpu::of_children_s()?, cpu::own_s()?]);
        let output = children::command("tripline-loadgen", &sink.url)?
            .args(["--target", "kinesis:outrun", "--distribution", "random", "--rate", &rate.to_string()])
            .args(["--duration", &format!("{seconds}s"), "--events", &self.events.to_string(), "--ledger"])
            .arg(&ledger)
            .output()?;
        let (came, after) = (sink.records() - came, [cpu::of_children_s()?, cpu::own_s()?]);
        // A load that could not be sent whole has a ledger, too, and is a result.
        let text = std::fs::read(&ledger)
            .with_context(|| format!("the load generator: {}", String::from_utf8_lossy(&output.stderr)))?;
        let sent = Ledger::read("the ledger", text.as_slice())?.sent.context("a ledger of nothing sent")?;
        let Sent { messages, retries, errors, .. } = sent;
        // What was sent again may have come twice.
        ensure!(
            (messages..=messages + retries + errors).contains(&came),
            "{came} records came of {messages} in the ledger: {sent:?}"
        );
        let [loadgen_s, sink_s] = std::array::from_fn(|n| after[n] - before[n]);
        Ok(Took { sent, loadgen_s, sink_s })
    }
}

impl Pace {
    /// Of a load that took as long to be packed as the others.
    fn of(rate: u64, took: &Took, packing_s: f64) -> Self {
        let Took { sent, loadgen_s, .. } = took;
        let took_ms = u64::try_from(sent.ended_ms - sent.started_ms).unwrap_or(0).max(1);
        Self {
            rate,
            sent_a_second: float(sent.events) * 1e3 / float(took_ms),
            behind_p99_ms: sent.behind_ms.get("p99").copied().unwrap_or(u64::MAX),
            given_up: sent.errors,
            sending: (loadgen_s - packing_s) * 1e6 / float(sent.events.max(1)),
        }
    }

    fn is_held(&self) -> bool {
        let is_sent = self.sent_a_second >= SENT_MIN * float(self.rate);
        is_sent && self.given_up == 0 && self.behind_p99_ms < BEHIND_MS_MAX
    }

    fn json(&self) -> Value {
        let Self { rate, sent_a_second, behind_p99_ms, given_up, sending } = self;
        json!({
            "rate": rate, "sent_a_second": sent_a_second, "behind_p99_ms": behind_p99_ms, "given_up": given_up,
            "core_s_a_million": sending, "is_held": self.is_held(),
        })
    }
}

impl Row {
    /// The highest rate that was held.
    fn held(&self) -> Option<u64> {
        self.paces.iter().filter(|pace| pace.is_held()).map(|pace| pace.rate).max()
    }

    /// What the service could do at most if these cores were all its own, events a second.
    fn service_a_second_at_most(&self) -> f64 {
        float(self.cores as u64) * 1e6 / self.service.core_s_a_million
    }

    /// How many times the cost of sending the service costs.
    fn times(&self) -> f64 {
        self.service.core_s_a_million / self.sending
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "looked_into": self.looked_into, "rate": self.rate, "events": self.events,
            "core_s_a_million": {
                "sending": self.sending, "sink": self.sink, "service": self.service.core_s_a_million,
            },
            "service_to_sending": self.times(), "held": self.held(),
            "paces": self.paces.iter().map(Pace::json).collect::<Vec<_>>(),
            "service_a_second_at_most": self.service_a_second_at_most(), "service": self.service.json(),
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { looked_into, rate, events, sending, sink, paces, cores, service } = self;
        writeln!(f, "counted     {looked_into} log events, as many as in the ledger")?;
        writeln!(
            f,
            "sending     {sending:.2} core s a million events ({events} at {rate} a second); the sink {sink:.2}"
        )?;
        writeln!(f, "on its own  events/s  sent/s  behind p99 (ms)  messages given up  core s a million")?;
        for pace in paces {
            let Pace { rate, sent_a_second, behind_p99_ms, given_up, sending } = pace;
            let held = if pace.is_held() { "held" } else { "not held" };
            writeln!(
                f,
                "{rate:20} {sent_a_second:7.0} {behind_p99_ms:16} {given_up:18} {sending:17.2}  {held}"
            )?;
        }
        writeln!(f, "service     {service}")?;
        let (times, at_most) = (self.times(), self.service_a_second_at_most());
        write!(
            f,
            "the service costs {times:.2} times what sending costs: {at_most:.0} events/s at most on {cores} cores"
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people, far below what a float counts")]
fn float(count: u64) -> f64 {
    count as f64
}
