//! `verify` says by its exit code whether the verdict holds, and the command without a command still writes a corpus.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MUST: &str = r#"{"must":true,"scenario":"s","instance":1,"rule_id":"r","group":{"account":"a"},"period_start_s":0,"period_s":3600,"count":2}"#;
const ALERT: &str = r#"{"id":"1","rule":{"id":"r"},"group":{"account":"a"},"count":2,"count_exact":true,"period":{"start":"1970-01-01T00:00:00Z","seconds":3600},"revision":1,"event_source":"s3.amazonaws.com","latency":{"event_time":"1970-01-01T00:00:00Z","logs_time":null,"arrival":null,"received":null,"decoded":null,"alerted":"1970-01-01T00:00:01.5Z"}}"#;

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tripline-loadgen")).args(args).output().unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn file(folder: &Path, name: &str, lines: &[&str]) -> String {
    let path = folder.join(name);
    fs::write(&path, lines.join("\n")).unwrap();
    path.display().to_string()
}

#[test]
fn the_exit_code_is_the_verdict() {
    let folder = folder("verify-codes");
    let ledger = file(&folder, "ledger", &[MUST]);
    let other = &ALERT.replace(r#""id":"1""#, r#""id":"2""#).replace(r#""account":"a""#, r#""account":"b""#);
    let miscounted = &ALERT.replace(r#""count":2"#, r#""count":3"#);
    let lists: [(&[&str], i32); 6] = [
        (&[ALERT], 0),
        (&[], 1),
        (&[ALERT, other], 1),
        (&[ALERT, ALERT], 1),
        (&[miscounted], 1),
        (&[ALERT, "{"], 2),
    ];
    for (alerts, code) in lists {
        let alerts = file(&folder, "alerts", alerts);
        let output = run(&["verify", "--ledger", &ledger, "--alerts", &alerts]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(output.stderr.is_empty(), code != 2, "{output:?}");
    }
}

#[test]
fn a_verdict_as_an_object_and_a_plot() {
    let folder = folder("verify-forms");
    let (ledger, alerts) = (file(&folder, "ledger", &[MUST]), file(&folder, "alerts", &[ALERT]));
    let svg = folder.join("plot.svg").display().to_string();
    let output =
        run(&["verify", "--ledger", &ledger, "--alerts", &alerts, "--output", "json", "--svg", &svg]);
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&object["holds"], &object["found"]), (&true.into(), &1.into()));
    assert_eq!(object["latency"]["event_to_alerted"]["max_ms"], 1500);
    assert!(fs::read_to_string(svg).unwrap().contains("event_to_alerted"));
}

#[test]
fn without_a_command_a_corpus_is_written() {
    let folder = folder("verify-corpus");
    let target = format!("dir:{}", folder.display());
    let ledger = folder.join("ledger").display().to_string();
    let output = run(&["--events", "10", "--format", "ndjson", "--target", &target, "--ledger", &ledger]);
    assert!(output.status.success(), "{output:?}");
    assert!(folder.join("events.ndjson").exists() && folder.join("ledger").exists());
    for wrong in
        [&[][..], &["--target", &target, "verify"], &["verify", "--ledger", &ledger], &["--target", "x"]]
    {
        let output = run(wrong);
        assert!(output.status.code() == Some(2) && !output.stderr.is_empty(), "{output:?}");
    }
}
