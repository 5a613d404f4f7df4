//! Silence: found soon where there is always something, never where there often is not; the same through restarts.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::profile::{PARTS, Profile};
use super::*;

const DAY: i64 = 24 * 60;
/// A Monday, at midnight.
const MONDAY: i64 = 20_486 * DAY;
const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";

/// Pseudo-random numbers from a seed (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn of_hundred(&mut self, n: u64) -> bool {
        self.next() % 100 < n
    }
}

/// Whether something comes in a minute.
type Traffic = fn(i64, &mut Random) -> bool;

fn steady(_: i64, _: &mut Random) -> bool {
    true
}

fn office(minute: i64, random: &mut Random) -> bool {
    let day = minute.div_euclid(DAY);
    // It begins at eight, give or take half an hour.
    let begins = 8 * 60 + day * 7919 % 60 - 30;
    day.rem_euclid(7) != (MONDAY / DAY + 5).rem_euclid(7)
        && day.rem_euclid(7) != (MONDAY / DAY + 6).rem_euclid(7)
        && (begins..18 * 60).contains(&minute.rem_euclid(DAY))
        && random.of_hundred(70)
}

fn every_five_minutes(minute: i64, _: &mut Random) -> bool {
    minute % 5 == 0
}

fn once_a_day(minute: i64, _: &mut Random) -> bool {
    minute.rem_euclid(DAY) == 754
}

fn at_random(_: i64, random: &mut Random) -> bool {
    random.of_hundred(20)
}

fn every_other_day(minute: i64, _: &mut Random) -> bool {
    minute.div_euclid(DAY) % 2 == 0
}

const ALL: [(&str, Traffic); 6] = [
    ("steady", steady),
    ("office", office),
    ("every five minutes", every_five_minutes),
    ("once a day", once_a_day),
    ("at random", at_random),
    ("every other day", every_other_day),
];

fn place(account: &str) -> Key {
    Key::place(account, "eu-west-1").unwrap()
}

/// Watches minute by minute, from one to before another, what `traffic` brings for an account, while another always speaks.
fn watch(
    seen: &LastSeen,
    minutes: std::ops::Range<i64>,
    traffic: Traffic,
    random: &mut Random,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    for minute in minutes {
        let ms = minute * MINUTE_MS + 20_000;
        seen.observe(OTHER, "eu-west-1", ms);
        seen.observe_stream(ms);
        if traffic(minute, random) {
            seen.observe(ACCOUNT, "eu-west-1", ms);
        }
        notices.extend(seen.check(ms + 30_000));
    }
    notices
}

fn never(_: i64, _: &mut Random) -> bool {
    false
}

#[test]
fn usual_traffic_of_any_kind_is_never_silent() {
    for (name, traffic) in ALL {
        for seed in 1..4 {
            let seen = LastSeen::default();
            let notices = watch(&seen, MONDAY..MONDAY + 40 * DAY, traffic, &mut Random(seed));
            assert_eq!(notices, [], "{name}, seed {seed}");
        }
    }
}

/// How long after its last minute an account is missed that stops on a Wednesday at half past ten, in minutes.
fn missed_after(traffic: Traffic, seed: u64) -> Option<i64> {
    let (seen, mut random) = (LastSeen::default(), Random(seed));
    let stop = MONDAY + 30 * DAY + 10 * 60 + 31;
    watch(&seen, MONDAY..stop, traffic, &mut random);
    let notices = watch(&seen, stop..stop + 30 * DAY, never, &mut random);
    let [Notice::Silent { key, last_seen_ms, detected_ms, expected_minutes }] = notices.as_slice() else {
        assert_eq!(notices, []);
        return None;
    };
    assert_eq!(*key, place(ACCOUNT));
    assert!(*expected_minutes > 4.0, "{expected_minutes}");
    Some((detected_ms - last_seen_ms) / MINUTE_MS)
}

#[test]
fn who_always_speaks_is_missed_at_once_and_who_seldom_does_not() {
    let after = |traffic| (1..4).map(|seed| missed_after(traffic, seed)).max().unwrap();
    assert_eq!(after(steady), Some(6));
    // A minute in which seven of ten have something is worth 1.2.
    assert!(after(office).is_some_and(|minutes| minutes <= 30), "{:?}", after(office));
    assert!(
        after(every_five_minutes).is_some_and(|minutes| minutes <= 100),
        "{:?}",
        after(every_five_minutes)
    );
    assert!(after(at_random).is_some_and(|minutes| minutes <= 120), "{:?}", after(at_random));
    // A silence that surprised nobody is learned as usual sooner than it adds up.
    assert_eq!(after(once_a_day), None);
}

