//! What an alert is about: what it takes to tell one from another.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

/// Names and values of a group. A rule decides in which order they are shown; it is the same group in any.
pub type Group = BTreeMap<String, String>;

/// A period of event time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// Its first second, since the epoch.
    pub start_s: i64,
    /// Its length.
    pub length_s: u32,
}

/// Rule, group and period: one alert, and no more than one, except where a rule suppresses nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// The rule.
    pub rule_id: String,
    /// The group.
    pub group: Group,
    /// None where every event is an alert of its own.
    pub period: Option<Period>,
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rule_id)?;
        for (name, value) in &self.group {
            write!(f, " {name}={value}")?;
        }
        match self.period {
            Some(period) => write!(f, " {period}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.start_s) {
            Ok(start) => write!(f, "({start}, {} s)", self.length_s),
            // Beyond the calendar.
            Err(_) => write!(f, "({} s since the epoch, {} s)", self.start_s, self.length_s),
        }
    }
}
