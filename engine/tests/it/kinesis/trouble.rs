//! A machine in trouble under load: no descriptors are left, the disk is slow or fails, the process is stopped, the clock jumps.
//! When the trouble is over, everything is there. The reference engine judges.
//!
//! `TRIPLINE_TROUBLES` makes the rounds more.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use tripline::failpoint::DISK_PLACES;
use tripline::store::Store;
use tripline_loadgen::Distribution;

use super::emulator::Emulator;
use super::fickle::Fickle;
use super::ledger;
use super::oracle::{facts, judge, records};
use super::service::{Running, Setup, binary_is_released, until};
use super::stream::{Put, Stream};
use crate::reference::{Alerts, assert_same};
use crate::rng::Rng;
use crate::shared::variable;

/// Descriptors of a service that shall run out of them, and connections that strangers hold to it.
const DESCRIPTORS_MAX: u64 = 96;
const STRANGERS: usize = 120;

/// How long a trouble lasts at least.
const LASTS: Duration = Duration::from_millis(1_500);

/// What befalls the service.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// Strangers hold more connections than there are descriptors.
    Descriptors,
    /// Every second call to the disk waits.
    SlowDisk,
    /// Every third call to the disk fails.
    FailingDisk,
    /// Commits find no room, every second time.
    FullDisk,
    /// SIGSTOP, and later SIGCONT.
    Stopped,
}

const TROUBLES: [Trouble; 5] =
    [Trouble::Descriptors, Trouble::SlowDisk, Trouble::FailingDisk, Trouble::FullDisk, Trouble::Stopped];

impl Trouble {
    /// The faults of the disk, as the service reads them.
    fn faults(self) -> String {
        let everywhere = |kind: &str| DISK_PLACES.map(|place| format!("{place}={kind}")).join(",");
        match self {
            Self::SlowDisk => everywhere("slow-150:2"),
            Self::FailingDisk => everywhere("io:3"),
            Self::FullDisk => "store.commit=full:2".to_owned(),
            Self::Descriptors | Self::Stopped => String::new(),
        }
    }

    /// Waits until the log says that the trouble is there, where it must.
    fn assert_is_felt(self, running: &Running) {
        if matches!(self, Self::FailingDisk | Self::FullDisk) {
            until("a failed commit", || running.log().contains("commit failed").then_some(()));
        }
    }

    /// Writes records while the trouble lasts.
    fn befall(self, running: &Running, stream: &Stream, chunk: &[Put]) {
        let (before, amid) = chunk.split_at(chunk.len() / 4);
        stream.put(before);
        match self {
            Self::Descriptors => {
                let strangers: Vec<_> = (0..STRANGERS).map(|_| TcpStream::connect(&running.port)).collect();
                stream.put(amid);
                std::thread::park_timeout(LASTS);
                drop(strangers);
            }
            Self::Stopped => {
                running.signal("STOP");
                stream.put(amid);
                std::thread::park_timeout(LASTS);
                running.signal("CONT");
            }
            Self::SlowDisk | Self::FailingDisk | Self::FullDisk => {
                stream.put(amid);
                std::thread::park_timeout(LASTS);
            }
        }
    }
}

/// Waits until the store holds what the reference wants and every delivery is settled, and ends the service.
fn settle(running: Running, setup: &Setup, wanted: &Alerts, records: u64) {
    until("all alerts", || (facts(&setup.alerts()) == *wanted).then_some(()));
    let store = Store::open_beside(&setup.store()).unwrap();
    let pending = || store.outbox().unwrap().iter().map(|sink| sink.pending).sum::<u64>();
    until("all deliveries", || (pending() == 0).then_some(()));
    let received = || store.accounts().unwrap().iter().map(|(_, all)| all.records).sum::<u64>();
    until("all records", || (received() >= records).then_some(()));
    running.terminate().assert_ok();
    assert_same(&facts(&setup.alerts()), wanted, "after the troubles");
    assert_eq!(received(), records, "each record is accounted for once");
}