#[test]
fn a_silence_is_told_once_and_so_is_its_end() {
    let (seen, mut random) = (LastSeen::default(), Random(1));
    let stop = MONDAY + 8 * DAY + 600;
    watch(&seen, MONDAY..stop, steady, &mut random);
    let notices = watch(&seen, stop..stop + DAY, never, &mut random);
    let silent_from_ms = (stop - 1) * MINUTE_MS + 20_000;
    assert!(
        matches!(notices.as_slice(), [Notice::Silent { last_seen_ms, .. }] if *last_seen_ms == silent_from_ms)
    );
    assert_eq!(seen.silent_keys(), 1);
    let notices = watch(&seen, stop + DAY..stop + 3 * DAY, steady, &mut random);
    let resumed_ms = (stop + DAY) * MINUTE_MS + 20_000;
    assert_eq!(notices, [Notice::Resumed { key: place(ACCOUNT), silent_from_ms, resumed_ms }]);
    assert_eq!(seen.silent_keys(), 0);
    // A day's silence that was told of is not usual from then on.
    let again = watch(&seen, stop + 3 * DAY..stop + 3 * DAY + 10, never, &mut random);
    assert!(matches!(again.as_slice(), [Notice::Silent { .. }]), "{again:?}");
}

#[test]
fn the_whole_stream_is_silent_after_its_time_whatever_was_learned() {
    let seen = LastSeen::default();
    let at = |minute: i64| (MONDAY + minute) * MINUTE_MS;
    assert_eq!(seen.check(at(0)), [], "nothing was ever heard");
    seen.observe_stream(at(0));
    assert_eq!(seen.check(at(15)), []);
    let silent =
        Notice::Silent { key: Key::Stream, last_seen_ms: at(0), detected_ms: at(16), expected_minutes: 0.0 };
    assert_eq!(seen.check(at(16)), [silent]);
    assert_eq!(seen.check(at(500)), []);
    seen.observe_stream(at(501));
    let resumed = Notice::Resumed { key: Key::Stream, silent_from_ms: at(0), resumed_ms: at(501) };
    assert_eq!(seen.check(at(502)), [resumed]);
}

#[test]
fn in_quiet_hours_nobody_is_silent_and_after_them_time_begins_anew() {
    let settings = Settings { quiet: vec!["22:00-06:00".parse().unwrap()], ..Settings::default() };
    let seen = LastSeen::restore(settings, Vec::new());
    let at = |minute: i64| (MONDAY + minute) * MINUTE_MS;
    seen.observe_stream(at(22 * 60 - 5));
    assert_eq!(seen.check(at(30 * 60 + 10)), [], "four minutes before, ten after");
    assert_eq!(seen.check(at(30 * 60 + 11)).len(), 1);
}

#[test]
fn what_was_lost_is_no_silence() {
    let seen = LastSeen::default();
    let at = |minute: i64| (MONDAY + minute) * MINUTE_MS;
    seen.observe_stream(at(0));
    seen.lost(at(2), at(3_000));
    assert_eq!(seen.check(at(3_010)), []);
    assert_eq!(seen.check(at(3_030)).len(), 1, "after it nothing came, either");
}

#[test]
fn who_is_ignored_is_never_silent() {
    let settings = Settings { ignore: vec!["*/eu-west-1".parse().unwrap()], ..Settings::default() };
    let (seen, mut random) = (LastSeen::restore(settings, Vec::new()), Random(1));
    let stop = MONDAY + 5 * DAY;
    let mut notices = watch(&seen, MONDAY..stop, steady, &mut random);
    notices.extend(watch(&seen, stop..stop + 3 * DAY, never, &mut random));
    assert_eq!(notices, []);
}

