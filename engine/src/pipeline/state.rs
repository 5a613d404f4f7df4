//! What the hits of all workers amount to: windows, and the alerts that they word. One owner; no I/O, no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tripline_rules::explain::{self, Reason};
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::{RuleId, Trigger};

use super::{Accounts, Matched};
use crate::alert::{self, Alert};
use crate::decode::{self, Event};
use crate::hit::{Group, Hit};
use crate::window::cache::Needs;
use crate::window::finding::{Finding, Period};
use crate::window::sketch::{Bucket, Name};
use crate::window::{FindingKey, HitTally, Shared, Windows};

/// The state of a rule set.
#[derive(Debug)]
pub struct State {
    ruleset: Arc<Ruleset>,
    windows: Windows,
    accounts: Accounts,
}

impl State {
    /// Nothing seen yet.
    pub fn new(ruleset: Arc<Ruleset>) -> Self {
        let windows = Windows::new(ruleset.rules().iter().map(|rule| &rule.window));
        Self { ruleset, windows, accounts: Accounts::default() }
    }

    /// The rules.
    pub fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// Folds a record's hits in. Returns the findings that it opened, with `true`, or changed.
    /// Hits that are to have no row are taken out of it, and counted.
    pub fn take(&mut self, matched: &mut Matched) -> BTreeMap<FindingKey, bool> {
        self.accounts.decode.add(&matched.tally);
        self.accounts.ungrouped += matched.ungrouped;
        let before = self.windows.tally();
        let changed = self.windows.apply(&mut matched.hits, &mut matched.unkept);
        matched.hit_tally = self.windows.tally().since(&before);
        changed
    }

    /// See [`Windows::set_pressed`].
    pub fn set_pressed(&mut self, pressed: BTreeSet<RuleId>) {
        self.windows.set_pressed(pressed);
    }

    /// See [`Windows::counts_cold`].
    pub fn counts_cold(&self, rule: RuleId) -> bool {
        self.windows.counts_cold(rule)
    }

    /// See [`Windows::is_cold`].
    pub fn is_cold(&mut self, rule: RuleId, group: &Group) {
        self.windows.is_cold(rule, group);
    }

    /// See [`Windows::set_rule_keys`].
    pub fn set_rule_keys(&mut self, keys: Vec<String>) {
        self.windows.set_rule_keys(keys);
    }

    /// See [`Windows::sketched`].
    pub fn sketched(&mut self, time_s: Option<i64>) -> (BTreeMap<Bucket, Vec<Name>>, Vec<Bucket>) {
        self.windows.sketched(time_s)
    }

    /// See [`Windows::restore_sketched`].
    pub fn restore_sketched(&mut self, bucket: Bucket, names: &[Name]) {
        self.windows.restore_sketched(bucket, names);
    }

    /// See [`Windows::set_bytes_max`].
    pub fn set_bytes_max(&mut self, bytes_max: usize) {
        self.windows.set_bytes_max(bytes_max);
    }

    /// See [`Windows::bytes`].
    pub fn bytes(&self) -> usize {
        self.windows.bytes()
    }

    /// Goes on under other rules, with nothing in memory.
    pub fn go_on_under(&mut self, ruleset: &Arc<Ruleset>) {
        self.windows = self.windows.emptied(ruleset.rules().iter().map(|rule| &rule.window));
        self.ruleset = Arc::clone(ruleset);
    }

    /// From now on memory holds only what is loaded: [`State::needs`].
    pub fn load_on_demand(&mut self) {
        self.windows.load_on_demand();
    }

    /// What must be loaded before a record is folded in.
    pub fn needs(&self, matched: &Matched) -> Needs {
        self.windows.needs(&matched.hits)
    }

    /// See [`Windows::load_period`].
    pub fn load_period(&mut self, rule: RuleId, period: Period, own: usize, shared: Option<Shared>) {
        self.windows.load_period(rule, period, own, shared);
    }

