//! The reference engine and the engine's own pipeline, in memory, agree on everything that an alert says; and the reference
//! agrees with what AWS published.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tripline::decode::Limits;
use tripline::pipeline::Pipeline;
use tripline::record::Record;
use tripline_loadgen::{Corpus, Distribution, Options, Packing};
use tripline_rules::check;
use tripline_rules::packs::{self, Selection};
use tripline_rules::plan::Ruleset;

use super::event::{Event, events};
use super::json::Json;
use super::rule::Rule;
use super::{Alerts, Reference, assert_same, cases, found, name, pattern_text, rule, shipped, shipped_files};
use crate::rng::Rng;
use crate::shared;

/// Selections of shipped rules, as a configuration names them. The last holds every rule that ships.
const PACKS: [&[&str]; 3] = [&["baseline"], &["cis@5.0.0"], EVERY_RULE];
const EVERY_RULE: &[&str] = &[
    "threats",
    "integrity",
    "engine",
    "cis-all@7.0.0",
    "cis-all@4.0.0",
    "cis-all@3.0.0",
    "cis-all@1.4.0",
    "cis-all@1.1.0",
];

/// CloudTrail events in the published corpus, and in its samples of what CloudWatch Logs writes.
const CORPUS_EVENTS: usize = 4_015;

/// Lines of a corpus file in one record.
const RECORD_LINES: usize = 100;

/// What the engine's pipeline makes of records.
fn pipeline(packs: &[&str], records: &[Vec<u8>]) -> (Alerts, Vec<String>, u64) {
    let selections: Vec<Selection> = packs.iter().map(|pack| pack.parse().unwrap()).collect();
    let loaded = check::load(&packs::files(), &|meta| selections.iter().any(|one| one.selects(meta)));
    let alerting = loaded.rules.iter().filter(|rule| rule.alerts).map(|rule| rule.meta.id.clone()).collect();
    let mut pipeline = Pipeline::new(Arc::new(Ruleset::new(loaded.rules, loaded.fields)), Limits::FILE);
    for (n, bytes) in (0..).zip(records) {
        drop(pipeline.take(&Record::new(&"judge".into(), n, bytes.clone())));
    }
    assert!(pipeline.accounts().balances());
    let events = pipeline.accounts().decode.events_evaluated;
    (found(&pipeline.alerts()), alerting, events)
}

/// Fails if the two differ; returns the rules that have alerts.
fn judge(packs: &[&str], records: &[Vec<u8>], events: &[Arc<Event>], context: &str) -> BTreeSet<String> {
    let (found, mut running, evaluated) = pipeline(packs, records);
    let mut reference = Reference::of_packs(packs);
    events.iter().for_each(|event| reference.judge(event));
    let mut wanted_rules = reference.rule_ids();
    running.sort();
    wanted_rules.sort();
    assert_eq!(running, wanted_rules, "{context}: the rules of {packs:?}");
    assert_eq!(evaluated, reference.events, "{context}: CloudTrail events");
    assert_same(&found, &reference.alerts(), &format!("{context}, {packs:?}"));
    let rules: BTreeSet<String> = found.keys().map(|(rule, ..)| rule.clone()).collect();
    let _ = writeln!(
        std::io::stderr(),
        "{context}, {packs:?}: {} alerts of {} rules agree over {evaluated} events",
        found.len(),
        rules.len()
    );
    rules
}

/// The first rule of the file beside which a file of cases is.
fn beside(cases: &Path) -> String {
    let text = fs::read_to_string(cases.to_string_lossy().replace(".cases.yml", ".yml")).unwrap();
    rule::rules(&[(String::new(), text)], |_| true)[0].id.clone()
}

fn read(records: &[Vec<u8>]) -> Vec<Arc<Event>> {
    records.iter().flat_map(|record| events(record)).map(Arc::new).collect()
}

#[test]
fn the_engine_agrees_on_generated_organizations() {
    let seeds: u64 = std::env::var("TRIPLINE_JUDGED_SEEDS").map_or(1, |text| text.parse().unwrap());
    for seed in 1..=seeds {
        let options = Options { seed, events: 2_500, start_s: 1_770_000_000, ..Options::default() };
        let corpus = Corpus::new(options).unwrap();
        let packing = Packing { distribution: Distribution::Random, ..Packing::default() };
        let records: Vec<Vec<u8>> = corpus.messages(packing).map(|message| message.bytes).collect();
        let events = read(&records);
        for packs in PACKS {
            judge(packs, &records, &events, &format!("seed {seed}"));
        }
    }
}

#[test]
fn the_engine_agrees_on_the_published_corpus() {
    let Some(shared) = shared::folder("reference") else { return };
    let folder = shared.join("corpus/dev");
    let files = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_events = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".ndjson") && !name.ends_with(".labels.ndjson")
    };
    let mut records = Vec::new();
    for path in files(&folder).filter(is_events) {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        records.extend(lines.chunks(RECORD_LINES).map(|lines| lines.join("\n").into_bytes()));
    }
    records.extend(files(&folder.join("cwl_samples")).map(|path| fs::read(path).unwrap()));
    let events = read(&records);
    for packs in PACKS {
        judge(packs, &records, &events, "corpus");
    }
    assert_eq!(events.len(), CORPUS_EVENTS);
}

