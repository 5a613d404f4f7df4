//! What a worker does to a record: open it, hold its events against the rules, keep the hits. Shares nothing.

mod places;

use std::sync::Arc;

use tripline_rules::matcher::{self, Scratch};
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::RuleId;

use super::live::LiveRules;
use super::own::{About, OWN_SOURCE, Own};
use crate::decode::{Decoder, Limits, Reject, Tally};
use crate::hit::{self, Hit};
use crate::record::{Gap, Mark, Position, Record, Stage, Stamps};
use crate::silence::Name;
use crate::store::SourceAccounts;
use crate::window::HitTally;
use places::Places;

/// What a hit, the event behind it and a reject cost in memory beside their texts; about.
const HIT_BYTES: usize = 300;
const EVENT_BYTES: usize = 800;
const REJECT_BYTES: usize = 200;

/// One record or mark, decoded and matched: what a worker sends to the state thread.
#[derive(Debug, Clone, Default)]
pub struct Matched {
    /// The generation of the rules that its hits are of.
    pub generation: u64,
    /// How far its source has come with it; none for what the engine itself says.
    pub position: Option<Position>,
    /// When.
    pub stamps: Stamps,
    /// Everything of the source that had arrived by then is behind it, milliseconds since the epoch.
    pub seen_ms: Option<i64>,
    /// What its source is about to do; a record changes nothing in that.
    pub stage: Option<Stage>,
    /// What was lost before it.
    pub gap: Option<Gap>,
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
    /// Where its hits went.
    pub hit_tally: HitTally,
    /// The rules of hits that are not among `hits` any more: they have no rows.
    pub unkept: Vec<RuleId>,
    /// The newest `eventTime` in it, seconds since the epoch.
    pub newest_s: Option<i64>,
    /// What it takes of the room in the queue.
    pub(super) queued: usize,
    /// The recipient accounts and regions of its events; none is what is no account and region.
    pub places: Vec<Option<Name>>,
}

impl Matched {
    /// Where everything of it went.
    pub(super) fn accounts(&self) -> SourceAccounts {
        let (tally, hits) = (&self.tally, &self.hit_tally);
        SourceAccounts {
            records: tally.records_received,
            records_decoded: tally.records_decoded,
            records_control: tally.records_control,
            records_rejected: tally.records_rejected.values().sum(),
            events: tally.events_in,
            events_evaluated: tally.events_evaluated,
            events_not_cloudtrail: tally.events_not_cloudtrail,
            events_rejected: tally.events_rejected.values().sum(),
            hits: hits.hits,
            hits_counted: hits.counted,
            hits_duplicate: hits.duplicate,
            hits_too_old: hits.too_old,
            hits_over_budget: hits.over_budget,
        }
    }

    /// What it holds in memory, about: the events behind its hits, and what was set aside.
    pub(super) fn weight(&self) -> usize {
        let (mut bytes, mut last) = (0, std::ptr::null());
        for hit in &self.hits {
            // Hits of one event stand in a row and share it.
            let event = Arc::as_ptr(&hit.event);
            bytes += HIT_BYTES + if event == last { 0 } else { EVENT_BYTES + hit.event.text.len() };
            last = event;
        }
        bytes + self.rejects.iter().map(|reject| REJECT_BYTES + reject.bytes.len()).sum::<usize>()
    }
}

/// Holds records against rules.
#[derive(Debug)]
pub struct Matcher {
    generation: u64,
    ruleset: Arc<Ruleset>,
    limits: Limits,
    decoder: Decoder,
    scratch: Scratch,
    places: Places,
    matched: Vec<RuleId>,
}

impl Matcher {
    /// A matcher with a scratch of its own.
    pub fn new(ruleset: Arc<Ruleset>, limits: Limits) -> Self {
        let decoder = Decoder::new(ruleset.fields(), limits.clone());
        let (scratch, places) = (Scratch::default(), Places::default());
        Self { generation: 0, ruleset, limits, decoder, scratch, places, matched: Vec::new() }
    }

    /// Goes on with the rules that run now.
    pub(super) fn follow(&mut self, rules: &LiveRules) {
        if rules.generation() != self.generation {
            (self.generation, self.ruleset) = rules.current();
            self.decoder = Decoder::new(self.ruleset.fields(), self.limits.clone());
            self.scratch = Scratch::default();
        }
    }

    /// Decodes a record and matches its events.
    pub fn take(&mut self, record: &Record) -> Matched {
        let mut out = Matched {
            generation: self.generation,
            position: Some(record.position.clone()),
            stamps: record.stamps,
            seen_ms: record.stamps.arrival_ms,
            bytes: record.bytes.len() as u64,
            ..Matched::default()
        };
        let (ruleset, scratch, matched) = (&self.ruleset, &mut self.scratch, &mut self.matched);
        let (hits, newest_s, ungrouped) = (&mut out.hits, &mut out.newest_s, &mut out.ungrouped);
        let places = &mut self.places;
        places.begin();
        self.decoder.record(&record.bytes, &mut out.tally, &mut out.rejects, |event| {
            *newest_s = (*newest_s).max(Some(event.time_s));
            places.note(&event.slots);
            matcher::hits(ruleset, &event.slots, scratch, matched);
            *ungrouped += hit::of_event(ruleset, event, matched, hits);
        });
        out.places = places.found().to_vec();
        out
    }

    /// What the engine itself has to say, matched like any event; it counts as nothing received.
    pub(super) fn own(&mut self, own: &Own<'_>, about: &About) -> Matched {
        let matched = self.take(&Record::new(&OWN_SOURCE.into(), 0, own.event(about).into_bytes()));
        Matched { generation: matched.generation, hits: matched.hits, ..Matched::default() }
    }

    /// A mark; a gap is told.
    pub fn mark(&mut self, mark: Mark, about: &About) -> Matched {
        let lost = mark.gap.as_ref().map(|gap| Own::Lost { source: &mark.position.source, gap });
        let told = lost.map(|lost| self.own(&lost, about)).unwrap_or_default();
        let Mark { position, seen_ms, stage, gap } = mark;
        Matched { position: Some(position), seen_ms, stage: Some(stage), gap, ..told }
    }
}
