//! The store's file under a running service: deleted, replaced, overwritten, with damaged rows, and after a clean stop.

use std::fs;
use std::path::Path;
use std::process::Command;

use rusqlite::Connection;
use tempfile::TempDir;
use tripline_loadgen::Distribution;
use tripline_rules::check::{self, SourceFile};

use super::disk::RULES;
use super::emulator::Emulator;
use super::oracle::{facts, judge_by, records};
use super::service::{Running, Setup, until};
use super::stream::{Put, Stream};
use crate::reference::{Alerts, Reference};

/// A stream, a service that reads it, and what it must find.
struct Scene {
    stream: Stream,
    setup: Setup,
    records: Vec<Put>,
    wanted: Alerts,
    _rules: TempDir,
    _emulator: Emulator,
}

fn scene(name: &str, seed: u64) -> Scene {
    let rules = tempfile::tempdir().unwrap();
    fs::write(rules.path().join("everything.yml"), RULES).unwrap();
    let chosen = format!(
        "[rules]\npaths = [\"{}\"]\npacks = [\"engine\"]\n[pipeline]\ndrain_timeout_s = 1\n",
        rules.path().display()
    );
    let emulator = Emulator::start();
    let stream = emulator.stream(name, 1);
    let records = records(seed, 3_000, Distribution::Random);
    let loaded =
        check::load(&[SourceFile { name: "everything.yml".into(), text: RULES.to_owned() }], &|_| true);
    let (wanted, _) = judge_by(Reference::of_texts(&[RULES]), loaded, &records);
    let setup = Setup::new(&emulator.url, &stream.name, &chosen);
    Scene { stream, setup, records, wanted, _rules: rules, _emulator: emulator }
}

impl Scene {
    fn received(&self, running: &Running, count: usize) {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let count = count as f64;
        until("records", || (running.metric("tripline_records_received_total") >= count).then_some(()));
    }

    fn all_are_there(&self) {
        until("all alerts", || (facts(&self.setup.alerts()) == self.wanted).then_some(()));
    }

