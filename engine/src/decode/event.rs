//! Is this text a CloudTrail event, when did it happen, and is it sound?

use std::borrow::Cow;

use tripline_rules::field::Slots;

use super::tape::{Entry, Tape, TapeError, unescape};
use super::{Reason, compact, time};

/// One CloudTrail event, while its record is open.
#[derive(Debug)]
pub struct Event<'b> {
    /// Which log event of its record it is, from 0, every one counted.
    pub ordinal: u64,
    /// `eventTime`, seconds since the epoch.
    pub time_s: i64,
    /// When the log received it, milliseconds, where the envelope says.
    pub logs_time_ms: Option<i64>,
    /// What the rules look at.
    pub slots: Slots<'b>,
    pub(super) source: Source<'b>,
}

/// An event's text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'b> {
    Text(&'b str),
    /// As it stands in a data message: a JSON string without its quotes, soundly escaped.
    Escaped(&'b str),
}

impl<'b> Event<'b> {
    /// The event's source text.
    pub fn message(&self) -> Cow<'b, str> {
        match self.source {
            Source::Text(text) => Cow::Borrowed(text),
            Source::Escaped(text) => unescape(text).unwrap_or_default(),
        }
    }

    /// The event as compact JSON on one line; for the few events that some rule matched.
    pub fn compact_text(&self) -> String {
        match Tape::parse(trimmed(&self.message())) {
            Ok(tape) => compact::text(&tape, 0),
            // It parsed when it was read.
            Err(_) => String::from("null"),
        }
    }
}

/// What a text turned out to be.
pub(super) enum Read<'m> {
    Event { tape: Tape<'m>, time_s: i64, has_id: bool },
    NotCloudTrail,
    Rejected(Reason),
}

pub(super) fn read(text: &str, bytes_max: usize) -> Read<'_> {
    let text = trimmed(text);
    if !text.starts_with('{') {
        return Read::NotCloudTrail;
    }
    if text.len() > bytes_max {
        return Read::Rejected(Reason::EventTooLarge);
    }
    let tape = match Tape::parse(text) {
        Ok(tape) => tape,
        Err(TapeError::Syntax(_)) => return Read::Rejected(Reason::Malformed),
        Err(TapeError::TooDeep) => return Read::Rejected(Reason::TooDeep),
        Err(TapeError::TooManyKeys) => return Read::Rejected(Reason::TooManyKeys),
    };
    if !is_cloudtrail(&tape) {
        return Read::NotCloudTrail;
    }
    if !has_known_version(&tape) {
        return Read::Rejected(Reason::EventVersion);
    }
    match string(&tape, "eventTime").and_then(time::parse) {
        Some(time_s) => {
            let has_id = string(&tape, "eventID").is_some();
            Read::Event { tape, time_s, has_id }
        }
        None => Read::Rejected(Reason::EventTime),
    }
}

fn trimmed(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii()
}

fn is_cloudtrail(tape: &Tape<'_>) -> bool {
    let has = |name: &str| tape.member(0, name).is_some();
    has("eventVersion")
        || has("eventSource") && has("eventName")
        || has("insightDetails")
        || string(tape, "eventType") == Some("AwsCloudTrailInsight")
}

/// The same of an event whose `eventVersion` is this string.
pub(super) fn is_known_version(version: &str) -> bool {
    version == "1" || version.starts_with("1.")
}

/// A new minor version only adds members; a new major one may mean anything. None is fine: old events have none.
fn has_known_version(tape: &Tape<'_>) -> bool {
    match tape.member(0, "eventVersion").map(|at| tape.entry(at)) {
        None | Some(Entry::Null) => true,
        Some(Entry::String(version)) => is_known_version(version),
        Some(Entry::Number(version)) => is_known_version(version),
        Some(_) => false,
    }
}

fn string<'t>(tape: &'t Tape<'_>, name: &str) -> Option<&'t str> {
    match tape.entry(tape.member(0, name)?) {
        Entry::String(text) => Some(text),
        _ => None,
    }
}
