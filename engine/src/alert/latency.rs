//! The ledger of an alert: when the event that opened it passed which hop (design §7). Never one flattering number, always
//! the hops.

use serde::{Deserialize, Serialize};

use super::wire;
use crate::record::Stamps;
use crate::window::finding::Finding;

/// Times in milliseconds since the epoch, where they are known. A file knows the first two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// `eventTime` of the event that made the rule fire: the call, in whole seconds.
    #[serde(rename = "event_time", with = "wire::milliseconds")]
    pub event_ms: i64,
    /// When CloudTrail wrote that event to its log.
    #[serde(rename = "logs_time", with = "wire::maybe_milliseconds")]
    pub logs_ms: Option<i64>,
    /// When the stream took its record.
    #[serde(rename = "arrival", with = "wire::maybe_milliseconds")]
    pub arrival_ms: Option<i64>,
    /// When we had its record.
    #[serde(rename = "received", with = "wire::maybe_milliseconds")]
    pub received_ms: Option<i64>,
    /// When its record had been decoded and matched.
    #[serde(rename = "decoded", with = "wire::maybe_milliseconds")]
    pub decoded_ms: Option<i64>,
    /// When the alert was written.
    #[serde(rename = "alerted", with = "wire::maybe_milliseconds")]
    pub alerted_ms: Option<i64>,
    /// From the call to the log.
    pub event_to_logs_ms: Option<i64>,
    /// From the call to the alert: the time to detect.
    pub event_to_alerted_ms: Option<i64>,
    /// From the stream to the alert: our share of it.
    pub arrival_to_alerted_ms: Option<i64>,
}

/// A stretch of the way from a call to an alert in somebody's hands. The names are metric labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hop {
    /// From the call to CloudTrail's log: AWS's share.
    EventToLogs,
    /// From the log to the stream: the subscription's.
    LogsToArrival,
    /// From the stream to us: the poll.
    ArrivalToReceived,
    /// Inflate, decode, match.
    ReceivedToDecoded,
    /// Queue, windows, commit.
    DecodedToAlerted,
    /// Outbox and sink.
    AlertedToDelivered,
    /// Everything that is ours before delivery.
    ArrivalToAlerted,
    /// The time to detect.
    EventToAlerted,
}

impl Hop {
    /// Every hop, in the order of the way; the two sums last.
    pub const ALL: [Hop; 8] = [
        Hop::EventToLogs,
        Hop::LogsToArrival,
        Hop::ArrivalToReceived,
        Hop::ReceivedToDecoded,
        Hop::DecodedToAlerted,
        Hop::AlertedToDelivered,
        Hop::ArrivalToAlerted,
        Hop::EventToAlerted,
    ];

    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            Hop::EventToLogs => "event_to_logs",
            Hop::LogsToArrival => "logs_to_arrival",
            Hop::ArrivalToReceived => "arrival_to_received",
            Hop::ReceivedToDecoded => "received_to_decoded",
            Hop::DecodedToAlerted => "decoded_to_alerted",
            Hop::AlertedToDelivered => "alerted_to_delivered",
            Hop::ArrivalToAlerted => "arrival_to_alerted",
            Hop::EventToAlerted => "event_to_alerted",
        }
    }
}

impl Latency {
    /// What the finding itself knows: the event that ended its earliest crossing.
    pub(super) fn of(finding: &Finding) -> Self {
        let evidence = &finding.evidence;
        let opened_by = [&evidence.first, &evidence.latest]
            .into_iter()
            .chain(&evidence.more)
            .filter(|event| event.time_s == finding.window.to_s)
            .min_by_key(|event| &event.event_id);
        let mut latency = Self {
            event_ms: finding.window.to_s.saturating_mul(1000),
            logs_ms: opened_by.and_then(|event| event.logs_time_ms),
            ..Self::default()
        };
        latency.event_to_logs_ms = latency.hop(Hop::EventToLogs).map(|ms| ms.max(0));
        latency
    }

    /// Adds what is ours: the record that opened the alert, and when the alert was written.
    pub fn stamp(&mut self, stamps: Stamps, alerted_ms: i64) {
        self.arrival_ms = stamps.arrival_ms;
        self.received_ms = stamps.received_ms;
        self.decoded_ms = stamps.decoded_ms;
        self.alerted_ms = Some(alerted_ms);
        self.event_to_alerted_ms = self.hop(Hop::EventToAlerted).map(|ms| ms.max(0));
        self.arrival_to_alerted_ms = self.hop(Hop::ArrivalToAlerted).map(|ms| ms.max(0));
    }

    /// How long a hop took, milliseconds; negative when clocks disagree, none when an end is unknown. Delivery is the sink's
    /// to tell.
    pub fn hop(&self, hop: Hop) -> Option<i64> {
        let (from, to) = match hop {
            Hop::EventToLogs => (Some(self.event_ms), self.logs_ms),
            Hop::LogsToArrival => (self.logs_ms, self.arrival_ms),
            Hop::ArrivalToReceived => (self.arrival_ms, self.received_ms),
            Hop::ReceivedToDecoded => (self.received_ms, self.decoded_ms),
            Hop::DecodedToAlerted => (self.decoded_ms, self.alerted_ms),
            Hop::AlertedToDelivered => return None,
            Hop::ArrivalToAlerted => (self.arrival_ms, self.alerted_ms),
            Hop::EventToAlerted => (Some(self.event_ms), self.alerted_ms),
        };
        Some(to?.saturating_sub(from?))
    }
}
