//! Silence and its end are told once, new accounts too; the same through restarts, disorder and repeats.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use proptest::prelude::*;

use super::simulation::{ACCOUNT, DAY, MONDAY, OTHER, Random, never, place, steady, watch};
use super::*;

/// The share of an account's minutes that is usual at such a minute.
fn share(seen: &LastSeen, minute: i64) -> i64 {
    seen.watches.get(&Name::place(ACCOUNT, "eu-west-1").unwrap()).unwrap().known.profile.share(minute)
}

/// Everything is written down, and read again by another engine.
fn restarted(seen: &LastSeen, settings: Settings) -> LastSeen {
    seen.watches.iter_mut().for_each(|mut watch| watch.changed = true);
    LastSeen::restore(settings, seen.rows())
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
    assert_eq!(watch(&seen, MONDAY..MONDAY + DAY, steady, &mut random), []);
    let ms = (MONDAY + DAY) * MINUTE_MS + 30_000;
    seen.observe(Name::place("777788889999", "ap-south-1"), ms);
    let key = Name::place("777788889999", "ap-south-1").unwrap().key();
    assert_eq!(seen.check(ms), [Notice::New { key, first_seen_ms: ms }]);
    seen.observe(Name::place("777788889999", "ap-south-1"), ms + 5);
    assert_eq!(seen.check(ms + 10), []);
}

#[test]
fn what_is_no_account_and_what_is_too_much_is_counted_and_not_watched() {
    let seen = LastSeen::restore(Settings { keys_max: 3, ..Settings::default() }, Vec::new());
    seen.observe_stream(1);
    for n in 0..5 {
        seen.observe(Name::place(&format!("{n:012}"), "eu-west-1"), 1);
    }
    for (account, region) in [("", ""), ("12345", "eu-west-1"), (ACCOUNT, "EU\n"), (ACCOUNT, &"a".repeat(33))]
    {
        seen.observe(Name::place(account, region), 1);
    }
    seen.observe(Name::place("000000000000", "eu-west-1"), 2);
    assert_eq!((seen.len(), seen.dropped()), (3, 7));
}

