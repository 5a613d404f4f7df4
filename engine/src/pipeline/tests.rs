//! The keeper against the pipeline in memory: the same alerts, whatever the order, the batches, the duplicates, and wherever
//! it was killed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde_json::json;
use tripline_rules::check::{self, SourceFile};
use tripline_rules::plan::Ruleset;

use super::keeper::{Keeper, Route};
use super::*;
use crate::store::{Query, Store};
use crate::testing::Rng;

const RULES: &str = "
title: Stopped
id: stopped
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: StopLogging}, condition: a}
level: high
---
title: Every one
id: every
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Every}, condition: a}
tripline: {suppress: 0}
---
title: Many
id: many
correlation: {type: event_count, rules: [failed], group-by: [recipientAccountId], timespan: 5m, condition: {gte: 3}}
---
title: Several names
id: several
correlation: {type: value_count, rules: [failed], group-by: [recipientAccountId], timespan: 5m, condition: {gte: 2, field: sourceIPAddress}}
---
title: Failed
id: failed
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Failed}, condition: a}
";

fn ruleset() -> Arc<Ruleset> {
    static RULESET: OnceLock<Arc<Ruleset>> = OnceLock::new();
    let made = || {
        let files = [SourceFile { name: "rules.yml".into(), text: RULES.to_owned() }];
        let loaded = check::load(&files, &|_| true);
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        Arc::new(Ruleset::new(loaded.rules, loaded.fields))
    };
    Arc::clone(RULESET.get_or_init(made))
}

fn event(rng: &mut Rng, n: i64) -> String {
    let name = ["StopLogging", "Failed", "Failed", "Failed", "Every", "Other"][rng.index(6)];
    let time_s = rng.below(2 * 3600);
    json!({
        "eventVersion": "1.08", "eventID": if rng.below(20) == 0 { None } else { Some(format!("e{n}")) },
        "eventTime": format!("2026-01-02T{:02}:{:02}:{:02}Z", time_s / 3600, time_s / 60 % 60, time_s % 60),
        "eventSource": "x.amazonaws.com", "eventName": name, "awsRegion": "eu-west-1",
        "recipientAccountId": format!("11112222333{}", rng.below(2)), "sourceIPAddress": format!("198.51.100.{}", rng.below(4)),
    })
    .to_string()
}

/// Records of one to six events, in any order, one event in five twice.
fn records(rng: &mut Rng) -> Vec<Record> {
    let mut events: Vec<String> = (0..10 + rng.below(40)).map(|n| event(rng, n)).collect();
    for n in 0..events.len() {
        if rng.below(5) == 0 {
            events.push(events[n].clone());
        }
    }
    rng.shuffle(&mut events);
    let mut records = Vec::new();
    while !events.is_empty() {
        let size = (1 + rng.index(6)).min(events.len());
        let bytes = events.drain(..size).collect::<Vec<_>>().join("\n").into_bytes();
        records.push(Record::new(&"shard".into(), records.len() as u64, bytes));
    }
    records
}

/// Everything of an alert but how often it was told and when.
fn facts(alerts: impl Iterator<Item = Alert>) -> BTreeMap<String, String> {
    alerts
        .map(|mut alert| {
            alert.revision = 1;
            alert.latency = crate::alert::Latency::default();
            (alert.id.clone(), alert.json().unwrap())
        })
        .collect()
}

fn open(path: &Path) -> Keeper {
    let route: Route = Arc::new(|_| vec!["sink".to_owned()]);
    Keeper::open(Store::open(path).unwrap(), &ruleset(), route).unwrap()
}

