//! The service under load, killed: at random moments, and at every named place where that can hurt; while shards split and merge,
//! rules are loaded again, the store is new, and the sink refuses, hangs and fails. Afterwards nothing is lost, nothing is made up,
//! nothing is in the store twice, and what a sink received again it received under the same key. The reference engine judges.
//!
//! `TRIPLINE_KILLS` makes them more; `TRIPLINE_BIN` names another binary, such as the release, which has no named places: that one
//! is killed at random only.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use tripline::failpoint::PLACES;
use tripline::store::Store;
use tripline_loadgen::Distribution;

use super::emulator::Emulator;
use super::fickle::{Answer, Fickle};
use super::ledger;
use super::oracle::{facts, judge, records};
use super::service::{Running, Setup, binary_is_released, until};
use super::stream::{Put, Stream};
use crate::reference::assert_same;
use crate::rng::Rng;

/// Kills in one stream's life: then its alerts are judged and another begins.
const KILLS_A_LIFE: usize = 50;

/// How long a service may take to come to the place where it is to die.
const PLACE_PATIENCE: Duration = Duration::from_millis(2_500);

/// What a harness has seen.
#[derive(Debug, Default)]
struct Seen {
    kills: usize,
    /// Those at each named place.
    places: BTreeMap<&'static str, usize>,
    reshards: usize,
    reloads: usize,
    alerts: usize,
    deliveries: usize,
    repeated: usize,
    /// What the sink did with requests.
    answers: BTreeMap<Answer, usize>,
    /// From the start of the process to readiness.
    restarts: Vec<Duration>,
}

#[test]
fn no_kill_loses_or_makes_up_an_alert() {
    let kills: usize = std::env::var("TRIPLINE_KILLS").map_or(2 * PLACES.len(), |text| text.parse().unwrap());
    let mut seen = Seen::default();
    let mut rng = Rng(17);
    while seen.kills < kills {
        life(KILLS_A_LIFE.min(kills - seen.kills), &mut rng, &mut seen);
    }
    seen.restarts.sort();
    let at =
        |percent: usize| seen.restarts.get(seen.restarts.len() * percent / 100).copied().unwrap_or_default();
    let _ = writeln!(
        std::io::stderr(),
        "kills {} ({} at named places {:?}), {} reshards, {} reloads: {} alerts, {} deliveries, {} requests repeated under their \
         keys, the sink {:?}; restart p50 {:?}, p99 {:?}",
        seen.kills,
        seen.places.values().sum::<usize>(),
        seen.places,
        seen.reshards,
        seen.reloads,
        seen.alerts,
        seen.deliveries,
        seen.repeated,
        seen.answers,
        at(50),
        at(99)
    );
    if !binary_is_released() && kills >= 2 * PLACES.len() {
        let missed: Vec<_> = PLACES.iter().filter(|place| !seen.places.contains_key(*place)).collect();
        assert!(missed.is_empty(), "never died at {missed:?}");
    }
}

/// One stream, written while its engine is killed again and again.
fn life(kills: usize, rng: &mut Rng, seen: &mut Seen) {
    let emulator = Emulator::start();
    let stream = emulator.stream("kill", 2);
    let records = records(rng.next(), 120 * kills as u64 + 2_000, Distribution::Random);
    let (wanted, accounts) = judge(&records);
    let sink = Fickle::start(rng.next());
    let hook = "[sink.hook]\ntype = \"webhook\"\nurl_env = \"HOOK\"\nallow_private = true\nrate_per_s = 0\ntimeout_s = 1\n[rules]\nwatch_s = 0\n";
    let mut setup = Setup::new(&emulator.url, &stream.name, hook).with("HOOK", &sink.url());
    let mut chunks = records.chunks(records.len().div_ceil(kills));
    for _ in 0..kills {
        if rng.one_in(10) {
            reshard(&stream, rng);
            seen.reshards += 1;
        }
        kill(&stream, chunks.next().unwrap_or_default(), &mut setup, rng, seen);
        seen.kills += 1;
    }
    chunks.for_each(|chunk| stream.put(chunk));
    setup.set("TRIPLINE_FAILPOINT", "");
    let running = setup.start();
    until("all alerts", || (facts(&setup.alerts()) == wanted).then_some(()));
    let pending = || {
        Store::open_beside(&setup.store())
            .unwrap()
            .outbox()
            .unwrap()
            .iter()
            .map(|sink| sink.pending)
            .sum::<u64>()
    };
    until("all deliveries", || (pending() == 0).then_some(()));
    let store = Store::open_beside(&setup.store()).unwrap();
    let received = || store.accounts().unwrap().iter().map(|(_, all)| all.records).sum::<u64>();
    until("all records", || (received() >= accounts.decode.records_received).then_some(()));
    running.terminate().assert_ok();
    assert_same(&facts(&setup.alerts()), &wanted, "after the kills");
    let of_shards = store.accounts().unwrap();
    assert!(
        of_shards.iter().all(|(_, all)| all.unaccounted().iter().all(|(_, gap)| *gap == 0)),
        "{of_shards:?}"
    );
    assert_eq!(received(), accounts.decode.records_received, "each record is accounted for once");
    let alerts = setup.alerts();
    let ledger = ledger::check(&sink.received(), &store, &alerts, &wanted);
    seen.alerts += alerts.len();
    seen.deliveries += ledger.deliveries;
    seen.repeated += ledger.repeated;
    for (answer, n) in ledger.answers {
        *seen.answers.entry(answer).or_default() += n;
    }
}

fn reshard(stream: &Stream, rng: &mut Rng) {
    let open = stream.open_shards().len();
    if open > 3 || (open > 1 && rng.one_in(2)) {
        stream.merge(0);
    } else {
        stream.split(rng.below(open));
    }
}

/// One start, some records, and one death.
fn kill(stream: &Stream, chunk: &[Put], setup: &mut Setup, rng: &mut Rng, seen: &mut Seen) {
    // One place after the other, each until the service has died there; every fourth kill is at random.
    let died = seen.places.values().sum::<usize>();
    let place = (!binary_is_released() && seen.kills % 4 != 3).then(|| PLACES[died % PLACES.len()]);
    let nth =
        if place == Some("store.migrated") || place == Some("rules.adopted") { 1 } else { 1 + rng.below(2) };
    setup.set("TRIPLINE_FAILPOINT", &place.map(|place| format!("{place}:{nth}")).unwrap_or_default());
    stream.put(chunk);
    let began = Instant::now();
    let Some(mut running) = setup.try_start() else {
        // It died before it had a port.
        *seen.places.entry(place.unwrap_or("start")).or_default() += 1;
        return;
    };
    if place.is_none() && rng.one_in(3) {
        std::thread::park_timeout(Duration::from_millis(rng.next() % 100));
        return running.kill();
    }
    if place == Some("source.ended") {
        // There must be an end to come to.
        reshard(stream, rng);
        seen.reshards += 1;
    }
    match place {
        None => {
            if running.is_ready_soon() {
                seen.restarts.push(began.elapsed());
            }
            std::thread::park_timeout(Duration::from_millis(rng.next() % 800));
            running.kill();
        }
        Some(place) => die_at(place, running, seen),
    }
}

/// Waits until the process is dead by itself, or kills it.
fn die_at(place: &'static str, mut running: Running, seen: &mut Seen) {
    if place == "rules.adopted" && running.is_ready_soon() {
        running.signal("HUP");
        seen.reloads += 1;
    }
    let until = Instant::now() + PLACE_PATIENCE;
    while Instant::now() < until {
        if running.is_dead() {
            *seen.places.entry(place).or_default() += 1;
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    running.kill();
}
