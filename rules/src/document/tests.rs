//! YAML as we take it: positions, limits, scalars.

use super::parse::{ALIASES_MAX, FILE_BYTES_MAX, NODES_MAX};
use super::*;

fn read(text: &str) -> Result<Vec<Spanned>, String> {
    let file = SourceFile { name: "f".into(), text: text.to_owned() };
    documents(&file).map_err(|diagnostic| diagnostic.to_string())
}

/// The tree in one line: strings quoted, places left out.
fn shown(value: &Yaml) -> String {
    match value {
        Yaml::Null => "null".to_owned(),
        Yaml::Bool(value) => value.to_string(),
        Yaml::Int(text) => format!("int {text}"),
        Yaml::Float(text) => format!("float {text}"),
        Yaml::String(text) => format!("{text:?}"),
        Yaml::List(items) => {
            format!("[{}]", items.iter().map(|item| shown(&item.value)).collect::<Vec<_>>().join(", "))
        }
        Yaml::Map(map) => {
            let entry = |entry: &Entry| format!("{}: {}", entry.key, shown(&entry.value.value));
            format!("{{{}}}", map.entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

#[track_caller]
fn check(text: &str, wanted: &str) {
    let documents = read(text).unwrap();
    assert_eq!(documents.iter().map(|one| shown(&one.value)).collect::<Vec<_>>().join(" --- "), wanted);
}

/// Asserts the complaint; `place` is a line and column, or the beginning of them.
#[track_caller]
fn refused(text: &str, place: &str, needle: &str) {
    let error = read(text).unwrap_err();
    assert!(
        error.starts_with(&format!("f:{place}")) && error.contains(": error: ") && error.contains(needle),
        "{error}"
    );
}

#[test]
fn scalars_keep_their_kind() {
    check("[true, 'true', \"true\", True, yes, on]", r#"[true, "true", "true", true, "yes", "on"]"#);
    check("[null, ~, 'null', '', Null, nulL]", r#"[null, null, "null", "", null, "nulL"]"#);
    check(
        "[1, -1, +1, 007, '1', 0x1F, 0o17, 1_000]",
        r#"[int 1, int -1, int +1, int 007, "1", int 31, int 15, "1_000"]"#,
    );
    check(
        "[1.10, 1., .5, 1e3, 1e, ., .inf, 1.2.3]",
        r#"[float 1.10, float 1., float .5, float 1e3, "1e", ".", ".inf", "1.2.3"]"#,
    );
    check("[0x, 0x+1, 0o8, 2025-10-19]", r#"["0x", "0x+1", "0o8", "2025-10-19"]"#);
    check("a: |\n  x\n  y\nb: >-\n  x\n  y\nc:", r#"{a: "x\ny\n", b: "x y", c: null}"#);
}

#[test]
fn documents_are_told_apart_and_empty_ones_skipped() {
    check("a: 1\n---\n---\n# nothing\n---\nb: 2\n---\n", "{a: int 1} --- {b: int 2}");
    check("", "");
    check("\u{feff}a: 1\n", "{a: int 1}");
    check("a: 1\r\nb: 2\r\n", "{a: int 1, b: int 2}");
}

#[test]
fn places_count_characters_from_one() {
    let documents = read("ä: 'é|x'\nb:\n  - \"t\\n\"\n  - plain word\n").unwrap();
    let Yaml::Map(map) = &documents[0].value else { panic!("a map") };
    let place = |line, column| Place { line, column };
    let [first, second] = map.entries.as_slice() else { panic!("two entries") };
    assert_eq!((first.key_place, first.value.place), (place(1, 1), place(1, 4)));
    assert_eq!(first.value.place_at(1), place(1, 6));
    let Yaml::List(items) = &second.value.value else { panic!("a list") };
    assert_eq!((items[0].place, items[0].place_at(1)), (place(3, 5), place(3, 5)), "escapes shift offsets");
    assert_eq!(items[1].place_at(6), place(4, 11));
}

#[test]
fn aliases_are_copies() {
    check("a: &x {k: [1]}\nb: *x\n", "{a: {k: [int 1]}, b: {k: [int 1]}}");
    refused("a: &x [*x]\n", "1:8", "inside the value");
    refused("a: *nope\n", "1:4", "unknown anchor");
    refused("? *x\n: 1\n", "1:3", "anchor");
    let many = format!("a: &x 1\nb: [{}]\n", vec!["*x"; ALIASES_MAX + 1].join(", "));
    refused(&many, "2:405", "more than 100 aliases");
}

#[test]
fn what_we_do_not_take_is_refused_in_its_place() {
    refused("a: 1\nb: 2\na: 3\n", "3:1", "duplicate key `a`, first seen at line 1");
    refused("a: {x: 1, 'x': 2}\n", "1:11", "duplicate key `x`");
    refused("a: &b {c: 1}\nd:\n  <<: *b\n", "3:3", "merge keys");
    refused("a: !!python/object:os.system x\n", "1:30", "tags");
    refused("? [a]\n: b\n", "1:3", "a key must be");
    refused("a: [1\nb: 2\n", "2:", "not valid YAML");
    refused("a: \"x\n", "", "not valid YAML");
    refused("a:\n\tb: 1\n", "2:", "not valid YAML");
    refused("a: \u{0}b\n", "1:", "not valid YAML");
}

#[test]
fn bombs_are_refused() {
    let mut laughs = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..10 {
        let below = format!("*a{}", level - 1);
        laughs += &format!("a{level}: &a{level} [{}]\n", [below.as_str(); 9].join(", "));
    }
    refused(&laughs, "", "aliases expanded");
    let big = format!("a: &x '{}'\nb: [{}]\n", "x".repeat(200_000), vec!["*x"; 90].join(", "));
    refused(&big, "2:", "bytes of text");
    refused(&"[".repeat(100_000), "1:", "");
    refused(&"{a: ".repeat(100_000), "1:", "");
    refused(&"- ".repeat(100_000), "1:", "");
    refused(&(0..1_000).map(|at| format!("{}a:\n", " ".repeat(at))).collect::<String>(), "", "");
    refused(&"x".repeat(10 << 20), "1:1", "more than");
    refused(&format!("a: '{}", "x".repeat(FILE_BYTES_MAX - 10)), "1:", "not valid YAML");
    refused(&format!("[{}]", "a, ".repeat(NODES_MAX)), "1:", "more than 50000 values");
}

#[test]
fn bytes_that_are_no_text_are_placed() {
    let error = SourceFile::from_bytes("f", b"a: 1\nb: \xc3\xa9\xff\n".to_vec()).unwrap_err();
    assert!(error.to_string().starts_with("f:2:5: error: the file is not UTF-8"), "{error}");
    assert!(SourceFile::from_bytes("f", "é".into()).is_ok());
}

#[test]
fn durations() {
    let check = |text: &str, wanted: Option<u32>| assert_eq!(seconds(text, 86_400).ok(), wanted, "{text}");
    check("0s", Some(0));
    check("90s", Some(90));
    check("10m", Some(600));
    check("24h", Some(86_400));
    check("1d", Some(86_400));
    check("2d", None);
    check("99999999999999999999d", None);
    for text in ["", "m", "10", "1.5h", "-1h", "1 h", "1w", "1M", "1y", "１h", "1é"] {
        check(text, None);
    }
}

#[test]
fn times_round_trip() {
    for (text, unix_s) in [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59Z", -1),
        ("2000-02-29T12:00:00Z", 951_825_600),
        ("2026-01-02T03:04:05Z", 1_767_323_045),
        ("2100-03-01T00:00:00Z", 4_107_542_400),
    ] {
        assert_eq!(parse_time(text), Some(unix_s), "{text}");
        assert_eq!(format_time(unix_s), text);
    }
    for text in [
        "2026-01-02",
        "2026-13-02T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-01-02T24:00:00Z",
        "2026-01-02T00:00:00+00:00",
    ] {
        assert_eq!(parse_time(text), None, "{text}");
    }
}