#[test]
fn kills_and_batches_change_no_alert() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..40_u64 {
        let mut rng = Rng(seed);
        let records = records(&mut rng);
        let mut judge = Pipeline::new(ruleset(), Limits::STREAM);
        records.iter().for_each(|record| drop(judge.take(record)));
        let path = folder.path().join(format!("{seed}.db"));
        let mut keeper = open(&path);
        let mut matcher = Matcher::new(ruleset(), Limits::STREAM);
        let (mut next, mut committed) = (0, 0);
        while next < records.len() {
            let size = (1 + rng.index(4)).min(records.len() - next);
            let batch = records[next..next + size].iter().map(|record| matcher.take(record)).collect();
            let mut folded = keeper.fold(batch);
            if rng.below(6) == 0 {
                // Killed before the commit: what was folded is gone, and read again from the last position.
                drop((folded, keeper));
                keeper = open(&path);
                let done = keeper.positions().unwrap().first().map(|position| position.position.clone());
                next = done.map_or(0, |done| done.parse::<usize>().unwrap() + 1);
                assert_eq!(next, committed, "seed {seed}: what was committed is what was read");
                continue;
            }
            keeper.write(&mut folded, &[], &[], 1).unwrap();
            next += size;
            committed = committed.max(next);
            if rng.below(6) == 0 {
                // Killed after it, and its acknowledgement lost: the last record is read again.
                drop(keeper);
                keeper = open(&path);
                next -= rng.index(2);
            }
        }
        let stored = keeper.store().list(&Query::default()).unwrap();
        let (found, wanted) =
            (facts(stored.into_iter().map(|stored| stored.alert)), facts(judge.alerts().into_iter()));
        assert_eq!(found, wanted, "seed {seed}");
        assert_eq!(
            facts(keeper.state().alerts().into_iter()),
            wanted,
            "seed {seed}: memory is what is stored"
        );
        assert!(keeper.accounts().balances());
        // Every alert is told, the opening first.
        let due = keeper.store().due("sink", i64::MAX, 10_000).unwrap();
        let told: BTreeSet<_> = due
            .iter()
            .flatten()
            .map(|due| (due.stored.alert.id.clone(), due.stored.alert.revision))
            .collect();
        let openings = wanted.keys().map(|id| (id.clone(), 1)).collect();
        assert_eq!(told, openings, "seed {seed}");
    }
}

/// A delivery of one event that differs from another in who is said to have acted.
fn delivery(name: &str, account: &str) -> String {
    json!({
        "eventVersion": "1.08", "eventID": "e1", "eventTime": "2026-01-02T03:01:00Z", "eventSource": "x.amazonaws.com",
        "eventName": "StopLogging", "recipientAccountId": account, "sourceIPAddress": name,
    })
    .to_string()
}

#[test]
fn an_event_that_came_in_two_versions_is_each_groups_own_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let record = |part, text: String| Record::new(&"shard".into(), part, text.into_bytes());
    let records = [
        record(0, delivery("198.51.100.1", "111122223333")),
        record(1, delivery("198.51.100.2", "111122223333")),
        record(2, delivery("198.51.100.2", "111122223333")),
    ];
    let mut judge = Pipeline::new(ruleset(), Limits::STREAM);
    let mut matcher = Matcher::new(ruleset(), Limits::STREAM);
    for record in &records {
        judge.take(record);
        let mut keeper = open(&path);
        let mut folded = keeper.fold(vec![matcher.take(record)]);
        keeper.write(&mut folded, &[], &[], 1).unwrap();
    }
    assert_eq!(facts(open(&path).state().alerts().into_iter()), facts(judge.alerts().into_iter()));
}

#[test]
fn a_rule_that_now_fires_on_what_was_kept_opens_its_alert() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let compiled = |threshold: u32| {
        let text = RULES.replace("{gte: 3}", &format!("{{gte: {threshold}}}"));
        let loaded = check::load(&[SourceFile { name: "rules.yml".into(), text }], &|_| true);
        Arc::new(Ruleset::new(loaded.rules, loaded.fields))
    };
    let failed = |n: u32| {
        let text = delivery("198.51.100.1", "111122223333").replace("StopLogging", "Failed");
        text.replace("\"e1\"", &format!("\"e{n}\""))
    };
    let record = Record::new(&"shard".into(), 0, [failed(1), failed(2)].join("\n").into_bytes());
    let route: Route = Arc::new(|_| vec!["sink".to_owned()]);
    let many = |keeper: &Keeper| {
        let stored = keeper.store().list(&Query::default()).unwrap();
        stored.iter().filter(|stored| stored.alert.rule.id == "many").count()
    };
    let mut keeper = Keeper::open(Store::open(&path).unwrap(), &compiled(3), Arc::clone(&route)).unwrap();
    let mut folded = keeper.fold(vec![Matcher::new(compiled(3), Limits::STREAM).take(&record)]);
    keeper.write(&mut folded, &[], &[], 1).unwrap();
    assert_eq!((many(&keeper), keeper.owes()), (0, false));
    drop(keeper);
    let mut keeper = Keeper::open(Store::open(&path).unwrap(), &compiled(2), route).unwrap();
    assert!(keeper.owes());
    let mut folded = keeper.fold(Vec::new());
    keeper.write(&mut folded, &[], &[], 2).unwrap();
    assert_eq!((many(&keeper), keeper.owes()), (1, false));
}
