//! What each step of the way adds to inflating, on one corpus.

use std::fmt;
use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};
use tripline::decode::{Decoder, Kernel, Limits, Tally};
use tripline_rules::field::Fields;
use tripline_rules::plan::Ruleset;

use crate::corpus::Corpus;
use crate::floor::{Through, verify};
use crate::measure::{Contender, Floor, medians};

/// One step, and what it and those before it cost together.
#[derive(Debug)]
pub(crate) struct Row {
    stage: &'static str,
    ns_an_event: f64,
    ratio_to_inflate: f64,
}

impl Row {
    pub(crate) fn json(&self) -> Value {
        let Self { stage, ns_an_event, ratio_to_inflate } = self;
        json!({"stage": stage, "ns_an_event": ns_an_event, "ratio_to_inflate": ratio_to_inflate})
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, ns_an_event, ratio_to_inflate } = self;
        write!(f, "{stage:40} {ns_an_event:8.0} ns an event {ratio_to_inflate:8.3}")
    }
}

/// Times the way up to each step, and beside it the way of the pull parser.
pub(crate) fn run(corpus: &Corpus, ruleset: &Ruleset, rounds: usize) -> anyhow::Result<Vec<Row>> {
    let counts = verify(corpus, ruleset)?;
    let records = &corpus.records;
    let mut floor = Floor::new(records)?;
    let kernel = Some(Kernel::best());
    let mut core = Decoder::with_kernel(&Fields::new(), Limits::STREAM, kernel);
    let mut all = Decoder::with_kernel(ruleset.fields(), Limits::STREAM, kernel);
    let (mut through, mut pulled) = (Through::new(ruleset, kernel, true), Through::new(ruleset, None, true));
    let names = [
        "inflate",
        "inflate, scan and walk: core fields",
        "inflate, scan and walk: the rules' fields",
        "the same, and match",
        "by the pull parser instead, and match",
    ];
    let mut contenders: Vec<Contender<'_>> = vec![
        Box::new(|| floor.inflate(records)),
        Box::new(|| decode(&mut core, records, counts.0)),
        Box::new(|| decode(&mut all, records, counts.0)),
        Box::new(|| found(through.run(records), counts)),
        Box::new(|| found(pulled.run(records), counts)),
    ];
    let times = medians(rounds, &mut contenders)?;
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds an event")]
    let events = counts.0 as f64;
    let row = |(stage, time): (&'static str, &Duration)| Row {
        stage,
        ns_an_event: time.as_secs_f64() * 1e9 / events,
        ratio_to_inflate: time.as_secs_f64() / times[0].as_secs_f64(),
    };
    Ok(names.into_iter().zip(&times).map(row).collect())
}

/// So many passes, after one that is not counted apart: who takes the difference of two runs has the passes alone.
pub(crate) fn work(
    corpus: &Corpus,
    ruleset: &Ruleset,
    passes: usize,
    (inflate, memo): (bool, bool),
) -> anyhow::Result<()> {
    let mut floor = Floor::new(&corpus.records)?;
    let mut through = Through::new(ruleset, Some(Kernel::best()), memo);
    for _ in 0..=passes {
        if inflate {
            floor.inflate(&corpus.records)?;
        } else {
            let (events, _) = through.run(&corpus.records);
            ensure!(events == corpus.log_events, "{events} of {} events", corpus.log_events);
        }
    }
    Ok(())
}

fn found(found: (u64, u64), counts: (u64, u64)) -> anyhow::Result<()> {
    ensure!(found == counts, "{found:?} of {counts:?} events and matches");
    Ok(())
}

fn decode(decoder: &mut Decoder, records: &[Vec<u8>], events: u64) -> anyhow::Result<()> {
    let (mut tally, mut rejects) = (Tally::default(), Vec::new());
    for record in records {
        decoder.record(record, &mut tally, &mut rejects, |event| {
            std::hint::black_box(event.time_s);
        });
    }
    found((tally.events_evaluated, 0), (events, 0))
}
