//! The keeper against the pipeline in memory: the same alerts, whatever the order, the batches, the duplicates, and wherever
//! it was killed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde_json::json;
use tripline_rules::plan::Ruleset;

use super::keeper::{Gone, Keeper, Route};
use super::*;
use crate::store::{Query, Retention, Store};
use crate::testing::{self, Rng};

mod damage;
mod pressure;
mod reload;

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
    Arc::clone(RULESET.get_or_init(|| testing::ruleset(RULES)))
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

/// All in memory, or next to nothing.
fn open_with(path: &Path, memory_bytes_max: Option<usize>) -> Keeper {
    let route: Route = Arc::new(|_| vec!["sink".to_owned()]);
    match memory_bytes_max {
        None => open(path),
        Some(max) => Keeper::open_on_demand(Store::open(path).unwrap(), &ruleset(), route, max).unwrap(),
    }
}

#[test]
fn kills_and_batches_change_no_alert() {
    for seed in 0..25 {
        kills_change_no_alert(seed, None);
    }
}

#[test]
fn neither_do_kills_when_next_to_nothing_is_in_memory() {
    for seed in 0..40 {
        kills_change_no_alert(seed, Some(usize::try_from(seed % 4).unwrap() * 3_000));
    }
}

fn kills_change_no_alert(seed: u64, memory_bytes_max: Option<usize>) {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| open_with(path, memory_bytes_max);
    {
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
            let mut batch: Vec<_> =
                records[next..next + size].iter().map(|record| matcher.take(record)).collect();
            keeper.load(&mut batch, &mut 0).unwrap();
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
        if let Some(max) = memory_bytes_max {
            let bytes = keeper.state().bytes();
            assert!(bytes <= max, "seed {seed}: {bytes} bytes");
        } else {
            let in_memory = facts(keeper.state().alerts().into_iter());
            assert_eq!(in_memory, wanted, "seed {seed}: memory is what is stored");
        }
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

/// Ten days, of which an hour is kept: what goes is missed by nobody, through kills.
#[test]
fn rows_that_go_change_no_alert() {
    let folder = tempfile::tempdir().unwrap();
    let mut swept = Gone::default();
    for seed in 0..4_u64 {
        let mut rng = Rng(seed);
        let mut events: Vec<(i64, String)> = (0..600)
            .map(|n| {
                let time_s = rng.below(10 * 24 * 3600);
                let text = event(&mut rng, n)
                    .replace("2026-01-02T", &format!("2026-01-{:02}T", 2 + time_s / 86_400));
                let time = format!("{:02}:{:02}:{:02}Z", time_s / 3600 % 24, time_s / 60 % 60, time_s % 60);
                let at = text.find("\"eventTime\":\"").unwrap() + 24;
                (time_s, format!("{}{time}{}", &text[..at], &text[at + 9..]))
            })
            .collect();
        // They come up to 40 minutes late, some of them twice.
        events.extend(events.clone().into_iter().filter(|_| rng.below(6) == 0));
        events.sort_by_cached_key(|(time_s, text)| (time_s + rng.below(2_400), text.clone()));
        let mut judge = Pipeline::new(ruleset(), Limits::STREAM);
        let path = folder.path().join(format!("{seed}.db"));
        let retention = Retention { late_s: 3600, closed_alerts_ms: None, alerts_ms: None };
        let memory_bytes_max = [None, Some(8_000)][rng.index(2)];
        let open = || {
            let mut keeper = open_with(&path, memory_bytes_max);
            for stored in keeper.positions().unwrap() {
                keeper.expect(&stored.source, stored.low_s);
            }
            keeper.retain(retention);
            keeper
        };
        let (mut keeper, mut matcher) = (open(), Matcher::new(ruleset(), Limits::STREAM));
        for (n, (_, text)) in (0..).zip(&events) {
            let record = Record::new(&"shard".into(), n, text.clone().into_bytes());
            judge.take(&record);
            let mut batch = vec![matcher.take(&record)];
            keeper.load(&mut batch, &mut 0).unwrap();
            let mut folded = keeper.fold(batch);
            keeper.write(&mut folded, &[], &[], 1).unwrap();
            let gone = keeper.sweep(i64::try_from(n).unwrap() * 700_000).unwrap();
            swept.rows += gone.rows;
            if rng.below(40) == 0 {
                drop(keeper);
                keeper = open();
            }
        }
        assert_eq!(keeper.accounts().hits.too_old, 0);
        let stored = keeper.store().list(&Query::default()).unwrap();
        let found = facts(stored.into_iter().map(|stored| stored.alert));
        assert_eq!(found, facts(judge.alerts().into_iter()), "seed {seed}");
    }
    assert!(swept.rows > 1_000, "{swept:?}");
}

#[test]
fn what_is_too_late_for_its_window_is_counted_and_kept_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut keeper = open(&folder.path().join("t.db"));
    keeper.retain(Retention { late_s: 3600, closed_alerts_ms: None, alerts_ms: None });
    let mut matcher = Matcher::new(ruleset(), Limits::STREAM);
    let mut take = |keeper: &mut Keeper, n: u64, text: String| {
        let record = Record::new(&"shard".into(), n, text.into_bytes());
        let mut folded = keeper.fold(vec![matcher.take(&record)]);
        keeper.write(&mut folded, &[], &[], 1).unwrap();
    };
    let failed = |time: &str, id: &str| {
        let text = delivery("198.51.100.1", "111122223333").replace("2026-01-02T03:01:00Z", time);
        text.replace("\"e1\"", &format!("\"{id}\"")).replace("StopLogging", "Failed")
    };
    take(&mut keeper, 0, failed("2026-01-09T00:00:00Z", "now"));
    take(&mut keeper, 1, failed("2026-01-02T00:00:00Z", "late"));
    // Two correlations count it.
    let accounts = keeper.accounts();
    assert_eq!((accounts.hits.too_old, accounts.hits.hits), (2, 4));
    let mut rows = 0;
    let count = &mut |_| {
        rows += 1;
        Ok(())
    };
    keeper.store().hits(count).unwrap();
    assert_eq!(rows, 2);
    // A single event is an alert whenever it comes.
    take(&mut keeper, 2, delivery("198.51.100.1", "111122223333"));
    let stored = keeper.store().list(&Query::default()).unwrap();
    assert_eq!((stored.len(), stored[0].alert.late), (1, true));
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

/// Ten more groups than have alerts of their own, through kills and with a hundred in memory.
#[test]
fn groups_beyond_the_limit_share_one_alert_through_kills_and_evictions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let mut rng = Rng(7);
    let mut keeper = open_with(&path, Some(100));
    let mut matcher = Matcher::new(ruleset(), Limits::STREAM);
    let event = |n: i64, id: String| {
        let text = delivery(&format!("10.0.{}.{}", n / 256, n % 256), "111122223333");
        text.replace("\"e1\"", &format!("\"{id}\"")).into_bytes()
    };
    let mut take = |keeper: &mut Keeper, bytes: Vec<u8>| {
        let mut batch = vec![matcher.take(&Record::new(&"shard".into(), 0, bytes))];
        keeper.load(&mut batch, &mut 0).unwrap();
        let mut folded = keeper.fold(batch);
        keeper.write(&mut folded, &[], &[], 1).unwrap();
    };
    let shared = |keeper: &Keeper| {
        let stored = keeper.store().list(&Query::default()).unwrap().into_iter().map(|stored| stored.alert);
        let (shared, own): (Vec<_>, Vec<_>) = stored.partition(|alert| alert.approximate);
        (
            own.len(),
            own.iter().map(|alert| alert.count).sum::<u64>(),
            shared.iter().map(|alert| alert.count).sum::<u64>(),
        )
    };
    for n in 0..1_010 {
        let lines: Vec<u8> = [event(n, format!("a{n}")), event(n, format!("b{n}"))].join(&b'\n');
        take(&mut keeper, lines);
        if rng.below(100) == 0 {
            drop(keeper);
            keeper = open_with(&path, Some(100));
        }
    }
    assert_eq!(shared(&keeper), (1_000, 2_000, 20));
    // Once more, all of it and something new of each, in another order.
    let mut order: Vec<i64> = (0..1_010).collect();
    rng.shuffle(&mut order);
    for n in order {
        take(&mut keeper, [event(n, format!("a{n}")), event(n, format!("c{n}"))].join(&b'\n'));
        if rng.below(100) == 0 {
            drop(keeper);
            keeper = open_with(&path, Some(100));
        }
    }
    assert_eq!(shared(&keeper), (1_000, 3_000, 30));
}

#[test]
fn a_rule_that_now_fires_on_what_was_kept_opens_its_alert() {
    a_changed_threshold_opens_alerts(None);
    a_changed_threshold_opens_alerts(Some(0));
}

fn a_changed_threshold_opens_alerts(memory_bytes_max: Option<usize>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let compiled =
        |threshold: u32| testing::ruleset(&RULES.replace("{gte: 3}", &format!("{{gte: {threshold}}}")));
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
    let open = |threshold| {
        let (store, rules, route) = (Store::open(&path).unwrap(), compiled(threshold), Arc::clone(&route));
        match memory_bytes_max {
            None => Keeper::open(store, &rules, route).unwrap(),
            Some(max) => Keeper::open_on_demand(store, &rules, route, max).unwrap(),
        }
    };
    let mut keeper = open(3);
    let mut batch = vec![Matcher::new(compiled(3), Limits::STREAM).take(&record)];
    keeper.load(&mut batch, &mut 0).unwrap();
    let mut folded = keeper.fold(batch);
    keeper.write(&mut folded, &[], &[], 1).unwrap();
    assert_eq!((many(&keeper), keeper.owes()), (0, false));
    drop(keeper);
    let mut keeper = open(2);
    assert!(keeper.owes());
    let mut folded = keeper.fold(Vec::new());
    keeper.write(&mut folded, &[], &[], 2).unwrap();
    assert_eq!((many(&keeper), keeper.owes()), (1, false));
}
