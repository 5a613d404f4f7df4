//! Is this text a CloudTrail event, when did it happen, and is it sound?

use std::ops::Deref;

use tripline_rules::field::Slots;

use super::tape::{Entry, Tape, TapeError};
use super::{Reason, compact, time};

/// What stands in front of an event's slots.
#[derive(Debug)]
pub struct Head<'m> {
    /// The event's source text.
    pub message: &'m str,
    /// Which log event of its record it is, from 0, every one counted.
    pub ordinal: u64,
    /// `eventTime`, seconds since the epoch.
    pub time_s: i64,
    /// When the log received it, milliseconds, where the envelope says.
    pub logs_time_ms: Option<i64>,
}

/// One CloudTrail event of a batch.
#[derive(Debug)]
pub struct Event<'b> {
    pub(super) head: &'b Head<'b>,
    /// What the rules look at.
    pub slots: Slots<'b>,
}

impl<'b> Deref for Event<'b> {
    type Target = Head<'b>;

    fn deref(&self) -> &Head<'b> {
        self.head
    }
}

impl Event<'_> {
    /// The event as compact JSON on one line; for the few events that some rule matched.
    pub fn compact_text(&self) -> String {
        match Tape::parse(self.head.message) {
            Ok(tape) => compact::text(&tape, 0),
            // It parsed when the batch was made.
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
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii();
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

fn is_cloudtrail(tape: &Tape<'_>) -> bool {
    let has = |name: &str| tape.member(0, name).is_some();
    has("eventVersion")
        || has("eventSource") && has("eventName")
        || has("insightDetails")
        || string(tape, "eventType") == Some("AwsCloudTrailInsight")
}

/// A new minor version only adds members; a new major one may mean anything. None is fine: old events have none.
fn has_known_version(tape: &Tape<'_>) -> bool {
    match tape.member(0, "eventVersion").map(|at| tape.entry(at)) {
        None | Some(Entry::Null) => true,
        Some(Entry::String(version)) => version.split('.').next() == Some("1"),
        Some(Entry::Number(version)) => version.split('.').next() == Some("1"),
        Some(_) => false,
    }
}

fn string<'t>(tape: &'t Tape<'_>, name: &str) -> Option<&'t str> {
    match tape.entry(tape.member(0, name)?) {
        Entry::String(text) => Some(text),
        _ => None,
    }
}
