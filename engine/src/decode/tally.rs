//! The accounts of decode: everything that came in is somewhere.

use std::collections::BTreeMap;

use super::Reason;

/// Counts of records and log events, with the identities that hold between them (design §1.3):
/// records `received = decoded + control + rejected`, log events `in = evaluated + not CloudTrail + rejected`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that came.
    pub records_received: u64,
    /// Records that were opened.
    pub records_decoded: u64,
    /// Those of the opened that were KPL aggregates.
    pub records_aggregated: u64,
    /// Those of the opened that were scanned: data messages as CloudWatch Logs writes them. The pull parser reads the others.
    pub records_scanned: u64,
    /// Control messages.
    pub records_control: u64,
    /// Records set aside, by reason.
    pub records_rejected: BTreeMap<Reason, u64>,
    /// Log events of the decoded records.
    pub events_in: u64,
    /// Those of scanned records that were left to the pull parser, for something in them is not as CloudTrail writes it.
    pub events_odd: u64,
    /// Those of scanned records whose opening was known from others: `eventVersion` and who did it, to the byte.
    pub events_known: u64,
    /// Those of them that fit an outline which was known: read without being scanned and walked.
    pub events_outlined: u64,
    /// CloudTrail events handed to the rules.
    pub events_evaluated: u64,
    /// Log events that are no CloudTrail events.
    pub events_not_cloudtrail: u64,
    /// Log events set aside, by reason.
    pub events_rejected: BTreeMap<Reason, u64>,
    /// Evaluated events without an `eventID`, known by their digest.
    pub events_without_id: u64,
    /// Evaluated events of which CloudTrail left out something that a rule looks at.
    pub events_omitted: u64,
}

impl Tally {
    /// A record that was set aside whole.
    pub fn add_rejected(&mut self, reason: Reason) {
        self.records_received += 1;
        *self.records_rejected.entry(reason).or_default() += 1;
    }

    /// A control message.
    pub fn add_control(&mut self) {
        self.records_received += 1;
        self.records_control += 1;
    }

    /// A record that was opened.
    pub(super) fn add_decoded(&mut self, log_events: u64) {
        self.records_received += 1;
        self.records_decoded += 1;
        self.events_in += log_events;
    }

    /// A log event that was set aside.
    pub(super) fn add_event_rejected(&mut self, reason: Reason) {
        *self.events_rejected.entry(reason).or_default() += 1;
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: &Tally) {
        self.records_received += other.records_received;
        self.records_decoded += other.records_decoded;
        self.records_aggregated += other.records_aggregated;
        self.records_scanned += other.records_scanned;
        self.records_control += other.records_control;
        self.events_in += other.events_in;
        self.events_odd += other.events_odd;
        self.events_known += other.events_known;
        self.events_outlined += other.events_outlined;
        self.events_evaluated += other.events_evaluated;
        self.events_not_cloudtrail += other.events_not_cloudtrail;
        self.events_without_id += other.events_without_id;
        self.events_omitted += other.events_omitted;
        for (reason, count) in &other.records_rejected {
            *self.records_rejected.entry(*reason).or_default() += count;
        }
        for (reason, count) in &other.events_rejected {
            *self.events_rejected.entry(*reason).or_default() += count;
        }
    }

    /// Whether both identities hold.
    pub fn balances(&self) -> bool {
        let records =
            self.records_decoded + self.records_control + self.records_rejected.values().sum::<u64>();
        let events =
            self.events_evaluated + self.events_not_cloudtrail + self.events_rejected.values().sum::<u64>();
        self.records_received == records && self.events_in == events
    }
}
