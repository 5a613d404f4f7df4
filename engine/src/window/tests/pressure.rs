//! Beyond the budget of rows, against the oracle: no crossing is missed, what is exact stays exact, and what is not says so.

use super::*;
use crate::window::sketch::Sketch;

/// Many groups, of which none to all get rows; a rule that comes under pressure and out of it again, and restarts.
#[test]
fn under_pressure_no_crossing_is_missed_and_estimates_say_so() {
    let (mut unkept_hits, mut approximate, mut exact) = (0, 0, 0);
    for seed in 0..800_u64 {
        let mut rng = Rng(seed);
        let rule = rule(&mut rng, seed % 3 == 2);
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
                sketched
                    .iter()
                    .for_each(|(bucket, names): &(_, Vec<u128>)| windows.restore_sketched(*bucket, names));
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
    let name = |n: i64| u128::try_from(n).unwrap().wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    for _ in 0..20_000 {
        let (name, time_s) = (name(rng.below(300)), 1_770_000_000 + rng.below(1_200));
        sketch.add(cut.bucket(time_s), name);
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
fn a_full_cell_stands_for_any_number() {
    let cut = sketch::Cut::of(300);
    let mut sketch = Sketch::default();
    (0..1_000).for_each(|_| sketch.add(cut.bucket(0), 7));
    assert_eq!(sketch.most(cut, 7, 0), u64::MAX);
}

#[test]
fn old_buckets_go_and_what_lies_before_them_is_not_counted() {
    let cut = sketch::Cut::of(60);
    let mut sketch = Sketch::default();
    let at = |n: i64| 1_770_000_000 + n * 32;
    for n in 0..40 {
        sketch.add(cut.bucket(at(n)), 1);
    }
    let gone = sketch.forget(i64::MIN);
    assert!((6..=10).contains(&gone.len()), "thirty-two of a width are kept: {gone:?}");
    assert!(!sketch.reaches(cut, at(0)) && sketch.reaches(cut, at(39)));
    assert!(sketch.reaches(cut, at(39) - 15 * 60 - 60), "behind the slack of watermarks, and a window");
    assert_eq!(sketch.most(cut, 1, at(0)), 0);
    assert!(sketch.most(cut, 1, at(39)) >= 2);
    assert!(sketch.forget(at(60)).len() > 28, "what is over goes");
    assert!(sketch.is_empty());
}

#[test]
fn what_was_sketched_is_read_as_it_was_written() {
    let names = [3_u128 << 100 | 7, 0];
    assert_eq!(sketch::read(&sketch::written(&names)), Some(names.to_vec()));
    assert_eq!(sketch::read(&sketch::written(&names)[1..]), None);
}
