//! Bytes of one record → CloudTrail events with their slots filled, and what had to be set aside.
//!
//! Two steps, because events borrow: [`open`] inflates and cuts the record into messages, [`Messages::events`] parses each
//! and fills the slots that the loaded rules read. Knows no rule and no window. Invariant: one bad log event never takes
//! another with it, and everything that came in is counted in [`Tally`].
//!
//! | form | recognised by | becomes |
//! | --- | --- | --- |
//! | gzip, any number of members | its magic | what it inflates to; bytes after the last member are one rejected log event |
//! | CloudWatch Logs data message | `messageType` | one log event each of `logEvents` |
//! | control message | `messageType` | nothing, counted |
//! | `{"Records": […]}`, `[…]` | | one log event an element |
//! | one JSON object | | one log event |
//! | KPL aggregate | its magic | what its user records become, each as one of the forms above and below; one that is rejected whole, or a control message, is one log event |
//! | documents and lines | more than one JSON value, or no JSON | each document as one of the forms above, whatever stands between them; one log event for each line of anything else |
//!
//! An envelope that breaks off gives its whole log events, and one rejected for the rest; gzip that does is rejected whole.
//!
//! A log event is *CloudTrail* when it is a JSON object with `eventVersion`, or with `eventSource` and `eventName`, or an
//! Insight; anything else is another log's and only counted. Missing ids, numeric account ids, arrays in place of objects
//! and times in the future are evaluated as they are; the [`Reason`]s say what is not.

mod aggregate;
mod compact;
mod envelope;
mod event;
mod inflate;
mod omitted;
mod reason;
mod sequence;
mod slots;
mod split;
mod tally;
mod tape;
mod time;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use tripline_rules::field::{FieldId, Fields, Node, Slots};

use envelope::Envelope;
pub use event::Event;
pub use reason::Reason;
pub use tally::Tally;
pub use tape::{DEPTH_MAX, KEYS_MAX};

/// What one record may hold.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Inflated bytes of a record. Kinesis carries at most 10 MiB, which gzip can blow up a thousandfold.
    pub inflated_bytes_max: usize,
    /// Log events of a record.
    pub log_events_max: usize,
    /// Bytes of one event: CloudWatch Logs takes 1 MiB, CloudTrail sends 256 KiB.
    pub event_bytes_max: usize,
}

impl Limits {
    /// For a record from a stream.
    pub const STREAM: Limits =
        Limits { inflated_bytes_max: 64 << 20, log_events_max: 100_000, event_bytes_max: 1 << 20 };
    /// For a file: CloudTrail's own may hold 50 MB before they are inflated.
    pub const FILE: Limits =
        Limits { inflated_bytes_max: 1 << 30, log_events_max: 10_000_000, ..Limits::STREAM };
}

/// How much of what was set aside is kept to be looked at.
const REJECT_BYTES_MAX: usize = 4096;

/// One log event's text, before anyone has understood it.
#[derive(Debug)]
struct Message {
    text: Result<String, Reject>,
    logs_time_ms: Option<i64>,
}

impl Message {
    fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self { text: Ok(text.to_owned()), logs_time_ms: None },
            Err(_) => Self::rejected(Reason::InvalidUtf8, bytes),
        }
    }

    fn rejected(reason: Reason, bytes: &[u8]) -> Self {
        Self { text: Err(Reject::new(0, reason, bytes)), logs_time_ms: None }
    }
}

/// Something that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Which log event of its record, from 0; 0 for a record that was rejected whole.
    pub ordinal: u64,
    /// Why.
    pub reason: Reason,
    /// Its first 4 KiB.
    pub bytes: Vec<u8>,
}

impl Reject {
    fn new(ordinal: u64, reason: Reason, bytes: &[u8]) -> Self {
        Self { ordinal, reason, bytes: bytes[..bytes.len().min(REJECT_BYTES_MAX)].to_vec() }
    }
}

/// A record, opened.
#[derive(Debug)]
pub enum Opened {
    /// A reachability probe of CloudWatch Logs.
    Control,
    /// Set aside whole.
    Rejected(Reject),
    /// Its messages.
    Messages(Messages),
}

