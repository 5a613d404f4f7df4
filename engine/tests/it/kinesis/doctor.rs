//! `tripline doctor` beside a service that is well, and beside a store that is not.

use std::process::Output;

use serde_json::Value;
use tripline::store::{Ended, Others, Outcome, Store};
use tripline_loadgen::Distribution;

use super::emulator::Emulator;
use super::oracle::{facts, judge, records};
use super::service::{Setup, until};

/// Whether it calls the engine alive.
fn health(setup: &Setup, listen: &str) -> Option<i32> {
    let mut command = setup.command();
    command.arg("health").arg("--config").arg(setup.folder().join("tripline.toml"));
    command.env("TRIPLINE__HTTP__LISTEN", listen).output().unwrap().status.code()
}

fn doctor(setup: &Setup, listen: &str, json: bool) -> Output {
    let mut command = setup.command();
    command
        .arg("doctor")
        .arg("--config")
        .arg(setup.folder().join("tripline.toml"))
        .env("TRIPLINE__HTTP__LISTEN", listen);
    if json {
        command.args(["--output", "json"]);
    }
    command.output().unwrap()
}

#[test]
fn a_doctor_names_what_is_well_what_is_not_and_what_to_do() {
    let emulator = Emulator::start();
    let stream = emulator.stream("doctor", 2);
    let records = records(71, 2_000, Distribution::Random);
    let (wanted, accounts) = judge(&records);
    let setup = Setup::new(&emulator.url, &stream.name, "[sink.out]\ntype = \"file\"\n");
    let path = setup.folder().join("alerts.ndjson");
    let setup = setup.with("TRIPLINE__SINK__OUT__PATH", path.to_str().unwrap());
    let running = setup.start();
    stream.put(&records);
    until("all alerts", || (facts(&setup.alerts()) == wanted).then_some(()));
    let received = accounts.decode.records_received;
    let store = || Store::open_beside(&setup.store()).unwrap();
    let of_store = || store().accounts().unwrap().iter().map(|(_, all)| all.records).sum::<u64>();
    until("all records", || (of_store() == received).then_some(()));
    until("deliveries", || (store().outbox().unwrap()[0].pending == 0).then_some(()));
    assert_eq!(health(&setup, &running.port), Some(0));
    let out = doctor(&setup, &running.port, false);
    let said = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(0), "{said}");
    assert!(!said.contains("FAIL"), "{said}");
    for part in [
        "store ok, source ok",
        "2 sources: all accounted for",
        "behind its newest record",
        "out: ",
        "groups in memory",
    ] {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
    assert!(said.contains(&format!("{received} records")), "{said}");
    let port = running.port.clone();
    running.terminate().assert_ok();
    assert_eq!(health(&setup, &port), Some(1));
    // A delivery that was given up, and nobody at the port.
    let mut store = Store::open(&setup.store()).unwrap();
    let id = &wanted.values().next().unwrap().id;
    let alert = store.alert(id).unwrap().alert;
    let ended = Ended::Dead { at_ms: 1, error: "answered 500: \u{1b}[31moh".to_owned() };
    let late = tripline::store::AlertChange {
        alert: tripline::alert::Alert { id: "late".to_owned(), ..alert },
        sinks: vec!["out".to_owned()],
    };
    let outcome = Outcome {
        alert: "late".to_owned(),
        revision: 1,
        sink: "out".to_owned(),
        ended,
        others: Others::Unchanged,
    };
    store.commit(&tripline::store::Commit { alerts: &[late], ..Default::default() }).unwrap();
    store.commit(&tripline::store::Commit { outcomes: &[outcome], ..Default::default() }).unwrap();
    drop(store);
    let out = doctor(&setup, "127.0.0.1:1", false);
    let said = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(1), "{said}");
    for part in
        ["nobody answers at 127.0.0.1:1", "1 dead", "tripline alerts resend --sink out", "answered 500"]
    {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
    assert!(!said.contains('\u{1b}'), "{said:?}");
    let found: Value = serde_json::from_slice(&doctor(&setup, "127.0.0.1:1", true).stdout).unwrap();
    let failed: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["health"] == "fail")
        .map(|one| one["what"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["sink"]);
}
