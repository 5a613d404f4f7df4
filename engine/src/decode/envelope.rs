//! From the bytes of one record to its messages: recognises the form by content, cuts it, understands no event.

use std::borrow::Cow;

use serde::Deserialize;

use super::sequence::{Piece, Pieces};
use super::split::{elements, members, members_and_break, skip_blanks, value_end};
use super::tape::{Entry, Tape};
use super::{Limits, Message, Reason};

/// What a record turned out to be.
pub(super) enum Envelope {
    /// A reachability probe of CloudWatch Logs.
    Control,
    /// Log events.
    Messages(Vec<Message>),
}

/// A CloudWatch Logs subscription message. `id` is not read: it is a string of 56 digits, in old samples a number.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription<'t> {
    #[serde(borrow)]
    message_type: Cow<'t, str>,
    #[serde(borrow, default)]
    log_events: Vec<LogEvent<'t>>,
}

#[derive(Deserialize)]
struct LogEvent<'t> {
    #[serde(default)]
    timestamp: Option<i64>,
    #[serde(borrow)]
    message: Cow<'t, str>,
}

/// Opens inflated bytes.
pub(super) fn open(bytes: &[u8], limits: &Limits) -> Result<Envelope, Reason> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let bytes = &bytes[skip_blanks(bytes, 0)..];
    let envelope = match bytes.first() {
        None => return Err(Reason::Empty),
        Some(b'{' | b'[') => match value_end(bytes, 0) {
            Some(end) if skip_blanks(bytes, end) == bytes.len() => document(bytes)?,
            _ => sequence(bytes)?,
        },
        Some(_) if bytes.starts_with(b"H4sI") => return Err(Reason::Base64),
        Some(_) => sequence(bytes)?,
    };
    match &envelope {
        Envelope::Messages(messages) if messages.len() > limits.log_events_max => {
            Err(Reason::TooManyLogEvents)
        }
        Envelope::Messages(_) | Envelope::Control => Ok(envelope),
    }
}

/// One JSON document, whole.
fn document(bytes: &[u8]) -> Result<Envelope, Reason> {
    if bytes.first() == Some(&b'[') {
        return Ok(Envelope::Messages(cut(bytes, 0)));
    }
    let top = members(bytes, 0);
    let member =
        |name: &str| top.iter().rev().find(|(key, _)| *key == name.as_bytes()).map(|(_, at)| at.clone());
    if member("messageType").is_some() {
        return subscription(bytes);
    }
    if member("awslogs").is_some() {
        return Err(Reason::Base64);
    }
    match member("Records").filter(|at| bytes[at.start] == b'[') {
        Some(records) => Ok(Envelope::Messages(cut(bytes, records.start))),
        None => Ok(Envelope::Messages(vec![Message::new(bytes)])),
    }
}

/// The elements of an array, each a message; what breaks off is one message more.
fn cut(bytes: &[u8], at: usize) -> Vec<Message> {
    cut_with(bytes, at, Message::new)
}

fn cut_with(bytes: &[u8], at: usize, read: impl Fn(&[u8]) -> Message) -> Vec<Message> {
    let (parts, end) = elements(bytes, at);
    let rest = parts.last().map_or(at + 1, |last| last.end);
    let mut messages: Vec<_> = parts.into_iter().map(|part| read(&bytes[part])).collect();
    if !end {
        messages.push(Message::rejected(Reason::Malformed, &bytes[rest..]));
    }
    messages
}

/// Documents and lines, one after the other. A document's own envelope is opened; a control message among others is
/// a log event like any other. A record that is nothing but one broken document, with nothing whole in it, is rejected.
fn sequence(bytes: &[u8]) -> Result<Envelope, Reason> {
    let mut messages = Vec::new();
    for piece in Pieces::new(bytes) {
        match piece {
            Piece::Line(line) => messages.push(Message::new(line)),
            Piece::Document(text) => match document(text) {
                Ok(Envelope::Messages(found)) => messages.extend(found),
                Ok(Envelope::Control) => messages.push(Message::new(text)),
                Err(reason) => messages.push(Message::rejected(reason, text)),
            },
            Piece::Broken(text) => match broken(text) {
                Some(found) => messages.extend(found),
                None if text.len() == bytes.trim_ascii_end().len() => return Err(Reason::EnvelopeMalformed),
                None => messages.push(Message::rejected(Reason::Malformed, text)),
            },
        }
    }
    Ok(Envelope::Messages(messages))
}

