//! The same rules and the same events through other engines, in this process. They are given what we have to work for: events that
//! are inflated, cut and unescaped already; we begin with the gzip.

use std::fmt;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use rsigma_eval::Engine;
use rsigma_eval::event::JsonEvent;
use serde_json::{Value, json};
use tripline::decode::{Decoder, Kernel, Limits, Tally};

use crate::corpus::Corpus;
use crate::floor::{Through, verify};
use crate::generated::Generated;
use crate::measure::{Contender, medians};
use crate::rules;

/// The table's first line.
pub(crate) const HEAD: &str =
    "peer                   event rules     events    matches     ours      times ours";

/// One peer with one rule set.
#[derive(Debug)]
pub(crate) struct Row {
    peer: &'static str,
    rules: usize,
    events: u64,
    matches: u64,
    ours: u64,
    times_ours: f64,
}

impl Row {
    pub(crate) fn json(&self) -> Value {
        let Self { peer, rules, events, matches, ours, times_ours } = self;
        json!({
            "peer": peer, "rules": rules, "events": events, "matches": matches, "our_matches": ours, "times_ours": times_ours,
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { peer, rules, events, matches, ours, times_ours } = self;
        write!(f, "{peer:22} {rules:11} {events:10} {matches:10} {ours:8} {times_ours:15.1}")?;
        if matches != ours { write!(f, "   differs: {}", differs(peer)) } else { Ok(()) }
    }
}

const PYTHON: &str = "python json, no rules";

/// Why a peer finds something else.
fn differs(peer: &str) -> &'static str {
    match peer {
        PYTHON => "it only parses, where we match 76 rules",
        "tau-engine" => "a `not` over a missing field is not true there",
        _ => "another reading of the rules",
    }
}

/// How many events each rule set is measured on: peers take up to milliseconds an event.
const SIZES: [(usize, usize); 3] = [(76, 4_000), (600, 2_000), (6_000, 500)];

/// From so many rules on, the slowest peers are left out.
const SLOW_PEERS_RULES_MAX: usize = 1_000;

/// Measures every peer at every size.
pub(crate) fn run(corpus: &Corpus, rounds: usize) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (count, events) in SIZES {
        let records = corpus.records.len().min(events / 50);
        let part = Corpus {
            name: corpus.name,
            records: corpus.records[..records].to_vec(),
            log_events: if corpus.log_events == 0 { 0 } else { u64::try_from(records * 50)? },
        };
        rows.extend(size(&part, count, rounds)?);
    }
    rows.extend(python(corpus)?);
    Ok(rows)
}

fn size(corpus: &Corpus, count: usize, rounds: usize) -> anyhow::Result<Vec<Row>> {
    let generated = Generated::of(count);
    let rules = rules::generated(&generated)?;
    let (events, ours) = verify(corpus, &rules)?;
    let texts = texts(corpus, events)?;
    let mut through = Through::new(&rules, Some(Kernel::best()), true);
    let mut counts = [0_u64; 3];
    let (rsigma, sigma_rust, tau) = (rsigma(&generated)?, sigma_rust(&generated)?, tau(&generated)?);
    let mut names = vec!["rsigma-eval"];
    let times = {
        let mut contenders: Vec<Contender<'_>> = vec![Box::new(|| {
            through.run(&corpus.records);
            Ok(())
        })];
        let [for_rsigma, for_sigma_rust, for_tau] = &mut counts;
        contenders.push(Box::new(|| {
            *for_rsigma = 0;
            for text in &texts {
                let event: Value = serde_json::from_str(text)?;
                *for_rsigma += rsigma.evaluate(&JsonEvent::borrow(&event)).len() as u64;
            }
            Ok(())
        }));
        if count <= SLOW_PEERS_RULES_MAX {
            names.extend(["sigma-rust", "tau-engine"]);
            contenders.push(Box::new(|| {
                *for_sigma_rust = 0;
                for text in &texts {
                    let event = sigma_rust::event_from_json(text).context("an event")?;
                    *for_sigma_rust += sigma_rust.iter().filter(|rule| rule.is_match(&event)).count() as u64;
                }
                Ok(())
            }));
            contenders.push(Box::new(|| {
                *for_tau = 0;
                for text in &texts {
                    let event: Value = serde_json::from_str(text)?;
                    *for_tau += tau.iter().filter(|rule| rule.matches(&event)).count() as u64;
                }
                Ok(())
            }));
        }
        medians(rounds, &mut contenders)?
    };
    let rows = names.into_iter().zip(&times[1..]).zip(&counts).map(|((peer, time), matches)| Row {
        peer,
        rules: count,
        events,
        matches: *matches,
        ours,
        times_ours: time.as_secs_f64() / times[0].as_secs_f64(),
    });
    Ok(rows.collect())
}