#[test]
fn an_account_is_new_once_and_on_the_first_day_nobody_is() {
    let (seen, mut random) = (LastSeen::default(), Random(1));
    assert_eq!(watch(&seen, MONDAY..MONDAY + DAY, every_five_minutes, &mut random), []);
    let ms = (MONDAY + DAY) * MINUTE_MS + 30_000;
    seen.observe("777788889999", "ap-south-1", ms);
    let key = Key::place("777788889999", "ap-south-1").unwrap();
    assert_eq!(seen.check(ms), [Notice::New { key, first_seen_ms: ms }]);
    seen.observe("777788889999", "ap-south-1", ms + 5);
    assert_eq!(seen.check(ms + 10), []);
}

#[test]
fn what_is_no_account_and_what_is_too_much_is_counted_and_not_watched() {
    let seen = LastSeen::restore(Settings { keys_max: 3, ..Settings::default() }, Vec::new());
    seen.observe_stream(1);
    for n in 0..5 {
        seen.observe(&format!("{n:012}"), "eu-west-1", 1);
    }
    for (account, region) in [("", ""), ("12345", "eu-west-1"), (ACCOUNT, "EU\n"), (ACCOUNT, &"a".repeat(33))]
    {
        seen.observe(account, region, 1);
    }
    seen.observe("000000000000", "eu-west-1", 2);
    assert_eq!((seen.len(), seen.dropped()), (3, 7));
}

#[test]
fn who_lags_hears_no_silence() {
    let (seen, mut random) = (LastSeen::default(), Random(1));
    watch(&seen, MONDAY..MONDAY + 4 * DAY, steady, &mut random);
    let clock_ms = (MONDAY + 4 * DAY) * MINUTE_MS;
    for _ in 0..1000 {
        assert_eq!(seen.check(clock_ms), []);
    }
}

#[test]
fn hours_in_which_nothing_came_at_all_teach_nothing() {
    let (seen, mut random) = (LastSeen::default(), Random(1));
    watch(&seen, MONDAY..MONDAY + 4 * DAY, steady, &mut random);
    let shares = |seen: &LastSeen| {
        let watch = seen.watches.get(&place(ACCOUNT)).unwrap();
        (0..48).map(|hour| watch.known.profile.share(MONDAY + hour * 60)).collect::<Vec<_>>()
    };
    let before = shares(&seen);
    // The stream lost two days; both are silent, which is told, and nothing is learned of it.
    let after = MONDAY + 6 * DAY;
    seen.check(after * MINUTE_MS);
    watch(&seen, after..after + 5, steady, &mut random);
    assert_eq!(shares(&seen), before);
}

#[test]
fn a_state_that_cannot_be_read_is_learned_anew() {
    let row = |state: &str| Row {
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        first_seen_ms: 1,
        last_seen_ms: 2,
        state: state.to_owned(),
    };
    for state in ["", "{}", "{\"profile\": []}", "[1]"] {
        let seen = LastSeen::restore(Settings::default(), vec![row(state)]);
        seen.observe(ACCOUNT, "eu-west-1", 3);
        assert_eq!((seen.len(), seen.check(4 * DAY * MINUTE_MS)), (1, Vec::new()), "{state}");
    }
    let strange = Row { account: "'; DROP".to_owned(), ..row("{}") };
    assert!(LastSeen::restore(Settings::default(), vec![strange]).is_empty());
}

#[test]
fn times_of_the_week_are_read_and_printed() {
    let holds = |text: &str, minute: i64| text.parse::<QuietHours>().unwrap().holds(MONDAY + minute);
    let hour = |day: i64, hour: i64| day * DAY + hour * 60;
    for (text, inside, outside) in [
        ("Sat-Sun", vec![hour(5, 0), hour(6, 23)], vec![hour(4, 23), hour(7, 0)]),
        ("Wed", vec![hour(2, 12)], vec![hour(1, 12), hour(3, 0)]),
        ("22:00-06:00", vec![hour(0, 22), hour(1, 5), hour(0, 0)], vec![hour(0, 6), hour(0, 21)]),
        ("Mon-Fri 22:00-06:00", vec![hour(4, 23), hour(5, 5), hour(0, 22)], vec![hour(5, 22), hour(0, 5)]),
        ("Sat-Mon 08:00-24:00", vec![hour(0, 8), hour(6, 23)], vec![hour(1, 8), hour(0, 7)]),
    ] {
        assert!(inside.into_iter().all(|minute| holds(text, minute)), "{text}");
        assert!(!outside.into_iter().any(|minute| holds(text, minute)), "{text}");
        let read: QuietHours = text.parse().unwrap();
        assert_eq!(read.to_string().parse(), Ok(read));
    }
    for wrong in [
        "",
        "Sat-",
        "sat",
        "24:00-06:00",
        "6:00-7:00",
        "10:00-10:00",
        "10:60-11:00",
        "Mon 1 2",
        "Mon  10:00-11:00",
    ] {
        assert!(wrong.parse::<QuietHours>().is_err(), "{wrong}");
    }
    for right in ["123456789012/eu-west-1", "*/ap-south-1", "123456789012/*", "*/*"] {
        assert_eq!(right.parse::<Ignore>().unwrap().to_string(), right);
    }
    for wrong in ["", "/", "123/eu-west-1", "*", "123456789012/", "123456789012/EU"] {
        assert!(wrong.parse::<Ignore>().is_err(), "{wrong}");
    }
}

