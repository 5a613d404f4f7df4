//! What must follow from a corpus, and what must not: declared by the stories, computed by nothing that is under test.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

/// How long one alert stands for its group: an hour, for every rule that a story declares. Periods are cut from the epoch on.
pub const PERIOD_S: u32 = 3_600;

/// Everything that the stories declare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// The alerts of the pack `baseline`: these, all of these, and no others.
    pub must: Vec<Expected>,
    /// Alerts that a careless rule would raise. None of these is in `must`.
    pub must_not: Vec<Forbidden>,
}

/// One alert that must be raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The story that declares it.
    pub story: &'static str,
    /// Whether it follows from the story's benign look-alike: true of its kind, and of low level.
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
}

/// One alert that must not be raised, whatever its period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    /// The story that declares it.
    pub story: &'static str,
    /// The rule.
    pub rule_id: String,
    /// The group that the rule would show.
    pub group: Vec<(String, String)>,
}

impl Truth {
    /// Writes the ledger: one JSON object a line, `"must": true` first, then `"must": false`.
    pub fn write_ledger(&self, out: &mut impl Write) -> io::Result<()> {
        for one in &self.must {
            let line = json!({
                "must": true,
                "story": one.story,
                "look_alike": one.look_alike,
                "rule_id": one.rule_id,
                "group": object(&one.group),
                "period_start_s": one.period_start_s,
                "period_s": one.period_s,
                "count": one.count,
            });
            writeln!(out, "{line}")?;
        }
        for one in &self.must_not {
            let line = json!({"must": false, "story": one.story, "rule_id": one.rule_id, "group": object(&one.group)});
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

fn object(group: &[(String, String)]) -> Value {
    group
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect::<Map<_, _>>()
        .into()
}