    /// Loads a group. Returns the alerts that it amounts to by itself, each with its id.
    pub fn load(&mut self, rule: RuleId, group: &Group, hits: &[Hit]) -> Vec<(FindingKey, String)> {
        self.windows.load(rule, group, hits);
        let id = |key: &FindingKey| {
            self.windows.finding(key).map(|finding| alert::id(&self.ruleset.rule(rule).meta, &finding))
        };
        let fired = self.windows.fired(rule, group).into_iter();
        fired.filter_map(|key| id(&key).map(|id| (key, id))).collect()
    }

    /// See [`Windows::share`].
    pub fn share(&mut self, key: &FindingKey) {
        self.windows.share(key);
    }

    /// See [`Windows::unload`].
    pub fn unload(&mut self, rule: RuleId, group: &Group) {
        self.windows.unload(rule, group);
    }

    /// See [`Windows::evict`].
    pub fn evict(&mut self, bytes_max: usize) -> usize {
        self.windows.evict(bytes_max)
    }

    /// From now on events that are older than that are late.
    pub fn set_late_before(&mut self, time_s: i64) {
        self.windows.set_late_before(time_s);
    }

    /// Seconds of event time before which a rule's rows are needed no more; none as long as nothing is late.
    pub fn horizon_s(&self, rule: RuleId) -> Option<i64> {
        self.windows.horizon_s(rule)
    }

    /// Forgets what is behind the horizon.
    pub fn forget(&mut self) {
        self.windows.forget();
    }

    /// Folds a hit in that was kept from an earlier run: it is in no account of this one.
    pub fn restore(&mut self, hit: &Hit) {
        self.windows.restore(hit);
    }

    /// An alert as it stands now.
    pub fn alert(&self, key: &FindingKey) -> Option<Alert> {
        self.windows.finding(key).map(|finding| self.word(&finding))
    }

    /// Every alert so far, in the order of first sight: the same for the same set of events.
    pub fn alerts(&self) -> Vec<Alert> {
        self.windows.findings().iter().map(|finding| self.word(finding)).collect()
    }

    /// Every alert so far, by its id only.
    pub fn alert_ids(&self) -> Vec<(FindingKey, String)> {
        let id = |finding: &Finding| alert::id(&self.ruleset.rule(finding.rule).meta, finding);
        self.windows.keyed_findings().into_iter().map(|(key, finding)| (key, id(&finding))).collect()
    }

    /// Whether a rule has raised an alert.
    pub fn fired(&self, rule: RuleId) -> bool {
        self.windows.findings().iter().any(|finding| finding.rule == rule)
    }

    /// Where everything went.
    pub fn accounts(&self) -> Accounts {
        Accounts { hits: self.hits(), ..self.accounts.clone() }
    }

    /// Where the hits went.
    pub fn hits(&self) -> HitTally {
        self.windows.tally()
    }

    /// How many groups the windows hold.
    pub fn groups(&self) -> usize {
        self.windows.groups()
    }

    fn word(&self, finding: &Finding) -> Alert {
        let rule = self.ruleset.rule(finding.rule);
        Alert::new(finding, &rule.meta, self.why(finding)).counted(&rule.window)
    }

    /// Why the first event of a finding matched: the rule's own condition, or that of the first rule it counts that holds.
    fn why(&self, finding: &Finding) -> Vec<Reason> {
        let fields = self.ruleset.fields();
        let of_event = |event: &Event<'_>| {
            let reasons = |rule: RuleId| match &self.ruleset.rule(rule).trigger {
                Trigger::Event(condition) => {
                    let trace = explain::trace(condition, &event.slots, fields);
                    trace.holds.then(|| trace.reasons())
                }
                Trigger::Rules(_) => None,
            };
            match &self.ruleset.rule(finding.rule).trigger {
                Trigger::Event(_) => reasons(finding.rule),
                Trigger::Rules(bases) => bases.iter().find_map(|base| reasons(*base)),
            }
        };
        decode::kept(&finding.evidence.first.text, None, fields, of_event).flatten().unwrap_or_default()
    }
}
