//! The windows against the oracle, asked after every arrival, in any order. The generator follows `spec/windows.md` §7:
//! uniform times find nothing, so gaps sit where windows and periods end.

#![expect(clippy::cast_possible_wrap, reason = "counts of a small case")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tripline_rules::rule::{GroupBy, RuleId, Window};

use super::finding::Finding;
use super::oracle::{self, OracleAlert, OracleHit, OracleRule};
use super::*;
use crate::testing::Rng;

mod forgetting;
mod pressure;

fn rule(rng: &mut Rng, values: bool) -> OracleRule {
    let threshold = 1 + rng.below(5);
    let within_s = if threshold == 1 { 0 } else { rng.pick(&[1, 2, 3, 5, 10, 20]) };
    let suppress_s = within_s.max(1) * rng.pick(&[1, 2, 3, 5]) + rng.below(2);
    OracleRule { values, threshold: usize::try_from(threshold).unwrap(), within_s, suppress_s }
}

fn events(rng: &mut Rng, rule: OracleRule) -> Vec<OracleHit> {
    let (t, w, s) = (rule.threshold as i64, rule.within_s, rule.suppress_s);
    let mut time_s = rng.below(3 * s) - s;
    (0..=rng.below(24))
        .map(|n| {
            time_s += match rng.below(100) {
                0..25 => 0,
                25..60 => rng.below(w / t + 1),
                60..85 => rng.below(w + 1),
                _ => {
                    let far = rng.below(2 * s + w + 1);
                    rng.pick(&[w, w + 1, s, s + 1, s + w, s + w + 1, far])
                }
            };
            let value = u32::try_from(rng.below(t + 2)).unwrap();
            OracleHit { time_s, id: format!("e{n:02}"), value }
        })
        .collect()
}

/// Any order, or sorted by a jittered time; one in five delivered twice.
fn arrivals(rng: &mut Rng, events: &[OracleHit], rule: OracleRule) -> Vec<OracleHit> {
    let mut arrivals = events.to_vec();
    for event in events {
        if rng.below(5) == 0 {
            arrivals.push(event.clone());
        }
    }
    if rng.below(2) == 0 {
        rng.shuffle(&mut arrivals);
    } else {
        let jitter = rule.within_s + rule.suppress_s;
        let mut keyed: Vec<_> = arrivals.into_iter().map(|e| (e.time_s + rng.below(jitter), e)).collect();
        keyed.sort();
        arrivals = keyed.into_iter().map(|(_, event)| event).collect();
    }
    arrivals
}

fn window_of(rule: OracleRule) -> Window {
    Window {
        count: if rule.values { Count::Values(Vec::new()) } else { Count::Events },
        threshold: u32::try_from(rule.threshold).unwrap(),
        within_s: u32::try_from(rule.within_s).unwrap(),
        suppress_s: u32::try_from(rule.suppress_s).unwrap(),
        group_by: GroupBy::Default,
    }
}

fn facts(event: &OracleHit) -> Arc<Facts> {
    Arc::new(Facts {
        account: "111122223333".into(),
        event_id: event.id.clone(),
        time_s: event.time_s,
        region: event.region(),
        principal: "-".into(),
        source_ip: event.source_ip(),
        event_name: event.event_name(),
        target: event.target().map(|name| crate::hit::Target { kind: "bucket", name }),
        succeeded: event.succeeded(),
        text: String::from("{}"),
        ..Facts::default()
    })
}

fn hit(rule: OracleRule, group: &str, event: &OracleHit) -> Hit {
    Hit {
        rule: RuleId(0),
        group: Arc::from([("g".to_owned(), group.to_owned())]),
        value: rule.values.then(|| Arc::from([event.value.to_string()])),
        event: facts(event),
        carried: 0,
    }
}

fn apply(windows: &mut Windows, hits: &[Hit]) -> BTreeMap<FindingKey, bool> {
    let mut unkept = Vec::new();
    let changed = windows.apply(&mut hits.to_vec(), &mut unkept);
    assert!(unkept.is_empty());
    changed
}

/// What the windows say of a group, in the oracle's words.
fn said(windows: &Windows, rule: OracleRule, group: &str) -> BTreeMap<i64, OracleAlert> {
    let of_group = windows.findings().into_iter().filter(|finding| finding.group[0].1 == group);
    of_group.map(|finding| in_the_oracles_words(&finding, rule)).collect()
}

