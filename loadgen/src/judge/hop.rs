//! How long alerts were under way, hop by hop. The names are the engine's, and stand in its metrics too; two are ours.

use hdrhistogram::Histogram;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};

/// When the event that opened an alert passed which place: milliseconds since the epoch, where it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Stamps {
    /// The call.
    #[serde(rename = "event_time", deserialize_with = "milliseconds")]
    pub event_ms: Option<i64>,
    /// CloudTrail's log.
    #[serde(rename = "logs_time", deserialize_with = "milliseconds")]
    pub logs_ms: Option<i64>,
    /// The stream.
    #[serde(rename = "arrival", deserialize_with = "milliseconds")]
    pub arrival_ms: Option<i64>,
    /// The engine.
    #[serde(rename = "received", deserialize_with = "milliseconds")]
    pub received_ms: Option<i64>,
    /// Decoded, and matched.
    #[serde(rename = "decoded", deserialize_with = "milliseconds")]
    pub decoded_ms: Option<i64>,
    /// The alert, committed.
    #[serde(rename = "alerted", deserialize_with = "milliseconds")]
    pub alerted_ms: Option<i64>,
}

/// A stretch of the way from a call, or from a message that was to be sent, to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hop {
    /// From the call to CloudTrail's log.
    EventToLogs,
    /// From the log to the stream.
    LogsToArrival,
    /// From the stream to the engine.
    ArrivalToReceived,
    /// Inflate, decode, match.
    ReceivedToDecoded,
    /// Windows, commit.
    DecodedToAlerted,
    /// The engine's share, with the poll.
    ArrivalToAlerted,
    /// The engine's share, without it.
    ReceivedToAlerted,
    /// From the call to the alert. Where event times are generated it says little.
    EventToAlerted,
    /// From the moment at which the message was to be sent: a sender that falls behind makes it longer, not shorter.
    SentToAlerted,
}

impl Hop {
    /// Every hop, in the order of the way; the sums last.
    pub const ALL: [Hop; 9] = [
        Hop::EventToLogs,
        Hop::LogsToArrival,
        Hop::ArrivalToReceived,
        Hop::ReceivedToDecoded,
        Hop::DecodedToAlerted,
        Hop::ArrivalToAlerted,
        Hop::ReceivedToAlerted,
        Hop::EventToAlerted,
        Hop::SentToAlerted,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Hop::EventToLogs => "event_to_logs",
            Hop::LogsToArrival => "logs_to_arrival",
            Hop::ArrivalToReceived => "arrival_to_received",
            Hop::ReceivedToDecoded => "received_to_decoded",
            Hop::DecodedToAlerted => "decoded_to_alerted",
            Hop::ArrivalToAlerted => "arrival_to_alerted",
            Hop::ReceivedToAlerted => "received_to_alerted",
            Hop::EventToAlerted => "event_to_alerted",
            Hop::SentToAlerted => "sent_to_alerted",
        }
    }
}

impl Stamps {
    /// How long a hop took, milliseconds: negative when clocks disagree, none when an end is unknown.
    pub fn hop(&self, hop: Hop, sent_ms: Option<i64>) -> Option<i64> {
        let (from, to) = match hop {
            Hop::EventToLogs => (self.event_ms, self.logs_ms),
            Hop::LogsToArrival => (self.logs_ms, self.arrival_ms),
            Hop::ArrivalToReceived => (self.arrival_ms, self.received_ms),
            Hop::ReceivedToDecoded => (self.received_ms, self.decoded_ms),
            Hop::DecodedToAlerted => (self.decoded_ms, self.alerted_ms),
            Hop::ArrivalToAlerted => (self.arrival_ms, self.alerted_ms),
            Hop::ReceivedToAlerted => (self.received_ms, self.alerted_ms),
            Hop::EventToAlerted => (self.event_ms, self.alerted_ms),
            Hop::SentToAlerted => (sent_ms, self.alerted_ms),
        };
        Some(to?.saturating_sub(from?))
    }
}

/// A hop of many alerts: three digits of each, and the slowest exactly.
#[derive(Debug, Clone)]
pub struct Took {
    histogram: Histogram<u64>,
    max_ms: u64,
    clamped: u64,
}

impl Took {
    #[expect(clippy::expect_used, reason = "a histogram may have one to five digits")]
    pub(super) fn new() -> Self {
        Self { histogram: Histogram::new(3).expect("three digits"), max_ms: 0, clamped: 0 }
    }

    /// Counts one; what is negative counts as 0.
    pub(super) fn add(&mut self, ms: i64) {
        let clamped = u64::try_from(ms).unwrap_or(0);
        self.clamped += u64::from(ms < 0);
        self.max_ms = self.max_ms.max(clamped);
        // It resizes itself and refuses nothing.
        let _ = self.histogram.record(clamped);
    }

    /// How many alerts.
    pub fn alerts(&self) -> u64 {
        self.histogram.len()
    }

    /// How many were negative, and count as 0 ms.
    pub fn clamped(&self) -> u64 {
        self.clamped
    }

    /// So large a share, of 1, took no longer than this.
    pub fn quantile_ms(&self, share: f64) -> u64 {
        self.histogram.value_at_quantile(share).min(self.max_ms)
    }

    /// The slowest.
    pub fn max_ms(&self) -> u64 {
        self.max_ms
    }
}

fn milliseconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    let time: Timestamp = text.parse().map_err(de::Error::custom)?;
    Ok(Some(time.as_millisecond()))
}
