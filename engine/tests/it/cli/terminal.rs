//! Commands on a terminal: util-linux's `script` gives each a pseudo-terminal of its own.

use super::*;

/// Runs `tripline` with `args` on a pseudo-terminal of `columns` columns; its exit code, and what the terminal received.
#[track_caller]
fn on_terminal(args: &[&str], columns: u32) -> (i32, String) {
    let quoted: Vec<String> = args.iter().map(|arg| format!("'{arg}'")).collect();
    let line = format!("stty cols {columns}; '{}' {}", env!("CARGO_BIN_EXE_tripline"), quoted.join(" "));
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.env_remove("NO_COLOR").env("TERM", "xterm").stdin(std::process::Stdio::null());
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

const DEMO: [&str; 9] =
    ["demo", "--events", "4000", "--seed", "7", "--start", "2026-01-05T09:17:00Z", "--seconds", "1"];

#[test]
fn the_demo_speaks_of_alerts_only_and_its_bar_ends_where_it_says() {
    let (exit, shown) = on_terminal(&DEMO, 160);
    assert_eq!(exit, 0, "{shown}");
    assert!(!shown.contains("tracing-subscriber"), "{shown}");
    let bars: Vec<(u64, u64)> = shown
        .split(" events [")
        .filter_map(|before| {
            let mut words = before.split_whitespace().rev();
            let len = words.next()?.parse().ok()?;
            let pos = words.nth(1)?.parse().ok()?;
            Some((pos, len))
        })
        .collect();
    assert!(!bars.is_empty(), "no bar in {shown}");
    let bars: Vec<(u64, u64)> = bars.into_iter().filter(|(_, len)| *len > 4000).collect();
    assert!(!bars.is_empty() && bars.iter().all(|(pos, len)| pos <= len), "{bars:?}");
}

#[test]
fn a_list_on_a_terminal_has_a_header_and_the_rule() {
    let folder = folder("terminal-list");
    let (store, file) = (folder.join("alerts.db"), write(&folder, "story.ndjson", &ndjson(&story())));
    let store = store.to_string_lossy().into_owned();
    check(&["replay", &file, "--store", &store], 0);
    let (exit, shown) = on_terminal(&["alerts", "list", "--store", &store], 200);
    assert_eq!(exit, 0, "{shown}");
    let mut lines = shown.lines();
    let header: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(header, ["ALERT", "LEVEL", "STATUS", "LAST", "SEEN", "COUNT", "RULE", "SUMMARY"]);
    let id: Value = serde_json::from_str(
        check(&["alerts", "list", "--store", &store, "--output", "ndjson"], 0).lines().next().unwrap(),
    )
    .unwrap();
    assert!(lines.next().unwrap().contains(id["rule"]["id"].as_str().unwrap()), "{shown}");
    // A pipe gets no header, and lines that are whole.
    let piped = check(&["alerts", "list", "--store", &store, "--output", "table"], 0);
    assert!(!piped.contains("ALERT") && piped.contains(id["summary"].as_str().unwrap()), "{piped}");
}

#[test]
fn json_on_a_terminal_is_escaped_and_the_same_value() {
    let folder = folder("terminal-json");
    let mut story = story();
    for event in &mut story {
        event["userAgent"] = json!("cli\u{202e}\u{2028}\u{7f}\u{9b}\u{200b}end");
    }
    let file = write(&folder, "story.ndjson", &ndjson(&story));
    let args = ["replay", &file, "--output", "ndjson"];
    let piped = check(&args, 0);
    assert!(piped.contains('\u{202e}'), "a pipe gets the bytes as they are: {piped}");
    let (exit, shown) = on_terminal(&args, 200);
    assert_eq!(exit, 0, "{shown}");
    let lines: Vec<&str> =
        shown.lines().filter_map(|line| line.find("{\"id\"").map(|at| &line[at..])).collect();
    assert_eq!(lines.len(), piped.lines().count(), "{shown}");
    let hidden = ['\u{202e}', '\u{2028}', '\u{7f}', '\u{9b}', '\u{200b}'];
    assert!(!shown.contains(hidden), "{shown:?}");
    for (line, piped) in lines.iter().zip(piped.lines()) {
        let value = |text: &str| serde_json::from_str::<Value>(text.trim()).unwrap();
        assert_eq!(value(line), value(piped));
    }
}