#[test]
fn no_trouble_of_the_machine_loses_or_makes_up_an_alert() {
    if binary_is_released() {
        return;
    }
    let rounds = std::env::var("TRIPLINE_TROUBLES").map_or(TROUBLES.len(), |text| text.parse().unwrap());
    let emulator = Emulator::start();
    let stream = emulator.stream("trouble", 2);
    let mut rng = Rng(29);
    let records = records(91, 400 * rounds as u64 + 2_000, Distribution::Random);
    let (wanted, accounts) = judge(&records);
    let sink = Fickle::start(31);
    let hook = "[sink.hook]\ntype = \"webhook\"\nurl_env = \"HOOK\"\nallow_private = true\nrate_per_s = 0\ntimeout_s = 1\n";
    let mut setup = Setup::new(&emulator.url, &stream.name, hook).with("HOOK", &sink.url());
    let mut chunks = records.chunks(records.len().div_ceil(rounds));
    let (mut troubles, mut exhausted) = (TROUBLES, 0);
    for round in 0..rounds {
        if round % troubles.len() == 0 {
            rng.shuffle(&mut troubles);
        }
        let trouble = troubles[round % troubles.len()];
        setup.set("TRIPLINE_FAULTS", &trouble.faults());
        setup.limit_descriptors(matches!(trouble, Trouble::Descriptors).then_some(DESCRIPTORS_MAX));
        let running = setup.start();
        trouble.befall(&running, &stream, chunks.next().unwrap_or_default());
        trouble.assert_is_felt(&running);
        exhausted += usize::from(running.log().contains("Too many open files"));
        // Half of the rounds end as troubles do.
        if rng.one_in(2) {
            running.kill();
        } else {
            running.terminate();
        }
    }
    chunks.for_each(|chunk| stream.put(chunk));
    setup.set("TRIPLINE_FAULTS", "");
    setup.limit_descriptors(None);
    settle(setup.start(), &setup, &wanted, accounts.decode.records_received);
    let store = Store::open_beside(&setup.store()).unwrap();
    let alerts = setup.alerts();
    let ledger = ledger::check(&sink.received(), &store, &alerts, &wanted);
    let _ = writeln!(
        std::io::stderr(),
        "troubles {rounds}, descriptors ran out in {exhausted}: {} alerts, {} deliveries, {} requests repeated under their keys, the sink {:?}",
        alerts.len(),
        ledger.deliveries,
        ledger.repeated,
        ledger.answers
    );
}

/// Writes what the clock of the service is ahead by, in seconds.
fn set_clock(file: &Path, ahead_s: i64) {
    // Replaced at once: a clock that is read while it is written would be none.
    let new = file.with_extension("new");
    fs::write(&new, format!("{ahead_s:+}\n")).unwrap();
    fs::rename(new, file).unwrap();
}

#[test]
fn no_jump_of_the_clock_loses_or_makes_up_an_alert() {
    let Some(library) = variable("clock jumps", "TRIPLINE_FAKETIME") else { return };
    let jumps = std::env::var("TRIPLINE_TROUBLES").map_or(6, |text| text.parse().unwrap());
    let emulator = Emulator::start();
    let stream = emulator.stream("clock", 2);
    let records = records(93, 200 * jumps as u64 + 2_000, Distribution::Random);
    let (wanted, accounts) = judge(&records);
    let setup = Setup::new(&emulator.url, &stream.name, "[sink.file]\ntype = \"file\"\n");
    let (path, clock) = (setup.folder().join("alerts.ndjson"), setup.folder().join("clock"));
    set_clock(&clock, 0);
    let setup = setup
        .with("TRIPLINE__SINK__FILE__PATH", path.to_str().unwrap())
        .with("LD_PRELOAD", &library)
        .with("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap())
        .with("FAKETIME_NO_CACHE", "1")
        .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .with("DONT_FAKE_MONOTONIC", "1");
    let running = setup.start();
    running.wait_ready();
    let mut rng = Rng(37);
    for chunk in records.chunks(records.len().div_ceil(jumps)) {
        let hours = [-26, -2, 0, 1, 26, 24 * 40][rng.below(6)];
        set_clock(&clock, hours * 3_600);
        stream.put(chunk);
        std::thread::park_timeout(LASTS / 2);
    }
    set_clock(&clock, 0);
    settle(running, &setup, &wanted, accounts.decode.records_received);
    let log = fs::read_to_string(setup.folder().join("log")).unwrap();
    let years: std::collections::BTreeSet<&str> =
        log.lines().filter_map(|line| line.split_once("\"timestamp\":\"")?.1.get(..10)).collect();
    let _ = writeln!(
        std::io::stderr(),
        "clock jumps {jumps}: {} alerts; days in the log {years:?}",
        wanted.len()
    );
    assert!(years.len() > 1, "the clock never jumped: {years:?}");
}