/// The cases beside the rules judge the reference, and over all of them together it judges the engine: there every shipped
/// rule has an alert.
#[test]
fn the_reference_answers_the_cases_beside_the_rules_and_the_engine_agrees() {
    let rules = shipped();
    let (mut serial, mut wrong, mut records) = (0, Vec::new(), Vec::new());
    for path in shipped_files().into_iter().filter(|path| name(path).ends_with(".cases.yml")) {
        for case in cases::cases(&fs::read_to_string(&path).unwrap(), &beside(&path), &mut serial) {
            let record = case.events.join("\n").into_bytes();
            let mut reference = Reference::new(rule::rules(&rules, |rule| rule.id == case.rule));
            reference.take(&record);
            if reference.alerts().is_empty() == case.hits {
                wrong.push(case.name);
            }
            records.push(record);
        }
    }
    assert!(wrong.is_empty(), "{} of {serial} cases: {wrong:?}", wrong.len());
    let alerting = judge(EVERY_RULE, &records, &read(&records), "cases");
    let silent: Vec<_> =
        Reference::of_packs(EVERY_RULE).rule_ids().into_iter().filter(|id| !alerting.contains(id)).collect();
    assert!(silent.is_empty(), "no case makes {silent:?} fire");
    let shipped = check::load(&packs::files(), &|_| true).rules.into_iter().filter(|rule| rule.alerts);
    assert_eq!(shipped.count(), alerting.len(), "a shipped rule is in no selection");
}

/// Every case of a correlation with the times of its events drawn anew around the edges of windows and periods, in any order and
/// with duplicates: there a boundary that is open instead of closed shows.
#[test]
fn the_engine_agrees_at_the_edges_of_windows_and_periods() {
    let variants: usize = std::env::var("TRIPLINE_JUDGED_EDGES").map_or(6, |text| text.parse().unwrap());
    let rules = Reference::of_packs(EVERY_RULE).rules;
    let (mut rng, mut serial, mut records) = (Rng(41), 0, Vec::new());
    for path in shipped_files().into_iter().filter(|path| name(path).ends_with(".cases.yml")) {
        for case in cases::cases(&fs::read_to_string(&path).unwrap(), &beside(&path), &mut serial) {
            let correlation = rules.iter().find(|rule| rule.id == case.rule && rule.within_s > 0);
            let Some(Rule { within_s, suppress_s, .. }) = correlation else { continue };
            for variant in 0..variants {
                let day_s = 1_800_000_000 + i64::try_from(records.len()).unwrap() * 20 * 86_400;
                // A window that begins near the end of a period, so that it reaches into the next.
                let start_s =
                    (day_s.div_euclid(*suppress_s) + 1) * suppress_s - i64::try_from(rng.below(3)).unwrap();
                let offsets = [
                    0,
                    1,
                    within_s / 2,
                    within_s - 1,
                    *within_s,
                    within_s + 1,
                    *suppress_s,
                    suppress_s + within_s,
                ];
                let few = if variant % 2 == 0 { [0, 4 + rng.below(2)] } else { [rng.below(8), rng.below(8)] };
                let mut lines: Vec<String> = Vec::new();
                for (n, event) in case.events.iter().enumerate() {
                    let mut event: Value = serde_json::from_str(event).unwrap();
                    let time_s = start_s + offsets[few[usize::from(n > 0 && rng.one_in(2))]];
                    event["eventTime"] = jiff::Timestamp::from_second(time_s).unwrap().to_string().into();
                    event["eventID"] = format!("edge-{}-{n}", records.len()).into();
                    lines.extend(std::iter::repeat_n(event.to_string(), 1 + rng.below(2)));
                }
                rng.shuffle(&mut lines);
                records.push(lines.join("\n").into_bytes());
            }
        }
    }
    let alerting = judge(EVERY_RULE, &records, &read(&records), "edges");
    assert!(
        rules.iter().filter(|rule| rule.within_s > 0).all(|rule| alerting.contains(&rule.id)),
        "{alerting:?}"
    );
}

/// The judge is judged: by what AWS documents and others observed of the filter-pattern language.
#[test]
fn the_reference_answers_the_published_pattern_vectors() {
    let Some(shared) = shared::folder("reference") else { return };
    let text = fs::read_to_string(shared.join("spec/filter-pattern-vectors.ndjson")).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events = lines.next().unwrap()["events"].take();
    let (mut wrong, mut judged) = (Vec::new(), 0);
    for vector in lines.filter(|vector| vector["mode"].is_null()) {
        let event = vector["event"].as_str().unwrap();
        let message = event.strip_prefix('@').map_or(event, |key| events[key].as_str().unwrap());
        let pattern = pattern_text::parse(vector["pattern"].as_str().unwrap());
        let (Some(pattern), true) = (pattern, vector["expect"] != "invalid") else { continue };
        let holds = match Json::parse(message) {
            Some(json @ Json::Map(_)) => pattern.over(&json, &|_, _| true) == Some(true),
            _ => false,
        };
        judged += 1;
        if vector["expect"] != if holds { "yes" } else { "no" } {
            wrong.push(format!("got {holds}: {vector}\n    on {message}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {judged}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(judged > 100, "{judged}");
}
