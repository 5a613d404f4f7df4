//! A finding with a name, a sentence, its reasons and its proof.
//!
//! Pure: the same finding gives the same alert. The type is also the native form, one JSON object (design §10): its
//! members and their order are part of the interface, and what the store keeps is what outsiders read. Invariant: text from
//! events reaches no output unescaped, and a rule's author is never left out.

mod clean;
mod evidence;
pub mod gain;
mod id;
mod latency;
pub mod ocsf;
mod summary;
pub mod table;
mod time;
mod wire;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use tripline_rules::explain::Reason;
use tripline_rules::rule::{self, Level, Metadata};

use crate::hit::Group;
use crate::window::finding::Finding;
pub use crate::window::finding::{Scope, Values};
pub use clean::{hides, shown as clean};
use evidence::Read;
pub use evidence::{Evidence, Line, OWN_SOURCE};
pub use id::of as id;
pub use latency::{Hop, Latency};
pub use time::{milliseconds as rfc3339_ms, seconds as rfc3339};

/// An alert, as of now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// 32 hexadecimal digits: a hash of rule, group and period, the same wherever and whenever it is computed.
    pub id: String,
    /// The rule, with its author.
    pub rule: Rule,
    /// Who did what to which, where, from where.
    pub summary: String,
    /// By what the rule tells its hits apart.
    #[serde(with = "wire::group")]
    pub group: Group,
    /// Distinct events of the period that the rule matched, for `value_count` too.
    pub count: u64,
    /// False when `count` is a bound.
    pub count_exact: bool,
    /// Distinct values of the period, for `value_count`.
    pub distinct: Option<u64>,
    /// Earliest hit of the period, seconds since the epoch.
    #[serde(rename = "first_seen", with = "wire::seconds")]
    pub first_seen_s: i64,
    /// Latest hit of the period, seconds since the epoch.
    #[serde(rename = "last_seen", with = "wire::seconds")]
    pub last_seen_s: i64,
    /// The earliest crossing.
    pub window: Window,
    /// None for a rule that suppresses nothing: every event is an alert of its own.
    pub period: Option<Period>,
    /// The alert of the period before, if that fired.
    pub continues: Option<String>,
    /// How often it has been told: 1 when it opens.
    pub revision: u32,
    /// The earliest 1,000 events.
    pub event_ids: Vec<String>,
    /// Recipient account of the first event, like all that follow here.
    pub account: String,
    /// `awsRegion`, or empty.
    pub region: String,
    /// Who called; `-` when nobody is named.
    pub principal: String,
    /// `sourceIPAddress`, or `-`.
    pub source_ip: String,
    /// `userAgent`, or empty.
    pub user_agent: String,
    /// `eventSource`, or empty.
    pub event_source: String,
    /// `eventName`, or empty.
    pub event_name: String,
    /// `errorCode`; empty for a success.
    pub error_code: String,
    /// The predicates that the first event satisfied, and with which values.
    pub why: Vec<Why>,
    /// The events behind it.
    pub evidence: Evidence,
    /// The distinct names, targets, addresses and regions of its events. Empty in alerts of stores of schema version 5.
    #[serde(default)]
    pub scope: Scope,
    /// When the event that opened it passed which hop.
    pub latency: Latency,
    /// Where a person has taken it.
    pub status: Status,
    /// Whether it stands for more groups than one, or was counted by a sketch.
    pub approximate: bool,
    /// Whether a hit arrived behind the memory horizon.
    pub late: bool,
}

/// What an alert says of its rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `id`.
    pub id: String,
    /// `title`.
    pub title: String,
    /// `level`.
    #[serde(with = "wire::level")]
    pub level: Level,
    /// `author`.
    pub author: Option<String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `references`.
    pub references: Vec<String>,
    /// `description`.
    pub description: Option<String>,
}

