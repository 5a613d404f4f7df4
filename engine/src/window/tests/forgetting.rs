//! What is forgotten is never missed by what is in time, and what is late says so.

use super::*;

/// What is forgotten is never missed: the last that was said of each alert is what the oracle says of all that was in time.
#[test]
fn what_is_forgotten_is_missed_by_no_hit_that_is_in_time() {
    let (mut late, mut forgotten) = (0, 0);
    for seed in 0..6_000_u64 {
        let mut rng = Rng(seed);
        let rule = rule(&mut rng, seed % 2 == 1);
        let events = events(&mut rng, rule);
        let arrivals = arrivals(&mut rng, &events, rule);
        let late_s = rng.below(2 * rule.suppress_s);
        let mut windows = Windows::new([&window_of(rule)]);
        let (mut in_time, mut said) = (BTreeSet::new(), BTreeMap::new());
        let mut newest_s = i64::MIN;
        for event in &arrivals {
            if newest_s > i64::MIN && rng.below(2) == 0 {
                windows.set_late_before(newest_s - late_s);
                let before = windows.findings().len();
                windows.forget();
                forgotten += before - windows.findings().len();
            }
            newest_s = newest_s.max(event.time_s);
            let hit = hit(rule, "a", event);
            let is_late = windows.late_before_s.is_some_and(|time_s| event.time_s < time_s);
            let is_single = rule.threshold == 1 && !rule.values;
            assert_eq!(windows.is_too_late(&hit), is_late && !is_single, "seed {seed}");
            if is_late {
                late += 1;
                continue;
            }
            in_time.insert(event.clone());
            for key in apply(&mut windows, &[hit]).keys() {
                let finding = windows.finding(key).unwrap();
                assert!(!finding.late);
                said.extend([in_the_oracles_words(&finding, rule)]);
            }
        }
        assert_eq!(said, oracle::alerts(rule, &in_time), "seed {seed}: {rule:?}, {late_s} s, {arrivals:?}");
    }
    assert!(late > 10_000 && forgotten > 500, "late {late}, forgotten {forgotten}: the generator is blunt");
}

#[test]
fn a_single_event_that_comes_after_everything_was_forgotten_is_an_alert_that_says_so() {
    let rule = OracleRule { values: false, threshold: 1, within_s: 0, suppress_s: 60 };
    let mut windows = Windows::new([&window_of(rule)]);
    let event = |time_s, id: &str| hit(rule, "a", &OracleHit { time_s, id: id.into(), value: 0 });
    apply(&mut windows, &[event(10, "a"), event(1_000_000, "b")]);
    windows.set_late_before(1_000_000);
    windows.forget();
    assert_eq!(windows.findings().len(), 1);
    let late = event(20, "c");
    assert!(!windows.is_too_late(&late));
    let changed = apply(&mut windows, &[late]);
    let finding = windows.finding(changed.keys().next().unwrap()).unwrap();
    assert_eq!((finding.late, finding.count, finding.count_exact), (true, 1, false));
}
