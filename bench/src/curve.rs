//! Rate against latency, to saturation: the load generator sends, open loop, through a Kinesis server in this process to the service,
//! and judges what it raises. Each rate has a stream and a store of its own. All of it shares the machine's cores.

mod peers;

use std::fmt;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::cpu;
use peers::{Engine, Server};

/// A rate is held when so much of it was sent…
const SENT_MIN: f64 = 0.95;
/// …and alerts came within so long after their records had arrived, milliseconds, all but one in a hundred.
const HELD_MS_MAX: f64 = 2_000.0;

/// What is sent.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Load {
    /// The first rate, events a second; each is half as large again as the one before
    #[arg(long, default_value_t = 2_000)]
    from: u64,
    /// The last rate, if nothing saturates before
    #[arg(long, default_value_t = 2_000_000)]
    to: u64,
    /// Seconds of each rate
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Attacks a minute
    #[arg(long, default_value_t = 300)]
    attacks_per_minute: u64,
    /// Shards of the stream
    #[arg(long, default_value_t = 4)]
    shards: i32,
    /// Milliseconds between two reads of a shard; the service permits five a second
    #[arg(long, default_value_t = 250)]
    poll_interval_ms: u64,
}

/// One rate.
#[derive(Debug)]
pub(crate) struct Row {
    rate: u64,
    sent_a_second: f64,
    behind_p99_ms: f64,
    alerts: u64,
    verdict_holds: bool,
    /// Messages that the server took and that the service never got.
    messages_lost: u64,
    /// p50, p99, p99.9, milliseconds.
    arrival_to_alerted_ms: [f64; 3],
    received_to_alerted_ms: [f64; 3],
    sent_to_alerted_ms: [f64; 3],
    is_held: bool,
    /// Seconds of a core that a million events took: of the service, the load generator, the Kinesis server.
    core_s_a_million: [f64; 3],
}

/// The table's first line.
pub(crate) const HEAD: &str = "events/s   sent/s  behind p99   alerts    arrival → alerted p50   p99  p99.9    received → alerted p99  p99.9    sent → alerted p99 (ms)    core s a million: service loadgen server";

impl Row {
    pub(crate) fn json(&self) -> Value {
        json!({
            "rate": self.rate, "sent_a_second": self.sent_a_second, "behind_p99_ms": self.behind_p99_ms,
            "alerts": self.alerts, "verdict_holds": self.verdict_holds,
            "messages_lost": self.messages_lost, "is_held": self.is_held,
            "arrival_to_alerted_ms": self.arrival_to_alerted_ms,
            "received_to_alerted_ms": self.received_to_alerted_ms, "sent_to_alerted_ms": self.sent_to_alerted_ms,
            "core_s_a_million": {
                "service": self.core_s_a_million[0], "loadgen": self.core_s_a_million[1], "server": self.core_s_a_million[2],
            },
        })
    }
}

/// Latency against rate, a line a percentile, for the plot.
pub(crate) fn lines(rows: &[Row]) -> Vec<crate::plot::Line> {
    let line = |(at, name): (usize, &'static str)| {
        let point =
            |row: &Row| (usize::try_from(row.rate).unwrap_or(usize::MAX), row.arrival_to_alerted_ms[at]);
        (name, rows.iter().map(point).collect())
    };
    ["p50", "p99", "p99.9"].into_iter().enumerate().map(line).collect()
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, p999] = self.arrival_to_alerted_ms;
        let [_, own99, own999] = self.received_to_alerted_ms;
        let [_, sent99, _] = self.sent_to_alerted_ms;
        let [service, loadgen, server] = self.core_s_a_million;
        let verdict = match (self.is_held, self.verdict_holds, self.messages_lost) {
            (true, true, 0) => String::new(),
            (true, true, lost) => format!("the server lost {lost} messages"),
            (false, true, _) => "saturated".to_owned(),
            (_, false, _) => "not all was found in time".to_owned(),
        };
        write!(
            f,
            "{:8} {:8.0} {:11.0} {:8} {p50:24.0} {p99:5.0} {p999:6.0} {own99:25.1} {own999:6.1} {sent99:21.0} {service:33.2} {loadgen:7.2} {server:6.2}   {verdict}",
            self.rate, self.sent_a_second, self.behind_p99_ms, self.alerts
        )
    }
}

