//! The whole way from gzip to matches, as a multiple of inflating the same bytes and doing nothing with them.

use std::fmt;

use anyhow::ensure;
use serde_json::{Value, json};
use tripline::decode::{Decoder, Kernel, Limits, Tally};
use tripline_rules::matcher::{self, Scratch};
use tripline_rules::naive;
use tripline_rules::plan::Ruleset;

use crate::corpus::Corpus;
use crate::measure::{Contender, Floor, medians};

/// The table's first line.
pub(crate) const HEAD: &str =
    "messages   event rules     events    matches   gzip → matches / inflate   kernel    memo";

/// The most rules × events that are held against the naive matcher, which takes about 20 ns for each.
const JUDGED_MAX: u64 = 20_000_000;

/// One rule set against one corpus.
#[derive(Debug)]
pub(crate) struct Row {
    messages: &'static str,
    rules: usize,
    events: u64,
    matches: u64,
    ratio_to_inflate: f64,
    kernel: &'static str,
    memo: bool,
}

impl Row {
    pub(crate) fn json(&self) -> Value {
        json!({
            "rules": self.rules,
            "messages": self.messages,
            "events": self.events,
            "matches": self.matches,
            "ratio_to_inflate": self.ratio_to_inflate,
            "kernel": self.kernel,
            "memo": self.memo,
        })
    }
}

/// Cost against rules with the memo, a line a corpus, for the plot.
pub(crate) fn lines(rows: &[Row]) -> Vec<crate::plot::Line> {
    let mut lines: Vec<crate::plot::Line> = Vec::new();
    let best = Kernel::best().name();
    for row in rows.iter().filter(|row| row.memo && row.kernel == best) {
        match lines.iter_mut().find(|(name, _)| *name == row.messages) {
            Some((_, points)) => points.push((row.rules, row.ratio_to_inflate)),
            None => lines.push((row.messages, vec![(row.rules, row.ratio_to_inflate)])),
        }
    }
    lines
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, rules, events, matches, ratio_to_inflate, kernel, memo } = self;
        let memo = if *memo { "yes" } else { "no" };
        write!(
            f,
            "{messages:8} {rules:13} {events:10} {matches:10} {ratio_to_inflate:26.3}   {kernel:9} {memo}"
        )
    }
}

/// A way through: rules, by which kernel, and whether values may be remembered.
pub(crate) struct Way<'r> {
    pub(crate) rules: &'r Ruleset,
    pub(crate) kernel: Kernel,
    pub(crate) memo: bool,
}

/// Measures every way over one corpus, in one run.
pub(crate) fn run(corpus: &Corpus, ways: &[Way<'_>], rounds: usize) -> anyhow::Result<Vec<Row>> {
    let mut floor = Floor::new(&corpus.records)?;
    let counts = ways.iter().map(|way| verify(corpus, way.rules)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut contenders: Vec<Contender<'_>> = vec![Box::new(|| floor.inflate(&corpus.records))];
    for (way, count) in ways.iter().zip(&counts) {
        let mut through = Through::new(way.rules, Some(way.kernel), way.memo);
        contenders.push(Box::new(move || {
            let found = through.run(&corpus.records);
            ensure!(found == *count, "{found:?} of {count:?}");
            Ok(())
        }));
    }
    let times = medians(rounds, &mut contenders)?;
    let rows = ways.iter().zip(&counts).zip(&times[1..]).map(|((way, (events, matches)), time)| Row {
        messages: corpus.name,
        rules: way.rules.summary().event_rules,
        events: *events,
        matches: *matches,
        ratio_to_inflate: time.as_secs_f64() / times[0].as_secs_f64(),
        kernel: way.kernel.name(),
        memo: way.memo,
    });
    Ok(rows.collect())
}

/// Reads and matches, as a worker does.
pub(crate) struct Through<'r> {
    ruleset: &'r Ruleset,
    decoder: Decoder,
    scratch: Scratch,
}

impl<'r> Through<'r> {
    pub(crate) fn new(ruleset: &'r Ruleset, kernel: Option<Kernel>, memo: bool) -> Self {
        let decoder = Decoder::with_kernel(ruleset.fields(), Limits::STREAM, kernel);
        if memo {
            return Self { ruleset, decoder, scratch: Scratch::default() };
        }
        Self { ruleset, decoder: decoder.without_memo(), scratch: Scratch::without_memo() }
    }

    /// How many events there were, and how many matches.
    pub(crate) fn run(&mut self, records: &[Vec<u8>]) -> (u64, u64) {
        let (mut tally, mut rejects, mut hits) = (Tally::default(), Vec::new(), Vec::new());
        let mut matches = 0;
        for record in records {
            self.decoder.record(record, &mut tally, &mut rejects, |event| {
                matcher::hits(self.ruleset, &event.slots, &mut self.scratch, &mut hits);
                matches += hits.len() as u64;
            });
        }
        (tally.events_evaluated, matches)
    }
}

/// Every event is there, and what is found is what the pull parser and the naive matcher find; returns events and matches.
pub(crate) fn verify(corpus: &Corpus, ruleset: &Ruleset) -> anyhow::Result<(u64, u64)> {
    let (events, matches) = Through::new(ruleset, None, true).run(&corpus.records);
    ensure!(
        corpus.log_events == 0 || events == corpus.log_events,
        "{events} of {} events were read",
        corpus.log_events
    );
    ensure!(events > 0 && matches > 0, "no rule matches this corpus: nothing is measured");
    let every = usize::try_from((events * ruleset.rules().len() as u64).div_ceil(JUDGED_MAX))?;
    let mut decoder = Decoder::new(ruleset.fields(), Limits::STREAM);
    let (mut tally, mut scratch, mut hits) = (Tally::default(), Scratch::default(), Vec::new());
    let mut differs = None;
    for record in corpus.records.iter().step_by(every) {
        decoder.record(record, &mut tally, &mut Vec::new(), |event| {
            matcher::hits(ruleset, &event.slots, &mut scratch, &mut hits);
            if hits != naive::hits(ruleset, &event.slots) {
                differs = Some(event.message().into_owned());
            }
        });
    }
    ensure!(differs.is_none(), "the matchers differ on {differs:?}");
    Ok((events, matches))
}
