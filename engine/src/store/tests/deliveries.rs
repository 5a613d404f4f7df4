//! Ends of deliveries, against an oracle that remembers everything.

use super::*;
use crate::pipeline::attempt::{self, Moment};
use crate::sink::Refusal;
use crate::testing::Rng;

/// Refusals of a delivery, as the oracle remembers them.
#[derive(Debug, Clone, Copy)]
struct Refused {
    /// Which run of the engine.
    run: u32,
    /// Monotonic time of that run.
    at_ms: i64,
    /// Wait that was asked for then.
    wait_ms: i64,
}

/// The definition of docs/OPERATIONS.md, read aloud: a delivery is dead when it was refused at least 20 times, and the times
/// between two refusals of one run of the engine, each counted as far as the wait that followed the first of the two and one
/// minute, amount to 24 hours.
fn is_dead(refusals: &[Refused]) -> bool {
    let mut counted_ms = 0;
    for pair in refusals.windows(2) {
        if pair[0].run == pair[1].run {
            counted_ms += (pair[1].at_ms - pair[0].at_ms).min(pair[0].wait_ms + 60_000);
        }
    }
    refusals.len() >= 20 && counted_ms >= 24 * 3_600_000
}

/// A refusal that asks for a wait of up to this.
fn refusal(rng: &mut Rng, retry_after_s_max: i64) -> Refusal {
    let after_s = u64::try_from(rng.below(retry_after_s_max)).unwrap();
    let retry_after = [None, Some(Duration::from_secs(after_s))][rng.index(2)];
    Refusal::Status { status: 503, retry_after, answer: String::new() }
}

/// An attempt that is refused; returns how it ended.
fn refuse(store: &mut Store, due: &Due, (rng, retry_after_s_max): (&mut Rng, i64), at: Moment) -> Ended {
    let random = u64::try_from(rng.below(i64::MAX)).unwrap();
    let (ended, _) = attempt::ended(due, &Err(refusal(rng, retry_after_s_max)), None, at, random);
    let outcome = Outcome {
        alert: "a".to_owned(),
        revision: 1,
        sink: "pager".to_owned(),
        ended: ended.clone(),
        others: Others::Unchanged,
    };
    store.commit(&Commit { outcomes: &[outcome], ..Commit::default() }).unwrap();
    ended
}

/// One delivery through refusals, jumps of the wall clock and restarts. Returns whether it died.
fn lives_as_defined(seed: u64, store: &mut Store) -> bool {
    let mut rng = Rng(seed);
    let (restarts, retry_after_s_max) = (rng.pick(&[3, 30, 1_000]), rng.pick(&[60, 2_000, 5_000]));
    let (mut wall_ms, mut run, mut engine_ms, mut refusals) = (1_767_323_000_000, 0, 0, Vec::new());
    for step in 0..120 {
        // The wall clock is anywhere, the engine's goes on.
        wall_ms += [rng.below(60_000), 26 * 3_600_000, -26 * 3_600_000][rng.index(3)];
        if rng.below(restarts) == 0 {
            store.restart_deliveries().unwrap();
            (run, engine_ms) = (run + 1, wall_ms);
        }
        let mut due = store.due("pager", engine_ms, 9).unwrap();
        if due.is_empty() {
            let next_ms = store.next_due_ms("pager").unwrap().unwrap();
            assert!(next_ms - engine_ms <= 3_600_000, "seed {seed}: it waits {next_ms} at {engine_ms}");
            engine_ms = next_ms + [0, rng.below(10_000), rng.below(26 * 3_600_000)][rng.index(3)];
            due = store.due("pager", engine_ms, 9).unwrap();
        }
        let due = due.remove(0).unwrap();
        let ended = refuse(store, &due, (&mut rng, retry_after_s_max), Moment { wall_ms, engine_ms });
        let wait_ms = if let Ended::Retry { wait_ms, .. } = &ended { *wait_ms } else { 0 };
        refusals.push(Refused { run, at_ms: engine_ms, wait_ms });
        let died = matches!(ended, Ended::Dead { .. });
        assert_eq!(died, is_dead(&refusals), "seed {seed}, step {step}: {refusals:?}");
        if died {
            return true;
        }
    }
    false
}