/// The events as text, one each, so many.
fn texts(corpus: &Corpus, events: u64) -> anyhow::Result<Vec<String>> {
    let mut texts = Vec::new();
    let mut decoder = Decoder::new(&tripline_rules::field::Fields::new(), Limits::STREAM);
    for record in &corpus.records {
        decoder.record(record, &mut Tally::default(), &mut Vec::new(), |event| {
            texts.push(event.message().into_owned());
        });
    }
    ensure!(texts.len() as u64 == events, "{} events of {events}", texts.len());
    Ok(texts)
}

fn rsigma(generated: &Generated) -> anyhow::Result<Engine> {
    let mut engine = Engine::new();
    for rule in &generated.rules {
        let collection = rsigma_parser::parse_sigma_yaml(&rule.sigma()).context("rsigma-parser")?;
        engine.add_collection(&collection).context("rsigma-eval")?;
    }
    Ok(engine)
}

fn sigma_rust(generated: &Generated) -> anyhow::Result<Vec<sigma_rust::Rule>> {
    generated
        .rules
        .iter()
        .map(|rule| sigma_rust::rule_from_yaml(&rule.sigma()).context("sigma-rust"))
        .collect()
}

fn tau(generated: &Generated) -> anyhow::Result<Vec<tau_engine::Rule>> {
    let all = || tau_engine::Optimisations { coalesce: true, matrix: true, rewrite: true, shake: true };
    let read = |rule: &crate::generated::Rule| {
        let rule = tau_engine::Rule::from_str(&rule.tau())
            .map_err(|error| anyhow::anyhow!("tau-engine: {error}"))?;
        Ok(rule.optimise(all()))
    };
    generated.rules.iter().map(read).collect()
}

/// What Python takes to parse the events and do nothing with them, where there is one.
fn python(corpus: &Corpus) -> anyhow::Result<Option<Row>> {
    const PROGRAM: &str = "import json,sys,time\nlines=sys.stdin.buffer.read().split(b'\\n')\nbest=9e9\nfor _ in range(5):\n s=time.perf_counter()\n for l in lines: json.loads(l)\n best=min(best,time.perf_counter()-s)\nprint(best)";
    let started = Command::new("python3")
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else { return Ok(None) };
    let rules = rules::generated(&Generated::of(76))?;
    let (events, ours) = verify(corpus, &rules)?;
    child.stdin.take().context("stdin")?.write_all(texts(corpus, events)?.join("\n").as_bytes())?;
    let output = child.wait_with_output()?;
    let Ok(took) = String::from_utf8_lossy(&output.stdout).trim().parse::<f64>() else { return Ok(None) };
    let mut through = Through::new(&rules, Some(Kernel::best()), true);
    through.run(&corpus.records);
    let start = Instant::now();
    through.run(&corpus.records);
    let times_ours = took / start.elapsed().as_secs_f64();
    Ok(Some(Row { peer: PYTHON, rules: 0, events, matches: 0, ours, times_ours }))
}