/// A finding, with the number of its period.
fn in_the_oracles_words(finding: &Finding, rule: OracleRule) -> (i64, OracleAlert) {
    let evidence = &finding.evidence;
    assert_eq!(evidence.first.time_s, finding.first_seen_s);
    assert_eq!(evidence.latest.time_s, finding.last_seen_s);
    let alert = OracleAlert {
        count: finding.count,
        first_s: finding.first_seen_s,
        last_s: finding.last_seen_s,
        distinct: finding.distinct,
        from_s: finding.window.from_s,
        to_s: finding.window.to_s,
        n: finding.window.n,
        continues: finding.continues,
        ids: evidence.event_ids.clone(),
        latest: evidence.latest.event_id.clone(),
        scope: finding.scope.clone(),
    };
    (finding.period.unwrap().start_s.div_euclid(rule.suppress_s), alert)
}

/// Delivers in batches of 1 to 6 and holds every state against the oracle and against the one before.
fn judge(seed: u64, rule: OracleRule, arrivals: &[OracleHit], rng: &mut Rng) -> BTreeMap<i64, OracleAlert> {
    let mut windows = Windows::new([&window_of(rule)]);
    let mut seen = BTreeSet::new();
    let mut before = BTreeMap::new();
    let mut rest = arrivals;
    while !rest.is_empty() {
        let size = usize::try_from(1 + rng.below(6)).unwrap().min(rest.len());
        let (batch, later) = rest.split_at(size);
        rest = later;
        seen.extend(batch.iter().cloned());
        let hits: Vec<Hit> = batch.iter().map(|event| hit(rule, "a", event)).collect();
        let changed = apply(&mut windows, &hits);
        let now = said(&windows, rule, "a");
        assert_eq!(now, oracle::alerts(rule, &seen), "seed {seed}: {rule:?} after {seen:?}");
        monotone(seed, &before, &now);
        let different = now.iter().filter(|(q, alert)| before.get(*q) != Some(*alert)).count();
        assert!(changed.len() >= different, "seed {seed}: a change was not reported");
        before = now;
    }
    assert!(windows.tally().balances());
    before
}

fn monotone(seed: u64, before: &BTreeMap<i64, OracleAlert>, now: &BTreeMap<i64, OracleAlert>) {
    for (q, old) in before {
        let new = now.get(q).unwrap_or_else(|| panic!("seed {seed}: the alert of period {q} vanished"));
        assert!(new.count >= old.count, "seed {seed}");
        assert!(new.first_s <= old.first_s, "seed {seed}");
        assert!(new.last_s >= old.last_s, "seed {seed}");
        assert!(new.to_s <= old.to_s, "seed {seed}");
        assert!(new.continues || !old.continues, "seed {seed}");
        let counts = |alert: &OracleAlert| {
            let scope = &alert.scope;
            [&scope.event_names, &scope.targets, &scope.source_ips, &scope.regions].map(|values| values.count)
        };
        assert!(counts(new).iter().zip(counts(old)).all(|(new, old)| *new >= old), "seed {seed}");
        assert!(new.scope.succeeded || !old.scope.succeeded, "seed {seed}");
    }
}

#[test]
fn alerts_equal_the_oracles_after_every_arrival_in_any_order() {
    let mut fired = 0;
    let cases: u64 = std::env::var("TRIPLINE_WINDOW_CASES").map_or(12_000, |text| text.parse().unwrap());
    for seed in 0..cases {
        let mut rng = Rng(seed);
        let rule = rule(&mut rng, seed % 2 == 1);
        let events = events(&mut rng, rule);
        let one = arrivals(&mut rng, &events, rule);
        let other = arrivals(&mut rng, &events, rule);
        let alerts = judge(seed, rule, &one, &mut rng);
        assert_eq!(alerts, judge(seed, rule, &other, &mut rng), "seed {seed}: two orders differ");
        fired += u64::from(!alerts.is_empty());
    }
    assert!(fired > cases / 3 && fired < cases, "{fired} of {cases} cases fired: the generator is blunt");
}