/// The messages of one record: the texts that its events borrow from.
#[derive(Debug)]
pub struct Messages {
    messages: Vec<Message>,
    event_bytes_max: usize,
    /// They came in a KPL aggregate.
    aggregated: bool,
}

impl Messages {
    /// The one event that was kept as `text`, to be read again.
    pub fn kept(text: String, logs_time_ms: Option<i64>) -> Self {
        Self {
            messages: vec![Message { text: Ok(text), logs_time_ms }],
            event_bytes_max: usize::MAX,
            aggregated: false,
        }
    }
}

/// Inflates a record's bytes and cuts them into messages.
pub fn open(bytes: &[u8], limits: &Limits) -> Opened {
    match try_open(bytes, limits) {
        Ok(opened) => opened,
        Err(reason) => Opened::Rejected(Reject::new(0, reason, bytes)),
    }
}

fn try_open(bytes: &[u8], limits: &Limits) -> Result<Opened, Reason> {
    let mut inflatable = limits.inflated_bytes_max;
    let (messages, aggregated) = if aggregate::is_aggregate(bytes) {
        (aggregated(bytes, &mut inflatable, limits)?, true)
    } else {
        match envelope(bytes, &mut inflatable, limits)? {
            Envelope::Control => return Ok(Opened::Control),
            Envelope::Messages(messages) => (messages, false),
        }
    };
    Ok(Opened::Messages(Messages { messages, event_bytes_max: limits.event_bytes_max, aggregated }))
}

/// Opens one record that is no aggregate, taking what it inflates to from `inflatable`, in bytes.
fn envelope(bytes: &[u8], inflatable: &mut usize, limits: &Limits) -> Result<Envelope, Reason> {
    if bytes.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        return Err(Reason::Zstd);
    }
    if aggregate::is_aggregate(bytes) {
        return Err(Reason::KplAggregated);
    }
    if !inflate::is_gzip(bytes) {
        *inflatable = inflatable.checked_sub(bytes.len()).ok_or(Reason::InflatedTooLarge)?;
        return envelope::open(bytes, limits);
    }
    let inflated = inflate::inflate(bytes, inflatable)?;
    let mut envelope = envelope::open(&inflated.bytes, limits)?;
    if let Envelope::Messages(messages) = &mut envelope
        && !inflated.tail.is_empty()
    {
        messages.push(Message::rejected(Reason::TrailingBytes, &inflated.tail));
    }
    Ok(envelope)
}

/// Opens every user record of an aggregate. The limits hold for them together.
fn aggregated(bytes: &[u8], inflatable: &mut usize, limits: &Limits) -> Result<Vec<Message>, Reason> {
    let mut messages = Vec::new();
    for record in aggregate::user_records(bytes)? {
        match envelope(&record, inflatable, limits) {
            Ok(Envelope::Messages(found)) => messages.extend(found),
            // One log event that is no CloudTrail event.
            Ok(Envelope::Control) => messages.push(Message::new(b"")),
            Err(reason @ Reason::InflatedTooLarge) => return Err(reason),
            Err(reason) => messages.push(Message::rejected(reason, &record)),
        }
        if messages.len() > limits.log_events_max {
            return Err(Reason::TooManyLogEvents);
        }
    }
    Ok(messages)
}

impl Messages {
    /// Parses every message and fills the slots of `fields`.
    pub fn events<'m>(&'m self, fields: &Fields) -> EventBatch<'m> {
        let mut batch = EventBatch {
            log_events: self.messages.len() as u64,
            aggregated: self.aggregated,
            ..EventBatch::new(fields)
        };
        for (ordinal, message) in (0_u64..).zip(&self.messages) {
            match &message.text {
                Ok(text) => batch.message(text, ordinal, message.logs_time_ms, fields, self.event_bytes_max),
                Err(reject) => batch.rejects.push(Reject { ordinal, ..reject.clone() }),
            }
        }
        batch
    }
}

