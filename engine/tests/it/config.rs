//! `tripline config` as its users meet it: the built binary, its exit codes, what it prints where.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const CANARY: &str = "s3cr3t-canary";

fn tripline(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tripline"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TRIPLINE__")) {
        command.env_remove(name);
    }
    command
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .args(args)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// What it prints on stdout and on stderr, once its exit code is what it should be.
#[track_caller]
fn check(args: &[&str], variables: &[(&str, &str)], exit: i32) -> (String, String) {
    let output = tripline(args, variables);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(exit), "tripline {args:?}\nstdout: {out}\nstderr: {err}");
    assert!(!format!("{out}{err}").contains(CANARY), "a secret is shown\nstdout: {out}\nstderr: {err}");
    (out, err)
}

/// A folder of this test's own with one file in it.
fn file(test: &str, text: &str) -> (PathBuf, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("tripline.toml");
    fs::write(&path, text).unwrap();
    (folder, path.to_string_lossy().into_owned())
}

#[test]
fn a_right_configuration_is_ok_and_summed_up() {
    let (out, err) = check(&["config", "check"], &[], 0);
    assert!(out.starts_with("ok\nrules baseline; store tripline.db; http 127.0.0.1:9464; "), "{out}");
    assert!(out.ends_with("sinks: none\n") && err.contains("warning"), "{out}{err}");
    let (_, path) = file("config-ok", "[sink.out]\ntype = \"stdout\"\n");
    let (out, err) = check(&["config", "check", "--config", &path], &[], 0);
    assert!(out.ends_with("sinks: out\n"), "{out}");
    assert_eq!(err, "");
}

#[test]
fn a_wrong_configuration_is_refused_with_all_its_errors() {
    let (_, path) = file(
        "config-wrong",
        "[stroe]\npath = \"x\"\n[sink.pager]\ntype = \"slack\"\nurl = \"https://h.example/s3cr3t-canary\"\n",
    );
    let variables = [("TRIPLINE__HTTP__LISTEN", "0.0.0.0:80")];
    for command in ["check", "show"] {
        let (out, err) = check(&["config", command, "--config", &path], &variables, 3);
        assert_eq!(out, "");
        let lines: Vec<&str> = err.lines().collect();
        assert_eq!(lines.len(), 4, "{err}");
        assert_eq!(
            lines[0],
            format!("{path}:1:2: error: `stroe`: no section is called `stroe` (did you mean `store`?)")
        );
        assert!(lines[1].starts_with(&format!("{path}:3:7: error: ")), "{err}");
        assert!(lines[2].starts_with(&format!("{path}:5:1: error: `sink.pager.url`: a secret")), "{err}");
        assert!(lines[3].starts_with("environment TRIPLINE__HTTP__LISTEN: error: `http.listen`"), "{err}");
    }
    let (_, err) = check(&["config", "check", "--config", "no/such/file.toml"], &[], 3);
    assert!(err.starts_with("no/such/file.toml: error: cannot be read"), "{err}");
    let (folder, _) = file("config-folder", "");
    check(&["config", "check", "--config", &folder.to_string_lossy()], &[], 3);
    let (_, path) = file("config-bytes", "");
    fs::write(&path, b"[store]\npath = \"\xff\"\n").unwrap();
    let (_, err) = check(&["config", "check", "--config", &path], &[], 3);
    assert!(err.contains("line 2 is not UTF-8"), "{err}");
}

#[test]
fn show_says_where_each_value_comes_from_and_no_secret() {
    let (folder, path) = file("config-show", "");
    let url = folder.join("url");
    fs::write(&url, format!("https://hooks.slack.example/{CANARY}\n")).unwrap();
    let text = format!(
        "[store]\npath = \"a.db\"\n[sink.pager]\ntype = \"slack\"\nurl_file = {url:?}\n[sink.siem]\ntype = \"webhook\"\nurl_env = \"SIEM\"\n"
    );
    fs::write(&path, text).unwrap();
    let siem = format!("https://siem.example/{CANARY}");
    let variables = [("SIEM", siem.as_str()), ("TRIPLINE__SINK__PAGER__LEVEL_MIN", "high")];
    check(&["config", "check", "--config", &path], &variables, 0);
    let (out, _) = check(&["config", "show", "--config", &path, "--output", "ndjson"], &variables, 0);
    let rows: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |key: &str| rows.iter().find(|row| row["key"] == key).unwrap();
    assert_eq!(
        (&of("store.path")["value"], &of("store.path")["line"]),
        (&Value::from("a.db"), &Value::from(2))
    );
    assert_eq!(of("store.path")["file"], path.as_str());
    assert_eq!(of("log.level")["origin"], "default");
    assert_eq!(of("sink.pager.level_min")["variable"], "TRIPLINE__SINK__PAGER__LEVEL_MIN");
    assert_eq!(of("sink.pager.url_file")["value"], format!("*** ({})", url.display()));
    assert_eq!(of("sink.siem.url_env")["value"], "*** (SIEM)");
    assert_eq!(of("http.token_file")["value"], Value::Null);
    let (array, _) = check(&["config", "show", "--config", &path, "--output", "json"], &variables, 0);
    assert_eq!(serde_json::from_str::<Vec<Value>>(&array).unwrap(), rows);
    let (table, _) = check(&["config", "show", "--config", &path], &variables, 0);
    assert_eq!(table.lines().count(), rows.len());
    assert!(
        table.lines().any(|line| line.starts_with("store.path ") && line.ends_with(&format!("{path}:2:1"))),
        "{table}"
    );
}

#[test]
fn the_printed_defaults_are_a_configuration_that_changes_nothing() {
    let (defaults, _) = check(&["config", "show", "--defaults"], &[], 0);
    let (_, path) = file("config-defaults", &defaults);
    let (with, _) = check(&["config", "check", "--config", &path], &[], 0);
    let (without, _) = check(&["config", "check"], &[], 0);
    assert_eq!(with, without);
    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/OPERATIONS.md");
    assert!(
        fs::read_to_string(handbook).unwrap().contains(&defaults),
        "docs/OPERATIONS.md shows other defaults"
    );
}

#[test]
fn the_schema_is_json_with_every_section() {
    let (out, _) = check(&["config", "schema"], &[], 0);
    let schema: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["store"]["properties"]["path"]["default"], "tripline.db");
    assert_eq!(schema["properties"]["pipeline"]["properties"]["queue_batches_max"]["maximum"], 4096);
}
