//! The command line as its users meet it: the built binary, its exit codes, what it prints where.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

mod aws_errors;
mod forms;
mod rules;
mod store;
mod terminal;

fn tripline(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tripline")).args(args).output().unwrap()
}

#[track_caller]
fn check(args: &[&str], exit: i32) -> String {
    let output = tripline(args);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(exit), "tripline {args:?}\nstdout: {out}\nstderr: {err}");
    out
}

#[track_caller]
fn complaint(args: &[&str], exit: i32) -> String {
    let output = tripline(args);
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(exit), "tripline {args:?}\nstderr: {err}");
    err
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn event(id: &str, name: &str, time: &str) -> Value {
    json!({
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mallory", "accountId": "111122223333", "userName": "mallory"},
        "eventTime": time,
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.15",
        "requestParameters": {"name": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"},
        "responseElements": null,
        "eventID": id,
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333"
    })
}

fn story() -> Vec<Value> {
    vec![
        event("00000000-0000-4000-8000-000000000001", "DescribeTrails", "2026-01-02T03:00:00Z"),
        event("00000000-0000-4000-8000-000000000002", "StopLogging", "2026-01-02T03:01:00Z"),
        event("00000000-0000-4000-8000-000000000003", "StopLogging", "2026-01-02T03:05:00Z"),
        event("00000000-0000-4000-8000-000000000004", "DeleteTrail", "2026-01-02T05:05:00Z"),
    ]
}

fn ndjson(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

#[test]
fn pattern_answers_a_line_a_message() {
    let out = check(&["pattern", "{ $.a = 1 }", "--message", r#"{"a":1}"#, r#"{"a":2}"#, "no json"], 0);
    assert_eq!(out, "match\nno match\nno match\n");
    assert_eq!(check(&["pattern", "", "--message", "anything"], 0), "match\n");
    assert_eq!(check(&["pattern", "-debug", "--message", "all quiet", "debug on"], 0), "match\nno match\n");
    assert_eq!(check(&["pattern", "-hello", "--message", "hello"], 0), "no match\n");
    assert_eq!(
        check(&["pattern", "--message", "ERROR 1", "--message", "fine", "--", "ERROR"], 0),
        "match\nno match\n"
    );
    assert_eq!(check(&["pattern", "ERROR", "--message=-ERROR"], 0), "match\n");
    let hyphens = ["pattern", "ERROR", "--message", "-5 ERROR", "--x", "-", "--wildcard", "glob"];
    assert_eq!(check(&hyphens, 0), "match\nno match\nno match\n");
    complaint(&["pattern", "ERROR"], 2);
    complaint(&["pattern", "ERROR", "--message"], 2);
}

#[test]
fn pattern_offers_both_wildcards() {
    let pattern = r#"{ $.ip = "*111.111.111" }"#;
    let message = r#"{"ip":"111.111.111.111"}"#;
    assert_eq!(check(&["pattern", pattern, "--message", message], 0), "match\n");
    assert_eq!(check(&["pattern", pattern, "--message", message, "--wildcard", "aws-2019"], 0), "no match\n");
}

#[test]
fn an_invalid_pattern_is_shown_with_a_caret() {
    let complaint = complaint(&["pattern", "{ $.a == 1 }", "--message", "x"], 2);
    assert!(complaint.contains("{ $.a == 1 }"), "{complaint}");
    assert!(complaint.contains('^'), "{complaint}");
}

#[test]
fn replay_prints_the_same_alerts_for_the_same_set_of_events() {
    let folder = folder("replay-set");
    let forwards = write(&folder, "forwards.ndjson", &ndjson(&story()));
    let mut shuffled = story();
    shuffled.reverse();
    shuffled.extend(story());
    let backwards = write(&folder, "backwards.ndjson", &ndjson(&shuffled));
    let records = folder.join("records.json.gz");
    fs::write(&records, gzip(json!({"Records": story()}).to_string().as_bytes())).unwrap();
    let message = json!({
        "messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "g", "logStream": "s", "subscriptionFilters": ["f"],
        "logEvents": story().iter().enumerate().map(|(n, e)| json!({"id": n.to_string(), "timestamp": 1_767_322_800_000_u64, "message": e.to_string()})).collect::<Vec<_>>(),
    });
    let subscription = write(&folder, "subscription.json", &message.to_string());

    let expected = check(&["replay", &forwards, "--output", "ndjson"], 0);
    assert_eq!(expected.lines().count(), 2, "two trails' hours:\n{expected}");
    for other in [&backwards, &records.to_string_lossy().into_owned(), &subscription] {
        let got = without_logs_time(&check(&["replay", other, "--output", "ndjson"], 0));
        assert_eq!(without_logs_time(&expected), got, "{other}");
    }
}

/// The ledger's `logs_time` comes from the envelope, and so differs between forms of one event.
fn without_logs_time(ndjson: &str) -> Vec<Value> {
    ndjson
        .lines()
        .map(|line| {
            let mut alert: Value = serde_json::from_str(line).unwrap();
            alert["latency"] = Value::Null;
            alert
        })
        .collect()
}

#[test]
fn an_alert_has_every_member_of_the_native_shape_in_order() {
    let folder = folder("replay-shape");
    let file = write(&folder, "story.ndjson", &ndjson(&story()));
    let out = check(&["replay", &file, "--output", "ndjson"], 0);
    let first = out.lines().next().unwrap();
    let members = [
        "id",
        "rule",
        "summary",
        "group",
        "count",
        "count_exact",
        "distinct",
        "first_seen",
        "last_seen",
        "window",
        "period",
        "continues",
        "revision",
        "event_ids",
        "account",
        "region",
        "principal",
        "source_ip",
        "user_agent",
        "event_source",
        "event_name",
        "error_code",
        "why",
        "evidence",
        "scope",
        "latency",
        "status",
        "approximate",
        "late",
    ];
    let alert: Value = serde_json::from_str(first).unwrap();
    assert_eq!(alert.as_object().unwrap().len(), members.len(), "{first}");
    let mut at = 0;
    for member in members {
        let found = first[at..].find(&format!("\"{member}\":"));
        at += found.unwrap_or_else(|| panic!("`{member}` is missing or out of order in {first}"));
    }
    assert_eq!(alert["count"], 2);
    assert_eq!(alert["event_name"], "StopLogging");
    assert_eq!(alert["principal"], "arn:aws:iam::111122223333:user/mallory");
    assert_eq!(alert["evidence"]["first"]["eventID"], "00000000-0000-4000-8000-000000000002");
    assert!(alert["why"].as_array().unwrap().iter().any(|why| why["value"] == "StopLogging"), "{first}");
    assert_eq!(alert["rule"]["author"], "Tripline");
}

#[test]
fn every_output_form_prints_every_alert() {
    let folder = folder("replay-forms");
    let file = write(&folder, "story.ndjson", &ndjson(&story()));
    let array: Value = serde_json::from_str(&check(&["replay", &file, "--output", "json"], 0)).unwrap();
    assert_eq!(array.as_array().unwrap().len(), 2);
    let ocsf = check(&["replay", &file, "--output", "ocsf"], 0);
    for line in ocsf.lines() {
        let finding: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&finding["class_uid"], &finding["category_uid"]), (&json!(2004), &json!(2)));
    }
    assert_eq!(ocsf.lines().count(), 2);
    let table = check(&["replay", &file, "--output", "table"], 0);
    assert!(table.matches("mallory").count() >= 2, "{table}");
}

#[test]
fn replay_accounts_for_what_it_could_not_read() {
    let folder = folder("replay-poison");
    let mut lines = ndjson(&story());
    lines.push_str("{\"eventVersion\":\"1.08\",\"eventTime\":\n");
    lines.push_str("a line of another log\n");
    write(&folder, "mixed.log", &lines);
    write(&folder, "notes.md", "skipped");
    fs::write(folder.join("cut.json.gz"), &gzip(b"{\"Records\":[]}")[..12]).unwrap();
    let summary = complaint(&["replay", &folder.to_string_lossy(), "--output", "ndjson"], 0);
    for part in
        ["notes.md", "2 received", "1 decoded", "1 rejected", "6 in", "4 evaluated", "1 not CloudTrail"]
    {
        assert!(summary.contains(part), "`{part}` is not in:\n{summary}");
    }
}

#[test]
fn a_path_that_is_not_there_could_not_be_read() {
    for command in ["replay", "eval"] {
        let complaint = complaint(&[command, "/no/such/file.json"], 4);
        assert!(complaint.contains("/no/such/file.json"), "{complaint}");
    }
}

#[test]
fn eval_prints_one_line_a_hit_with_the_record_number() {
    let folder = folder("eval");
    let file = write(&folder, "story.ndjson", &ndjson(&story()));
    let out = check(&["eval", &file, "--pack", "cis@5.0.0"], 0);
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|hit| hit["line"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    for hit in &lines {
        assert_eq!(
            hit.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["event_id", "file", "line", "rule_id"]
        );
        assert_eq!(hit["file"], file.as_str());
    }
    assert_eq!(lines[0]["event_id"], "00000000-0000-4000-8000-000000000002");
    let twice = check(&["eval", &file, &file, "--pack", "cis@5.0.0"], 0);
    assert_eq!(twice.lines().count(), 6, "no dedupe");
    let array: Value =
        serde_json::from_str(&check(&["eval", &file, "--pack", "cis@5.0.0", "--output", "json"], 0)).unwrap();
    assert_eq!(array.as_array().unwrap().as_slice(), lines.as_slice());
    let none = write(&folder, "none.ndjson", "{}\n");
    assert_eq!(check(&["eval", &none, "--output", "json"], 0), "[]\n");
    assert_eq!(check(&["eval", &none], 0), "");
}

/// As a shell's `<(…)` names it.
#[test]
fn a_pipe_is_read_where_events_are_read_and_not_where_rules_are() {
    let folder = folder("pipes");
    let pipe = folder.join("pipe.yml");
    let path = pipe.to_str().unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let file = write(&folder, "events.json", &ndjson(&story()));
    let through = |args: &[&str]| {
        let script = "exec cat \"$0\" > \"$1\"";
        // Waits until the pipe is opened for reading.
        let mut writer = Command::new("sh").args(["-c", script, &file, path]).spawn().unwrap();
        let output = tripline(args);
        let _ = writer.kill();
        writer.wait().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let sound = write(&folder, "sound.yml", SOUND);
    let named = through(&["replay", "--rules", &sound, path]);
    assert_eq!(named, check(&["replay", "--rules", &sound, &file], 0));
    let explained = through(&["explain", "sound", path, "--rules", &sound]);
    assert_eq!(explained, check(&["explain", "sound", &file, "--rules", &sound], 0));
    let complaint = complaint(&["replay", "--rules", path, &file], 2);
    assert!(complaint.contains("it is a pipe (FIFO), not a regular file"), "{complaint}");
}

#[test]
fn explain_says_why_and_why_not() {
    let folder = folder("explain");
    let stop = write(&folder, "stop.json", &story()[1].to_string());
    let describe = write(&folder, "describe.json", &story()[0].to_string());
    let rule = check(&["rules", "list", "--pack", "cis@5.0.0"], 0)
        .lines()
        .find(|line| line.contains("trail"))
        .and_then(|line| line.split_whitespace().next().map(str::to_owned))
        .unwrap();
    let why = check(&["explain", &rule, &stop, "--pack", "cis@5.0.0"], 0);
    assert!(why.contains("matches") && why.contains("StopLogging"), "{why}");
    let why_not = check(&["explain", &rule, &describe, "--pack", "cis@5.0.0"], 0);
    assert!(why_not.contains("does not match") && why_not.contains("DescribeTrails"), "{why_not}");
    let complaint = complaint(&["explain", "no-such-rule", &stop], 2);
    assert!(complaint.contains("no-such-rule"), "{complaint}");
}

#[test]
fn every_cis_version_has_one_rule_a_control() {
    for (version, controls) in [
        ("1.1", 14),
        ("1.1.0", 14),
        ("1.2.0", 14),
        ("1.3.0", 15),
        ("1.4.0", 15),
        ("1.5.0", 15),
        ("2.0.0", 15),
        ("3.0.0", 15),
        ("4.0", 15),
        ("4.0.0", 15),
        ("5.0.0", 15),
        ("6.0.0", 15),
        ("7.0.0", 15),
    ] {
        let out = check(&["rules", "list", "--pack", &format!("cis@{version}")], 0);
        assert_eq!(out.lines().count(), controls, "cis@{version}:\n{out}");
    }
    let complaint = complaint(&["rules", "list", "--pack", "cis@9.9.9"], 2);
    assert!(complaint.contains("7.0.0"), "the versions that exist are named: {complaint}");
}

#[test]
fn the_shipped_rules_check_and_test_clean() {
    check(&["rules", "check", "--strict"], 0);
    check(&["rules", "test"], 0);
    check(&["rules", "test", "--pack", "cis-all@7.0.0", "--pack", "cis-all@1.3.0"], 0);
}

const BROKEN: &str = "title: Broken\nid: broken\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  selection:\n    eventName|contians: x\n  condition: selektion\nlevel: hihg\n";
const SOUND: &str = "title: Sound\nid: sound\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  selection:\n    eventName: StopLogging\n  condition: selection\nlevel: high\n";

#[test]
fn a_broken_rule_is_refused_with_its_place_and_the_others_run() {
    let folder = folder("broken-rules");
    write(&folder, "broken.yml", BROKEN);
    write(&folder, "sound.yml", SOUND);
    let rules = folder.to_string_lossy().into_owned();
    let complaint_text = complaint(&["rules", "check", "--rules", &rules], 2);
    for part in ["broken.yml:6:", "contains", "broken.yml:7:", "broken.yml:8:", "high"] {
        assert!(complaint_text.contains(part), "`{part}` is not in:\n{complaint_text}");
    }
    assert_eq!(check(&["rules", "list", "--rules", &rules], 0).lines().count(), 1);
    complaint(&["rules", "list", "--rules", &rules, "--strict"], 2);
    complaint(&["rules", "test", "--rules", &rules], 2);
}

#[test]
fn a_rule_without_both_a_hit_and_a_near_miss_fails_its_test() {
    let folder = folder("no-cases");
    write(&folder, "sound.yml", SOUND);
    let rules = folder.to_string_lossy().into_owned();
    complaint(&["rules", "test", "--rules", &rules], 1);
    write(
        &folder,
        "sound.cases.yml",
        "hits:\n  - name: stopped\n    event: {eventVersion: '1.08', eventName: StopLogging, eventSource: cloudtrail.amazonaws.com}\n",
    );
    complaint(&["rules", "test", "--rules", &rules], 1);
    let both = "hits:\n  - name: stopped\n    event: {eventVersion: '1.08', eventName: StopLogging, eventSource: cloudtrail.amazonaws.com}\nmisses:\n  - name: started\n    event: {eventVersion: '1.08', eventName: StartLogging, eventSource: cloudtrail.amazonaws.com}\n";
    write(&folder, "sound.cases.yml", both);
    check(&["rules", "test", "--rules", &rules], 0);
    write(&folder, "sound.cases.yml", &both.replace("StartLogging", "StopLogging"));
    complaint(&["rules", "test", "--rules", &rules], 1);
}