#[test]
fn a_delivery_dies_if_and_only_if_the_definition_says_so() {
    let cases = std::env::var("TRIPLINE_DELIVERY_CASES").map_or(60, |n| n.parse().unwrap());
    let mut died = 0;
    for seed in 0..cases {
        let folder = Folder::new();
        let mut store = Store::open(&folder.file()).unwrap();
        store.connection.pragma_update(None, "synchronous", "OFF").unwrap();
        let changes = [AlertChange { alert: alert("a", 1), sinks: vec!["pager".to_owned()] }];
        commit(&mut store, &changes);
        died += u64::from(lives_as_defined(seed, &mut store));
    }
    println!("{died} of {cases} died");
    assert!(died > cases / 4 && died < cases * 3 / 4, "both ends must be met: {died} of {cases}");
}

/// The case of the issue: the clock is set a day forward, or the engine was stopped for a day.
#[test]
fn a_clock_jump_of_a_day_kills_nothing_and_a_clock_set_back_holds_up_nothing() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    commit(&mut store, &[AlertChange { alert: alert("a", 1), sinks: vec!["pager".to_owned()] }]);
    let mut rng = Rng(1);
    let start_ms = 1_767_323_000_000;
    // `created_ms` is 1,000 here: by the wall clock the delivery is fifty years old.
    for (restarts, engine_ms) in
        [(false, start_ms), (true, start_ms + 26 * 3_600_000), (true, start_ms - 26 * 3_600_000)]
    {
        if restarts {
            store.restart_deliveries().unwrap();
        }
        let due = store.due("pager", engine_ms, 9).unwrap().remove(0).unwrap();
        assert_eq!(due.tried_ms, 0);
        let ended = refuse(&mut store, &due, (&mut rng, 60), Moment { wall_ms: engine_ms, engine_ms });
        assert!(matches!(ended, Ended::Retry { tried_ms: 0, .. }), "{ended:?}");
    }
}

#[test]
fn a_request_is_honored_once_and_waits_for_nothing() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    for id in ["a", "b"] {
        commit(&mut store, &change(id, 1));
    }
    let outcome = |alert: &str, ended, others| Outcome {
        alert: alert.to_owned(),
        revision: 1,
        sink: "pager".to_owned(),
        ended,
        others,
    };
    let retry =
        |refused_ms| Ended::Retry { refused_ms, wait_ms: 900_000, tried_ms: 0, error: "no".to_owned() };
    let settle = |store: &mut Store, outcomes: &[Outcome]| {
        store.commit(&Commit { outcomes, ..Commit::default() }).unwrap();
    };
    settle(
        &mut store,
        &[outcome("a", retry(1), Others::Unchanged), outcome("b", retry(2), Others::Unchanged)],
    );
    let due = |store: &Store, now_ms| {
        let due = store.due("pager", now_ms, 9).unwrap().into_iter();
        due.map(|due| due.unwrap().stored.alert.id).collect::<Vec<_>>()
    };
    let probe = |store: &Store| store.probe("pager").unwrap().unwrap().unwrap().stored.alert.id;
    assert_eq!((due(&store, 10), probe(&store)), (vec![], "a".to_owned()));
    assert!(!store.has_requests("pager").unwrap());
    // One of them is asked for, and only at one sink.
    assert_eq!(store.resend(Resend::Pending, Some("b"), Some("pager"), 10).unwrap(), 1);
    assert!(store.has_requests("pager").unwrap() && !store.has_requests("file").unwrap());
    assert_eq!((due(&store, 10), probe(&store)), (vec!["b".to_owned()], "b".to_owned()));
    store.restart_deliveries().unwrap();
    assert!(store.has_requests("pager").unwrap(), "a restart forgets no request");
    assert_eq!(store.resend(Resend::Pending, None, None, 10).unwrap(), 4);
    // The sink is unavailable: one attempt was made, not one for each.
    settle(&mut store, &[outcome("b", retry(3), Others::RequestsTried)]);
    assert!(!store.has_requests("pager").unwrap() && store.has_requests("file").unwrap());
    assert_eq!(due(&store, 10), ["a"]);
    // It recovered: everything is due, but what it has just rejected.
    settle(&mut store, &[outcome("a", retry(4), Others::Due)]);
    assert_eq!(due(&store, 10), ["b"]);
    let attempts: Vec<_> =
        store.deliveries("b").unwrap().iter().map(|one| (one.sink.clone(), one.attempts)).collect();
    assert_eq!(
        attempts,
        [("file".to_owned(), 0), ("pager".to_owned(), 2)],
        "waiting ones keep their attempts"
    );
}
