//! The house rules, executed: a rule that is not executed becomes folklore.
//!
//! Textual, and so a guard rail rather than a wall: a macro or an alias could pass it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines of a file before its tests; a file that outgrows this is about two things.
const FILE_LINES_MAX: usize = 400;
/// Lines of `main.rs`: arguments, command, exit code.
const MAIN_LINES_MAX: usize = 60;
/// A file of pure data or generated code may be longer if its first line says so.
const TABLE_MARK: &str = "(a table)";

/// Module → the sibling modules that it may name. Data flows downwards, names point upwards.
const RULES_IMPORTS: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("case", &[]),
    ("field", &[]),
    ("condition", &[]),
    ("predicate", &["case", "field"]),
    ("pattern", &["condition", "field", "predicate"]),
    ("rule", &["condition", "diagnostic", "field", "predicate"]),
    ("document", &["diagnostic", "rule"]),
    ("sigma", &["case", "condition", "diagnostic", "document", "field", "predicate", "rule"]),
    ("check", &["condition", "diagnostic", "document", "field", "pattern", "predicate", "rule", "sigma"]),
    ("cases", &["diagnostic", "document", "rule"]),
    ("packs", &["check", "diagnostic", "document", "rule"]),
    ("plan", &["case", "condition", "field", "predicate", "rule"]),
    ("matcher", &["field", "plan", "rule"]),
    ("naive", &["field", "plan", "rule"]),
    ("explain", &["condition", "field", "predicate"]),
];
const ENGINE_IMPORTS: &[(&str, &[&str])] = &[
    ("failpoint", &[]),
    ("process", &[]),
    ("regular_file", &[]),
    ("aws", &[]),
    ("record", &[]),
    ("source", &["aws", "failpoint", "record", "metrics"]),
    ("decode", &["record"]),
    ("hit", &["decode"]),
    ("window", &["hit"]),
    ("alert", &["record", "hit", "window"]),
    ("store", &["failpoint", "record", "decode", "hit", "alert"]),
    ("metrics", &["alert"]),
    ("silence", &[]),
    ("sink", &["alert", "aws"]),
    (
        "pipeline",
        &[
            "failpoint",
            "record",
            "source",
            "decode",
            "hit",
            "window",
            "alert",
            "store",
            "metrics",
            "silence",
            "sink",
        ],
    ),
    ("port", &["process", "alert", "store", "metrics", "sink", "pipeline"]),
    ("config", &["regular_file", "source", "decode", "store", "silence", "sink", "pipeline", "port"]),
    (
        "cli",
        &[
            "process",
            "regular_file",
            "record",
            "source",
            "decode",
            "hit",
            "window",
            "alert",
            "store",
            "metrics",
            "silence",
            "sink",
            "pipeline",
            "port",
            "config",
        ],
    ),
];

/// What the core must not name: it is synchronous and pure, and time is an argument.
const IMPURE: &[&str] = &[
    "async fn",
    "tokio",
    "std::fs",
    "std::thread",
    "std::io::stdin",
    "std::net::Tcp",
    "Instant::now",
    "SystemTime",
    "println!",
];
const CORE: &[&str] =
    &["rules/src", "engine/src/decode", "engine/src/hit", "engine/src/window", "engine/src/alert"];

