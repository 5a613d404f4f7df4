//! The flow, wired: records in, alerts out. Synchronous and in memory today; threads, queues and the store come with
//! the service.
//!
//! Invariant: what came in is accounted for at any time: [`Accounts::balances`].

use std::collections::BTreeMap;

use tripline_rules::explain::{self, Reason};
use tripline_rules::field::Fields;
use tripline_rules::matcher::{self, Scratch};
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::{RuleId, Trigger};

use crate::alert::Alert;
use crate::decode::{self, Event, Limits, Opened, Tally};
use crate::hit::{self, Hit};
use crate::record::Record;
use crate::window::finding::Finding;
use crate::window::{FindingKey, HitTally, Windows};

/// Where everything went that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    /// Records and log events.
    pub decode: Tally,
    /// Hits of windows.
    pub hits: HitTally,
    /// Matches that a correlation could not group or count for lack of a field.
    pub ungrouped: u64,
}

impl Accounts {
    /// Whether all three identities of design §1.3 hold.
    pub fn balances(&self) -> bool {
        self.decode.balances() && self.hits.balances()
    }
}

/// A rule set at work.
#[derive(Debug)]
pub struct Pipeline<'r> {
    ruleset: &'r Ruleset,
    limits: Limits,
    scratch: Scratch,
    windows: Windows,
    tally: Tally,
    ungrouped: u64,
}

impl<'r> Pipeline<'r> {
    /// Nothing seen yet.
    pub fn new(ruleset: &'r Ruleset, limits: Limits) -> Self {
        Self {
            ruleset,
            limits,
            scratch: Scratch::default(),
            windows: Windows::new(ruleset.rules().iter().map(|rule| &rule.window)),
            tally: Tally::default(),
            ungrouped: 0,
        }
    }

    /// Takes a record in. Returns the findings that it opened, with `true`, or changed.
    pub fn take(&mut self, record: &Record) -> BTreeMap<FindingKey, bool> {
        let mut hits: Vec<Hit> = Vec::new();
        let mut matched = Vec::new();
        let (ruleset, scratch, ungrouped) = (self.ruleset, &mut self.scratch, &mut self.ungrouped);
        events(record, &self.limits, ruleset.fields(), &mut self.tally, &mut |event| {
            matcher::hits(ruleset, &event.slots, scratch, &mut matched);
            *ungrouped += hit::of_event(ruleset, event, &matched, &mut hits);
        });
        self.windows.apply(&hits)
    }

    /// Every alert so far, in the order of first sight: the same for the same set of events.
    pub fn alerts(&self) -> Vec<Alert> {
        self.windows
            .findings()
            .into_iter()
            .map(|finding| {
                let why = self.why(&finding);
                let rule = &self.ruleset.rule(finding.rule).meta;
                Alert::new(&finding, rule, why)
            })
            .collect()
    }

    /// Why the first event of a finding matched: the rule's own condition, or that of the first rule it counts that holds.
    fn why(&self, finding: &Finding) -> Vec<Reason> {
        let fields = self.ruleset.fields();
        let event = decode::any_message(&finding.evidence.first.text, fields);
        let reasons = |rule: RuleId| match &self.ruleset.rule(rule).trigger {
            Trigger::Event(condition) => {
                let trace = explain::trace(condition, &event.slots(), fields);
                trace.holds.then(|| trace.reasons())
            }
            Trigger::Rules(_) => None,
        };
        match &self.ruleset.rule(finding.rule).trigger {
            Trigger::Event(_) => reasons(finding.rule),
            Trigger::Rules(bases) => bases.iter().find_map(|base| reasons(*base)),
        }
        .unwrap_or_default()
    }

    /// Whether a rule has raised an alert.
    pub fn fired(&self, rule: RuleId) -> bool {
        self.windows.findings().iter().any(|finding| finding.rule == rule)
    }

    /// Where everything went.
    pub fn accounts(&self) -> Accounts {
        Accounts { decode: self.tally.clone(), hits: self.windows.tally(), ungrouped: self.ungrouped }
    }
}

/// Decodes a record, counts it, and shows each of its events to `each`. Returns how many log events it held.
pub fn events(
    record: &Record,
    limits: &Limits,
    fields: &Fields,
    tally: &mut Tally,
    each: &mut dyn FnMut(&Event<'_>),
) -> u64 {
    match decode::open(&record.bytes, limits) {
        Opened::Control => tally.add_control(),
        Opened::Rejected(reject) => tally.add_rejected(reject.reason),
        Opened::Messages(messages) => {
            let batch = messages.events(fields);
            tally.add_batch(&batch);
            batch.events().for_each(|event| each(&event));
            return batch.log_events();
        }
    }
    0
}
