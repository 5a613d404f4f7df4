//! The state and the store, held together: what one commit folds is what it writes. The one owner of both.
//!
//! Folding comes first and cannot fail; writing can, and is repeated until it succeeds: what was folded is not folded again,
//! and nothing is acknowledged before it is written.

mod budget;
mod damage;
mod fold;
mod memory;
mod rows;
mod rules;
mod sweep;

use std::collections::BTreeMap;
use std::sync::Arc;

use tripline_rules::plan::Ruleset;
use tripline_rules::rule::RuleId;

use super::keys::RuleKeys;
use super::watermark::Watermarks;
use super::{Accounts, State};
use crate::alert::Alert;
use crate::record::Gap;
use crate::store::{
    Commit, Outcome, Pressure, Retention, SeenRow, SourceAccounts, Store, StoreError, StoredPosition, Written,
};
use crate::window::FindingKey;
use crate::window::sketch;
pub use budget::Budget;
pub use damage::Repaired;
use fold::Reached;
pub use fold::{Folded, Folding};
pub use rows::each_hit;
use rows::owed;
use rules::Known;
pub use sweep::Gone;
use sweep::Sweep;

/// The names of the sinks that take an alert.
pub type Route = Arc<dyn Fn(&Alert) -> Vec<String> + Send + Sync>;

/// The state thread's possessions.
pub struct Keeper {
    state: State,
    store: Store,
    keys: RuleKeys,
    /// Rules whose detection this store has never seen.
    new: Vec<RuleId>,
    /// Rules whose hits become alerts in another way than before, and whose rows are not looked at yet.
    reshaped: Vec<RuleId>,
    /// Of the rules.
    generation: u64,
    /// What the rules of older generations are in this one.
    translations: BTreeMap<u64, Vec<Option<RuleId>>>,
    route: Route,
    /// What groups in memory may cost, in bytes; none for all of them.
    memory_bytes_max: Option<usize>,
    budget: Budget,
    /// By rule, the latest stretch beyond it.
    pressures: BTreeMap<String, Pressure>,
    /// How long what is kept; none for all of it, for ever.
    retention: Option<Retention>,
    sweep: Sweep,
    watermarks: Watermarks,
    /// Findings of the rows that the store has no alert for.
    owed: Vec<FindingKey>,
    /// How far idle sources are known to be read, for the next commit.
    idle: BTreeMap<Arc<str>, Reached>,
    /// How far the last time that was written.
    idle_written_ms: i64,
}

impl Keeper {
    /// Folds everything that the store holds into memory, and goes on from there. Hits of rules that are not loaded stay where
    /// they are.
    ///
    /// # Errors
    /// The store's.
    pub fn open(store: Store, ruleset: &Arc<Ruleset>, route: Route) -> Result<Self, StoreError> {
        let mut keeper = Self::new(store, ruleset, route)?;
        let Keeper { state, store, keys, .. } = &mut keeper;
        each_hit(store, ruleset, keys, &mut |hit| {
            state.restore(&hit);
            Ok(())
        })?;
        keeper.owed = owed(&keeper.store, &keeper.state)?;
        Ok(keeper)
    }

    /// Goes on from where the store is, with groups of at most about so many bytes in memory: the others are loaded when they
    /// are hit.
    ///
    /// # Errors
    /// The store's.
    pub fn open_on_demand(
        store: Store,
        ruleset: &Arc<Ruleset>,
        route: Route,
        memory_bytes_max: usize,
    ) -> Result<Self, StoreError> {
        let mut keeper = Self::new(store, ruleset, route)?;
        keeper.state.load_on_demand();
        keeper.state.set_bytes_max(memory_bytes_max);
        keeper.memory_bytes_max = Some(memory_bytes_max);
        // The same rows may amount to other alerts than they did. Damaged ones are for the state thread to move aside: it tries
        // again.
        match keeper.settle_reshaped() {
            Err(error) if !error.is_damaged_row() => Err(error),
            _ => Ok(keeper),
        }
    }

