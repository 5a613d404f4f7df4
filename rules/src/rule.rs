//! A rule as it runs: who wrote it and why, what it looks for, and over which window it counts.
//! Both languages end here; nothing below this module knows which one a rule was written in.

use crate::condition::Condition;
use crate::diagnostic::Origin;
use crate::field::FieldId;
use crate::predicate::Predicate;

/// Sigma's `level`. Ordered: a sink may ask for at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not worth a look by itself.
    Informational,
    /// Worth a look some day.
    Low,
    /// Worth a look today; the level of a rule that names none.
    Medium,
    /// Worth a look now.
    High,
    /// Worth waking someone.
    Critical,
}

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Level; 5] =
        [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical];

    /// Sigma's word, lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Informational => "informational",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }

    /// The level that Sigma calls so.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }
}

/// What a rule says of itself (`spec/sigma.md` §1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// `id`; a rule without one is known by `name`, else by a slug of its title.
    pub id: String,
    /// `name`: the short key that correlations may use instead of the id.
    pub name: Option<String>,
    /// `title`.
    pub title: String,
    /// `description`.
    pub description: Option<String>,
    /// `level`.
    pub level: Level,
    /// `status`: stable, test, experimental, deprecated, unsupported.
    pub status: Option<String>,
    /// `author`: the Detection Rule License wants it in every alert.
    pub author: Option<String>,
    /// `license`, an SPDX id.
    pub license: Option<String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `references`.
    pub references: Vec<String>,
    /// `falsepositives`.
    pub falsepositives: Vec<String>,
    /// `tripline: {packs: […]}`: the shipped packs, beside the CIS versions in its tags, that hold this rule.
    pub packs: Vec<String>,
    /// The filter pattern verbatim, when the rule was written as one.
    pub filter_pattern: Option<String>,
    /// Where the document begins.
    pub origin: Origin,
}

/// A rule in a [`Ruleset`](crate::plan::Ruleset): its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

impl RuleId {
    /// The position in the rule set.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One field by which hits are grouped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupField {
    /// What the alert calls it: the field's path, or the alias.
    pub name: String,
    /// Where to find it.
    pub field: FieldId,
    /// Where an alias finds it instead, for hits of particular base rules.
    pub by_rule: Vec<(RuleId, FieldId)>,
}

/// How hits of a rule are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupBy {
    /// Recipient account, principal, source address (IPv6 by /64); a missing part is `-` (design §5).
    Default,
    /// These fields; none of them means one group for all.
    Fields(Vec<GroupField>),
}

/// What is counted inside a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Count {
    /// Events.
    Events,
    /// Distinct values of a field, or distinct tuples of several.
    Values(Vec<GroupField>),
}

/// When hits become an alert: at least `threshold` of `count` within `within_s` seconds of event time
/// (`spec/windows.md` §1). A single-event rule has threshold 1 and a window of 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// What is counted.
    pub count: Count,
    /// T, at least 1.
    pub threshold: u32,
    /// W in seconds, both ends closed.
    pub within_s: u32,
    /// S in seconds: the length of a period, at least W; 0 means an alert an event (then T = 1).
    pub suppress_s: u32,
    /// How hits are told apart.
    pub group_by: GroupBy,
}

/// What makes a rule hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// One event that satisfies a condition.
    Event(Condition<Predicate>),
    /// Every hit of any of these rules (all of them event rules).
    Rules(Vec<RuleId>),
}

/// A rule, ready to be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it says of itself.
    pub meta: Metadata,
    /// What makes it hit.
    pub trigger: Trigger,
    /// When its hits become an alert.
    pub window: Window,
    /// What decides which hits it has, as text: detection, group-by, what is counted, timespan. Rules for which it is the
    /// same have the same hits, whatever else of them differs.
    pub definition: String,
    /// Whether it raises alerts of its own. A rule that only feeds a correlation does not, unless that
    /// correlation says `generate: true`.
    pub alerts: bool,
}

impl Rule {
    /// Whether it looks at events itself; the others count the hits of those that do.
    pub fn is_event(&self) -> bool {
        matches!(self.trigger, Trigger::Event(_))
    }
}