/// The judge: everything from the minutes themselves, each time anew. A mean over days, weighted as they go by.
fn judged(minutes: &BTreeSet<i64>, hours: std::ops::Range<i64>, at: i64) -> (i64, i64) {
    let same = |minute: i64| {
        let weekend = |minute: i64| profile::day_of_week(minute) >= 5;
        minute.div_euclid(60).rem_euclid(24) == at.div_euclid(60).rem_euclid(24)
            && weekend(minute) == weekend(at)
    };
    let (mut share, mut gap, mut watched, mut heard) = (0, 0, 0, 0);
    let all: Vec<i64> = minutes.iter().copied().collect();
    for hour in hours {
        let seen = (hour * 60..hour * 60 + 60).filter(|minute| minutes.contains(minute)).count();
        if same(hour * 60) {
            let weight = watched.min(4) + 1;
            share = (share * (weight - 1) + i64::try_from(seen).unwrap() * PARTS / 60) / weight;
            watched += 1;
            if seen > 0 {
                heard += 1;
                gap -= gap / 8;
            }
        }
        for pair in all.windows(2).filter(|pair| pair[1].div_euclid(60) == hour && same(pair[0])) {
            gap = gap.max(pair[1] - pair[0]);
        }
    }
    (if watched < 2 { 0 } else { share.min(9_850) }, if heard < 3 { -1 } else { gap })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

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
        prop_assert!(gap < 0 || profile.gap(at) == gap, "{} {gap}", profile.gap(at));
    }

    /// Restarts at any minute, workers that mix up a few minutes, records seen twice: the same notices.
    #[test]
    fn restarts_order_and_repeats_change_no_notice(
        seed in any::<u64>(), restarts in prop::collection::btree_set(0..9 * DAY, 0..20),
    ) {
        let notices = |restarts: &BTreeSet<i64>, shuffled: bool| {
            let (mut seen, mut random, mut noise) = (LastSeen::default(), Random(seed), Random(!seed));
            let mut notices = Vec::new();
            for block in (0..9 * DAY).step_by(5) {
                let mut observed = Vec::new();
                for minute in block..block + 5 {
                    let ms = (MONDAY + minute) * MINUTE_MS;
                    let stopped = (6 * DAY + 600..7 * DAY).contains(&minute);
                    observed.push((OTHER, ms));
                    if !stopped && random.of_hundred(60) {
                        observed.push((ACCOUNT, ms));
                    }
                    if restarts.contains(&minute) {
                        let rows = LastSeen::restore(Settings::default(), seen.rows()).rows();
                        assert!(rows.is_empty(), "nothing has changed");
                        // Everything was written, some of it earlier.
                        seen.watches.iter_mut().for_each(|mut watch| watch.changed = true);
                        seen = LastSeen::restore(Settings::default(), seen.rows());
                    }
                }
                if shuffled {
                    observed.sort_by_key(|_| noise.next());
                    observed.extend(observed.clone());
                }
                for (account, ms) in observed {
                    seen.observe(account, "eu-west-1", ms);
                    seen.observe_stream(ms);
                }
                notices.extend(seen.check((MONDAY + block + 5) * MINUTE_MS));
            }
            notices
        };
        let wanted = notices(&BTreeSet::new(), false);
        prop_assert!(wanted.len() == 2, "silent and heard again: {wanted:?}");
        prop_assert_eq!(notices(&restarts, true), wanted);
    }
}
