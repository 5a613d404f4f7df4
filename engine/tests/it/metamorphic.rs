//! What must not matter: the order of events, how they are cut into records, over how many workers they are spread, how often they
//! come, and what else comes between them. And on the way alerts only ever appear and grow.
//!
//! `TRIPLINE_PERMUTATIONS` makes the cases more.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use tripline::alert::Alert;
use tripline::decode::{Decoder, Limits, Tally};
use tripline::pipeline::{Matcher, State};
use tripline::record::Record;
use tripline_loadgen::{Corpus, Options, Packing};
use tripline_rules::check;
use tripline_rules::packs::{self, Selection};
use tripline_rules::plan::Ruleset;

use crate::rng::Rng;

type Facts = BTreeMap<String, (u64, i64, i64, Vec<String>, String)>;

fn facts(alerts: &[Alert]) -> Facts {
    let fact = |alert: &Alert| {
        let (ids, summary) = (alert.event_ids.clone(), alert.summary.clone());
        (alert.id.clone(), (alert.count, alert.first_seen_s, alert.last_seen_s, ids, summary))
    };
    alerts.iter().map(fact).collect()
}

fn record(lines: &[String]) -> Record {
    Record::new(&"-".into(), 0, lines.join("\n").into_bytes())
}

/// Every event of a generated organisation with its attacks, as one line each.
fn lines(ruleset: &Ruleset) -> Vec<String> {
    let options = Options { seed: 23, events: 3_000, start_s: 1_770_000_000, ..Options::default() };
    let corpus = Corpus::new(options).unwrap();
    let mut lines = Vec::new();
    for message in corpus.messages(Packing::default()) {
        let record = Record::new(&"-".into(), 0, message.bytes);
        Decoder::new(ruleset.fields(), Limits::STREAM).record(
            &record.bytes,
            &mut Tally::default(),
            &mut Vec::new(),
            |event| {
                lines.push(event.compact_text());
            },
        );
    }
    lines
}

/// An event that matches nothing.
fn noise(n: usize) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventID":"noise-{n}","eventTime":"2026-02-02T03:04:05Z","eventSource":"noise.amazonaws.com","eventName":"GetNoise","awsRegion":"eu-west-1","recipientAccountId":"111122223333"}}"#
    )
}

/// Plays lines in records of one to two hundred, over so many workers; checks on the way that alerts only appear and grow.
fn play(ruleset: &Arc<Ruleset>, lines: &[String], workers: usize, rng: &mut Rng) -> Facts {
    let mut matchers: Vec<Matcher> =
        (0..workers).map(|_| Matcher::new(Arc::clone(ruleset), Limits::STREAM)).collect();
    let mut state = State::new(Arc::clone(ruleset));
    let mut waiting = Vec::new();
    let mut before = Facts::new();
    let mut rest = lines;
    while !rest.is_empty() {
        let (batch, later) = rest.split_at((1 + rng.below(200)).min(rest.len()));
        rest = later;
        let worker = rng.below(workers);
        waiting.push(matchers[worker].take(&record(batch)));
        if rng.one_in(3) || rest.is_empty() {
            // Workers are not equally fast.
            rng.shuffle(&mut waiting);
            waiting.drain(..).for_each(|mut matched| drop(state.take(&mut matched)));
        }
        if rng.one_in(6) {
            let now = facts(&state.alerts());
            for (id, (count, first_s, last_s, ..)) in &before {
                let grown =
                    now.get(id).is_some_and(|now| now.0 >= *count && now.1 <= *first_s && now.2 >= *last_s);
                assert!(grown, "{id} shrank or vanished");
            }
            before = now;
        }
    }
    assert!(state.accounts().balances());
    facts(&state.alerts())
}

#[test]
fn what_must_not_matter_does_not() {
    let baseline: Selection = "baseline".parse().unwrap();
    let loaded = check::load(&packs::files(), &|meta| baseline.selects(meta));
    let ruleset = Arc::new(Ruleset::new(loaded.rules, loaded.fields));
    let lines = lines(&ruleset);
    let wanted = play(&ruleset, &lines, 1, &mut Rng(0));
    assert!(wanted.len() > 30, "{} alerts", wanted.len());
    let cases: u64 = std::env::var("TRIPLINE_PERMUTATIONS").map_or(8, |text| text.parse().unwrap());
    for seed in 1..=cases {
        let mut rng = Rng(seed);
        let mut changed = lines.clone();
        for n in 0..lines.len() / 10 {
            changed.push(noise(n));
            changed.push(lines[rng.below(lines.len())].clone());
        }
        rng.shuffle(&mut changed);
        let workers = 1 + rng.below(16);
        assert_eq!(play(&ruleset, &changed, workers, &mut rng), wanted, "seed {seed}, {workers} workers");
    }
    let _ = writeln!(
        std::io::stderr(),
        "permutations {cases} of {} events with a tenth of noise and a tenth of duplicates, over 1 to 16 workers: {} alerts each",
        lines.len(),
        wanted.len()
    );
}
