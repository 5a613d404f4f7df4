//! What hits did to one (rule, group, period): the alert as a function of the set of hits, without its wording.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tripline_rules::rule::RuleId;

use crate::hit::{Facts, Group};

/// A period of event time: `[start_s, start_s + length_s)`, aligned to the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// Its first second.
    pub start_s: i64,
    /// S, in seconds.
    pub length_s: u32,
}

/// The earliest crossing of a period: the first window that satisfied the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossing {
    /// Time of the T-th newest hit (or most recently seen distinct value) at `to`.
    pub from_s: i64,
    /// Time of the hit that ended the window.
    pub to_s: i64,
    /// What the window held: hits, or distinct values.
    pub n: u64,
}

/// The events behind a finding, bounded. A function of the set: ordered by (time, account, event id).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The earliest event.
    pub first: Arc<Facts>,
    /// The latest event.
    pub latest: Arc<Facts>,
    /// Up to 100 more, the earliest of those between.
    pub more: Vec<Arc<Facts>>,
    /// The ids of the earliest 1,000 events.
    pub event_ids: Vec<String>,
}

/// Distinct values of one kind among the events of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// Number of distinct values; 1,000 stands for more.
    pub count: u64,
    /// The first ten, by the time of the earliest event that has them.
    pub first: Vec<String>,
}

/// How far the events of a period reach. Only grows; empty for the alert that all groups beyond the first 1,000 share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// `eventName`s.
    pub event_names: Values,
    /// Names of the objects that calls acted on.
    pub targets: Values,
    /// `sourceIPAddress`es, IPv6 by /64.
    pub source_ips: Values,
    /// `awsRegion`s.
    pub regions: Values,
    /// True if any call was neither refused nor failed.
    pub succeeded: bool,
}

/// What hits did to one (rule, group, period).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// The group; empty for the overflow alert that stands for all groups beyond the first 1,000 of a period.
    pub group: Group,
    /// The period; none for a rule with `suppress: 0`, where every event is its own finding.
    pub period: Option<Period>,
    /// Distinct events of the period that the rule matched, for `value_count` too.
    pub count: u64,
    /// False when `count` is a lower bound of what was delivered, or may count a late duplicate twice.
    pub count_exact: bool,
    /// Distinct values of the period, for `value_count`.
    pub distinct: Option<u64>,
    /// Earliest hit of the period, seconds.
    pub first_seen_s: i64,
    /// Latest hit of the period, seconds.
    pub last_seen_s: i64,
    /// The earliest crossing.
    pub window: Crossing,
    /// Whether the same group's previous period fired too.
    pub continues: bool,
    /// The events behind it.
    pub evidence: Evidence,
    /// The distinct names, targets, addresses and regions of its events.
    pub scope: Scope,
    /// Whether it stands for more groups than one, or was counted by a sketch.
    pub approximate: bool,
    /// Whether a hit arrived behind the memory horizon.
    pub late: bool,
}
