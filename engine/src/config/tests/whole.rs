//! The table, the schema, the commented file and the handbook agree; the environment has the last word; secrets stay
//! where they are; no text can make it panic.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value as Json;

use super::load;
use crate::config::table::{self, KEYS, Preset, SECTIONS, SINKS};
use crate::config::{Config, Origin, example, schema};
use crate::sink::{Secret, Target};

const CANARY: &str = "s3cr3t-canary";

/// The commented file with its settings no longer commented out.
fn uncommented() -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
        _ => format!("{line}\n"),
    };
    example().lines().map(line).collect()
}

#[test]
fn the_commented_file_means_the_defaults() {
    let loaded = load(&example(), &[]).unwrap();
    assert_eq!(format!("{:?}", loaded.config), format!("{:?}", Config::default()));
    let nothing = load("", &[]).unwrap();
    assert_eq!(format!("{:?}", nothing.config), format!("{:?}", Config::default()));
    assert_eq!(nothing.warnings.len(), 1, "{:?}", nothing.warnings);
    assert!(nothing.effective.settings.iter().all(|setting| setting.origin == Origin::Default));
}

#[test]
fn the_commented_file_is_right_when_it_is_no_longer_commented_out() {
    let text = uncommented();
    let raw =
        crate::config::held(Some((std::sync::Arc::from("c.toml"), Ok(text.clone()))), &Default::default());
    assert!(raw.errors.is_empty(), "{:#?}\n{text}", raw.errors);
    for key in KEYS {
        let lines = text.lines().filter(|line| {
            line.trim_start_matches("# or: ")
                .strip_prefix(key.name)
                .is_some_and(|rest| rest.starts_with(" = "))
        });
        let expected = if key.sinks.is_empty() { 1 } else { key.sinks.len() };
        assert!(lines.count() >= expected, "{}.{} is not shown", key.section, key.name);
    }
}

#[test]
fn the_schema_says_what_the_table_says() {
    let schema = schema();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"].as_object().unwrap().len(), SECTIONS.len());
    for (name, _) in SECTIONS.iter().filter(|(name, _)| *name != "sink") {
        check_properties(&schema["properties"][name], table::keys_of(name).collect(), None);
    }
    let sinks = &schema["properties"]["sink"]["patternProperties"]["^[a-z0-9_-]{1,64}$"]["oneOf"];
    assert_eq!(sinks.as_array().unwrap().len(), SINKS.len());
    for (sink, schema) in SINKS.iter().zip(sinks.as_array().unwrap()) {
        let keys = table::keys_of("sink").filter(|key| key.applies(Some(sink))).collect();
        check_properties(schema, keys, Some(sink));
        assert_eq!(schema["properties"]["type"]["const"], *sink);
    }
}

fn check_properties(schema: &Json, keys: Vec<&table::Key>, sink: Option<&str>) {
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"].as_object().unwrap().len(), keys.len());
    for key in keys.into_iter().filter(|key| key.name != "type") {
        let property = &schema["properties"][key.name];
        assert_eq!(property["description"], key.help);
        let default = crate::config::raw::preset(key, sink);
        assert_eq!(property.get("default"), default.map(|value| value.to_json()).as_ref(), "{}", key.name);
        let is_required =
            schema["required"].as_array().is_some_and(|names| names.iter().any(|name| name == key.name));
        assert_eq!(is_required, matches!(key.preset, Preset::Required(_)), "{}", key.name);
    }
}

#[test]
fn every_default_is_in_its_own_bounds_and_every_key_is_named_once() {
    for (n, key) in KEYS.iter().enumerate() {
        assert!(!KEYS[..n].iter().any(|other| (other.section, other.name) == (key.section, key.name)));
        assert!(!key.name.contains("__"), "variables could not name {}", key.name);
        assert!(key.help.ends_with('.'), "{}", key.name);
        assert!(SECTIONS.iter().any(|(name, _)| *name == key.section));
        assert!(key.sinks.iter().all(|sink| SINKS.contains(sink)));
        for sink in SINKS.iter().filter(|sink| key.applies(Some(sink))) {
            let Some(value) = crate::config::raw::preset(key, Some(sink)) else { continue };
            let text = match &value {
                crate::config::Value::List(items) => items.join(","),
                crate::config::Value::Text(text) => text.clone(),
                other => other.to_toml(),
            };
            assert_eq!(key.kind.plain(&text), Ok(value), "{}", key.name);
        }
    }
}

const WHOLE: &str = r#"
[rules]
packs = ["cis@5.0.0", "threats"]
strict = true
[store]
path = "other.db"
busy_timeout_ms = 250
[http]
listen = "[::1]:8080"
[pipeline]
workers = 3
[limits]
inflated_bytes_max = 0x200_0000
[log]
format = "json"
[sink.out]
type = "stdout"
format = "ocsf"
[sink.file]
type = "file"
path = "alerts.ndjson"
rate_per_s = 5
keep = 0
[sink.topic]
type = "sns"
level_min = "high"
accounts = ["111122223333", "4444*"]
topic_arn = "arn:aws:sns:eu-west-1:111122223333:alerts.fifo"
timeout_s = 3
[sink.am]
type = "alertmanager"
urls = ["http://am-0:9093"]
allow_private = true
[sink.off]
type = "slack"
enabled = false
url_env = "NOT_SET"
"#;