/// The whole log events of an envelope that breaks off, and its tail as one rejected; none when nothing whole is in it.
fn broken(bytes: &[u8]) -> Option<Vec<Message>> {
    let read = if bytes.first() == Some(&b'[') {
        cut(bytes, 0)
    } else {
        let (top, broke) = members_and_break(bytes, 0);
        let array = |name: &str| {
            let whole = top.iter().rev().find(|(key, _)| *key == name.as_bytes()).map(|(_, at)| at.start);
            let start = whole.or(broke.filter(|(key, _)| *key == name.as_bytes()).map(|(_, start)| start));
            start.filter(|start| bytes[*start] == b'[')
        };
        let kind = top.iter().rev().find(|(key, _)| *key == b"messageType").map(|(_, at)| &bytes[at.clone()]);
        match (array("logEvents"), array("Records")) {
            (Some(_), _) if kind.is_some_and(|kind| kind != b"\"DATA_MESSAGE\"") => return None,
            (Some(events), _) => cut_with(bytes, events, log_event),
            (None, Some(records)) => cut(bytes, records),
            (None, None) => return None,
        }
    };
    read.iter().any(|message| message.text.is_ok()).then_some(read)
}

fn subscription(bytes: &[u8]) -> Result<Envelope, Reason> {
    let mut buffer = bytes.to_vec();
    let Ok(read) = simd_json::serde::from_slice::<Subscription<'_>>(&mut buffer) else {
        return piecewise(bytes);
    };
    match read.message_type.as_ref() {
        "CONTROL_MESSAGE" => Ok(Envelope::Control),
        "DATA_MESSAGE" => Ok(Envelope::Messages(
            read.log_events
                .into_iter()
                .map(|event| Message {
                    logs_time_ms: event.timestamp,
                    ..Message::new(event.message.as_bytes())
                })
                .collect(),
        )),
        _ => Err(Reason::UnknownMessageType),
    }
}

/// The same without a parser that refuses the whole for one part: bytes that are no UTF-8, half a surrogate pair,
/// a number beyond 64 bits, a member of another type.
fn piecewise(bytes: &[u8]) -> Result<Envelope, Reason> {
    let top = members(bytes, 0);
    let member =
        |name: &str| top.iter().rev().find(|(key, _)| *key == name.as_bytes()).map(|(_, at)| at.clone());
    match member("messageType").and_then(|at| string(&bytes[at]).ok()).as_deref() {
        Some("CONTROL_MESSAGE") => return Ok(Envelope::Control),
        Some("DATA_MESSAGE") => {}
        Some(_) => return Err(Reason::UnknownMessageType),
        None => return Err(Reason::EnvelopeMalformed),
    }
    let Some(events) = member("logEvents") else { return Ok(Envelope::Messages(Vec::new())) };
    if bytes[events.start] != b'[' {
        return Err(Reason::EnvelopeMalformed);
    }
    let (parts, whole) = elements(bytes, events.start);
    if !whole {
        return Err(Reason::EnvelopeMalformed);
    }
    Ok(Envelope::Messages(parts.into_iter().map(|part| log_event(&bytes[part])).collect()))
}

/// One of a data message's `logEvents`.
pub(super) fn log_event(bytes: &[u8]) -> Message {
    let parts = if bytes.first() == Some(&b'{') { members(bytes, 0) } else { Vec::new() };
    let member = |name: &str| {
        parts.iter().rev().find(|(key, _)| *key == name.as_bytes()).map(|(_, at)| &bytes[at.clone()])
    };
    let logs_time_ms = member("timestamp").and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    match member("message").map(string) {
        Some(Ok(text)) => Message { logs_time_ms, ..Message::new(text.as_bytes()) },
        Some(Err(reason)) => Message { logs_time_ms, ..Message::rejected(reason, bytes) },
        None => Message { logs_time_ms, ..Message::rejected(Reason::EnvelopeMalformed, bytes) },
    }
}

/// A JSON string's value.
fn string(bytes: &[u8]) -> Result<String, Reason> {
    let text = std::str::from_utf8(bytes).map_err(|_| Reason::InvalidUtf8)?;
    match Tape::parse(text) {
        Ok(tape) => match tape.entry(0) {
            Entry::String(text) => Ok(text.clone().into_owned()),
            _ => Err(Reason::EnvelopeMalformed),
        },
        Err(_) => Err(Reason::EnvelopeMalformed),
    }
}
