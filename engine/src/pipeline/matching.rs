//! What a worker does to a record: open it, hold its events against the rules, keep the hits. Shares nothing.

use std::sync::Arc;

use tripline_rules::field::Fields;
use tripline_rules::matcher::{self, Scratch};
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::RuleId;

use crate::decode::{self, Event, Limits, Opened, Reject, Tally};
use crate::hit::{self, Hit};
use crate::record::{Position, Record, Stamps};

/// One record, decoded and matched: what a worker sends to the state thread.
#[derive(Debug, Clone)]
pub struct Matched {
    /// Where it came from.
    pub position: Position,
    /// When.
    pub stamps: Stamps,
    /// Its size as it came.
    pub bytes: u64,
    /// What its events matched.
    pub hits: Vec<Hit>,
    /// What was set aside.
    pub rejects: Vec<Reject>,
    /// Where its log events went.
    pub tally: Tally,
    /// Matches that a correlation could not group or count for lack of a field.
    pub ungrouped: u64,
    /// The newest `eventTime` in it, seconds since the epoch.
    pub newest_s: Option<i64>,
}

/// Holds records against rules.
#[derive(Debug)]
pub struct Matcher {
    ruleset: Arc<Ruleset>,
    limits: Limits,
    scratch: Scratch,
    matched: Vec<RuleId>,
}

impl Matcher {
    /// A matcher with a scratch of its own.
    pub fn new(ruleset: Arc<Ruleset>, limits: Limits) -> Self {
        Self { ruleset, limits, scratch: Scratch::default(), matched: Vec::new() }
    }

    /// Decodes a record and matches its events.
    pub fn take(&mut self, record: &Record) -> Matched {
        let mut out = Matched {
            position: record.position.clone(),
            stamps: record.stamps,
            bytes: record.bytes.len() as u64,
            hits: Vec::new(),
            rejects: Vec::new(),
            tally: Tally::default(),
            ungrouped: 0,
            newest_s: None,
        };
        let (ruleset, scratch, matched) = (&self.ruleset, &mut self.scratch, &mut self.matched);
        let (hits, newest_s, ungrouped) = (&mut out.hits, &mut out.newest_s, &mut out.ungrouped);
        open(record, &self.limits, ruleset.fields(), &mut out.tally, &mut out.rejects, &mut |event| {
            *newest_s = (*newest_s).max(Some(event.time_s));
            matcher::hits(ruleset, &event.slots, scratch, matched);
            *ungrouped += hit::of_event(ruleset, event, matched, hits);
        });
        out
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
    open(record, limits, fields, tally, &mut Vec::new(), each)
}

fn open(
    record: &Record,
    limits: &Limits,
    fields: &Fields,
    tally: &mut Tally,
    rejects: &mut Vec<Reject>,
    each: &mut dyn FnMut(&Event<'_>),
) -> u64 {
    match decode::open(&record.bytes, limits) {
        Opened::Control => tally.add_control(),
        Opened::Rejected(reject) => {
            tally.add_rejected(reject.reason);
            rejects.push(reject);
        }
        Opened::Messages(messages) => {
            let batch = messages.events(fields);
            tally.add_batch(&batch);
            rejects.extend_from_slice(batch.rejects());
            batch.events().for_each(|event| each(&event));
            return batch.log_events();
        }
    }
    0
}
