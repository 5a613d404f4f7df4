//! Simulated weeks of many kinds of traffic: what is usual is never silent, and who stops is found when the model says.

use super::*;

pub(super) const DAY: i64 = 24 * 60;
/// A Monday, at midnight.
pub(super) const MONDAY: i64 = 20_486 * DAY;
pub(super) const ACCOUNT: &str = "111122223333";
/// Who always speaks, so that the stream does.
pub(super) const OTHER: &str = "444455556666";

/// Pseudo-random numbers from a seed (splitmix64).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn of_hundred(&mut self, n: u64) -> bool {
        self.next() % 100 < n
    }
}

/// Whether something comes in a minute.
pub(super) type Traffic = fn(i64, &mut Random) -> bool;

pub(super) fn steady(_: i64, _: &mut Random) -> bool {
    true
}

pub(super) fn never(_: i64, _: &mut Random) -> bool {
    false
}

fn is_weekend(minute: i64) -> bool {
    profile::day_of_week(minute) >= 5
}

/// A number below another that is anything, but the same all day.
fn of_day(minute: i64, below: i64) -> i64 {
    let random = Random(minute.div_euclid(DAY).unsigned_abs()).next();
    i64::try_from(random % below.unsigned_abs()).unwrap()
}

/// Of an office that opens at eight, give or take half an hour.
fn office(minute: i64, random: &mut Random, of_hundred: u64) -> bool {
    let opens = 8 * 60 - 30 + of_day(minute, 60);
    !is_weekend(minute) && (opens..18 * 60).contains(&minute.rem_euclid(DAY)) && random.of_hundred(of_hundred)
}

fn weekend_quiet(minute: i64, random: &mut Random) -> bool {
    random.of_hundred(if is_weekend(minute) { 2 } else { 90 })
}

fn once_a_day_at_any_time(minute: i64, _: &mut Random) -> bool {
    minute.rem_euclid(DAY) == of_day(minute, DAY)
}

/// What it is, what comes, and the bound: how long after its last minute one that stops on a Wednesday morning at half past
/// ten is missed, at most; none: never. A minute of share p is worth −ln(1−p), and 20 are needed; chance adds some.
const ALL: [(&str, Traffic, Option<i64>); 13] = [
    ("steady", steady, Some(6)),
    ("nine of ten minutes", |_, random| random.of_hundred(90), Some(13)),
    ("one of two minutes", |_, random| random.of_hundred(50), Some(40)),
    ("one of five minutes", |_, random| random.of_hundred(20), Some(120)),
    ("one of twenty minutes", |_, random| random.of_hundred(5), Some(520)),
    ("busy office", |minute, random| office(minute, random, 95), Some(12)),
    ("office", |minute, random| office(minute, random, 70), Some(25)),
    ("lazy office", |minute, random| office(minute, random, 20), Some(140)),
    ("quiet weekends", weekend_quiet, Some(13)),
    ("every five minutes", |minute, _| minute % 5 == 0, Some(95)),
    ("every other day", |minute, _| minute.div_euclid(DAY) % 2 == 0, Some(45)),
    ("once a day", |minute, _| minute.rem_euclid(DAY) == 754, None),
    ("once a day at any time", once_a_day_at_any_time, None),
];

const SEEDS: u64 = 2;

pub(super) fn place(account: &str) -> Key {
    Name::place(account, "eu-west-1").unwrap().key()
}

/// Watches minute by minute, from one to before another, what `traffic` brings for an account, while another always speaks.
pub(super) fn watch(
    seen: &LastSeen,
    minutes: std::ops::Range<i64>,
    traffic: Traffic,
    random: &mut Random,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    for minute in minutes {
        let ms = minute * MINUTE_MS + 20_000;
        seen.observe(Name::place(OTHER, "eu-west-1"), ms);
        seen.observe_stream(ms);
        if traffic(minute, random) {
            seen.observe(Name::place(ACCOUNT, "eu-west-1"), ms);
        }
        notices.extend(seen.check(ms + 30_000));
    }
    notices
}

/// All kinds and seeds side by side, each an account of its own, for 58 days; then they stop, but for the one that always
/// speaks.
#[test]
fn what_is_usual_is_never_silent_and_what_stops_is_found_within_the_bound() {
    let seen = LastSeen::default();
    let (stop, end) = (MONDAY + 58 * DAY + 10 * 60 + 31, MONDAY + 61 * DAY);
    let mut all: Vec<_> = (0..)
        .zip(
            ALL.iter().flat_map(|(name, traffic, bound)| (1..=SEEDS).map(move |s| (name, traffic, bound, s))),
        )
        .map(|(n, (name, traffic, bound, seed))| (format!("{n:012}"), Random(seed), *name, *traffic, *bound))
        .collect();
    let mut found = std::collections::BTreeMap::new();
    for minute in MONDAY..end {
        let ms = minute * MINUTE_MS + 20_000;
        seen.observe_stream(ms);
        for (account, random, _, traffic, _) in all.iter_mut().filter(|_| minute < stop) {
            if traffic(minute, random) {
                seen.observe(Name::place(account, "eu-west-1"), ms);
            }
        }
        let notices = seen.check(ms + 30_000);
        assert!(
            minute >= stop || notices.iter().all(|notice| matches!(notice, Notice::New { .. })),
            "{notices:?}"
        );
        for notice in notices {
            if let Notice::Silent { key, last_seen_ms, detected_ms, expected_minutes } = notice {
                assert!(expected_minutes > 4.0, "{expected_minutes}");
                assert_eq!(found.insert(key, (detected_ms - last_seen_ms) / MINUTE_MS), None, "told once");
            }
        }
    }
    for (account, _, name, _, bound) in all {
        let after = found.remove(&place(&account));
        assert_eq!(after.is_some(), bound.is_some(), "{name}: {after:?}");
        assert!(after <= bound, "{name}: {after:?}");
    }
    assert!(found.is_empty(), "the stream spoke: {found:?}");
}

/// How often an account is told to be silent that spoke every minute for two weeks, and then does as `traffic` for four.
fn told_of_one_that_becomes(traffic: Traffic) -> usize {
    let (seen, mut random) = (LastSeen::default(), Random(7));
    let turn = MONDAY + 14 * DAY;
    assert_eq!(watch(&seen, MONDAY..turn, steady, &mut random), []);
    let notices = watch(&seen, turn..turn + 28 * DAY, traffic, &mut random);
    notices.iter().filter(|notice| matches!(notice, Notice::Silent { .. })).count()
}

#[test]
fn who_speaks_less_from_now_on_is_told_of_a_few_times_and_not_for_ever() {
    let hourly: Traffic = |minute, _| minute % 60 == minute.div_euclid(60) * 7919 % 60;
    let told = told_of_one_that_becomes(hourly);
    assert!((1..=12).contains(&told), "{told} of 672");
    // At work for an hour or so, then at rest for as long: minutes that know of each other.
    let in_blocks: Traffic = |minute, _| Random(minute.div_euclid(60).unsigned_abs()).of_hundred(50);
    let told = told_of_one_that_becomes(in_blocks);
    assert!((1..=28).contains(&told), "{told} of some 170");
}