/// Goes up until a rate is not held, or cannot be sent: then why. `each` is told of a row as soon as it is there.
pub(crate) fn run(
    load: &Load,
    rows: &mut Vec<Row>,
    mut each: impl FnMut(&Row) -> anyhow::Result<()>,
) -> anyhow::Result<Option<String>> {
    ensure!(load.from > 0, "--from 0: a load has events");
    let (server, mut rate) = (Server::start()?, load.from);
    while rate <= load.to && rows.last().is_none_or(|row| row.is_held) {
        let (row, report) = match send(load, &server, rate) {
            Ok(sent) => sent,
            // A server that falls over under a rate ends the curve as one that is full does; the rows before it hold.
            Err(error) if !rows.is_empty() => {
                return Ok(Some(format!("at {rate} events a second: {error:#}")));
            }
            Err(error) => return Err(error),
        };
        if !row.verdict_holds && row.messages_lost > 0 && !rows.is_empty() {
            let lost = row.messages_lost;
            return Ok(Some(format!(
                "at {rate} events a second the server lost {lost} messages that it had taken, and what should have followed is missing: {}",
                report["missed"]
            )));
        }
        // Alerts that are not there would make every figure a lie, but for the rate that is too much; the first is not.
        let may_fall_behind = !row.is_held && !rows.is_empty();
        ensure!(
            row.verdict_holds || may_fall_behind,
            "at {rate} events a second not all was found: {report}"
        );
        each(&row)?;
        rows.push(row);
        rate += rate / 2;
    }
    Ok(None)
}

/// One rate, and what the load generator says of it.
fn send(load: &Load, server: &Server, rate: u64) -> anyhow::Result<(Row, Value)> {
    let stream = server.stream(&format!("curve-{rate}"), load.shards)?;
    let engine = Engine::start(server, &stream, load.poll_interval_ms)?;
    let before = [engine.cpu_s()?, cpu::of_children_s()?, cpu::own_s()?];
    let report = engine.drive(server, &stream, rate, load)?;
    let after = [engine.cpu_s()?, cpu::of_children_s()?, cpu::own_s()?];
    let took = std::array::from_fn(|n| after[n] - before[n]);
    let sent = report.pointer("/sent/messages").and_then(Value::as_u64).context("no messages in a report")?;
    let messages_lost = sent.saturating_sub(engine.records(sent)?);
    Ok((Row { messages_lost, ..row(rate, &report, took)? }, report))
}

/// What the load generator reports, as far as it is told here.
fn row(rate: u64, report: &Value, core_s: [f64; 3]) -> anyhow::Result<Row> {
    let number = |path: &str| {
        report
            .pointer(path)
            .and_then(Value::as_f64)
            .with_context(|| format!("no {path} in the report of a load"))
    };
    let hop = |name: &str| -> anyhow::Result<[f64; 3]> {
        let of = |q: &str| number(&format!("/latency/{name}/{q}"));
        Ok([of("p50_ms")?, of("p99_ms")?, of("p99_9_ms")?])
    };
    let took_s = (number("/sent/ended_ms")? - number("/sent/started_ms")?) / 1000.0;
    let events = number("/sent/events")?;
    let sent_a_second = events / took_s.max(0.001);
    let arrival_to_alerted_ms = hop("arrival_to_alerted")?;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let is_sent = sent_a_second >= SENT_MIN * rate as f64;
    let alerts =
        report.pointer("/found").and_then(Value::as_u64).context("no /found in the report of a load")?;
    Ok(Row {
        rate,
        sent_a_second,
        behind_p99_ms: number("/sent/behind_ms/p99")?,
        alerts,
        verdict_holds: report.pointer("/holds") == Some(&Value::Bool(true)),
        messages_lost: 0,
        arrival_to_alerted_ms,
        received_to_alerted_ms: hop("received_to_alerted")?,
        sent_to_alerted_ms: hop("sent_to_alerted")?,
        is_held: is_sent && arrival_to_alerted_ms[1] <= HELD_MS_MAX,
        core_s_a_million: core_s.map(|s| s * 1e6 / events.max(1.0)),
    })
}
