//! One core against two: workers share nothing, so two must do nearly twice as much.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tripline::decode::Kernel;
use tripline_rules::plan::Ruleset;

use crate::corpus::Corpus;
use crate::floor::{Through, verify};
use crate::measure;

/// What two cores do of what one does, and how many events a second that is.
#[derive(Debug)]
pub(crate) struct Row {
    rules: usize,
    one_core_events_a_second: f64,
    two_to_one: f64,
}

impl Row {
    pub(crate) fn json(&self) -> Value {
        let Self { rules, one_core_events_a_second, two_to_one } = self;
        json!({"rules": rules, "one_core_events_a_second": one_core_events_a_second, "two_to_one": two_to_one})
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rules, one_core_events_a_second, two_to_one } = self;
        write!(
            f,
            "{rules} rules: {one_core_events_a_second:.0} events a second on one core, {two_to_one:.2} times that on two"
        )
    }
}

/// Passes over the corpus in one measurement.
const PASSES: u32 = 20;

/// Measures one worker, then two, in turn; medians.
pub(crate) fn run(corpus: &Corpus, ruleset: &Ruleset, rounds: usize) -> anyhow::Result<Row> {
    let (events, _) = verify(corpus, ruleset)?;
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        one.push(workers(corpus, ruleset, 1, events)?);
        two.push(workers(corpus, ruleset, 2, events)?);
    }
    let (one, two) = (measure::median(&mut one), measure::median(&mut two));
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let done = (events * u64::from(PASSES)) as f64;
    Ok(Row {
        rules: ruleset.summary().event_rules,
        one_core_events_a_second: done / one.as_secs_f64(),
        two_to_one: 2.0 * one.as_secs_f64() / two.as_secs_f64(),
    })
}

/// How long so many workers take, each on a core of its own and each for all of the corpus.
fn workers(corpus: &Corpus, ruleset: &Ruleset, count: usize, events: u64) -> anyhow::Result<Duration> {
    let barrier = Barrier::new(count + 1);
    thread::scope(|scope| {
        let work = |core: usize| {
            let barrier = &barrier;
            move || -> anyhow::Result<()> {
                measure::pin(core);
                let mut through = Through::new(ruleset, Some(Kernel::best()), true);
                through.run(&corpus.records);
                barrier.wait();
                for _ in 0..PASSES {
                    let (found, _) = through.run(&corpus.records);
                    ensure!(found == events, "{found} of {events} events");
                }
                Ok(())
            }
        };
        let handles: Vec<_> = (0..count).map(|core| scope.spawn(work(core))).collect();
        barrier.wait();
        let start = Instant::now();
        for handle in handles {
            handle.join().ok().context("a worker panicked")??;
        }
        Ok(start.elapsed())
    })
}
