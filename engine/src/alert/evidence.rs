//! The events behind an alert: the earliest and the latest whole, one line for up to a hundred more.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::wire;
use crate::hit::Facts;
use crate::window::finding;

/// The `eventSource` of events that the engine itself makes; no AWS service is called so.
pub const OWN_SOURCE: &str = "tripline";

/// An event with its JSON, for all who want something of it that is not among its facts.
pub(super) struct Read<'f> {
    pub(super) facts: &'f Facts,
    /// Null for an event with a number that this parser refuses: it is told without its details.
    pub(super) json: Value,
}

impl<'f> Read<'f> {
    pub(super) fn of(facts: &'f Facts) -> Self {
        Self { facts, json: serde_json::from_str(&facts.text).unwrap_or_default() }
    }

    /// The sentence that an event of the engine's own brings with it.
    pub(super) fn own_sentence(&self) -> Option<&str> {
        let own = self.facts.event_source == OWN_SOURCE;
        self.json.pointer("/serviceEventDetails/sentence").and_then(Value::as_str).filter(|_| own)
    }
}

/// Events that prove an alert.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Evidence {
    /// The earliest event as it came: its numbers keep their text.
    pub first: Box<RawValue>,
    /// The latest event as it came.
    pub latest: Box<RawValue>,
    /// The earliest of those between.
    pub more: Vec<Line>,
}

/// One line for an event that is not given whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// `eventTime`, seconds since the epoch.
    #[serde(rename = "time", with = "wire::seconds")]
    pub time_s: i64,
    /// `eventID`.
    pub event_id: String,
    /// `eventName`.
    pub event_name: String,
    /// `sourceIPAddress`.
    pub source_ip: String,
    /// What the call was aimed at, where that is known.
    pub target: Option<String>,
    /// `errorCode`; empty for a success.
    pub error_code: String,
}

impl Evidence {
    /// `more` are the events of that name, read.
    pub(super) fn of(evidence: &finding::Evidence, more: &[Read<'_>]) -> Self {
        Self {
            first: whole(&evidence.first),
            latest: whole(&evidence.latest),
            more: more.iter().map(Line::of).collect(),
        }
    }
}

/// By their text: that is what stands in the alert.
impl PartialEq for Evidence {
    fn eq(&self, other: &Self) -> bool {
        self.first.get() == other.first.get()
            && self.latest.get() == other.latest.get()
            && self.more == other.more
    }
}

/// An event as it stands. Its text came out of our own parser, which takes valid JSON only.
fn whole(event: &Facts) -> Box<RawValue> {
    RawValue::from_string(event.text.clone()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

impl Line {
    fn of(Read { facts, .. }: &Read<'_>) -> Self {
        Self {
            time_s: facts.time_s,
            event_id: facts.event_id.clone(),
            event_name: facts.event_name.clone(),
            source_ip: facts.source_ip.clone(),
            target: facts.target.as_ref().map(|target| target.name.clone()),
            error_code: facts.error_code.clone(),
        }
    }
}