/// The CloudTrail events of one record, and what was set aside among them.
#[derive(Debug)]
pub struct EventBatch<'m> {
    heads: Vec<event::Head<'m>>,
    nodes: Vec<Node<'m>>,
    /// For each event one bound more than there are fields.
    bounds: Vec<u32>,
    /// Of the few events that do not say everything, by their place: what they do not say.
    unknown: BTreeMap<usize, Vec<FieldId>>,
    fields: usize,
    rejects: Vec<Reject>,
    log_events: u64,
    not_cloudtrail: u64,
    without_id: u64,
    aggregated: bool,
}

impl<'m> EventBatch<'m> {
    fn new(fields: &Fields) -> Self {
        Self {
            heads: Vec::new(),
            nodes: Vec::new(),
            bounds: Vec::new(),
            unknown: BTreeMap::new(),
            fields: fields.len(),
            rejects: Vec::new(),
            log_events: 0,
            not_cloudtrail: 0,
            without_id: 0,
            aggregated: false,
        }
    }

    fn message(
        &mut self,
        text: &'m str,
        ordinal: u64,
        logs_time_ms: Option<i64>,
        fields: &Fields,
        bytes_max: usize,
    ) {
        match event::read(text, bytes_max) {
            event::Read::Event { tape, time_s, has_id } => {
                self.fill(&tape, text, fields);
                self.note_omitted(&tape, text, fields);
                self.heads.push(event::Head { message: text, ordinal, time_s, logs_time_ms });
                self.without_id += u64::from(!has_id);
            }
            event::Read::NotCloudTrail => self.not_cloudtrail += 1,
            event::Read::Rejected(reason) => {
                self.rejects.push(Reject::new(ordinal, reason, text.as_bytes()));
            }
        }
    }

    fn fill(&mut self, tape: &tape::Tape<'m>, text: &'m str, fields: &Fields) {
        self.bound();
        for selector in fields.selectors() {
            slots::fill(tape, text, selector, &mut self.nodes);
            self.bound();
        }
    }

    /// Of the event that was filled last.
    fn note_omitted(&mut self, tape: &tape::Tape<'m>, text: &str, fields: &Fields) {
        let bounds = &self.bounds[self.bounds.len() - fields.len() - 1..];
        let reached = |field: FieldId| bounds[field.index()] < bounds[field.index() + 1];
        let unknown = omitted::fields(tape, text, fields, &reached);
        if !unknown.is_empty() {
            self.unknown.insert(self.heads.len(), unknown);
        }
    }

    fn bound(&mut self) {
        self.bounds.push(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
    }

    /// The events, in the order of the record.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        self.heads.iter().enumerate().map(|(n, head)| Event { head, slots: self.slots_of(n) })
    }

    fn slots_of(&self, n: usize) -> Slots<'_> {
        let width = self.fields + 1;
        let slots = Slots::new(&self.nodes, &self.bounds[n * width..(n + 1) * width]);
        slots.with_unknown(self.unknown.get(&n).map_or(&[], Vec::as_slice))
    }

    /// What was set aside, in the order of the record.
    pub fn rejects(&self) -> &[Reject] {
        &self.rejects
    }

    /// Log events of the record, every one counted.
    pub fn log_events(&self) -> u64 {
        self.log_events
    }

    /// Log events that are no CloudTrail events.
    pub fn not_cloudtrail(&self) -> u64 {
        self.not_cloudtrail
    }
}

/// Any message, JSON or not and of whatever log, with its slots: what `tripline pattern` looks at.
pub struct AnyMessage<'m>(EventBatch<'m>);

/// Fills the slots of `fields` for one message; what is no JSON fills only those that read the raw message.
pub fn any_message<'m>(message: &'m str, fields: &Fields) -> AnyMessage<'m> {
    let mut batch = EventBatch::new(fields);
    batch.fill(&tape::Tape::parse(message).unwrap_or_default(), message, fields);
    AnyMessage(batch)
}

impl AnyMessage<'_> {
    /// Its slots.
    pub fn slots(&self) -> Slots<'_> {
        self.0.slots_of(0)
    }
}
