//! The demo as its users meet it: it finds what was planted, and a kill at any moment changes nothing of that.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Small enough for a debug build, with every scenario in it.
const ARGS: [&str; 6] = ["--events", "4000", "--seed", "7", "--start", "2026-01-05T09:17:00Z"];

fn demo(store: &Path, seconds: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tripline"));
    command.arg("demo").args(ARGS).args(["--seconds", seconds, "--store"]).arg(store);
    command.stdin(Stdio::null()).stderr(Stdio::piped()).stdout(Stdio::piped());
    command
}

#[track_caller]
fn verdict(out: &Output) -> String {
    let (said, talk) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{:?}\n{said}\n{talk}", out.status);
    said.lines().last().unwrap_or_default().to_owned()
}

/// Every alert in the store, without how often it was told and when.
fn alerts(store: &Path) -> Vec<Value> {
    let out = Command::new(env!("CARGO_BIN_EXE_tripline"))
        .args(["alerts", "list", "--status", "all", "--limit", "10000", "--output", "ndjson", "--store"])
        .arg(store)
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let mut alerts: Vec<Value> = text
        .lines()
        .map(|line| {
            let mut alert: Value = serde_json::from_str(line).unwrap();
            alert["revision"] = Value::Null;
            alert["latency"] = Value::Null;
            alert
        })
        .collect();
    alerts.sort_by_key(|alert| alert["id"].as_str().unwrap_or_default().to_owned());
    alerts
}

#[test]
fn the_demo_finds_what_was_planted_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let out = demo(&folder.path().join("demo.db"), "0").output().unwrap();
    let verdict = verdict(&out);
    let planted: Vec<&str> = verdict.split(' ').collect();
    assert_eq!(
        (planted[0], planted[2], planted[4], planted[5]),
        ("planted", "found", "unexpected", "0"),
        "{verdict}"
    );
    assert_eq!(planted[1], planted[3], "{verdict}");
    assert!(planted[1].parse::<u32>().unwrap() >= 9, "{verdict}");
}

#[test]
fn a_demo_that_was_killed_goes_on_to_the_same_alerts() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.db");
    verdict(&demo(&whole, "0").output().unwrap());
    let wanted = alerts(&whole);
    let store = folder.path().join("killed.db");
    let mut random = 0x5EED_u64;
    let mut seen = Vec::new();
    for n in 0..10 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let after = Duration::from_millis(200 + (random >> 33) % 2_000);
        let mut child = demo(&store, "6").spawn().unwrap();
        if n % 2 == 0 {
            kill_after(child, after);
        } else {
            // In the middle: once it has told something.
            let mut line = String::new();
            BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
            kill_after(child, after / 8);
        }
        seen.push(alerts(&store).len());
    }
    assert!(
        seen.iter().any(|found| (1..wanted.len()).contains(found)),
        "no kill came in the middle: {seen:?}"
    );
    verdict(&demo(&store, "1").output().unwrap());
    let found = alerts(&store);
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!(found, wanted);
    }
}

/// SIGKILL: no handler runs, nothing is flushed.
fn kill_after(mut child: Child, after: Duration) {
    let until = Instant::now() + after;
    while Instant::now() < until {
        std::thread::park_timeout(until - Instant::now());
    }
    // It may be over already: then there is nothing to kill.
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn another_story_is_not_mixed_into_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("demo.db");
    verdict(&demo(&store, "0").output().unwrap());
    let before = alerts(&store);
    let out = Command::new(env!("CARGO_BIN_EXE_tripline"))
        .args(["demo", "--seed", "8", "--store"])
        .arg(&store)
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("holds another story"));
    assert_eq!(alerts(&store), before);
}

