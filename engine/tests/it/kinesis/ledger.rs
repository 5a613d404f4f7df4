//! What a sink received, compared with the store and with the reference: every alert is there, nothing else is, and what came
//! again came under the same key.

use std::collections::{BTreeMap, BTreeSet};

use tripline::alert::Alert;
use tripline::store::Store;

use super::fickle::{Answer, Received};
use crate::reference::{Alerts, Facts};

/// What a ledger holds.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Distinct keys.
    pub(super) deliveries: usize,
    /// Requests beyond the first of each key.
    pub(super) repeated: usize,
    pub(super) answers: BTreeMap<Answer, usize>,
}

/// Checks everything that a sink received once all deliveries are settled.
#[track_caller]
pub(super) fn check(received: &[Received], store: &Store, alerts: &[Alert], wanted: &Alerts) -> Ledger {
    let taken: BTreeSet<&String> =
        received.iter().filter(|one| one.answer == Answer::Took).map(|one| &one.key).collect();
    for alert in alerts {
        assert!(taken.contains(&format!("{}.1", alert.id)), "{} was never delivered", alert.id);
    }
    let mut ledger = Ledger::default();
    let mut keys: BTreeSet<&String> = BTreeSet::new();
    for Received { key, body, answer } in received {
        let alert: Alert = serde_json::from_slice(body).unwrap();
        assert_eq!(*key, format!("{}.{}", alert.id, alert.revision), "a key names what is delivered");
        let last = store.alert(&alert.id).unwrap().alert.revision;
        assert!(alert.revision <= last, "{key} is none of the store's");
        assert_is_part(&alert, wanted);
        keys.insert(key);
        *ledger.answers.entry(*answer).or_default() += 1;
    }
    let untaken: Vec<_> = keys.difference(&taken).collect();
    assert!(untaken.is_empty(), "tried and never taken: {untaken:?}");
    for sink in store.outbox().unwrap() {
        assert_eq!((sink.pending, sink.dead), (0, 0), "{sink:?}");
    }
    ledger.deliveries = keys.len();
    ledger.repeated = received.len() - keys.len();
    ledger
}

/// Fails if a delivered alert says more than the reference's in the end.
#[track_caller]
fn assert_is_part(alert: &Alert, wanted: &Alerts) {
    // The engine's own alerts are about itself, and no record makes them.
    if alert.rule.id.starts_with("tripline-") {
        return;
    }
    let (name, said) = Facts::of_alert(alert);
    let truth = wanted.get(&name);
    assert!(truth.is_some(), "made up: {name:?}");
    let truth = truth.unwrap();
    let is_part = said.id == truth.id
        && said.count <= truth.count
        && said.first_s >= truth.first_s
        && said.last_s <= truth.last_s
        && said.window.1 >= truth.window.1;
    assert!(is_part, "{name:?}: delivered {said:?}, in the end {truth:?}");
    let ids: BTreeSet<&String> = truth.event_ids.iter().collect();
    let is_known = |id: &String| ids.contains(id) || ids.len() >= 1_000;
    assert!(said.event_ids.iter().all(is_known), "{name:?} names events that it has not");
}
