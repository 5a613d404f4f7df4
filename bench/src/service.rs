//! All that the service does, from gzip to committed alerts, as a multiple of inflating the same bytes: decode, match, windows,
//! alerts, store. Rules that match much are left out, so that one event in a thousand alerts, as in a fleet that is tuned.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};
use tripline::decode::{Decoder, Limits, Tally};
use tripline::pipeline::keeper::Keeper;
use tripline::pipeline::{COMMIT_BATCHES_MAX, Matcher};
use tripline::record::Record;
use tripline::store::Store;
use tripline_rules::matcher::{self, Scratch};
use tripline_rules::plan::Ruleset;

use crate::corpus::Corpus;
use crate::measure::{Floor, core_time, median, resident_bytes};
use crate::rules;

/// Of so many events one may alert.
const EVENTS_AN_ALERT: u64 = 1_000;

/// What everything together costs.
#[derive(Debug)]
pub(crate) struct Row {
    rules: usize,
    events: u64,
    alerting: u64,
    alerts: u64,
    commits: u64,
    ratio_to_inflate: f64,
    /// Seconds of a core that a million events took.
    pub(crate) core_s_a_million: f64,
}

impl Row {
    pub(crate) fn json(&self) -> Value {
        let Self { rules, events, alerting, alerts, commits, ratio_to_inflate, core_s_a_million } = self;
        json!({
            "rules": rules, "messages": "main", "events": events, "events_alerting": alerting, "alerts": alerts,
            "commits": commits, "ratio_to_inflate": ratio_to_inflate, "core_s_a_million": core_s_a_million,
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rules, events, alerting, alerts, commits, ratio_to_inflate, core_s_a_million } = self;
        write!(
            f,
            "{rules} rules, {events} events of which {alerting} alert: {alerts} alerts in {commits} commits, {ratio_to_inflate:.3} times inflating, {core_s_a_million:.2} core s a million events"
        )
    }
}

/// Measures the service and the floor in turn, one thread on one core; medians of what they take of it. What a commit waits for its
/// disk is not in that: the service goes on decoding meanwhile.
pub(crate) fn run(corpus: &Corpus, rounds: usize) -> anyhow::Result<Row> {
    let (ruleset, alerting) = quiet(corpus, 76)?;
    let rules = Arc::new(ruleset);
    let (mut floor, mut floors, mut services) = (Floor::new(&corpus.records)?, Vec::new(), Vec::new());
    let (mut alerts, mut commits) = (0, 0);
    let mut matcher = Matcher::new(Arc::clone(&rules), Limits::STREAM);
    for round in 0..=rounds {
        let start = core_time();
        floor.inflate(&corpus.records)?;
        let inflated = core_time() - start;
        let served;
        (served, alerts, commits) = serve(corpus, &rules, &mut matcher, alerting)?;
        if round > 0 {
            floors.push(inflated);
            services.push(served);
        }
    }
    let service_s = median(&mut services).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let core_s_a_million = service_s * 1e6 / corpus.log_events as f64;
    Ok(Row {
        rules: rules.rules().len(),
        events: corpus.log_events,
        alerting,
        alerts,
        commits,
        ratio_to_inflate: service_s / median(&mut floors).as_secs_f64(),
        core_s_a_million,
    })
}

/// One pass into a new store, which is made before the clock starts, by a worker that has met such events before. Commits are as many
/// as there can be, those of a state thread that is never behind. Returns how long it took, how many alerts there are, and how many
/// commits there were.
fn serve(
    corpus: &Corpus,
    rules: &Arc<Ruleset>,
    matcher: &mut Matcher,
    alerting: u64,
) -> anyhow::Result<(Duration, u64, u64)> {
    let folder = tempfile::tempdir()?;
    let mut keeper =
        Keeper::open(Store::open(&folder.path().join("service.db"))?, rules, Arc::new(|_| Vec::new()))?;
    let source = "bench".into();
    let records: Vec<Record> =
        (0..).zip(&corpus.records).map(|(n, bytes)| Record::new(&source, n, bytes.clone())).collect();
    let start = core_time();
    let (mut folding, mut commits) = (keeper.begin(), 0);
    for (n, record) in (1..).zip(&records) {
        keeper.fold_in(&mut folding, matcher.take(record));
        if folding.opens() || folding.len() == COMMIT_BATCHES_MAX || n == records.len() {
            let mut folded = keeper.finish(std::mem::take(&mut folding));
            keeper.write(&mut folded, &[], &[], tripline::pipeline::now_ms())?;
            folding = keeper.begin();
            commits += 1;
        }
    }
    let took = core_time() - start;
    let accounts = keeper.accounts();
    ensure!(accounts.balances() && accounts.decode.events_evaluated == corpus.log_events, "{accounts:?}");
    ensure!(accounts.hits.counted >= alerting, "{} hits of {alerting} events", accounts.hits.counted);
    Ok((took, keeper.state().alert_ids().len() as u64, commits))
}

/// So many rules without those that match most, and how many events the rest match.
fn quiet(corpus: &Corpus, count: usize) -> anyhow::Result<(Ruleset, u64)> {
    let all = rules::of(count)?;
    let mut decoder = Decoder::new(all.fields(), Limits::STREAM);
    let (mut scratch, mut hits, mut matched) = (Scratch::default(), Vec::new(), Vec::new());
    let mut by_rule: BTreeMap<_, u64> = BTreeMap::new();
    for record in &corpus.records {
        decoder.record(record, &mut Tally::default(), &mut Vec::new(), |event| {
            matcher::hits(&all, &event.slots, &mut scratch, &mut hits);
            hits.iter().for_each(|rule| *by_rule.entry(*rule).or_default() += 1);
            matched.push(hits.clone());
        });
    }
    let mut loud: Vec<_> = by_rule.into_iter().collect();
    loud.sort_by_key(|(_, matches)| std::cmp::Reverse(*matches));
    let mut left_out = BTreeSet::new();
    let alerting = |left_out: &BTreeSet<_>| {
        matched.iter().filter(|hits| hits.iter().any(|rule| !left_out.contains(rule))).count() as u64
    };
    for (rule, _) in loud {
        if alerting(&left_out) * EVENTS_AN_ALERT <= corpus.log_events {
            break;
        }
        left_out.insert(rule);
    }
    let left = alerting(&left_out);
    ensure!(left > 0, "no rule is left that matches");
    let names: BTreeSet<String> = left_out.iter().map(|rule| all.rule(*rule).meta.id.clone()).collect();
    Ok((rules::of_without(count, &names)?, left))
}

/// What so many rules take while nothing comes.
#[derive(Debug)]
pub(crate) struct Memory {
    rules: usize,
    resident_mb: f64,
}

impl Memory {
    pub(crate) fn json(&self) -> Value {
        json!({"rules": self.rules, "resident_mb": self.resident_mb})
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rules, a worker, an open store, no traffic: {:.0} MB resident",
            self.rules, self.resident_mb
        )
    }
}

/// Loads so many rules as the service does, and looks at this process.
pub(crate) fn memory(count: usize) -> anyhow::Result<Memory> {
    let folder = tempfile::tempdir()?;
    let rules = Arc::new(rules::of(count)?);
    let keeper =
        Keeper::open(Store::open(&folder.path().join("service.db"))?, &rules, Arc::new(|_| Vec::new()))?;
    let matcher = Matcher::new(Arc::clone(&rules), Limits::STREAM);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let resident_mb = resident_bytes()? as f64 / 1e6;
    drop((keeper, matcher));
    Ok(Memory { rules: rules.summary().event_rules, resident_mb })
}
