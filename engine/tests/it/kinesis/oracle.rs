//! What must come of records, whatever happens to them: the alerts by the reference engine, and what was counted by the same
//! rules over the same records, in memory and in a row.

use std::sync::Arc;

use tripline::alert::Alert;
use tripline::decode::Limits;
use tripline::pipeline::{Accounts, Pipeline};
use tripline::record::Record;
use tripline_loadgen::{Corpus, Distribution, Options, Packing};
use tripline_rules::check;
use tripline_rules::packs::{self, Selection};
use tripline_rules::plan::Ruleset;

use super::stream::Put;
use crate::reference::{self, Alerts, Reference};

/// The records of a small organisation with every scenario in it.
pub(super) fn records(seed: u64, events: u64, distribution: Distribution) -> Vec<Put> {
    let start_s = 1_770_000_000;
    let corpus = Corpus::new(Options { seed, events, start_s, ..Options::default() }).unwrap();
    let packing = Packing { distribution, ..Packing::default() };
    corpus.messages(packing).map(|message| (message.partition_key, message.bytes)).collect()
}

/// What the default pack makes of records.
pub(super) fn judge(records: &[Put]) -> (Alerts, Accounts) {
    let baseline: Selection = "baseline".parse().unwrap();
    let loaded = check::load(&packs::files(), &|meta| baseline.selects(meta));
    judge_by(Reference::of_packs(&["baseline"]), loaded, records)
}

/// What rules make of records; `reference` and `loaded` hold the same rules.
pub(super) fn judge_by(
    mut reference: Reference,
    loaded: check::Loaded,
    records: &[Put],
) -> (Alerts, Accounts) {
    let mut pipeline = Pipeline::new(Arc::new(Ruleset::new(loaded.rules, loaded.fields)), Limits::STREAM);
    for (n, (_, data)) in (0..).zip(records) {
        drop(pipeline.take(&Record::new(&"judge".into(), n, data.clone())));
        reference.take(data);
    }
    let accounts = pipeline.accounts();
    assert!(accounts.balances());
    assert_eq!(accounts.decode.records_received, records.len() as u64);
    assert_eq!(accounts.decode.events_evaluated, reference.events);
    (reference.alerts(), accounts)
}

/// The facts of alerts that do not hang on when things came.
pub(super) fn facts(alerts: &[Alert]) -> Alerts {
    reference::found(alerts)
}
