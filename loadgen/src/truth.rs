//! What must follow from a corpus, and what must not: declared by the scenarios, computed by nothing that is under test.

use std::io::{self, Write};

use crate::json::{self, Json};

/// How long one alert stands for its group: an hour, for every rule that a scenario declares. Periods are cut from the epoch on.
pub const PERIOD_S: u32 = 3_600;

/// Everything that scenarios declare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// The alerts of the pack `baseline`: these, all of these, and no others.
    pub must: Vec<Expected>,
    /// Alerts that a careless rule would raise. None of these is in `must`.
    pub must_not: Vec<Forbidden>,
    /// Alerts that may be raised or not, with whatever count: of attacks of which a part was sent, or nobody knows how much.
    pub may: Vec<Expected>,
}

/// How much of an instance was taken by whom it was sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// All of it.
    Whole,
    /// Some of it, or nobody knows.
    Part,
    /// Nothing, for certain.
    Nothing,
}

/// One alert that must be raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The scenario that declares it.
    pub scenario: &'static str,
    /// Which playing of it: 0 in a corpus.
    pub instance: u64,
    /// Whether it follows from the scenario's benign look-alike: true of its kind, and of low level.
    pub look_alike: bool,
    /// The rule.
    pub rule_id: String,
    /// The group as an alert shows it, in the rule's order.
    pub group: Vec<(String, String)>,
    /// The beginning of the alert's period, in seconds since the epoch.
    pub period_start_s: i64,
    /// The period's length.
    pub period_s: u32,
    /// Distinct events of the period that count.
    pub count: u64,
    /// After the first so many of them the alert must be there already.
    pub needs: u64,
    /// When the events that it needs are meant to be sent, in milliseconds since the epoch; none in a corpus.
    pub sent_ms: Option<i64>,
}

/// One alert that must not be raised, whatever its period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    /// The scenario that declares it.
    pub scenario: &'static str,
    /// Which playing of it: 0 in a corpus.
    pub instance: u64,
    /// The rule.
    pub rule_id: String,
    /// The group that the rule would show.
    pub group: Vec<(String, String)>,
}

impl Truth {
    /// Adds what follows from events that are meant to be sent all at once.
    pub fn add(&mut self, other: Truth, sent_ms: i64) {
        let sent = |one: Expected| Expected { sent_ms: Some(sent_ms), ..one };
        self.must.extend(other.must.into_iter().map(sent));
        self.must_not.extend(other.must_not);
    }

    /// What follows when not all was taken; `share` tells of an instance by its number.
    ///
    /// What must follow from all of an instance may follow from a part of it, and from nothing follows nothing: an alert of it is
    /// unexpected. What must not follow from all of it must not follow from less, for no rule alerts because an event is missing.
    pub fn of(&self, share: impl Fn(u64) -> Share) -> Truth {
        let mut truth = Truth { must_not: self.must_not.clone(), may: self.may.clone(), ..Truth::default() };
        for one in &self.must {
            match share(one.instance) {
                Share::Whole => truth.must.push(one.clone()),
                Share::Part => truth.may.push(one.clone()),
                Share::Nothing => {}
            }
        }
        truth
    }

    /// Writes the ledger: one JSON object a line, `"must": true` first, then `"must": false`, then `"may": true`.
    pub fn write_ledger(&self, out: &mut impl Write) -> io::Result<()> {
        for one in &self.must {
            let line = json::object(|j| {
                j.bool("must", true).str("scenario", one.scenario).number("instance", one.instance);
                j.bool("look_alike", one.look_alike).str("rule_id", &one.rule_id);
                group(j, &one.group);
                j.int("period_start_s", one.period_start_s).int("period_s", one.period_s.into());
                j.number("count", one.count).number("needs", one.needs);
                if let Some(sent_ms) = one.sent_ms {
                    j.int("sent_ms", sent_ms);
                }
            });
            writeln!(out, "{line}")?;
        }
        for one in &self.must_not {
            let line = json::object(|j| {
                j.bool("must", false).str("scenario", one.scenario).number("instance", one.instance);
                j.str("rule_id", &one.rule_id);
                group(j, &one.group);
            });
            writeln!(out, "{line}")?;
        }
        for one in &self.may {
            let line = json::object(|j| {
                j.bool("may", true).str("scenario", one.scenario).number("instance", one.instance);
                j.str("rule_id", &one.rule_id);
                group(j, &one.group);
            });
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

/// In the rule's order, as the alert has it.
fn group(j: &mut Json, group: &[(String, String)]) {
    j.object("group", |j| {
        for (name, value) in group {
            j.str(name, value);
        }
    });
}