/// The earliest window that satisfied the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its first hit that counts, seconds since the epoch.
    #[serde(rename = "from", with = "wire::seconds")]
    pub from_s: i64,
    /// The hit that ended it, seconds since the epoch.
    #[serde(rename = "to", with = "wire::seconds")]
    pub to_s: i64,
    /// Hits, or distinct values, that it held.
    pub n: u64,
}

/// A period of event time, aligned to the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Its first second.
    #[serde(rename = "start", with = "wire::seconds")]
    pub start_s: i64,
    /// Its length.
    pub seconds: u32,
}

impl Period {
    /// The first second after it.
    pub fn end_s(&self) -> i64 {
        self.start_s.saturating_add(i64::from(self.seconds))
    }
}

/// One predicate that matched, and the value that matched it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The field as the rule's language writes it.
    pub field: String,
    /// The operator.
    pub operator: String,
    /// The operand.
    pub expected: String,
    /// What the event holds there.
    pub value: String,
}

/// Where a person has taken an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nobody has said anything.
    Open,
    /// Somebody is on it.
    Acknowledged,
    /// Done, with a reason.
    Closed,
}

impl Status {
    /// All of them, in the order of a life.
    pub const ALL: [Status; 3] = [Status::Open, Status::Acknowledged, Status::Closed];

    /// The word, lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Acknowledged => "acknowledged",
            Status::Closed => "closed",
        }
    }
}

impl Alert {
    /// Words a finding. `why` explains its first event.
    pub fn new(finding: &Finding, rule: &Metadata, why: Vec<Reason>) -> Self {
        let first = &finding.evidence.first;
        let more: Vec<Read<'_>> = finding.evidence.more.iter().map(|event| Read::of(event)).collect();
        let why_of = |Reason { field, operator, expected, value }| Why { field, operator, expected, value };
        Self {
            id: id::of(rule, finding),
            rule: Rule::of(rule),
            summary: summary::of(finding, &more),
            group: finding.group.clone(),
            count: finding.count,
            count_exact: finding.count_exact,
            distinct: finding.distinct,
            first_seen_s: finding.first_seen_s,
            last_seen_s: finding.last_seen_s,
            window: Window { from_s: finding.window.from_s, to_s: finding.window.to_s, n: finding.window.n },
            period: finding.period.map(|period| Period { start_s: period.start_s, seconds: period.length_s }),
            continues: finding.continues.then(|| id::of_previous(rule, finding)).flatten(),
            revision: 1,
            event_ids: finding.evidence.event_ids.clone(),
            account: first.account.clone(),
            region: first.region.clone(),
            principal: first.principal.clone(),
            source_ip: first.source_ip.clone(),
            user_agent: first.user_agent.clone(),
            event_source: first.event_source.clone(),
            event_name: first.event_name.clone(),
            error_code: first.error_code.clone(),
            why: why.into_iter().map(why_of).collect(),
            evidence: Evidence::of(&finding.evidence, &more),
            scope: finding.scope.clone(),
            latency: Latency::of(finding),
            status: Status::Open,
            approximate: finding.approximate,
            late: finding.late,
        }
    }

    /// Adds to the sentence what it takes to make an alert, for a rule that counts.
    #[must_use]
    pub fn counted(mut self, window: &rule::Window) -> Self {
        self.summary.push_str(&summary::threshold(window));
        self
    }

    /// The alert as one line of JSON.
    ///
    /// # Errors
    /// None that we know of: every part is a string, a number or JSON already.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// Whether a count is worth telling again after `told`: it has passed 10, 100, 1,000 … (design §6).
    pub fn is_worth_telling(count: u64, told: u64) -> bool {
        count.max(1).ilog10() > told.max(1).ilog10()
    }
}

impl Rule {
    fn of(rule: &Metadata) -> Self {
        Self {
            id: rule.id.clone(),
            title: rule.title.clone(),
            level: rule.level,
            author: rule.author.clone(),
            tags: rule.tags.clone(),
            references: rule.references.clone(),
            description: rule.description.clone(),
        }
    }
}
