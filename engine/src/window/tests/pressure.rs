//! Beyond the budget of rows, against the oracle: no crossing is missed, what is exact stays exact, and what is not says so.

use super::*;
use crate::window::sketch::Sketch;

/// Many groups, of which none to all get rows; a rule that comes under pressure and out of it again, and restarts.
#[test]
fn under_pressure_no_crossing_is_missed_and_estimates_say_so() {
    let (mut unkept_hits, mut approximate, mut exact) = (0, 0, 0);
    for seed in 0..800_u64 {
        let mut rng = Rng(seed);
        let rule = OracleRule { values: false, ..rule(&mut rng, false) };
        let window = window_of(rule);
        let groups = ["a", "b", "c"];
        let mut arrivals: Vec<(&str, OracleHit)> = groups
            .iter()
            .flat_map(|group| events(&mut rng, rule).into_iter().map(move |event| (*group, event)))
            .collect();
        rng.shuffle(&mut arrivals);
        let mut windows = Windows::new([&window]);
        windows.load_on_demand();
        // What a store would hold.
        let (mut rows, mut sketched): (BTreeMap<&str, Vec<Hit>>, Vec<_>) = (BTreeMap::new(), Vec::new());
        let mut seen: BTreeMap<&str, BTreeSet<OracleHit>> = BTreeMap::new();
        let mut found: BTreeMap<(String, i64), Finding> = BTreeMap::new();
        for (group, event) in arrivals {
            if rng.below(8) == 0 {
                windows.set_pressed([RuleId(0)].into_iter().filter(|_| rng.below(3) > 0).collect());
            }
            if rng.below(12) == 0 {
                // A restart: everything is folded again.
                let pressed = windows.pressed.clone();
                windows = Windows::new([&window]);
                windows.load_on_demand();
                windows.set_pressed(pressed);
                sketched.iter().for_each(|(generation, entry)| windows.restore_sketched(*generation, *entry));
            }
            let hit = hit(rule, group, &event);
            seen.entry(group).or_default().insert(event);
            let needs = windows.needs(std::slice::from_ref(&hit));
            needs.periods.into_iter().for_each(|(rule, period)| windows.load_period(rule, period, 0, None));
            for (id, values) in needs.groups {
                match rows.get(group) {
                    None if windows.counts_cold(id) => windows.is_cold(id, &values),
                    kept => windows.load(id, &values, kept.map_or(&[], Vec::as_slice)),
                }
            }
            let (mut hits, mut unkept) = (vec![hit], Vec::new());
            for key in windows.apply(&mut hits, &mut unkept).keys() {
                if let Some(finding) = windows.finding(key) {
                    let start_s = finding.period.map_or(0, |period| period.start_s);
                    found.insert((group.to_owned(), start_s.div_euclid(rule.suppress_s)), finding);
                }
            }
            unkept_hits += unkept.len();
            hits.into_iter().for_each(|hit| rows.entry(group).or_default().push(hit));
            sketched.extend(windows.sketched(None).0);
        }
        assert!(windows.tally().balances());
        for group in groups {
            let of_group: BTreeMap<i64, Finding> = found
                .iter()
                .filter(|((name, _), _)| name == group)
                .map(|((_, q), finding)| (*q, finding.clone()))
                .collect();
            approximate += of_group.values().filter(|alert| alert.approximate).count();
            exact += of_group.values().filter(|alert| !alert.approximate).count();
            compare(seed, &of_group, &oracle::alerts(rule, seen.get(group).unwrap_or(&BTreeSet::new())));
        }
    }
    assert!(unkept_hits > 1_000 && approximate > 300 && exact > 2_000, "{unkept_hits} {approximate} {exact}");
}

/// What was found of a group, by period, against what there is.
fn compare(seed: u64, found: &BTreeMap<i64, Finding>, wanted: &BTreeMap<i64, OracleAlert>) {
    for (q, wanted) in wanted {
        let Some(alert) = found.get(q) else {
            // What is told of a flood may lie in the period beside, when its window reaches over the border.
            let near = [q - 1, q + 1].iter().any(|q| found.contains_key(q));
            assert!(near, "seed {seed}: missed {q}: {wanted:?}");
            continue;
        };
        assert!(alert.approximate || alert.count <= wanted.count, "seed {seed}: {alert:?} {wanted:?}");
    }
    for (q, alert) in found {
        assert!(alert.approximate || wanted.contains_key(q), "seed {seed}: {alert:?} is none");
        assert!(!(alert.approximate && alert.count_exact), "seed {seed}: {alert:?}");
    }
}

/// Whatever the order, a sketch says at least what came.
#[test]
fn a_sketch_never_says_less_than_came() {
    let cut = sketch::Cut::of(300);
    let mut rng = Rng(7);
    let (mut sketch, mut came): (Sketch, BTreeMap<(u128, i64), u64>) = (Sketch::default(), BTreeMap::new());
    for _ in 0..20_000 {
        let (name, time_s) =
            (u128::try_from(rng.below(300)).unwrap() << 70, 1_770_000_000 + rng.below(1_200));
        sketch.add(cut, name, time_s);
        *came.entry((name, time_s)).or_default() += 1;
    }
    let mut over = 0;
    for (name, time_s) in came.keys().take(500) {
        let of_name = |from_s: i64| -> u64 {
            came.range((*name, from_s)..=(*name, from_s + 300)).map(|(_, count)| count).sum()
        };
        let most = (time_s - 300..=*time_s).map(of_name).max().unwrap();
        let said = sketch.most(cut, *name, *time_s);
        assert!(said >= most, "{said} of {most}");
        over += u64::from(said > most + most / 2 + 4);
    }
    assert!(over < 50, "{over} of 500 are far too many");
}

#[test]
fn old_generations_go_and_what_lies_before_them_is_not_counted() {
    let cut = sketch::Cut::of(60);
    let mut sketch = Sketch::default();
    let hour = |n: i64| 1_770_000_000 + n * 4_096;
    for n in 0..5 {
        sketch.add(cut, 1, hour(n));
    }
    let gone = sketch.forget(i64::MIN);
    assert_eq!(gone.len(), 2, "three of a length are kept");
    assert!(!sketch.reaches(cut, hour(0)) && sketch.reaches(cut, hour(4)));
    assert_eq!((sketch.most(cut, 1, hour(0)), sketch.most(cut, 1, hour(4))), (0, 1));
    assert_eq!(sketch.forget(hour(9)).len(), 3, "what is over goes");
    assert!(sketch.is_empty());
}

#[test]
fn what_was_sketched_is_read_as_it_was_written() {
    let entries =
        [(3_u128 << 100 | 7, -5_i64), (0, i64::MAX)].map(|(name, bucket_s)| Entry { name, bucket_s });
    let bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.to_bytes()).collect();
    assert_eq!(Entry::all_from(&bytes), Some(entries.to_vec()));
    assert_eq!(Entry::all_from(&bytes[1..]), None);
}
