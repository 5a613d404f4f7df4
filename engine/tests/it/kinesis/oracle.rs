//! What must come of records, whatever happens to them: the same rules over the same records, in memory and in a row.

use std::collections::BTreeMap;
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

/// What does not hang on when things came.
pub(super) type Facts = BTreeMap<String, (u64, i64, i64, Vec<String>, String)>;

/// The records of a small organisation with every scenario in it.
pub(super) fn records(seed: u64, events: u64, distribution: Distribution) -> Vec<Put> {
    let start_s = 1_770_000_000;
    let corpus = Corpus::new(Options { seed, events, start_s, ..Options::default() }).unwrap();
    let packing = Packing { distribution, ..Packing::default() };
    corpus.messages(packing).map(|message| (message.partition_key, message.bytes)).collect()
}

/// What the default pack makes of records.
pub(super) fn judge(records: &[Put]) -> (Facts, Accounts) {
    let baseline: Selection = "baseline".parse().unwrap();
    judge_by(check::load(&packs::files(), &|meta| baseline.selects(meta)), records)
}

/// What these rules make of records.
pub(super) fn judge_by(loaded: check::Loaded, records: &[Put]) -> (Facts, Accounts) {
    let mut pipeline = Pipeline::new(Arc::new(Ruleset::new(loaded.rules, loaded.fields)), Limits::STREAM);
    for (n, (_, data)) in (0..).zip(records) {
        drop(pipeline.take(&Record::new(&"judge".into(), n, data.clone())));
    }
    assert!(pipeline.accounts().balances());
    (facts(&pipeline.alerts()), pipeline.accounts())
}

pub(super) fn facts(alerts: &[Alert]) -> Facts {
    let fact = |alert: &Alert| {
        let ids = alert.event_ids.clone();
        (alert.id.clone(), (alert.count, alert.first_seen_s, alert.last_seen_s, ids, alert.rule.id.clone()))
    };
    alerts.iter().map(fact).collect()
}
