//! The judge: everything from the minutes in which something came, each time anew, the slow and obvious way.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::profile::{PARTS, Profile, day_of_week};
use super::simulation::{ACCOUNT, DAY, MONDAY, Random};
use super::*;

/// Whether two minutes are of one hour of the day, both of weekdays or both of weekends.
fn is_alike(one: i64, other: i64) -> bool {
    let of = |minute: i64| (minute.div_euclid(60).rem_euclid(24), day_of_week(minute) >= 5);
    of(one) == of(other)
}

/// The share and the longest gap of such hours as `at` is in, when the given hours have passed: a mean over days, weighted
/// as they go by. No gap where too little came.
fn judged(minutes: &BTreeSet<i64>, hours: std::ops::Range<i64>, at: i64) -> (i64, Option<i64>) {
    let (mut share, mut gap, mut watched, mut heard) = (0, 0, 0, 0);
    for hour in hours.clone() {
        let of_hour: Vec<i64> = minutes.range(hour * 60..hour * 60 + 60).copied().collect();
        if is_alike(hour * 60, at) {
            let weight = watched.min(4) + 1;
            share = (share * (weight - 1) + i64::try_from(of_hour.len()).unwrap() * PARTS / 60) / weight;
            watched += 1;
            if !of_hour.is_empty() {
                heard += 1;
                gap -= gap / 8;
            }
        }
        for minute in of_hour {
            let before = minutes.range(hours.start * 60..minute).next_back();
            gap = before.filter(|from| is_alike(**from, at)).map_or(gap, |from| gap.max(minute - from));
        }
    }
    (if watched < 2 { 0 } else { share.min(9_850) }, (heard >= 3).then_some(gap))
}

/// The clock's minute at which a key is missed that was heard in these minutes, the first of them `from`; none before `end`.
fn missed(minutes: &BTreeSet<i64>, quiet: QuietHours, from: i64, end: i64) -> Option<i64> {
    let last = *minutes.last()?;
    let learned = |clock: i64| from.div_euclid(60)..clock.div_euclid(60);
    let (mut surprise, mut awake) = (0.0, 0);
    for clock in last + 2..end {
        // A minute is judged by what was known when it was over.
        let minute = clock - 1;
        if !quiet.holds(minute) {
            let (share, _) = judged(minutes, learned(clock), minute);
            surprise -= (1.0 - share as f64 / PARTS as f64).ln();
            awake += 1;
        }
        let gap = judged(minutes, learned(clock), last).1.unwrap_or(i64::MAX / 2);
        if surprise >= 20.0 && awake >= 5 && clock - last >= 2 * gap {
            return Some(clock);
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_profile_is_what_the_judge_says(
        minutes in prop::collection::btree_set(0..6 * DAY, 1..400), at in 0..6 * DAY,
    ) {
        let mut profile = Profile::default();
        let mut last: Option<i64> = None;
        for hour in 0..6 * 24 {
            let of_hour: Vec<i64> = minutes.range(hour * 60..hour * 60 + 60).copied().collect();
            profile.learn(hour, of_hour.iter().fold(0, |bits, minute| bits | 1 << (minute % 60)));
            for minute in of_hour {
                last.into_iter().for_each(|last| profile.learn_gap(last, minute));
                last = Some(minute);
            }
        }
        let (share, gap) = judged(&minutes, 0..6 * 24, at);
        prop_assert_eq!(profile.share(at), share);
        prop_assert!(gap.is_none_or(|gap| profile.gap(at) == gap), "{} {gap:?}", profile.gap(at));
    }

    /// Four days of traffic, some of it in quiet hours, then nothing.
    #[test]
    fn who_stops_is_missed_in_the_minute_in_which_the_judge_says(
        seed in any::<u64>(), of_hundred in 55_u64..101, stop in 0_i64..300, quiet_from in 0..18_i64,
    ) {
        let quiet: QuietHours = format!("{quiet_from:02}:10-{:02}:20", quiet_from + 1).parse().unwrap();
        let seen = LastSeen::restore(Settings { quiet: vec![quiet], ..Settings::default() }, Vec::new());
        let (mut random, stop) = (Random(seed), MONDAY + 3 * DAY + 8 * 60 + stop);
        let (mut minutes, mut found) = (BTreeSet::new(), None);
        for minute in MONDAY..stop + 240 {
            let ms = minute * MINUTE_MS;
            seen.observe_stream(ms);
            if minute < stop && (minute == MONDAY || random.of_hundred(of_hundred)) {
                seen.observe(Name::place(ACCOUNT, "eu-west-1"), ms);
                minutes.insert(minute);
            }
            // The clock is at the end of the minute, which is the beginning of the next.
            let notices = seen.check(ms + MINUTE_MS);
            let silent = notices.iter().find(|notice| matches!(notice, Notice::Silent { .. }));
            found = found.or(silent.map(|_| minute + 1));
        }
        prop_assert!(found.is_some());
        prop_assert_eq!(found, missed(&minutes, quiet, MONDAY, stop + 241));
    }
}
