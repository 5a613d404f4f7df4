//! A rule that is flooded beyond its rows: the victim in the flood is told, memory and rows stay within their budgets, and every
//! hit is somewhere; through restarts.

use super::*;
use crate::pipeline::keeper::Budget;

const FLOOD_RULES: &str = "
title: Many
id: many
correlation: {type: event_count, rules: [failed], group-by: [sourceIPAddress], timespan: 5m, condition: {gte: 5}}
---
title: Failed
id: failed
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Failed}, condition: a}
---
title: Single
id: single
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Failed}, condition: a}
tripline: {group-by: [sourceIPAddress]}
";

/// Windows in memory, and rows of one rule.
const MEMORY_MAX: usize = 40 << 20;
const ROWS_MAX: u64 = 2 << 20;

fn failed(n: usize, time_s: usize, address: &str) -> String {
    json!({
        "eventVersion": "1.08", "eventID": format!("e{n}"), "eventTime": format!("2026-01-02T03:{:02}:{:02}Z", time_s / 60, time_s % 60),
        "eventSource": "x.amazonaws.com", "eventName": "Failed", "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333", "sourceIPAddress": address, "userAgent": "x".repeat(600),
    })
    .to_string()
}

/// Every ten seconds forty addresses that nobody ever saw; the victim's twice a minute.
fn flood() -> Vec<Record> {
    let mut n = 0;
    let mut records = Vec::new();
    for step in 0..300_usize {
        let time_s = step * 10;
        let mut events: Vec<String> = (0..40)
            .map(|k| {
                n += 1;
                failed(n, time_s, &format!("10.{}.{}.{k}", step / 256, step % 256))
            })
            .collect();
        if step % 3 == 0 {
            n += 1;
            events.push(failed(n, time_s, "198.51.100.66"));
        }
        records.push(Record::new(&"shard".into(), step as u64, events.join("\n").into_bytes()));
    }
    records
}

fn open_within_budget(path: &Path, rules: &Arc<Ruleset>) -> Keeper {
    let route: Route = Arc::new(|_| Vec::new());
    let mut keeper = Keeper::open_on_demand(Store::open(path).unwrap(), rules, route, MEMORY_MAX).unwrap();
    keeper.set_budget(Budget { rule_bytes_max: ROWS_MAX, bytes_max: u64::MAX }, 1).unwrap();
    keeper
}

