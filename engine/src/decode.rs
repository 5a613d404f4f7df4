//! Bytes of one record → CloudTrail events with their slots filled, and what had to be set aside.
//!
//! Two ways, one meaning. What CloudWatch Logs writes is inflated in one go, *scanned* and *walked* where it lies,
//! escaped as it is, for the fields that the loaded rules read; what looks as others did is only held against them. Whatever
//! else comes (and each event of such a message that is not as CloudTrail writes it) is cut, unescaped and read by a pull
//! parser, which is slow, obvious, and the judge of the first way. Knows no rule and no window. Invariant: one bad log event never takes another with it, and everything that came
//! in is counted in [`Tally`].
//!
//! ```text
//! inflate ─┬─▶ data_message ─┬─▶ opening + outline ──────┬─▶ Event
//!          │                 └─▶ scan ─▶ walk ───────────┤
//!          └─▶ envelope ─▶ event (tape) ─▶ slots ────────┘
//! ```
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
mod data_message;
mod envelope;
mod event;
mod inflate;
mod omitted;
mod open;
mod opening;
mod outline;
mod reason;
mod scan;
mod sequence;
mod sets;
mod slots;
mod split;
mod tally;
mod tape;
mod time;
mod trie;
mod unread;
mod walk;
mod walker;
#[cfg(test)]
mod tests;

use std::fmt;

use bumpalo::Bump;
use tripline_rules::field::{FieldId, Fields, Selector, Slots, Step};

use data_message::LogEvent;
pub use event::Event;
use event::Source;
use inflate::Inflater;
use open::{Opened, open};
pub use reason::Reason;
pub use scan::Kernel;
use slots::Filled;
pub use tally::Tally;
pub use tape::{DEPTH_MAX, KEYS_MAX};
use unread::PutOff;
use walk::Odd;
use walker::{Walker, Walks};

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

/// Reads one record after the other for one set of fields; what it needs for that is used again. One a thread.
pub struct Decoder {
    limits: Limits,
    /// Those of the rules, and what tells a CloudTrail event.
    fields: Fields,
    version: FieldId,
    /// None when everything is to be read by the pull parser.
    walker: Option<Walker>,
    inflater: Inflater,
    arena: Bump,
}

/// Memory for texts beyond this is given back after a record.
const ARENA_BYTES_MAX: usize = 4 << 20;

/// Where the parts of one record go.
struct Out<'o, F> {
    tally: &'o mut Tally,
    rejects: &'o mut Vec<Reject>,
    each: F,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Decoder {
    /// With the fastest kernel of this processor.
    pub fn new(fields: &Fields, limits: Limits) -> Self {
        Self::with_kernel(fields, limits, Some(Kernel::best()))
    }

    /// With this kernel; with none, the pull parser alone, which is the judge of all of them.
    pub fn with_kernel(fields: &Fields, limits: Limits, kernel: Option<Kernel>) -> Self {
        let mut fields = fields.clone();
        let version = fields.intern(Selector::Pattern(vec![Step::Member("eventVersion".to_owned())]));
        let walker = kernel.map(|kernel| Walker::new(&fields, kernel));
        Self { limits, fields, version, walker, inflater: Inflater::new(), arena: Bump::new() }
    }

    /// One that remembers nothing of what it has read: every event costs what one that is like no other costs.
    pub fn without_memo(self) -> Self {
        Self { walker: self.walker.map(Walker::without_openings), ..self }
    }

    /// Opens a record, counts it in `tally`, keeps what is set aside in `rejects`, and shows each event to `each`, in the order
    /// of the record. Returns how many log events it held.
    pub fn record(
        &mut self,
        bytes: &[u8],
        tally: &mut Tally,
        rejects: &mut Vec<Reject>,
        each: impl FnMut(&Event<'_>),
    ) -> u64 {
        if self.arena.allocated_bytes() > ARENA_BYTES_MAX {
            self.arena = Bump::new();
        }
        let Self { limits, fields, version, walker, inflater, arena } = self;
        arena.reset();
        let mut out = Out { tally, rejects, each };
        let mut walks = walker.as_mut().map(|walker| walker.begin(arena, limits.event_bytes_max));
        match open(bytes, limits, inflater, walks.as_mut()) {
            Err(reason) => {
                out.tally.add_rejected(reason);
                out.rejects.push(Reject::new(0, reason, bytes));
                0
            }
            Ok(Opened::Control) => {
                out.tally.add_control();
                0
            }
            Ok(Opened::Messages(messages, aggregated)) => {
                out.tally.add_decoded(messages.len() as u64);
                out.tally.records_aggregated += u64::from(aggregated);
                for (ordinal, message) in (0..).zip(&messages) {
                    arena.reset();
                    out.pull(message, ordinal, fields, limits.event_bytes_max, arena);
                }
                messages.len() as u64
            }
            Ok(Opened::Scanned(events)) => {
                out.tally.add_decoded(events.len() as u64);
                out.tally.records_scanned += 1;
                let show = Show { walks: walks.as_ref(), fields, version: *version, arena };
                for (ordinal, event) in (0..).zip(events) {
                    if show.event(event, ordinal, &mut out).is_err() {
                        out.tally.events_odd += 1;
                        let message = envelope::log_event(event.whole);
                        out.pull(&message, ordinal, fields, limits.event_bytes_max, arena);
                    }
                }
                events.len() as u64
            }
        }
    }
}

/// What it takes to show the walked events of one record.
struct Show<'w, 'b> {
    walks: Option<&'w Walks<'w, 'b>>,
    fields: &'b Fields,
    version: FieldId,
    arena: &'b Bump,
}

impl<'b> Show<'_, 'b> {
    /// Shows a log event, unless something in it is for the pull parser to judge.
    fn event(
        &self,
        log_event: &LogEvent<'b>,
        ordinal: u64,
        out: &mut Out<'_, impl FnMut(&Event<'_>)>,
    ) -> Result<(), Odd> {
        let (Some(walks), Some(walked)) = (self.walks, &log_event.walked) else { return Err(Odd) };
        let put_off = PutOff::new(walked.text, self.fields, self.arena);
        let slots = walks.slots(walked).with_unread(&put_off);
        // Its version makes it CloudTrail.
        if !slots.string(self.version).is_some_and(event::is_known_version) {
            return Err(Odd);
        }
        let time_s = slots.string(FieldId::EVENT_TIME).and_then(time::parse).ok_or(Odd)?;
        out.tally.events_evaluated += 1;
        out.tally.events_known += u64::from(walked.is_known());
        out.tally.events_outlined += u64::from(walked.is_outlined());
        out.tally.events_without_id += u64::from(slots.string(FieldId::EVENT_ID).is_none());
        let (logs_time_ms, source) = (log_event.logs_time_ms, Source::Escaped(walked.text));
        (out.each)(&Event { ordinal, time_s, logs_time_ms, slots, source });
        Ok(())
    }
}

