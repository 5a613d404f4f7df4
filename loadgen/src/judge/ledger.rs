//! The ledger: which alerts must be raised, which must not, and how what was sent was sent.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::about::{About, Group, Period};
use super::lines::{self, ReadError};

/// Everything that a ledger says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Alerts that must be raised. Several may be about the same one; then their counts add up.
    pub must: Vec<Must>,
    /// Alerts that must not be raised.
    pub must_not: Vec<MustNot>,
    /// Alerts that may be raised, in whatever period and with whatever count: of attacks of which not all is known to be there.
    pub may: Vec<May>,
    /// How it was sent, if it was.
    pub sent: Option<Sent>,
}

/// An alert that must be raised.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Must {
    /// The scenario that declares it; a ledger that is older than scenarios says `story`.
    #[serde(alias = "story")]
    pub scenario: String,
    /// Which play of the scenario.
    #[serde(default)]
    pub instance: u64,
    /// The rule.
    pub rule_id: String,
    /// The group.
    pub group: Group,
    /// The beginning of the alert's period, seconds since the epoch.
    pub period_start_s: i64,
    /// The period's length.
    pub period_s: u32,
    /// Distinct events of the period that count.
    pub count: u64,
    /// When the message with which it became due was to be sent, milliseconds since the epoch.
    pub sent_ms: Option<i64>,
}

/// An alert that must not be raised, whatever its period.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MustNot {
    /// The scenario that declares it.
    #[serde(alias = "story")]
    pub scenario: String,
    /// Which play of the scenario.
    #[serde(default)]
    pub instance: u64,
    /// The rule.
    pub rule_id: String,
    /// The group.
    pub group: Group,
}

/// An alert that may be raised or not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct May {
    /// The scenario that declares it.
    pub scenario: String,
    /// Which play of the scenario.
    pub instance: u64,
    /// The rule.
    pub rule_id: String,
    /// The group.
    pub group: Group,
}

/// What was sent, where and when: counted by who sends, written into the ledger, and read from it. Times are milliseconds since
/// the epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Where to.
    pub target: String,
    /// When it began.
    pub started_ms: i64,
    /// When it was over.
    pub ended_ms: i64,
    /// Log events that were taken, all of them.
    pub events: u64,
    /// Messages that carried them.
    pub messages: u64,
    /// Bytes of these messages.
    pub bytes: u64,
    /// Log events that CloudTrail or CloudWatch Logs delivered twice.
    pub duplicates: u64,
    /// Log events of a background that was at its end and began anew: duplicates, too.
    pub recycled: u64,
    /// Log events that are not CloudTrail's.
    pub foreign: u64,
    /// Log events as large as CloudTrail lets them be.
    pub oversize: u64,
    /// Log events that CloudTrail wrote long after the call.
    pub late: u64,
    /// Log events of attacks.
    #[serde(default)]
    pub attacks: u64,
    /// Messages that were refused, or whose call failed, and were sent again: each as often as that happened.
    pub retries: u64,
    /// Messages that were given up: some of them may be there.
    pub errors: u64,
    /// Messages whose time had come when the load was stopped, and that were not sent or were refused; none if it was not stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsent: Option<u64>,
    /// What the last failure said.
    #[serde(default)]
    pub last_error: Option<String>,
    /// From when a message was to be sent until it was taken, milliseconds: `p50`, `p99`, `p99.9`, `max`.
    #[serde(default)]
    pub behind_ms: BTreeMap<String, u64>,
}

impl Ledger {
    /// Reads a ledger; `file` names it in errors.
    pub fn read(file: &str, from: impl BufRead) -> Result<Self, ReadError> {
        let mut ledger = Self::default();
        lines::each(file, from, |line| {
            match line.parse::<Kind>()? {
                Kind { must: Some(true), .. } => ledger.must.push(line.parse()?),
                Kind { must: Some(false), .. } => ledger.must_not.push(line.parse()?),
                Kind { may: Some(true), .. } => ledger.may.push(line.parse()?),
                Kind { sent: Some(_), .. } if ledger.sent.is_some() => {
                    return Err(ReadError::SentTwice { file: line.file.to_owned(), line: line.n });
                }
                Kind { sent: Some(_), .. } => ledger.sent = Some(line.parse::<Wrapped>()?.sent),
                Kind { .. } => return Err(ReadError::Kind { file: line.file.to_owned(), line: line.n }),
            }
            Ok(())
        })?;
        Ok(ledger)
    }
}

impl Must {
    pub(super) fn about(&self) -> About {
        let period = Period { start_s: self.period_start_s, length_s: self.period_s };
        About { rule_id: self.rule_id.clone(), group: self.group.clone(), period: Some(period) }
    }
}

impl Sent {
    /// Writes the line of the ledger that [`Ledger::read`] reads.
    pub fn write_ledger(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", json!({ "sent": self }))
    }
}

/// By what lines are told apart.
#[derive(Deserialize)]
struct Kind {
    must: Option<bool>,
    may: Option<bool>,
    sent: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Wrapped {
    sent: Sent,
}