#[test]
fn what_is_written_is_what_is_meant() {
    let config = load(WHOLE, &[]).unwrap().config;
    assert_eq!(config.rules.packs, ["cis@5.0.0", "threats"]);
    assert!(config.rules.strict);
    assert_eq!(config.store.path, PathBuf::from("other.db"));
    assert_eq!(config.store.busy_timeout, Duration::from_millis(250));
    assert_eq!(config.http.listen.to_string(), "[::1]:8080");
    assert_eq!(config.pipeline.workers, 3);
    assert_eq!(config.limits.inflated_bytes_max, 32 << 20);
    assert_eq!(config.limits.log_events_max, 100_000);
    let names: Vec<&str> = config.sinks.iter().map(|sink| sink.name.as_str()).collect();
    assert_eq!(
        names,
        ["am", "file", "out", "topic"],
        "a disabled sink is left out, and its secret not asked for"
    );
    let topic = config.sinks.last().unwrap();
    assert_eq!(
        (topic.level_min.as_str(), topic.rate_per_s, topic.timeout),
        ("high", 10.0, Duration::from_secs(3))
    );
    assert_eq!(topic.filter.accounts, ["111122223333", "4444*"]);
    assert!(matches!(&config.sinks[1].target, Target::File { keep: 0, .. }));
    assert!((config.sinks[1].rate_per_s - 5.0).abs() < f64::EPSILON);
}

#[test]
fn the_environment_has_the_last_word() {
    let variables = [
        ("TRIPLINE__STORE__PATH", "third.db"),
        ("TRIPLINE__RULES__PACKS", "baseline, threats"),
        ("TRIPLINE__SINK__TOPIC__LEVEL_MIN", "critical"),
        ("TRIPLINE__SINK__TOPIC__RATE_PER_S", "0.5"),
        ("TRIPLINE__SINK__OFF__ENABLED", "false"),
        ("TRIPLINE__SINK__NEW_ONE__TYPE", "stdout"),
        ("TRIPLINE_SHARED", "is not ours to read"),
        ("PATH", "/bin"),
    ];
    let loaded = load(WHOLE, &variables).unwrap();
    assert_eq!(loaded.config.store.path, PathBuf::from("third.db"));
    assert_eq!(loaded.config.rules.packs, ["baseline", "threats"]);
    let of = |key: &str| loaded.effective.settings.iter().find(|setting| setting.key == key).unwrap();
    assert_eq!(of("store.path").origin.to_string(), "environment TRIPLINE__STORE__PATH");
    assert_eq!(of("sink.topic.level_min").shown(), "\"critical\"");
    assert_eq!(of("sink.topic.rate_per_s").shown(), "0.5");
    assert_eq!(of("sink.topic.topic_arn").origin.to_string(), "c.toml:28:1");
    assert_eq!(of("sink.new_one.type").origin.to_string(), "environment TRIPLINE__SINK__NEW_ONE__TYPE");
    assert_eq!(of("log.level").origin, Origin::Default);
}

