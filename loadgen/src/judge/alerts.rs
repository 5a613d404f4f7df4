//! The alerts that an engine raised, in its native form, one a line: what a file sink wrote, a replay printed or the port told.
//!
//! An alert that grew is told again under the same id with a higher revision. Invariant: an id stands for its highest
//! revision, and its latency for the lowest that is known, in whatever order they come.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::BufRead;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};

use super::about::{About, Group, Period};
use super::hop::Stamps;
use super::lines::{self, ReadError};

/// What `event_source` says of an event that the engine tells of itself.
const OWN_SOURCE: &str = "tripline";

/// One telling of an alert. Of two with one id the greater is the later: counts only grow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alert {
    /// The alert's id.
    pub id: String,
    /// How often it has been told.
    pub revision: u32,
    /// Distinct events.
    pub count: u64,
    /// False when `count` is a bound.
    pub count_exact: bool,
    /// What it is about.
    pub about: About,
    /// Whether the engine tells of itself.
    pub own: bool,
    /// When the event that opened it passed which place.
    pub stamps: Stamps,
}

/// Alerts by id.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    kept: BTreeMap<String, Kept>,
    lines: u64,
}

/// All that was told of one id.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// The lowest revision, and its stamps.
    first: (u32, Stamps),
    /// The highest revision.
    pub(super) last: Alert,
    /// How often each revision came.
    pub(super) revisions: BTreeMap<u32, u64>,
}

impl Alerts {
    /// Reads a file, beside what was read before; `file` names it in errors.
    pub fn read(&mut self, file: &str, from: impl BufRead) -> Result<(), ReadError> {
        lines::each(file, from, |line| {
            self.take(line.parse::<Wire>()?.into());
            Ok(())
        })
    }

    /// Takes one telling.
    pub fn take(&mut self, alert: Alert) {
        self.lines += 1;
        match self.kept.entry(alert.id.clone()) {
            Entry::Vacant(free) => {
                let revisions = BTreeMap::from([(alert.revision, 1)]);
                free.insert(Kept { first: (alert.revision, alert.stamps), last: alert, revisions });
            }
            Entry::Occupied(kept) => kept.into_mut().take(alert),
        }
    }

    /// How many tellings were taken.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// What was told, by id.
    pub(super) fn kept(&self) -> impl Iterator<Item = &Kept> {
        self.kept.values()
    }
}

impl Kept {
    /// When the event that opened it passed which place, as it was first told.
    pub(super) fn stamps(&self) -> &Stamps {
        &self.first.1
    }

    fn take(&mut self, alert: Alert) {
        *self.revisions.entry(alert.revision).or_default() += 1;
        self.first = self.first.min((alert.revision, alert.stamps));
        if alert > self.last {
            self.last = alert;
        }
    }
}

/// What the judge reads of the native form.
#[derive(Deserialize)]
struct Wire {
    id: String,
    rule: WireRule,
    group: Group,
    count: u64,
    count_exact: bool,
    #[serde(deserialize_with = "period")]
    period: Option<Period>,
    revision: u32,
    event_source: String,
    latency: Stamps,
}

#[derive(Deserialize)]
struct WireRule {
    id: String,
}

#[derive(Deserialize)]
struct WirePeriod {
    start: String,
    seconds: u32,
}

/// None is written down: without the key it is no native alert.
fn period<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Period>, D::Error> {
    let Some(WirePeriod { start, seconds }) = Option::deserialize(from)? else { return Ok(None) };
    let start: Timestamp = start.parse().map_err(de::Error::custom)?;
    Ok(Some(Period { start_s: start.as_second(), length_s: seconds }))
}

impl From<Wire> for Alert {
    fn from(wire: Wire) -> Self {
        Self {
            id: wire.id,
            revision: wire.revision,
            count: wire.count,
            count_exact: wire.count_exact,
            about: About { rule_id: wire.rule.id, group: wire.group, period: wire.period },
            own: wire.event_source == OWN_SOURCE,
            stamps: wire.latency,
        }
    }
}
