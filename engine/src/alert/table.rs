//! The form for people at a terminal: what happened, since when, why, and how to find it again.

use std::fmt::Write;

use tripline_rules::rule::Level;

use super::clean::shown;
use super::{Alert, Why, time};
use crate::window::finding::Scope;

/// Reasons shown; the rest is a number. `explain` shows all.
const REASONS_MAX: usize = 6;
/// Values of each kind of the scope.
const SCOPE_VALUES_MAX: usize = 5;
/// Characters of an operand or a value in a reason.
const WHY_CHARS_MAX: usize = 100;

/// One alert as a few lines.
pub fn text(alert: &Alert, colour: bool) -> String {
    let rule = &alert.rule;
    let level = rule.level.as_str();
    let (on, off) = if colour { (style(rule.level), "\x1b[0m") } else { ("", "") };
    let mut text = String::new();
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{label:13}  {value}");
        }
    };
    line(&format!("{on}{level:13}{off}"), &format!("{}  [{}]", shown(&rule.title), shown(&rule.id)));
    line("", &shown(&alert.summary));
    line("when", &when(alert));
    for reason in alert.why.iter().take(REASONS_MAX) {
        line("why", &why(reason));
    }
    if alert.why.len() > REASONS_MAX {
        line("", &format!("and {} more", alert.why.len() - REASONS_MAX));
    }
    line("scope", &scope(&alert.scope));
    let ids = &alert.event_ids;
    let more = if ids.len() > 1 { format!(" and {} more", ids.len() - 1) } else { String::new() };
    line("events", &format!("{}{more}", shown(ids.first().map_or("-", String::as_str))));
    line(
        "alert",
        &match &alert.continues {
            Some(id) => format!("{}, continues {}", shown(&alert.id), shown(id)),
            None => shown(&alert.id),
        },
    );
    line("author", &rule.author.as_deref().map(shown).unwrap_or_default());
    text
}

/// Counts and first values of the kinds that have more than one: the sentence names single ones.
fn scope(scope: &Scope) -> String {
    let kinds = [
        ("event names", &scope.event_names),
        ("targets", &scope.targets),
        ("source addresses", &scope.source_ips),
        ("regions", &scope.regions),
    ];
    let several = kinds.into_iter().filter(|(_, values)| values.count > 1).map(|(name, values)| {
        let named: Vec<String> =
            values.first.iter().take(SCOPE_VALUES_MAX).map(|value| brief(value)).collect();
        let more = if values.count > named.len() as u64 { ", …" } else { "" };
        shown(&format!("{} {name} ({}{more})", values.count, named.join(", ")))
    });
    several.collect::<Vec<_>>().join("; ")
}

fn why(reason: &Why) -> String {
    let asked = format!("{} {} {}", reason.field, reason.operator, brief(&reason.expected));
    let met = match reason.value.as_str() {
        value if value == reason.expected => String::new(),
        "(missing)" => "   (missing)".to_owned(),
        value => format!("   ({})", brief(value)),
    };
    shown(&format!("{}{met}", asked.trim_end()))
}

fn brief(text: &str) -> String {
    match text.char_indices().nth(WHY_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn when(alert: &Alert) -> String {
    let first = time::seconds(alert.first_seen_s);
    if alert.count == 1 {
        return first;
    }
    let exact = if alert.count_exact { "" } else { "at least " };
    format!("{first} to {}, {exact}{} events", time::seconds(alert.last_seen_s), alert.count)
}

/// The colour of a level on a terminal.
pub fn style(level: Level) -> &'static str {
    match level {
        Level::Informational => "\x1b[2m",
        Level::Low => "\x1b[34m",
        Level::Medium => "\x1b[33m",
        Level::High => "\x1b[1;33m",
        Level::Critical => "\x1b[1;31m",
    }
}