#[test]
fn secrets_are_read_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let url = file("url", &format!("https://hooks.slack.example/{CANARY}\n"));
    let token = file("token", &format!("{CANARY}-{CANARY}\n"));
    let key = file("key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let text = format!(
        "[http]\nlisten = \"0.0.0.0:9464\"\ntoken_file = {token:?}\n[sink.pager]\ntype = \"slack\"\nurl_file = {url:?}\n\
         [sink.siem]\ntype = \"webhook\"\nurl_env = \"SIEM\"\nsecret_files = [{key:?}]\n"
    );
    let siem = format!("https://siem.example/{CANARY}");
    let loaded = load(&text, &[("SIEM", &siem)]).unwrap();
    assert!(loaded.config.http.token.is_some());
    assert!(matches!(&loaded.config.sinks[1].target, Target::Webhook { secrets, .. } if secrets.len() == 1));
    let shown: Vec<String> = loaded
        .effective
        .settings
        .iter()
        .map(|setting| format!("{} {}", setting.shown(), setting.to_json()))
        .collect();
    let shown = format!("{} {:?} {:?}", shown.join("\n"), loaded.effective, loaded.warnings);
    assert!(!shown.contains(CANARY) && !shown.contains("whsec_Mf"), "{shown}");
    assert!(shown.contains(&format!("*** ({url})")) && shown.contains("*** (SIEM)"), "{shown}");
    for text_of_token in ["s3cret-s3cret-s3cret\r\n", "s3cret-s3cret-s3cret"] {
        fs::write(&token, text_of_token).unwrap();
        let loaded = load(&text, &[("SIEM", &siem)]).unwrap();
        assert_eq!(loaded.config.http.token.as_ref().map(Secret::expose), Some("s3cret-s3cret-s3cret"));
        assert!(!format!("{:?}", loaded.config.http).contains("s3cret"));
    }
    fs::write(&token, b"\xff\xfes3cret").unwrap();
    let errors = load(&text, &[("SIEM", &siem)]).unwrap_err();
    assert!(
        errors[0].to_string().contains(&token) && !format!("{errors:?}").contains("s3cret"),
        "{errors:?}"
    );
    for weak in ["~", "fifteen-letters", "blanks within a long token", "b\u{e9}yond-ascii-letters"] {
        fs::write(&token, weak).unwrap();
        let errors = load(&text, &[("SIEM", &siem)]).unwrap_err();
        let error = errors[0].to_string();
        assert!(
            errors.len() == 1 && error.contains("openssl rand -hex 32") && !error.contains(weak),
            "{error}"
        );
    }
    fs::write(&token, format!("{CANARY}-{CANARY}")).unwrap();
    for empty in ["", "\n\r\n"] {
        fs::write(folder.path().join("url"), empty).unwrap();
        let errors = load(&text, &[("SIEM", &siem)]).unwrap_err();
        assert!(errors.len() == 1 && errors[0].to_string().contains("empty"), "{errors:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_secret_that_everybody_may_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, format!("{CANARY}-{CANARY}")).unwrap();
    for (mode, warnings) in [(0o600, 0), (0o640, 0), (0o644, 1)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let text = format!("[http]\ntoken_file = {path:?}\n[sink.out]\ntype = \"stdout\"\n");
        let loaded = load(&text, &[]).unwrap();
        assert_eq!(loaded.warnings.len(), warnings, "{mode:o} {:?}", loaded.warnings);
    }
}

#[test]
fn every_error_is_told_at_once() {
    let text = "[rules]\npacks = [\"basline\"]\n[store]\npath = \"no/such/x.db\"\npth = 1\n[http]\nlisten = \"0.0.0.0:1\"\n\
                [log]\nlevel = \"inof\"\n[sink.a]\ntype = \"slack\"\n[sink.b]\ntype = \"file\"\nkeep = 5000\n[htpp]\n";
    let errors =
        load(text, &[("TRIPLINE__STROE__PATH", "x"), ("TRIPLINE__PIPELINE__WORKERS", "many")]).unwrap_err();
    let lines: Vec<String> = errors.iter().map(|error| error.origin.to_string()).collect();
    let expected = [
        "c.toml:2:10",
        "c.toml:4:1",
        "c.toml:5:1",
        "c.toml:7:1",
        "c.toml:9:9",
        "c.toml:10:7",
        "c.toml:12:7",
        "c.toml:14:8",
        "c.toml:15:2",
        "environment TRIPLINE__PIPELINE__WORKERS",
        "environment TRIPLINE__STROE__PATH",
    ];
    assert_eq!(lines, expected, "{errors:#?}");
}

#[test]
fn hostile_texts_are_refused_in_time() {
    let deep = "[".repeat(100_000);
    let long = "x".repeat(500_000);
    let inline = format!("a = {}1{}", "{b = ".repeat(50_000), "}".repeat(50_000));
    let headers: String = (0..20_000).map(|n| format!("[x{n}]\n")).collect();
    for text in [
        &format!("a = {deep}"),
        &deep,
        &long,
        &format!("[{long}]\n"),
        &format!("[sink.{long}]\n"),
        &inline,
        &headers,
    ] {
        let errors = load(text, &[]).unwrap_err();
        assert!(errors.iter().all(|error| error.to_string().len() < 2_000));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,200}") {
        let _ = load(&text, &[]);
    }

    #[test]
    fn no_slip_in_a_right_file_makes_it_panic(at in 0_usize..10_000, length in 0_usize..40, with in "[\\[\\]{}=\"'.#,\\\\a-z0-9\n -]{0,8}") {
        let mut text: Vec<char> = uncommented().chars().collect();
        let at = at % text.len();
        let end = (at + length).min(text.len());
        text.splice(at..end, with.chars());
        let text: String = text.into_iter().collect();
        if let Err(errors) = load(&text, &[]) {
            let lines = u32::try_from(text.lines().count()).unwrap() + 1;
            for error in errors {
                prop_assert!(matches!(error.origin, Origin::File { line, .. } if line <= lines), "{error}");
            }
        }
    }

    #[test]
    fn no_variable_makes_it_panic(name in "[A-Z_$a-z]{0,20}", section in "(STORE|SINK|SINK__A|X)?", value in "(?s).{0,40}") {
        let _ = load("", &[(&format!("TRIPLINE__{section}__{name}"), &value)]);
    }
}
