//! What each step of the way adds to inflating, on one corpus.

use std::fmt;

use anyhow::ensure;
use serde_json::{Value, json};
use tripline::decode::{Decoder, Kernel, Limits, Tally};
use tripline_rules::field::Fields;
use tripline_rules::plan::Ruleset;

use crate::corpus::Corpus;
use crate::floor::Through;
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

/// Times the way up to each step.
pub(crate) fn run(corpus: &Corpus, ruleset: &Ruleset, rounds: usize) -> anyhow::Result<Vec<Row>> {
    let mut floor = Floor::new(&corpus.records)?;
    let kernel = Kernel::best();
    let mut core = Decoder::with_kernel(&Fields::new(), Limits::STREAM, Some(kernel));
    let mut all = Decoder::with_kernel(ruleset.fields(), Limits::STREAM, Some(kernel));
    let mut through = Through::new(ruleset, Some(kernel), true);
    let records = &corpus.records;
    let mut contenders: Vec<(&'static str, Contender<'_>)> = vec![
        ("inflate", Box::new(|| floor.inflate(records))),
        ("inflate, scan and walk: core fields", Box::new(|| decode(&mut core, records))),
        ("inflate, scan and walk: the rules' fields", Box::new(|| decode(&mut all, records))),
        (
            "the same, and match",
            Box::new(|| {
                through.run(records);
                Ok(())
            }),
        ),
    ];
    let names: Vec<_> = contenders.iter().map(|(name, _)| *name).collect();
    let mut only: Vec<_> = contenders.drain(..).map(|(_, contender)| contender).collect();
    let times = medians(rounds, &mut only)?;
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds an event")]
    let events = corpus.log_events as f64;
    Ok(names
        .into_iter()
        .zip(&times)
        .map(|(stage, time)| Row {
            stage,
            ns_an_event: time.as_secs_f64() * 1e9 / events,
            ratio_to_inflate: time.as_secs_f64() / times[0].as_secs_f64(),
        })
        .collect())
}

/// So many passes, after one that is not counted apart: who takes the difference of two runs has the passes alone.
pub(crate) fn work(corpus: &Corpus, ruleset: &Ruleset, passes: usize, inflate: bool) -> anyhow::Result<()> {
    let mut floor = Floor::new(&corpus.records)?;
    let mut through = Through::new(ruleset, Some(Kernel::best()), true);
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

fn decode(decoder: &mut Decoder, records: &[Vec<u8>]) -> anyhow::Result<()> {
    let (mut tally, mut rejects) = (Tally::default(), Vec::new());
    for record in records {
        decoder.record(record, &mut tally, &mut rejects, |event| {
            std::hint::black_box(event.time_s);
        });
    }
    Ok(())
}
