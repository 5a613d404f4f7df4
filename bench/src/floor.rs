//! Inflate, inflate and decode, inflate and decode and match: interleaved, on one thread, medians.

use std::fmt;
use std::hint::black_box;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use anyhow::ensure;
use flate2::bufread::MultiGzDecoder;
use serde_json::{Value, json};
use tripline::decode::{self, Limits, Opened, Tally};
use tripline_rules::matcher::{self, Scratch};
use tripline_rules::packs::{self, Selection};
use tripline_rules::plan::Ruleset;
use tripline_rules::{check, naive};

use crate::corpus::Messages;

/// The rule sets: what ships, from few to all.
const RULE_SETS: [&[&str]; 3] =
    [&["cis@7.0.0"], &["baseline"], &["baseline", "cis-all@3.0.0", "cis-all@7.0.0"]];

/// The table's first line.
pub(crate) const HEAD: &str = "event rules    events   matches   decode/inflate   decode+match/inflate";

/// One rule set against one corpus.
#[derive(Debug)]
pub(crate) struct Row {
    rules: usize,
    events: u64,
    matches: u64,
    decode_to_inflate: f64,
    ratio_to_inflate: f64,
}

impl Row {
    pub(crate) fn json(&self) -> Value {
        json!({
            "rules": self.rules,
            "messages": "main",
            "events": self.events,
            "matches": self.matches,
            "decode_to_inflate": self.decode_to_inflate,
            "ratio_to_inflate": self.ratio_to_inflate,
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rules, events, matches, decode_to_inflate, ratio_to_inflate } = self;
        write!(f, "{rules:11} {events:9} {matches:9} {decode_to_inflate:16.2} {ratio_to_inflate:22.2}")
    }
}

/// Measures every rule set.
pub(crate) fn run(corpus: &Messages, rounds: usize) -> anyhow::Result<Vec<Row>> {
    RULE_SETS.iter().map(|packs| row(corpus, &ruleset(packs)?, rounds)).collect()
}

fn ruleset(names: &[&str]) -> anyhow::Result<Ruleset> {
    let selections = names.iter().map(|name| name.parse()).collect::<Result<Vec<Selection>, _>>()?;
    let loaded = check::load(&packs::files(), &|meta| selections.iter().any(|one| one.selects(meta)));
    Ok(Ruleset::new(loaded.rules, loaded.fields))
}

fn row(corpus: &Messages, ruleset: &Ruleset, rounds: usize) -> anyhow::Result<Row> {
    let matches = verify(corpus, ruleset)?;
    let messages = &corpus.records;
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        let mut timed = |stage: usize, work: &mut dyn FnMut() -> io::Result<()>| {
            let start = Instant::now();
            work()?;
            times[stage].push(start.elapsed());
            io::Result::Ok(())
        };
        timed(0, &mut || inflate(messages))?;
        timed(1, &mut || decode(messages, ruleset))?;
        timed(2, &mut || decode_and_match(messages, ruleset))?;
    }
    let [inflate, decode, all] = times.map(|mut times| median(&mut times));
    Ok(Row {
        rules: ruleset.summary().event_rules,
        events: corpus.log_events,
        matches,
        decode_to_inflate: decode.as_secs_f64() / inflate.as_secs_f64(),
        ratio_to_inflate: all.as_secs_f64() / inflate.as_secs_f64(),
    })
}

/// Every event is there, and both matchers find the same; returns how many matches.
fn verify(corpus: &Messages, ruleset: &Ruleset) -> anyhow::Result<u64> {
    let (mut tally, mut scratch, mut hits) = (Tally::default(), Scratch::default(), Vec::new());
    let mut matches = 0;
    for message in &corpus.records {
        let Opened::Messages(opened) = decode::open(message, &Limits::STREAM) else { continue };
        let batch = opened.events(ruleset.fields());
        tally.add_batch(&batch);
        for event in batch.events() {
            matcher::hits(ruleset, &event.slots, &mut scratch, &mut hits);
            ensure!(hits == naive::hits(ruleset, &event.slots), "the matchers differ on {}", event.message);
            matches += hits.len() as u64;
        }
    }
    let events = corpus.log_events;
    ensure!(tally.events_evaluated == events, "{} of {events} events were read", tally.events_evaluated);
    ensure!(matches > 0, "no rule matches this corpus: nothing is measured");
    Ok(matches)
}

fn inflate(messages: &[Vec<u8>]) -> io::Result<()> {
    let mut buffer = Vec::new();
    for message in messages {
        buffer.clear();
        MultiGzDecoder::new(message.as_slice()).read_to_end(&mut buffer)?;
        black_box(&buffer);
    }
    Ok(())
}

fn decode(messages: &[Vec<u8>], ruleset: &Ruleset) -> io::Result<()> {
    for message in messages {
        if let Opened::Messages(opened) = decode::open(message, &Limits::STREAM) {
            black_box(opened.events(ruleset.fields()).log_events());
        }
    }
    Ok(())
}

fn decode_and_match(messages: &[Vec<u8>], ruleset: &Ruleset) -> io::Result<()> {
    let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
    for message in messages {
        if let Opened::Messages(opened) = decode::open(message, &Limits::STREAM) {
            for event in opened.events(ruleset.fields()).events() {
                matcher::hits(ruleset, &event.slots, &mut scratch, &mut hits);
                black_box(&hits);
            }
        }
    }
    Ok(())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