impl<F: FnMut(&Event<'_>)> Out<'_, F> {
    /// Reads one log event by the pull parser.
    fn pull(&mut self, message: &Message, ordinal: u64, fields: &Fields, bytes_max: usize, arena: &Bump) {
        let text = match &message.text {
            Ok(text) => text,
            Err(reject) => return self.reject(Reject { ordinal, ..reject.clone() }),
        };
        match event::read(text, bytes_max) {
            event::Read::Event { tape, time_s, has_id } => {
                let filled = Filled::new(&tape, text, fields, arena);
                let reached = |field| !filled.nodes_of(field).is_empty();
                let unknown = omitted::fields(&tape, text, fields, &reached);
                self.tally.events_evaluated += 1;
                self.tally.events_without_id += u64::from(!has_id);
                self.tally.events_omitted += u64::from(!unknown.is_empty());
                let slots = filled.slots().with_unknown(&unknown);
                let (logs_time_ms, source) = (message.logs_time_ms, Source::Text(text));
                (self.each)(&Event { ordinal, time_s, logs_time_ms, slots, source });
            }
            event::Read::NotCloudTrail => self.tally.events_not_cloudtrail += 1,
            event::Read::Rejected(reason) => self.reject(Reject::new(ordinal, reason, text.as_bytes())),
        }
    }

    fn reject(&mut self, reject: Reject) {
        self.tally.add_event_rejected(reject.reason);
        self.rejects.push(reject);
    }
}

/// Shows the one event that was kept as `text` to `look`; none when that is no CloudTrail event.
pub fn kept<R>(
    text: &str,
    logs_time_ms: Option<i64>,
    fields: &Fields,
    look: impl FnOnce(&Event<'_>) -> R,
) -> Option<R> {
    let message = Message { text: Ok(text.to_owned()), logs_time_ms };
    let (mut look, mut seen) = (Some(look), None);
    let each = |event: &Event<'_>| seen = look.take().map(|look| look(event));
    let mut out = Out { tally: &mut Tally::default(), rejects: &mut Vec::new(), each };
    out.pull(&message, 0, fields, usize::MAX, &Bump::new());
    seen
}

/// Shows the slots of any message to `look`, be it JSON or not and of whatever log: what `tripline pattern` looks at. What is
/// no JSON fills only those that read the raw message.
pub fn any_message<R>(message: &str, fields: &Fields, look: impl FnOnce(&Slots<'_>) -> R) -> R {
    let arena = Bump::new();
    let tape = tape::Tape::parse(message).unwrap_or_default();
    look(&Filled::new(&tape, message, fields, &arena).slots())
}