    fn store(&self, command: &str) -> (Option<i32>, String) {
        let mut run = self.setup.command();
        run.args(["store", command]);
        if command == "repair" {
            run.arg("--config").arg(self.setup.folder().join("tripline.toml"));
        } else {
            run.arg("--store").arg(self.setup.store());
        }
        let output = run.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Half of the records, then `replace` under the running service, then the others: it says so, writes nothing, and ends with an
/// error; with the file that `restore` puts back everything is found.
fn replaced(name: &str, seed: u64, word: &str, replace: impl Fn(&Path), restore: impl Fn(&Path)) {
    let scene = scene(name, seed);
    let path = scene.setup.store();
    let (before, after) = scene.records.split_at(scene.records.len() / 2);
    let running = scene.setup.start();
    running.wait_ready();
    scene.stream.put(before);
    scene.received(&running, before.len());
    until("its commits", || {
        let found = facts(&scene.setup.alerts());
        (!found.is_empty()).then_some(())
    });
    replace(&path);
    scene.stream.put(after);
    until("the truth", || (running.get("/readyz").0 == 503).then_some(()));
    let said = running.get("/readyz").1;
    assert!(said.contains(word) && said.contains("deleted or replaced"), "{said}");
    until("the metric", || (running.metric("tripline_store_unusable") > 0.0).then_some(()));
    let ended = running.terminate();
    assert_eq!(ended.status.code(), Some(4), "{}\n{}", ended.said, ended.log);
    restore(&path);
    let running = scene.setup.start();
    scene.all_are_there();
    running.terminate().assert_ok();
    assert_eq!(scene.store("check"), (Some(0), "ok\n".to_owned()));
}

/// Where a file is put while another one is in its place.
fn beside(path: &Path, end: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn and_its_log(path: &Path, action: impl Fn(&Path, &str)) {
    for end in ["", "-wal", "-shm"] {
        if beside(path, end).exists() || end.is_empty() {
            action(&beside(path, end), end);
        }
    }
}

#[test]
fn a_store_that_is_moved_away_stops_the_acknowledgment_and_is_put_back() {
    let moved = |path: &Path| fs::rename(path, beside(path, ".moved")).unwrap();
    let back = |path: &Path| fs::rename(beside(path, ".moved"), path).unwrap();
    replaced("moved", 81, "deleted", moved, back);
}

#[test]
fn a_store_that_is_deleted_with_its_log_is_read_again_from_the_stream() {
    let deleted = |path: &Path| and_its_log(path, |file, _| fs::remove_file(file).unwrap());
    replaced("deleted", 82, "deleted", deleted, |_| {});
}

#[test]
fn another_file_that_is_renamed_over_the_store_is_noticed() {
    let other = |path: &Path| {
        let other = beside(path, ".other");
        drop(tripline::store::Store::open(&other).unwrap());
        fs::rename(path, beside(path, ".moved")).unwrap();
        fs::rename(other, path).unwrap();
    };
    let back = |path: &Path| fs::rename(beside(path, ".moved"), path).unwrap();
    replaced("renamed", 83, "another file", other, back);
}

#[test]
fn a_store_that_is_overwritten_in_place_is_noticed() {
    let overwritten = |path: &Path| {
        let other = beside(path, ".other");
        drop(tripline::store::Store::open(&other).unwrap());
        fs::copy(&other, path).unwrap();
    };
    // What was in it is gone: the stream still has it.
    let anew = |path: &Path| and_its_log(path, |file, _| fs::remove_file(file).unwrap());
    replaced("overwritten", 84, "another store", overwritten, anew);
}

#[test]
fn a_clean_stop_leaves_everything_in_the_one_file() {
    let scene = scene("clean", 85);
    let running = scene.setup.start();
    running.wait_ready();
    scene.stream.put(&scene.records);
    scene.all_are_there();
    running.terminate().assert_ok();
    let wal = beside(&scene.setup.store(), "-wal");
    assert!(fs::metadata(&wal).map_or(0, |wal| wal.len()) == 0, "its log is empty");
    let copy = beside(&scene.setup.store(), ".copy");
    fs::copy(scene.setup.store(), &copy).unwrap();
    let checked =
        Command::new(env!("CARGO_BIN_EXE_tripline")).args(["store", "check", "--store"]).arg(&copy).output();
    assert_eq!(checked.unwrap().status.code(), Some(0));
}

#[test]
fn damaged_rows_do_not_stop_a_service_and_a_repair_makes_the_alerts_whole() {
    let scene = scene("damaged", 86);
    let (before, after) = scene.records.split_at(scene.records.len() / 2);
    let running = scene.setup.start();
    running.wait_ready();
    scene.stream.put(before);
    scene.received(&running, before.len());
    until("alerts", || (scene.setup.alerts().len() > 2).then_some(()));
    let damage = "UPDATE alerts SET body = substr(body, 1, length(body) / 2)";
    Connection::open(scene.setup.store()).unwrap().execute_batch(damage).unwrap();
    scene.stream.put(after);
    scene.received(&running, scene.records.len());
    until("the alert", || {
        let store = tripline::store::Store::open_beside(&scene.setup.store()).unwrap();
        let query =
            tripline::store::Query { rule: Some("tripline-store-damaged".to_owned()), ..Default::default() };
        (!store.list(&query).unwrap().is_empty()).then_some(())
    });
    let (code, said) = running.get("/readyz");
    assert!(code == 200 && said.contains("degraded"), "{code} {said}");
    assert_eq!(running.metric("tripline_commits_total{result=\"failed\"}"), 0.0);
    assert!(running.metric("tripline_store_damaged_rows") > 0.0);
    running.terminate().assert_ok();
    let (code, said) = scene.store("repair");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(scene.store("check"), (Some(0), "ok\n".to_owned()));
    let found = facts(&scene.setup.alerts());
    let wrong: Vec<_> =
        scene.wanted.iter().filter(|(name, wanted)| found.get(*name) != Some(wanted)).collect();
    assert!(wrong.is_empty(), "{said}\n{wrong:#?}");
    // The rule matches the event of the engine that reports the damage, too.
    let others = found.iter().filter(|(name, _)| !scene.wanted.contains_key(*name));
    assert!(
        others.into_iter().all(|(_, other)| other.event_ids.iter().all(|id| id.starts_with("tripline:")))
    );
}