    fn new(mut store: Store, ruleset: &Arc<Ruleset>, route: Route) -> Result<Self, StoreError> {
        let Known { keys, new, reshaped } = rules::know(&mut store, ruleset)?;
        let mut state = State::new(Arc::clone(ruleset));
        state.set_rule_keys(keys.all().map(str::to_owned).collect());
        Ok(Self {
            state,
            store,
            keys,
            new,
            reshaped,
            generation: 0,
            translations: BTreeMap::new(),
            route,
            memory_bytes_max: None,
            budget: Budget::NONE,
            pressures: BTreeMap::new(),
            retention: None,
            sweep: Sweep::default(),
            watermarks: Watermarks::default(),
            owed: Vec::new(),
            idle: BTreeMap::new(),
            idle_written_ms: i64::MIN,
        })
    }

    /// Whether the rows amount to alerts that the store does not have: a rule was changed since. The next commit opens them.
    pub fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Rules that begin with no rows though others have some: their detection is new here.
    pub fn new_rules(&self) -> &[RuleId] {
        &self.new
    }

    /// Makes every waiting delivery due. Called once, when the engine starts.
    ///
    /// # Errors
    /// The store's.
    pub fn restart_deliveries(&mut self) -> Result<(), StoreError> {
        self.store.restart_deliveries()
    }

    /// Under which key the hits of each rule are kept.
    pub fn keys(&self) -> &RuleKeys {
        &self.keys
    }

    /// How far each source was read.
    ///
    /// # Errors
    /// The store's.
    pub fn positions(&self) -> Result<Vec<StoredPosition>, StoreError> {
        self.store.positions()
    }

    /// Says which source will be read, and how far event time had come there.
    pub fn expect(&mut self, source: &str, low_s: Option<i64>) {
        self.watermarks.expect(source, low_s);
    }

    /// Writes what was folded, and how deliveries ended: all, or nothing. Returns what there is to tell.
    ///
    /// # Errors
    /// The store's; then the same may be written again.
    pub fn write(
        &mut self,
        folded: &mut Folded,
        outcomes: &[Outcome],
        seen: &[SeenRow],
        now_ms: i64,
    ) -> Result<Written, StoreError> {
        for (change, stamps) in folded.alerts.iter_mut().zip(&folded.stamps) {
            if let Some(stamps) = stamps {
                change.alert.latency.stamp(*stamps, now_ms);
            }
        }
        let keys = &self.keys;
        let hits = folded.batches.iter().flat_map(|batch| &batch.hits);
        let placed = || folded.batches.iter().filter_map(|batch| Some((batch, batch.position.as_ref()?)));
        let rejects =
            placed().flat_map(|(batch, position)| batch.rejects.iter().map(move |reject| (position, reject)));
        let gaps = placed().filter_map(|(batch, position)| -> Option<(&str, &Gap)> {
            Some((position.source.as_ref(), batch.gap.as_ref()?))
        });
        let accounts: Vec<(String, SourceAccounts)> =
            folded.accounts.iter().map(|(source, came)| (source.to_string(), *came)).collect();
        let sketched =
            folded.sketched.iter().map(|(bucket, names)| (*bucket, sketch::written(names))).collect();
        let commit = Commit {
            accounts: &accounts,
            sketched: &sketched,
            sketched_gone: &folded.sketched_gone,
            hits: hits.map(|hit| (keys.of(hit.rule), hit)).collect(),
            alerts: &folded.alerts,
            rejects: rejects.collect(),
            positions: &folded.positions,
            gaps: gaps.collect(),
            seen,
            outcomes,
            watermark_s: folded.watermark_s,
            now_ms,
        };
        let kept_rows = !commit.hits.is_empty();
        let written = self.store.commit(&commit)?;
        self.evict();
        // What is written is written: a budget that cannot be weighed now is weighed after the next commit.
        if kept_rows && let Err(error) = self.weigh(now_ms) {
            tracing::warn!(%error, "the budget of rows could not be weighed");
        }
        Ok(written)
    }

    /// What the state amounts to.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Brings everything that was committed into the store's one file; see [`Store::empty_log`].
    ///
    /// # Errors
    /// The store's.
    pub fn empty_log(&mut self) -> Result<bool, StoreError> {
        self.store.empty_log()
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where everything went.
    pub fn accounts(&self) -> Accounts {
        self.state.accounts()
    }

    /// What every source has passed, seconds of event time.
    pub fn watermark_s(&self) -> Option<i64> {
        self.watermarks.low_s()
    }
}