#[test]
fn a_flood_hides_nobody_and_costs_no_more_than_its_budget() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let rules = testing::ruleset(FLOOD_RULES);
    let mut keeper = open_within_budget(&path, &rules);
    let mut matcher = Matcher::new(Arc::clone(&rules), Limits::STREAM);
    let (mut hits, mut over_budget, mut pressed) = (0, 0, 0);
    for (n, record) in flood().iter().enumerate() {
        if n % 50 == 49 {
            over_budget += keeper.accounts().hits.over_budget;
            drop(keeper);
            keeper = open_within_budget(&path, &rules);
        }
        let mut batch = vec![matcher.take(record)];
        hits += batch[0].hits.len() as u64;
        keeper.load(&mut batch, &mut 0).unwrap();
        let mut folded = keeper.fold(batch);
        keeper.write(&mut folded, &[], &[], i64::try_from(n).unwrap()).unwrap();
        assert!(keeper.state().bytes() <= MEMORY_MAX, "{} bytes", keeper.state().bytes());
        assert!(keeper.accounts().balances());
        pressed += usize::from(keeper.under_pressure() > 0);
    }
    over_budget += keeper.accounts().hits.over_budget;
    assert!(pressed > 150 && over_budget > 10_000, "{pressed} records under pressure, {over_budget} hits");
    for total in keeper.store().row_totals().unwrap() {
        // What one record added last, and the hits of groups that have rows.
        assert!(total.bytes < ROWS_MAX + 300_000, "{total:?}");
    }
    let alerts = keeper.store().list(&Query::default()).unwrap();
    let victim: Vec<_> = alerts
        .iter()
        .filter(|stored| stored.alert.rule.id == "many" && stored.alert.group[0].1 == "198.51.100.66")
        .collect();
    assert_eq!(victim.len(), 1, "one period of an hour");
    assert!(victim[0].alert.count >= 90, "{}", victim[0].alert.count);
    let false_alarms = alerts.iter().filter(|stored| stored.alert.rule.id == "many").count() - 1;
    assert_eq!(false_alarms, 0, "addresses that called once");
    let singles = alerts.iter().filter(|stored| stored.alert.rule.id == "single").count();
    assert_eq!(singles, 1_001, "a thousand of their own, and one that the others share");
    let (source, accounts) = &keeper.store().accounts().unwrap()[0];
    assert_eq!((source.as_str(), accounts.hits, accounts.hits_over_budget), ("shard", hits, over_budget));
    assert!(accounts.unaccounted().iter().all(|(_, gap)| *gap == 0), "{accounts:?}");
    let open: Vec<_> =
        keeper.store().pressures().unwrap().into_iter().map(|one| (one.rule, one.to_ms)).collect();
    assert_eq!(open, [("many".to_owned(), None), ("single".to_owned(), None)]);
    // Larger budgets end it at the next start, and whoever tells of it learns when.
    drop(keeper);
    let mut keeper = open_within_budget(&path, &rules);
    keeper.set_budget(Budget { rule_bytes_max: ROWS_MAX * 10, bytes_max: u64::MAX }, 7_000).unwrap();
    let ended: Vec<_> = keeper.pressures().values().map(|one| (one.rule.as_str(), one.to_ms)).collect();
    assert_eq!((keeper.under_pressure(), ended), (0, vec![("many", Some(7_000)), ("single", Some(7_000))]));
}

/// A victim of whom nobody had heard before the pressure began.
#[test]
fn who_comes_after_the_pressure_began_is_told_approximately() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let rules = testing::ruleset(FLOOD_RULES);
    let mut keeper = open_within_budget(&path, &rules);
    let mut matcher = Matcher::new(Arc::clone(&rules), Limits::STREAM);
    let mut records = flood();
    let late = (0..10).map(|n| failed(90_000 + n, 3_000 + n * 20, "203.0.113.9")).collect::<Vec<_>>();
    records.extend(
        late.iter().zip(300..).map(|(text, n)| Record::new(&"shard".into(), n, text.clone().into_bytes())),
    );
    for record in &records {
        let mut batch = vec![matcher.take(record)];
        keeper.load(&mut batch, &mut 0).unwrap();
        let mut folded = keeper.fold(batch);
        keeper.write(&mut folded, &[], &[], 1).unwrap();
    }
    let found = |keeper: &Keeper| {
        let alerts = keeper.store().list(&Query::default()).unwrap();
        let mut of_victim = alerts
            .into_iter()
            .filter(|stored| stored.alert.rule.id == "many" && stored.alert.group[0].1 == "203.0.113.9");
        of_victim.next().map(|stored| stored.alert).unwrap()
    };
    let alert = found(&keeper);
    assert!(alert.approximate && !alert.count_exact);
    assert_eq!(alert.count, 10, "four that were estimated, and six that have rows");
    // What it amounts to is the same after a restart.
    drop(keeper);
    let mut keeper = open_within_budget(&path, &rules);
    let again = Record::new(&"shard".into(), 999, late[9].clone().into_bytes());
    let mut batch = vec![matcher.take(&again)];
    keeper.load(&mut batch, &mut 0).unwrap();
    drop(keeper.fold(batch));
    let key = keeper.state().alert_ids().into_iter().find(|(_, id)| *id == alert.id).unwrap().0;
    let folded = keeper.state().alert(&key).unwrap();
    assert_eq!((folded.count, folded.approximate, folded.event_ids), (10, true, alert.event_ids));
}