#[test]
fn groups_do_not_touch_one_another() {
    for seed in 0..500_u64 {
        let mut rng = Rng(seed);
        let rule = rule(&mut rng, seed % 2 == 1);
        let mut windows = Windows::new([&window_of(rule)]);
        let mut sets: BTreeMap<&str, BTreeSet<OracleHit>> = BTreeMap::new();
        for group in ["a", "b", "c"] {
            for event in events(&mut rng, rule) {
                apply(&mut windows, &[hit(rule, group, &event)]);
                sets.entry(group).or_default().insert(event);
            }
        }
        for (group, set) in sets {
            assert_eq!(said(&windows, rule, group), oracle::alerts(rule, &set), "seed {seed}, group {group}");
        }
    }
}

#[test]
fn a_hit_from_the_future_leaves_the_other_alerts_alone() {
    for seed in 0..1_000_u64 {
        let mut rng = Rng(seed);
        let rule = rule(&mut rng, seed % 2 == 1);
        let mut events = events(&mut rng, rule);
        let alone = judge(seed, rule, &events, &mut rng);
        let future = OracleHit { time_s: 4_000_000_000, id: "future".into(), value: 0 };
        events.insert(usize::try_from(rng.below(events.len() as i64)).unwrap(), future);
        let mut with = judge(seed, rule, &events, &mut rng);
        with.retain(|q, _| *q < 4_000_000_000 / rule.suppress_s);
        assert_eq!(alone, with, "seed {seed}");
    }
}

#[test]
fn a_saturated_period_keeps_its_spans_and_says_that_its_count_is_a_bound() {
    for seed in 0..3_000_u64 {
        let mut rng = Rng(seed);
        let rule = rule(&mut rng, seed % 2 == 1);
        let events = events(&mut rng, rule);
        let arrivals = arrivals(&mut rng, &events, rule);
        let mut windows = Windows::with_limits([&window_of(rule)], 3, GROUPS_MAX);
        for event in &arrivals {
            apply(&mut windows, &[hit(rule, "a", event)]);
        }
        let truth = oracle::alerts(rule, &events.iter().cloned().collect());
        let said = said(&windows, rule, "a");
        assert_eq!(said.keys().collect::<Vec<_>>(), truth.keys().collect::<Vec<_>>(), "seed {seed}");
        for (finding, (q, truth)) in windows.findings().iter().zip(&truth) {
            let alert = &said[q];
            assert!(alert.count >= truth.count, "seed {seed}");
            assert_eq!(
                (alert.first_s, alert.last_s, alert.to_s),
                (truth.first_s, truth.last_s, truth.to_s),
                "seed {seed}"
            );
            assert_eq!(finding.count_exact, finding.count <= 3, "seed {seed}");
            assert_eq!(alert.ids.as_slice(), &truth.ids[..truth.ids.len().min(3)], "seed {seed}");
        }
    }
}

/// Times in the order of their arrival; the count of alerts must be as said.
#[track_caller]
fn check(threshold: usize, within_s: i64, times: &[i64], fires: bool) {
    let rule = OracleRule { values: false, threshold, within_s, suppress_s: 3600 };
    let arrivals: Vec<_> = (0..)
        .zip(times)
        .map(|(n, time_s)| OracleHit { time_s: *time_s, id: format!("e{n}"), value: 0 })
        .collect();
    let alerts = judge(0, rule, &arrivals, &mut Rng(0));
    assert_eq!(!alerts.is_empty(), fires, "{alerts:?}");
}

#[test]
fn looking_only_backward_from_the_arriving_hit_is_wrong() {
    check(2, 3, &[3, 1], true);
}

#[test]
fn half_open_windows_are_wrong() {
    check(3, 5, &[0, 5, 5], true);
    check(2, 5, &[0, 5], true);
    check(2, 5, &[0, 6], false);
}

#[test]
fn a_ring_of_the_last_times_is_wrong() {
    check(2, 3, &[5, 11, 1, 0], true);
}

