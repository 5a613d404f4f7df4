//! The table as a file: every setting with its default, for `config show --defaults` and the handbook.
//!
//! `#key = …` is a setting that holds nothing until somebody writes it; `# …` is talk. Invariant: the file as it stands
//! means the defaults, and taking the first `#` from its settings leaves a right file.

use std::fmt::Write;

use super::kind::Kind;
use super::raw::preset;
use super::table::{self, Key, Preset, SECTIONS, SINKS};

/// The width of help.
const COLUMNS: usize = 110;

/// The commented file.
pub fn example() -> String {
    let mut text = String::from("# Tripline: every setting and its default.\n");
    for (name, help) in SECTIONS {
        text.push('\n');
        comment(&mut text, help);
        if *name != "sink" {
            let _ = writeln!(text, "[{name}]");
            table::keys_of(name).for_each(|key| setting(&mut text, key, None));
        }
    }
    for sink in SINKS {
        let _ = write!(text, "\n#[sink.my-{sink}]\n#type = \"{sink}\"\n");
        // What every sink has is said once, and what is the same for all is shown once.
        let is_first = SINKS.first() == Some(sink);
        let shown = |key: &&Key| {
            let is_own = !key.sinks.is_empty() || matches!(key.preset, Preset::OfSink(_));
            key.name != "type" && key.applies(Some(sink)) && (is_first || is_own)
        };
        table::keys_of("sink").filter(shown).for_each(|key| setting(&mut text, key, Some(sink)));
    }
    text
}

fn setting(text: &mut String, key: &Key, sink: Option<&str>) {
    let help = match key.kind {
        Kind::Count { min, max } => format!("{} {min} to {max}.", key.help),
        Kind::Number { min, max } => format!("{} {min} to {max}.", key.help),
        Kind::Choice(_) => format!("{} {}.", key.help, key.kind.expected().replacen("one of", "One of", 1)),
        _ => key.help.to_owned(),
    };
    comment(text, &help);
    let (mark, value) = match (preset(key, sink), key.preset) {
        (Some(value), _) => (if sink.is_some() { "#" } else { "" }, value.to_toml()),
        (None, Preset::Unset(example) | Preset::Required(example)) => ("#", example.to_owned()),
        (None, _) => return,
    };
    // Of two that exclude each other, the second is talk.
    let is_second =
        table::ONE_OF.iter().any(|(name, [_, second])| Some(*name) == sink && *second == key.name);
    let is_second = is_second
        || key.name == "bearer_token_env"
        || table::AT_MOST_ONE_OF
            .iter()
            .any(|(name, [_, second])| (*name, *second) == (key.section, key.name));
    let _ = writeln!(text, "{}{} = {value}", if is_second { "# or: " } else { mark }, key.name);
}

fn comment(text: &mut String, help: &str) {
    let mut line = String::from("#");
    for word in help.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > COLUMNS {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
