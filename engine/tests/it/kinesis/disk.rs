//! A disk that is full: nothing is acknowledged, the port says so, and when there is room it goes on by itself.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tripline::store::Store;
use tripline_loadgen::Distribution;
use tripline_rules::check::{self, SourceFile};

use super::emulator::Emulator;
use super::oracle::{facts, judge_by, records};
use super::service::{Setup, until};
use crate::reference::Reference;
use crate::shared::variable;

/// A rule that keeps a row of every event.
pub(super) const RULES: &str = "
title: Everything
id: everything
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName|exists: true}, condition: a}
level: low
tripline: {group-by: [recipientAccountId, awsRegion]}
";

/// There is one small disk: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// Where it is; `none` where nobody may mount one.
fn small_disk(test: &str) -> Option<String> {
    let disk = variable(test, "TRIPLINE_SMALL_DISK")?;
    if disk == "none" {
        let _ = writeln!(std::io::stderr(), "{test}: left out, no disk can be mounted here");
        return None;
    }
    Some(disk)
}

/// What takes up the rest of a disk, for as long as it lives.
struct Filler(PathBuf);

impl Filler {
    fn new(path: PathBuf) -> Self {
        let mut file = File::create(&path).unwrap();
        // Smaller and smaller, until not a byte fits.
        for size in [1 << 20, 4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        Self(path)
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_full_disk_loses_nothing_and_is_said() {
    let Some(disk) = small_disk("full disk") else { return };
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir_in(&disk).unwrap();
    let path = folder.path().join("tripline.db");
    let rules = tempfile::tempdir().unwrap();
    fs::write(rules.path().join("everything.yml"), RULES).unwrap();
    let chosen = format!("[rules]\npaths = [\"{}\"]\npacks = []\n", rules.path().display());
    let emulator = Emulator::start();
    let stream = emulator.stream("disk", 2);
    let records = records(71, 6_000, Distribution::Random);
    let loaded =
        check::load(&[SourceFile { name: "everything.yml".into(), text: RULES.to_owned() }], &|_| true);
    let (wanted, accounts) = judge_by(Reference::of_texts(&[RULES]), loaded, &records);
    let setup = Setup::new(&emulator.url, &stream.name, &chosen);
    let setup = setup.with("TRIPLINE__STORE__PATH", path.to_str().unwrap());
    let running = setup.start();
    let (before, after) = records.split_at(records.len() / 2);
    stream.put(before);
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let received = |count: usize| {
        until("records", || {
            (running.metric("tripline_records_received_total") >= count as f64).then_some(())
        });
    };
    received(before.len());
    running.wait_ready();
    let filler = Filler::new(folder.path().join("filler"));
    stream.put(after);
    until("the truth", || (running.get("/readyz").0 == 503).then_some(()));
    let (_, said) = running.get("/readyz");
    assert!(said.contains("disk is full") && said.contains("make room"), "{said}");
    // What is not written is not acknowledged.
    let positions = || Store::open_beside(&path).unwrap().positions().unwrap();
    let held = positions();
    let failures = running.metric("tripline_commits_total{result=\"failed\"}");
    until("another attempt", || {
        (running.metric("tripline_commits_total{result=\"failed\"}") > failures).then_some(())
    });
    assert_eq!(positions(), held);
    drop(filler);
    running.wait_ready();
    received(records.len());
    let ended = running.terminate();
    ended.assert_ok();
    assert_eq!(ended.numbers("records ")[0], accounts.decode.records_received, "each once");
    let alerts = Store::open_beside(&path).unwrap().list(&tripline::store::Query::default()).unwrap();
    let alerts: Vec<_> = alerts.into_iter().map(|stored| stored.alert).collect();
    assert_eq!(facts(&alerts), wanted);
}

#[test]
fn a_disk_that_fills_in_the_middle_of_a_drain_gives_up_in_time_and_goes_on_at_the_next_start() {
    let Some(disk) = small_disk("full disk, drain") else { return };
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir_in(&disk).unwrap();
    let path = folder.path().join("tripline.db");
    let rules = tempfile::tempdir().unwrap();
    fs::write(rules.path().join("everything.yml"), RULES).unwrap();
    let chosen = format!(
        "[rules]\npaths = [\"{}\"]\npacks = []\n[pipeline]\ndrain_timeout_s = 1\n",
        rules.path().display()
    );
    let emulator = Emulator::start();
    let stream = emulator.stream("drain", 1);
    let records = records(73, 3_000, Distribution::Random);
    let loaded =
        check::load(&[SourceFile { name: "everything.yml".into(), text: RULES.to_owned() }], &|_| true);
    let (wanted, _) = judge_by(Reference::of_texts(&[RULES]), loaded, &records);
    let setup = Setup::new(&emulator.url, &stream.name, &chosen);
    let setup = setup.with("TRIPLINE__STORE__PATH", path.to_str().unwrap());
    let running = setup.start();
    running.wait_ready();
    let filler = Filler::new(folder.path().join("filler"));
    stream.put(&records);
    until("the truth", || (running.get("/readyz").0 == 503).then_some(()));
    let ended = running.terminate();
    assert_eq!(ended.status.code(), Some(4), "{}\n{}", ended.said, ended.log);
    drop(filler);
    let running = setup.start();
    let alerts = || {
        let alerts = Store::open_beside(&path).unwrap().list(&tripline::store::Query::default()).unwrap();
        facts(&alerts.into_iter().map(|stored| stored.alert).collect::<Vec<_>>())
    };
    until("all alerts", || (alerts() == wanted).then_some(()));
    running.terminate().assert_ok();
    assert_eq!(alerts(), wanted);
}
