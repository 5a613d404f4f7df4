//! What the commands print, to the letter where somebody reads it by machine.

use super::*;

#[test]
fn eval_names_an_event_without_id_as_replay_does() {
    let folder = folder("eval-id");
    let mut nameless = story();
    nameless[1].as_object_mut().unwrap().remove("eventID");
    nameless[2]["eventID"] = json!("");
    nameless[3]["eventID"] = Value::Null;
    let file = write(&folder, "story.ndjson", &ndjson(&nameless));
    let ids = |out: String, path: &str| -> Vec<String> {
        let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut ids: Vec<String> = lines
            .flat_map(|line| match line.pointer(path).unwrap() {
                Value::Array(ids) => ids.clone(),
                one => vec![one.clone()],
            })
            .map(|id| id.as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    let evaluated = ids(check(&["eval", &file, "--pack", "cis@5.0.0"], 0), "/event_id");
    let replayed =
        ids(check(&["replay", &file, "--pack", "cis@5.0.0", "--output", "ndjson"], 0), "/event_ids");
    assert!(evaluated.len() == 3 && evaluated.iter().all(|id| id.starts_with("sha256:")), "{evaluated:?}");
    assert_eq!(evaluated, replayed);
}

#[test]
fn explain_leads_with_the_first_predicate_that_fails_and_says_nothing_twice() {
    let folder = folder("explain-first");
    let rule = "title: T\nid: t\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  a: {awsRegion: eu-west-1}\n  b: {eventName: StopLogging}\n  c: {errorCode|exists: true}\n  condition: a and b and c\n";
    let rules = write(&folder, "t.yml", rule);
    let describe = write(&folder, "describe.json", &story()[0].to_string());
    let why_not = check(&["explain", "t", &describe, "--rules", &rules], 0);
    let lines: Vec<&str> = why_not.lines().collect();
    assert_eq!(lines[1], "t does not match; the first predicate that fails:");
    assert!(
        lines[2].trim_start().starts_with("eventName is StopLogging") || lines[2].contains("StopLogging"),
        "{why_not}"
    );
    for told in ["StopLogging", "eu-west-1    ", "errorCode"] {
        assert_eq!(why_not.matches(told).count(), 1, "`{told}` in:\n{why_not}");
    }
    let plain = write(&folder, "p.yml", &SOUND.replace("id: sound", "id: p"));
    let stop = write(&folder, "stop.json", &story()[1].to_string());
    let why = check(&["explain", "p", &stop, "--rules", &plain], 0);
    assert_eq!(why.lines().count(), 3, "{why}");
}

#[test]
fn one_is_no_plural() {
    let folder = folder("plural");
    let rules = write(&folder, "sound.yml", SOUND);
    assert_eq!(check(&["rules", "check", "--rules", &rules], 0), "1 rule in 1 file: 0 errors, 0 warnings\n");
    write(&folder, "story.json", &story()[1].to_string());
    write(&folder, "notes.md", "skipped");
    let told = complaint(&["replay", &folder.to_string_lossy(), "--rules", &rules], 0);
    assert!(told.contains("of 1 rule =") && told.contains("skipped     2 files"), "{told}");
}

#[test]
fn replay_of_files_without_any_event_says_so_and_fails() {
    let folder = folder("replay-nothing");
    let foreign = write(&folder, "app.log", "started\nstopped\n");
    let said = complaint(&["replay", &foreign], 1);
    for part in ["no CloudTrail event", "2 log events of something else", "Records", "eventVersion"] {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
    let cut = write(&folder, "cut.json", "{\"eventVersion\":\"1.08\",");
    assert!(
        complaint(&["replay", &cut], 1).contains("1 record that could not be decoded (envelope_malformed 1)")
    );
    let empty = write(&folder, "empty.json", "");
    assert!(complaint(&["replay", &empty], 1).contains("1 record that could not be decoded (empty 1)"));
    let store = folder.join("nothing.db");
    complaint(&["replay", &foreign, "--store", &store.to_string_lossy()], 1);
    // A log file of an hour without events is CloudTrail.
    let quiet = write(&folder, "quiet.json", "{\"Records\":[]}");
    assert!(!complaint(&["replay", &quiet], 0).contains("no CloudTrail event"));
}

#[test]
fn a_store_and_its_copies_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder("store-mode");
    let file = write(&folder, "story.ndjson", &ndjson(&story()));
    let store = folder.join("alerts.db");
    let path = store.to_string_lossy().into_owned();
    // A reader keeps the write-ahead log in its place when the writer ends.
    check(&["replay", &file, "--store", &path], 0);
    let reader = tripline::store::Store::open_for_triage(&store).unwrap();
    check(&["replay", &file, "--store", &path], 0);
    let copy = folder.join("copy.db").to_string_lossy().into_owned();
    check(&["store", "backup", "--store", &path, &copy], 0);
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains(".db") {
            seen += 1;
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
    assert!(seen >= 3, "store, lock and copy at least: {seen}");
    drop(reader);
    let doctor = |path: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tripline"));
        command
            .args(["doctor"])
            .env("TRIPLINE__STORE__PATH", path)
            .env("TRIPLINE__HTTP__LISTEN", "127.0.0.1:1");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(!doctor(&path).contains("has mode"), "{}", doctor(&path));
    fs::set_permissions(&store, fs::Permissions::from_mode(0o644)).unwrap();
    let said = doctor(&path);
    assert!(said.contains("has mode 0644") && said.contains("chmod 600"), "{said}");
    // Opening does not change the permissions that an operator has chosen.
    check(&["replay", &file, "--store", &path], 0);
    assert_eq!(fs::metadata(&store).unwrap().permissions().mode() & 0o777, 0o644);
}

#[test]
fn completions_and_manual_pages_cover_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = check(&["completions", shell], 0);
        for word in ["replay", "resend", "level-min"] {
            assert!(script.contains(word), "{shell}: no `{word}`");
        }
    }
    let script = write(&folder("completions"), "tripline", &check(&["completions", "bash"], 0));
    let complete = format!(
        ". '{script}'; COMP_WORDS=(tripline rep); COMP_CWORD=1; _tripline tripline rep tripline; echo ${{COMPREPLY[@]}}"
    );
    let completed = Command::new("bash").args(["-c", &complete]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&completed.stdout).trim(), "replay", "{completed:?}");
    let pages = folder("man").join("man1");
    check(&["man", &pages.to_string_lossy()], 0);
    let page = fs::read_to_string(pages.join("tripline-alerts-list.1")).unwrap();
    assert!(page.starts_with(".ie") || page.contains(".TH"), "{page}");
    assert!(page.contains("Examples:") && page.contains("level\\-min"), "{page}");
    assert!(pages.join("tripline.1").exists() && pages.join("tripline-demo.1").exists());
}