/// Words that never land, and what to do instead.
const BANNED: &[(&str, &str)] = &[
    ("#[ignore", "mend the test or delete it"),
    ("#[should_panic", "assert on the returned error"),
    ("#[allow", "use #[expect(lint, reason = …)]"),
    ("Box<dyn Error", "name the error"),
    ("utils", "name the module after its concept"),
];

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut broken = Vec::new();
    for (package, table) in [("rules", RULES_IMPORTS), ("engine", ENGINE_IMPORTS)] {
        let table: BTreeMap<_, _> = table.iter().copied().collect();
        let files = sources(&root().join(package).join("src"));
        for (path, text) in files.into_iter().filter(|(path, _)| !is_test(path)) {
            let module = module_of(&path, package);
            if matches!(module.as_str(), "lib" | "main" | "testing") {
                continue;
            }
            let Some(allowed) = table.get(module.as_str()) else {
                broken.push(format!("{}: module `{module}` is not in the import table", path.display()));
                continue;
            };
            for named in imports(&text) {
                let known = table.contains_key(named.as_str());
                if known && named != module && !allowed.contains(&named.as_str()) {
                    broken.push(format!("{}: `{module}` must not import `{named}`", path.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_core_is_pure() {
    let mut broken = Vec::new();
    for core in CORE {
        for (path, text) in all_sources() {
            let relative = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            let inside = relative.starts_with(&format!("{core}/")) || relative == format!("{core}.rs");
            if inside && !is_test(&path) {
                let text = before_tests(&text);
                for word in IMPURE.iter().filter(|word| text.contains(**word)) {
                    broken.push(format!("{relative}: the core must not name `{word}`"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn rooms_are_small_and_introduce_themselves() {
    let mut broken = Vec::new();
    for (path, text) in all_sources() {
        let first = text.lines().next().unwrap_or_default();
        if !first.starts_with("//!") {
            broken.push(format!("{}: begins without `//!`", path.display()));
        }
        let is_main = path.ends_with("engine/src/main.rs");
        let limit = if is_main { MAIN_LINES_MAX } else { FILE_LINES_MAX };
        let lines = before_tests(&text).lines().count();
        if lines > limit && !first.contains(TABLE_MARK) && !is_test(&path) {
            broken.push(format!("{}: {lines} lines, {limit} are enough", path.display()));
        }
        if path.ends_with("mod.rs") {
            broken.push(format!("{}: the façade stands beside its folder", path.display()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn banned_words_stay_out() {
    let mut broken = Vec::new();
    for (path, text) in all_sources().into_iter().filter(|(path, _)| !path.ends_with("tidy.rs")) {
        for (word, instead) in BANNED.iter().filter(|(word, _)| text.contains(word)) {
            broken.push(format!("{}: `{word}`: {instead}", path.display()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_top_level_holds_what_the_design_names() {
    let known = [
        "Cargo.toml",
        "Cargo.lock",
        "engine",
        "rules",
        "bench",
        "loadgen",
        "deploy",
        "README.md",
        "CHANGELOG.md",
        "docs",
        "LICENSE",
        "target",
    ];
    let strangers: Vec<_> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !known.contains(&name.as_str()))
        .collect();
    assert!(strangers.is_empty(), "unexpected at the top level: {strangers:?}");
}

#[test]
fn every_dependency_has_its_line() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let reasons = fs::read_to_string(root().join("docs/adr/0001-dependencies.md")).unwrap();
    let table = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let missing: Vec<_> = table
        .lines()
        .filter_map(|line| line.split_once(" = ").map(|(name, _)| name.trim()))
        .filter(|name| !name.starts_with("tripline") && !reasons.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "no line in docs/adr/0001-dependencies.md for {missing:?}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn all_sources() -> Vec<(PathBuf, String)> {
    ["rules", "engine", "bench", "loadgen"]
        .iter()
        .flat_map(|package| sources(&root().join(package)))
        .collect()
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            // The fuzz targets are no members, and are built where they stand.
            if !path.ends_with("fuzz/target") {
                found.extend(sources(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found.sort();
    found
}

/// `engine/src/decode/inflate.rs` and `engine/src/decode.rs` both belong to `decode`.
fn module_of(path: &Path, package: &str) -> String {
    let relative = path.strip_prefix(root().join(package).join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The sibling modules that a file names by `crate::…`, its tests left out.
fn imports(text: &str) -> Vec<String> {
    let code = before_tests(text).lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect())
        .collect()
}

fn before_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
}

fn is_test(path: &Path) -> bool {
    let path = path.to_string_lossy();
    path.contains("/tests/") || path.contains("tests.rs")
}
