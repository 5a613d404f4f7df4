//! The table for people.

use std::fmt::Display;
use std::io::{self, Write};

use super::{Report, clean};
use crate::judge::hop::Took;
use crate::judge::ledger::Sent;
use crate::judge::verdict::{Case, Duplicate, Forbidden, Miscounted, Raised, Verdict, Worst};

/// So many of each kind are named; the object names all.
const NAMED_MAX: usize = 20;

pub(super) fn write(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let Report { verdict, sent } = report;
    if let Some(sent) = sent {
        self::sent(sent, out)?;
    }
    counts(verdict, out)?;
    let case = |case: &Case| format!("{} × {}", whose(case), case.count);
    let raised = |raised: &Raised| format!("{} × {}, id {}", raised.about, raised.count, raised.id);
    named("missed", &verdict.missed, case, out)?;
    let miscounted = |one: &Miscounted| format!("{}, but counted {}", case(&one.case), one.counted);
    named("miscounted", &verdict.miscounted, miscounted, out)?;
    let forbidden = |one: &Forbidden| format!("{} {}", one.play, raised(&one.raised));
    named("forbidden", &verdict.forbidden, forbidden, out)?;
    named("unexpected", &verdict.unexpected, raised, out)?;
    let duplicate = |one: &Duplicate| match one {
        Duplicate::Told { raised: it, revision, times } => {
            format!("{}, revision {revision} came {times} times", raised(it))
        }
        Duplicate::Id { raised: it, other } => format!("{}, as is {other}", raised(it)),
    };
    named("duplicate", &verdict.duplicates, duplicate, out)?;
    named("permitted", &verdict.permitted, raised, out)?;
    named("engine", &verdict.own, raised, out)?;
    latency(verdict, out)
}

fn sent(sent: &Sent, out: &mut impl Write) -> io::Result<()> {
    let Sent { target, started_ms, ended_ms, events, messages, bytes, .. } = sent;
    let took_ms = u64::try_from(ended_ms.saturating_sub(*started_ms)).unwrap_or(0);
    let rate = events.saturating_mul(1000) / took_ms.max(1);
    line(
        out,
        "sent",
        format_args!(
            "{events} events in {messages} messages of {bytes} bytes to {} within {took_ms} ms: {rate} events a second",
            clean(target)
        ),
    )?;
    let Sent { duplicates, recycled, foreign, oversize, late, retries, errors, unsent, behind_ms, .. } = sent;
    line(
        out,
        "",
        format_args!(
            "{duplicates} duplicate, {recycled} recycled, {foreign} foreign, {oversize} oversize, {late} late events"
        ),
    )?;
    let stopped = unsent.map(|n| format!("; stopped, {n} messages were not sent")).unwrap_or_default();
    let behind = |q: &str| behind_ms.get(q).copied().unwrap_or(0);
    line(
        out,
        "",
        format_args!(
            "behind by {} ms (p50), {} ms (p99); {retries} retries, {errors} errors{stopped}",
            behind("p50"),
            behind("p99")
        ),
    )
}

fn counts(verdict: &Verdict, out: &mut impl Write) -> io::Result<()> {
    let (missed, miscounted) = (verdict.missed.len(), verdict.miscounted.len());
    line(
        out,
        "due",
        format_args!(
            "{} alerts = {} found + {missed} missed + {miscounted} miscounted",
            verdict.must(),
            verdict.found
        ),
    )?;
    let (forbidden, unexpected) = (verdict.forbidden.len(), verdict.unexpected.len());
    line(
        out,
        "raised",
        format_args!(
            "{} alerts = {} due + {forbidden} forbidden + {unexpected} unexpected + {} under a second id; {} permitted and {} of the engine itself apart",
            verdict.judged(),
            verdict.found + miscounted as u64,
            verdict.second_ids(),
            verdict.permitted.len(),
            verdict.own.len()
        ),
    )?;
    let twice = verdict.duplicates.len() as u64 - verdict.second_ids();
    line(out, "", format_args!("{twice} revisions told twice, {} counts that are bounds", verdict.inexact))?;
    match verdict.recall() {
        Some(share) => line(out, "recall", format_args!("{} of what is due was found", percent(share)))?,
        None => line(out, "recall", format_args!("unknown: nothing is due"))?,
    }
    match verdict.precision() {
        Some(share) => line(out, "precision", format_args!("{} of what was raised is due", percent(share)))?,
        None => line(out, "precision", format_args!("unknown: nothing was raised"))?,
    }
    line(out, "verdict", format_args!("{}", if verdict.holds() { "holds" } else { "fails" }))
}

fn named<T>(what: &str, all: &[T], say: impl Fn(&T) -> String, out: &mut impl Write) -> io::Result<()> {
    for one in all.iter().take(NAMED_MAX) {
        line(out, what, format_args!("{}", clean(&say(one))))?;
    }
    match all.len().saturating_sub(NAMED_MAX) {
        0 => Ok(()),
        more => line(out, what, format_args!("… and {more} more")),
    }
}

fn latency(verdict: &Verdict, out: &mut impl Write) -> io::Result<()> {
    if verdict.took.is_empty() {
        return line(out, "latency", format_args!("unknown: no alert says when it was raised"));
    }
    let columns = |cells: [&dyn Display; 7]| {
        let [hop, alerts, p50, p90, p99, p999, max] = cells;
        format!("{hop:20} {alerts:>8} {p50:>10} {p90:>10} {p99:>10} {p999:>10} {max:>10}")
    };
    let head = columns([&"hop", &"alerts", &"p50", &"p90", &"p99", &"p99.9", &"max"]);
    line(out, "latency", format_args!("{head}"))?;
    for (hop, took) in &verdict.took {
        let [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map(|share| shown(took.quantile_ms(share)));
        let cells = columns([&hop.as_str(), &took.alerts(), &p50, &p90, &p99, &p999, &shown(took.max_ms())]);
        line(out, "", format_args!("{cells}{}", clamped(took)))?;
    }
    let Some(Worst { hop, cases }) = &verdict.worst else { return Ok(()) };
    for (n, (ms, case)) in cases.iter().enumerate() {
        let what = if n == 0 { "slowest" } else { "" };
        let ms = shown(u64::try_from(*ms).unwrap_or(0));
        line(
            out,
            what,
            format_args!("{:20} {ms:>8} {}", if n == 0 { hop.as_str() } else { "" }, clean(&whose(case))),
        )?;
    }
    Ok(())
}

fn line(out: &mut impl Write, what: &str, text: std::fmt::Arguments<'_>) -> io::Result<()> {
    writeln!(out, "{what:11} {text}")
}

fn whose(case: &Case) -> String {
    match case.others {
        0 => format!("{} {}", case.play, case.about),
        more => format!("{} and {more} more {}", case.play, case.about),
    }
}

fn clamped(took: &Took) -> String {
    match took.clamped() {
        0 => String::new(),
        n => format!("  {n} negative, counted as 0 ms"),
    }
}

fn shown(ms: u64) -> String {
    if ms < 100_000 { format!("{ms} ms") } else { format!("{} s", ms / 1000) }
}

/// 100 % is all of it.
fn percent(share: f64) -> String {
    if share < 1.0 { format!("{:.2} %", (share * 100.0).min(99.99)) } else { "100 %".to_owned() }
}