#[test]
fn the_count_is_the_periods_and_not_the_crossings() {
    let rule = OracleRule { values: false, threshold: 2, within_s: 10, suppress_s: 100 };
    let arrivals: Vec<_> = [95, 98, 99, 101, 150]
        .iter()
        .map(|time_s| OracleHit { time_s: *time_s, id: format!("e{time_s}"), value: 0 })
        .collect();
    let alerts = judge(0, rule, &arrivals, &mut Rng(0));
    assert_eq!(
        alerts.values().map(|alert| (alert.count, alert.continues)).collect::<Vec<_>>(),
        [(3, false), (2, true)]
    );
    assert_eq!((alerts[&1].from_s, alerts[&1].to_s), (99, 101), "a window may reach into the period before");
}

#[test]
fn groups_beyond_the_limit_share_one_alert() {
    let rule = OracleRule { values: false, threshold: 1, within_s: 0, suppress_s: 3600 };
    let mut windows = Windows::with_limits([&window_of(rule)], ROWS_MAX, 2);
    let mut opened = 0;
    for n in 0..5 {
        let event = OracleHit { time_s: n, id: format!("e{n}"), value: 0 };
        opened += apply(&mut windows, &[hit(rule, &format!("g{n}"), &event)])
            .values()
            .filter(|opened| **opened)
            .count();
    }
    let findings = windows.findings();
    assert_eq!((findings.len(), opened), (3, 3));
    let shared = findings.iter().find(|finding| finding.group.is_empty()).unwrap();
    assert_eq!((shared.count, shared.count_exact, shared.approximate), (3, false, true));
    assert_eq!((shared.first_seen_s, shared.last_seen_s), (2, 4));
}

#[test]
fn without_suppression_every_event_is_a_finding_once() {
    let window = Window {
        suppress_s: 0,
        ..window_of(OracleRule { values: false, threshold: 1, within_s: 0, suppress_s: 1 })
    };
    let mut windows = Windows::new([&window]);
    let rule = OracleRule { values: false, threshold: 1, within_s: 0, suppress_s: 1 };
    for id in ["a", "b", "a"] {
        apply(&mut windows, &[hit(rule, "g", &OracleHit { time_s: 7, id: id.into(), value: 0 })]);
    }
    assert_eq!(windows.findings().len(), 2);
    assert_eq!(windows.tally(), HitTally { hits: 3, counted: 2, duplicate: 1, ..HitTally::default() });
}

/// Deliveries of one event differ in when the log received them; forged ones may differ in anything.
#[test]
fn of_unequal_deliveries_the_same_one_stands_in_any_order() {
    let rule = OracleRule { values: false, threshold: 1, within_s: 0, suppress_s: 3600 };
    for suppress_s in [0, 3600] {
        let window = Window { suppress_s, ..window_of(rule) };
        let deliveries: Vec<Hit> = [(Some(3), "{}"), (None, "{}"), (Some(1), "{}"), (None, "{\"a\":1}")]
            .into_iter()
            .map(|(logs_time_ms, text)| {
                let one = hit(rule, "g", &OracleHit { time_s: 7, id: "a".into(), value: 0 });
                let event = Facts { logs_time_ms, text: text.to_owned(), ..(*one.event).clone() };
                Hit { event: Arc::new(event), ..one }
            })
            .collect();
        let mut found = Vec::new();
        for seed in 0..24 {
            let mut order = deliveries.clone();
            Rng(seed).shuffle(&mut order);
            let mut windows = Windows::new([&window]);
            apply(&mut windows, &order);
            found.push(windows.findings());
        }
        assert!(found.iter().all(|findings| findings.len() == 1 && *findings == found[0]));
    }
}

#[test]
fn a_value_that_comes_again_within_its_second_counts_as_an_event() {
    let rule = OracleRule { values: true, threshold: 2, within_s: 60, suppress_s: 3600 };
    let mut windows = Windows::new([&window_of(rule)]);
    for n in 0..8 {
        let event =
            OracleHit { time_s: 100 + n / 4, id: format!("e{n}"), value: u32::try_from(n % 2).unwrap() };
        apply(&mut windows, &[hit(rule, "g", &event), hit(rule, "g", &event)]);
    }
    let finding = &windows.findings()[0];
    assert_eq!((finding.count, finding.count_exact, finding.distinct), (8, true, Some(2)));
    assert_eq!(windows.tally(), HitTally { hits: 16, counted: 8, duplicate: 8, ..HitTally::default() });
}
