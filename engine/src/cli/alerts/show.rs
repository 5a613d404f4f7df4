//! `tripline alerts show`: an alert whole, its ledger, its deliveries, and what people said of it.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::StoreArgs;
use crate::alert::gain::{self, Gain};
use crate::alert::{clean, ocsf, rfc3339_ms, table};
use crate::cli::output::{Format, OutputArgs, colour, write_json};
use crate::cli::{Exit, Failure};
use crate::store::{Delivered, StoredAlert};

/// Show alerts whole, with their deliveries and what was said of them
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// The alert's id, or the beginning of it
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// The JSON forms: the alert, and what only the store knows of it.
#[derive(Serialize)]
struct Shown<'s> {
    alert: Box<RawValue>,
    triage: Triage<'s>,
    deliveries: Vec<Delivery<'s>>,
}

#[derive(Serialize)]
struct Triage<'s> {
    status: &'static str,
    opened: String,
    acknowledged: Option<String>,
    closed: Option<String>,
    seconds_to_acknowledge: Option<i64>,
    seconds_to_close: Option<i64>,
    close_reason: Option<&'s str>,
    close_text: Option<&'s str>,
}

#[derive(Serialize)]
struct Delivery<'s> {
    revision: u32,
    sink: &'s str,
    state: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    gained: &'s [Gain],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    since_acknowledgment: bool,
    failed_attempts: u32,
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'s str>,
    error: Option<&'s str>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let store = args.store.read()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut rows = Vec::new();
    let format = args.output.format();
    for id in &args.ids {
        let stored = store.alert(id)?;
        let deliveries = store.deliveries(&stored.alert.id)?;
        match format {
            Format::Table => text(&mut out, &stored, &deliveries)?,
            Format::Ocsf => rows.push(ocsf::finding(&stored.alert, stored.opened_ms).to_string()),
            Format::Ndjson | Format::Json => rows.push(json(&stored, &deliveries).map_err(io::Error::from)?),
        }
    }
    if format != Format::Table {
        write_json(&mut out, format, rows.into_iter())?;
    }
    Ok(out.flush().map(|()| Exit::Ok)?)
}

fn json(stored: &StoredAlert, deliveries: &[Delivered]) -> serde_json::Result<String> {
    serde_json::to_string(&Shown {
        alert: RawValue::from_string(stored.alert.json()?)?,
        triage: triage(stored),
        deliveries: deliveries.iter().map(delivery).collect(),
    })
}

fn triage(stored: &StoredAlert) -> Triage<'_> {
    let since_s = |at_ms: i64| (at_ms - stored.opened_ms) / 1000;
    Triage {
        status: stored.alert.status.as_str(),
        opened: rfc3339_ms(stored.opened_ms),
        acknowledged: stored.acknowledged_ms.map(rfc3339_ms),
        closed: stored.closed_ms.map(rfc3339_ms),
        seconds_to_acknowledge: stored.acknowledged_ms.map(since_s),
        seconds_to_close: stored.closed_ms.map(since_s),
        close_reason: stored.close_reason.as_deref(),
        close_text: stored.close_text.as_deref(),
    }
}

fn delivery(delivered: &Delivered) -> Delivery<'_> {
    let (state, at_ms) = match (delivered.delivered_ms, delivered.dead_ms) {
        (Some(at_ms), _) => ("delivered", Some(at_ms)),
        (None, Some(at_ms)) => ("dead", Some(at_ms)),
        (None, None) => ("pending", None),
    };
    Delivery {
        revision: delivered.revision,
        sink: &delivered.sink,
        state,
        gained: &delivered.gained,
        since_acknowledgment: delivered.since_acknowledgment,
        failed_attempts: delivered.attempts,
        at: at_ms.map(rfc3339_ms),
        digest: delivered.digest.as_deref(),
        error: delivered.error.as_deref(),
    }
}

fn text(out: &mut impl Write, stored: &StoredAlert, deliveries: &[Delivered]) -> io::Result<()> {
    write!(out, "{}", table::text(&stored.alert, colour()))?;
    let triage = triage(stored);
    let mut line = |label: &str, value: String| writeln!(out, "{label:13}  {value}");
    line("opened", triage.opened)?;
    if let (Some(at), Some(after_s)) = (triage.acknowledged, triage.seconds_to_acknowledge) {
        line("acknowledged", format!("{at}, after {after_s} s"))?;
    }
    if let (Some(at), Some(after_s), Some(reason)) =
        (triage.closed, triage.seconds_to_close, triage.close_reason)
    {
        let said = triage.close_text.map(|text| format!(": {}", clean(text))).unwrap_or_default();
        line("closed", format!("{at}, after {after_s} s, {reason}{said}"))?;
    }
    let latency = &stored.alert.latency;
    if let (Some(detect_ms), Some(own_ms)) = (latency.event_to_alerted_ms, latency.arrival_to_alerted_ms) {
        line("latency", format!("{detect_ms} ms from the call to the alert, {own_ms} ms of it ours"))?;
    }
    for delivered in deliveries {
        let delivery = delivery(delivered);
        let at = delivery.at.map(|at| format!(" {at}")).unwrap_or_default();
        let together = delivery.digest.map(|key| format!(" in {key}")).unwrap_or_default();
        let failed = match (delivery.failed_attempts, delivery.error) {
            (0, _) => String::new(),
            (n, None) => format!(", {n} attempts failed"),
            (n, Some(error)) => format!(", {n} attempts failed: {}", clean(error)),
        };
        let new = match (gain::phrase(delivery.gained), delivery.since_acknowledgment) {
            (phrase, _) if phrase.is_empty() => phrase,
            (phrase, false) => format!(" (new: {})", clean(&phrase)),
            (phrase, true) => format!(" (new since acknowledgment: {})", clean(&phrase)),
        };
        line(
            "delivery",
            format!(
                "revision {}{new} to {}: {}{at}{together}{failed}",
                delivery.revision, delivery.sink, delivery.state
            ),
        )?;
    }
    writeln!(out)
}
