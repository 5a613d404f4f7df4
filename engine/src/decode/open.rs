//! From a record's bytes to its log events: what it is packed in is told by its first bytes, and each limit is held.

use super::data_message::{self, LogEvent};
use super::envelope::Envelope;
use super::inflate::{self, Inflater};
use super::walker::Walks;
use super::{Limits, Message, Reason, aggregate, envelope};

/// A record, opened.
pub(super) enum Opened<'b> {
    /// A reachability probe of CloudWatch Logs.
    Control,
    /// As CloudWatch Logs writes it, scanned and walked.
    Scanned(&'b [LogEvent<'b>]),
    /// In any other way; whether in a KPL aggregate.
    Messages(Vec<Message>, bool),
}

/// Inflates a record and cuts it into log events.
pub(super) fn open<'b>(
    bytes: &'b [u8],
    limits: &Limits,
    inflater: &'b mut Inflater,
    walks: Option<&mut Walks<'_, 'b>>,
) -> Result<Opened<'b>, Reason> {
    let mut inflatable = limits.inflated_bytes_max;
    if aggregate::is_aggregate(bytes) {
        let messages = aggregated(bytes, &mut inflatable, limits, inflater)?;
        return Ok(Opened::Messages(messages, true));
    }
    envelope(bytes, &mut inflatable, limits, inflater, walks)
}

/// Opens one record that is no aggregate, taking what it inflates to from `inflatable`, in bytes.
fn envelope<'b>(
    bytes: &'b [u8],
    inflatable: &mut usize,
    limits: &Limits,
    inflater: &'b mut Inflater,
    walks: Option<&mut Walks<'_, 'b>>,
) -> Result<Opened<'b>, Reason> {
    if bytes.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        return Err(Reason::Zstd);
    }
    if aggregate::is_aggregate(bytes) {
        return Err(Reason::KplAggregated);
    }
    if !inflate::is_gzip(bytes) {
        *inflatable = inflatable.checked_sub(bytes.len()).ok_or(Reason::InflatedTooLarge)?;
        return Ok(Opened::of(envelope::open(bytes, limits)?));
    }
    let inflated = inflater.inflate(bytes, inflatable)?;
    if inflated.tail.is_empty()
        && let Some(walks) = walks
        && let Some(events) = data_message::read(inflated.padded, inflated.len, limits.log_events_max, walks)
    {
        return Ok(Opened::Scanned(events));
    }
    let mut envelope = envelope::open(inflated.bytes(), limits)?;
    if let Envelope::Messages(messages) = &mut envelope
        && !inflated.tail.is_empty()
    {
        messages.push(Message::rejected(Reason::TrailingBytes, &inflated.tail));
    }
    Ok(Opened::of(envelope))
}

impl Opened<'_> {
    fn of(envelope: Envelope) -> Self {
        match envelope {
            Envelope::Control => Self::Control,
            Envelope::Messages(messages) => Self::Messages(messages, false),
        }
    }
}

/// Opens every user record of an aggregate. The limits hold for them together.
fn aggregated(
    bytes: &[u8],
    inflatable: &mut usize,
    limits: &Limits,
    inflater: &mut Inflater,
) -> Result<Vec<Message>, Reason> {
    let mut messages = Vec::new();
    for record in aggregate::user_records(bytes)? {
        match envelope(&record, inflatable, limits, inflater, None) {
            Ok(Opened::Messages(found, _)) => messages.extend(found),
            // A control message is one log event that is no CloudTrail event. Nothing is scanned without a walker.
            Ok(Opened::Control | Opened::Scanned(_)) => messages.push(Message::new(b"")),
            Err(reason @ Reason::InflatedTooLarge) => return Err(reason),
            Err(reason) => messages.push(Message::rejected(reason, &record)),
        }
        if messages.len() > limits.log_events_max {
            return Err(Reason::TooManyLogEvents);
        }
    }
    Ok(messages)
}