#[test]
fn workers_that_share_it_lose_nothing() {
    let seen = Arc::new(LastSeen::default());
    let workers: Vec<_> = (0..4_i64)
        .map(|worker| {
            let seen = Arc::clone(&seen);
            thread::spawn(move || {
                for n in 0..500 {
                    let ms = MONDAY * MINUTE_MS + n * 4 + worker;
                    seen.observe(Name::place(&format!("{:012}", n % 50), "eu-west-1"), ms);
                    seen.observe_stream(ms);
                }
            })
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    assert_eq!((seen.len(), seen.dropped()), (51, 0));
    let rows = seen.rows();
    let stream = rows.iter().find(|row| row.account.is_empty()).unwrap();
    assert_eq!(stream.last_seen_ms - MONDAY * MINUTE_MS, 499 * 4 + 3);
    assert!(seen.rows().is_empty(), "nothing has changed since");
}

/// What began while the engine was down is noticed after it; what was told before is not told again; nobody is new.
#[test]
fn after_a_restart_only_what_is_new_is_told() {
    let (seen, mut random) = (LastSeen::default(), Random(1));
    let stop = MONDAY + 8 * DAY + 600;
    watch(&seen, MONDAY..stop, steady, &mut random);
    let seen = restarted(&seen, Settings::default());
    let notices = watch(&seen, stop + 90..stop + 95, never, &mut random);
    assert!(
        matches!(notices.as_slice(), [Notice::Silent { key, .. }] if *key == place(ACCOUNT)),
        "{notices:?}"
    );
    let seen = restarted(&seen, Settings::default());
    assert_eq!(watch(&seen, stop + 200..stop + 300, never, &mut random), []);
    assert_eq!(seen.silent_keys(), 1);
}

/// The first day of a silence that was told of is not learned; what lasts longer becomes usual.
#[test]
fn who_is_silent_for_good_is_forgotten_but_not_on_the_first_day() {
    let (seen, mut random) = (LastSeen::default(), Random(1));
    let stop = MONDAY + 8 * DAY + 600;
    watch(&seen, MONDAY..stop, steady, &mut random);
    let noon = MONDAY + 8 * DAY + 720;
    let before = share(&seen, noon);
    watch(&seen, stop..stop + DAY, never, &mut random);
    assert_eq!(share(&seen, noon), before);
    watch(&seen, stop + DAY..stop + 16 * DAY, never, &mut random);
    assert!(share(&seen, noon) < before / 5, "{}", share(&seen, noon));
}

/// The clock jumps over the rest of a silence that was told of and over its end: each hour is taken for what it was.
#[test]
fn what_a_jump_of_the_clock_passes_is_learned_as_if_it_had_walked() {
    let (seen, mut random) = (LastSeen::default(), Random(1));
    let stop = MONDAY + 8 * DAY + 600;
    watch(&seen, MONDAY..stop, steady, &mut random);
    assert_eq!(watch(&seen, stop..stop + 10, never, &mut random).len(), 1);
    let (silent, heard) = (MONDAY + 8 * DAY + 12 * 60, MONDAY + 8 * DAY + 18 * 60);
    let before = share(&seen, silent);
    for minute in stop + 10..stop + 12 * 60 {
        seen.observe_stream(minute * MINUTE_MS);
        if minute >= stop + 6 * 60 && minute % 2 == 0 {
            seen.observe(Name::place(ACCOUNT, "eu-west-1"), minute * MINUTE_MS);
        }
    }
    let notices = seen.check((stop + 12 * 60) * MINUTE_MS);
    assert!(matches!(notices.as_slice(), [Notice::Resumed { .. }, ..]), "{notices:?}");
    assert_eq!(share(&seen, silent), before);
    assert!(share(&seen, heard) < before, "half of it was silent");
}

#[test]
fn nobody_is_silent_before_the_least_time_whatever_is_usual() {
    let settings = Settings { after_ms: 30 * MINUTE_MS, ..Settings::default() };
    let (seen, mut random) = (LastSeen::restore(settings, Vec::new()), Random(1));
    let stop = MONDAY + 4 * DAY;
    watch(&seen, MONDAY..stop, steady, &mut random);
    assert_eq!(watch(&seen, stop..stop + 30, never, &mut random), []);
    assert_eq!(watch(&seen, stop + 30..stop + 31, never, &mut random).len(), 1);
}

/// An outage and its alert may not make the next one hard to find: each costs a key some minutes, and it fades.
#[test]
fn who_cried_wolf_is_believed_later_but_is_believed() {
    let (seen, mut random) = (LastSeen::default(), Random(1));
    let mut day = MONDAY + 8 * DAY;
    watch(&seen, MONDAY..day, steady, &mut random);
    let mut after = |days: i64| {
        let stop = day + days * DAY + 600;
        watch(&seen, day..stop, steady, &mut random);
        let notices = watch(&seen, stop..stop + 60, never, &mut random);
        watch(&seen, stop + 60..stop + 840, steady, &mut random);
        day = stop + 840;
        notices.iter().find_map(|notice| match notice {
            Notice::Silent { last_seen_ms, detected_ms, .. } => {
                Some((detected_ms - last_seen_ms) / MINUTE_MS)
            }
            _ => None,
        })
    };
    assert_eq!([after(0), after(0), after(0)], [Some(6), Some(10), Some(17)]);
    assert_eq!(after(21), Some(7));
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
    let shares = |seen: &LastSeen| (0..48).map(|hour| share(seen, MONDAY + hour * 60)).collect::<Vec<_>>();
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
    let (seen, mut random) = (LastSeen::default(), Random(1));
    watch(&seen, MONDAY..MONDAY + 3 * DAY, steady, &mut random);
    let written = seen.rows().into_iter().find(|row| row.account == ACCOUNT).unwrap().state;
    let older = written.replace("\"version\":1", "\"version\":0");
    let absurd = written.replace("\"doubt\":0", "\"doubt\":-9223372036854775808");
    assert!(older != written && absurd != written);
    for state in ["", "{}", "{\"profile\": []}", "[1]", &older, &absurd] {
        let seen = LastSeen::restore(Settings::default(), vec![row(state)]);
        assert_eq!(share(&seen, MONDAY), 0, "{state}");
        seen.observe(Name::place(ACCOUNT, "eu-west-1"), 3);
        assert_eq!((seen.len(), seen.check(4 * DAY * MINUTE_MS)), (1, Vec::new()), "{state}");
    }
    assert_eq!(share(&LastSeen::restore(Settings::default(), vec![row(&written)]), MONDAY), 9_850);
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

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
                        seen = restarted(&seen, Settings::default());
                    }
                }
                if shuffled {
                    observed.sort_by_key(|_| noise.next());
                    observed.extend(observed.clone());
                }
                for (account, ms) in observed {
                    seen.observe(Name::place(account, "eu-west-1"), ms);
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