#[test]
fn a_store_of_something_else_is_not_played_into() {
    let folder = tempfile::tempdir().unwrap();
    let (store, file) = (folder.path().join("other.db"), folder.path().join("trail.ndjson"));
    let event = r#"{"eventVersion":"1.08","eventTime":"2026-01-02T03:01:00Z","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging"}"#;
    std::fs::write(&file, event).unwrap();
    let replay = Command::new(env!("CARGO_BIN_EXE_tripline"))
        .arg("replay")
        .arg(&file)
        .arg("--store")
        .arg(&store)
        .output();
    assert!(replay.unwrap().status.success());
    let out = demo(&store, "0").output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(alerts(&store).len(), 1, "what was there");
}

#[test]
fn alerts_are_triaged_by_their_ids() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("demo.db");
    verdict(&demo(&store, "0").output().unwrap());
    let run = |args: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_tripline"))
            .arg("alerts")
            .args(args)
            .arg("--store")
            .arg(&store)
            .output();
        let out = out.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (out.status.code().unwrap(), text(&out.stdout), text(&out.stderr))
    };
    let id = alerts(&store)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(run(&["ack", &id[..16]]).0, 0);
    assert_eq!(run(&["close", &id, "--reason", "other"]).0, 2, "other needs a text");
    assert_eq!(run(&["close", &id, "--reason", "benign", "--text", "change 17"]).0, 0);
    assert_eq!(run(&["close", &id, "--reason", "benign"]).0, 1, "it is closed");
    assert_eq!(run(&["ack", "ffffffffff"]).0, 1);
    let (code, shown, _) = run(&["show", &id, "--output", "json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(code, 0);
    assert_eq!(shown[0]["triage"]["close_reason"], "benign");
    assert_eq!(shown[0]["triage"]["close_text"], "change 17");
    assert!(shown[0]["triage"]["seconds_to_acknowledge"].is_i64());
    assert_eq!(shown[0]["alert"]["status"], "closed");
    assert_eq!(shown[0]["deliveries"][0]["state"], "delivered");
    let listed = run(&["list", "--output", "ndjson", "--limit", "1000"]).1;
    assert!(!listed.contains(&id), "closed ones are not listed");
    assert!(run(&["list", "--status", "closed", "--output", "table"]).1.contains(&id[..12]));
}

#[test]
fn the_demo_suggests_three_alerts_by_commands_that_work() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("it's a demo.db");
    let out = demo(&store, "0").output().unwrap();
    verdict(&out);
    let shown = suggested(&out);
    assert_eq!(shown.len(), 3, "{shown:?}");
    for command in &shown {
        let out = shell(command, folder.path());
        assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
    }
    let found = alerts(&store);
    let of = |command: &String| {
        let id = command.split(' ').nth(3).unwrap();
        found.iter().find(|alert| alert["id"].as_str().unwrap().starts_with(id)).unwrap()
    };
    assert_eq!(of(&shown[0])["rule"]["level"], "critical");
    let most = found.iter().map(|alert| alert["count"].as_u64().unwrap()).max();
    assert_eq!(of(&shown[1])["count"].as_u64(), most);
    assert!(of(&shown[2])["window"]["n"].as_u64().unwrap() > 1);
}

#[test]
fn without_a_store_the_demo_says_how_to_keep_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tripline"));
    command.arg("demo").args(ARGS).args(["--seconds", "0"]).current_dir(folder.path());
    let out = command.output().unwrap();
    verdict(&out);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let again = text.lines().find(|line| line.trim().starts_with("tripline demo ")).unwrap().trim();
    verdict(&shell(again, folder.path()));
    for command in suggested(&out) {
        assert!(shell(&command, folder.path()).status.success(), "{command}");
    }
}

/// The commands that the demo suggests.
fn suggested(out: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with("tripline alerts show "));
    lines.map(str::to_owned).collect()
}

/// Runs a command line as a user would paste it, with our binary for `tripline`.
fn shell(line: &str, folder: &Path) -> Output {
    let rest = line.strip_prefix("tripline ").unwrap();
    let line = format!("'{}' {rest}", env!("CARGO_BIN_EXE_tripline"));
    Command::new("sh").args(["-c", &line]).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}
