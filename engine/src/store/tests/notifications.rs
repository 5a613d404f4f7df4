//! Which changes of an alert sinks are notified of.

use tripline_rules::rule::Level;

use super::*;
use crate::alert::gain::{Gain, GainKind};
use crate::alert::{Scope, Values};

fn values(names: &[&str]) -> Values {
    Values { count: names.len() as u64, first: names.iter().map(|name| (*name).to_owned()).collect() }
}

/// An alert of `count` events of these names.
fn named(count: u64, names: &[&str]) -> AlertChange {
    let scope = Scope { event_names: values(names), ..Scope::default() };
    AlertChange { alert: Alert { scope, ..alert("a", count) }, sinks: vec!["pager".to_owned()] }
}

/// Revisions that wait for the pager: number, gains, whether after an acknowledgment.
fn waiting(store: &Store) -> Vec<(u32, Vec<Gain>, bool)> {
    let deliveries = store.deliveries("a").unwrap().into_iter();
    deliveries.map(|one| (one.revision, one.gained, one.since_acknowledgment)).collect()
}

fn gain(values: &[&str], count: u64) -> Vec<Gain> {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    vec![Gain { kind: GainKind::EventName, values, count }]
}

#[test]
fn a_graver_step_within_the_period_is_delivered() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    assert_eq!(commit(&mut store, &[named(1, &["GetAccountSummary"])]), [Told::Opened]);
    assert_eq!(commit(&mut store, &[named(2, &["GetAccountSummary"])]), [Told::Quietly]);
    let graver = named(3, &["GetAccountSummary", "CreateAccessKey"]);
    assert_eq!(commit(&mut store, std::slice::from_ref(&graver)), [Told::Again]);
    assert_eq!(commit(&mut store, &[graver]), [Told::Unchanged], "the same again notifies of nothing");
    assert_eq!(waiting(&store), [(1, vec![], false), (2, gain(&["CreateAccessKey"], 2), false)]);
}

#[test]
fn after_an_acknowledgment_only_what_is_new_in_kind_is_delivered() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    commit(&mut store, &[named(1, &["One"])]);
    let mut beside = Store::open_for_triage(&folder.file()).unwrap();
    beside.acknowledge("a", 5_000).unwrap();
    assert_eq!(commit(&mut store, &[named(5_000, &["One"])]), [Told::Quietly], "repetition");
    assert_eq!(commit(&mut store, &[named(5_001, &["One", "Two"])]), [Told::Again]);
    beside.close("a", CloseReason::Benign, None, 6_000).unwrap();
    assert_eq!(commit(&mut store, &[named(5_002, &["One", "Two", "Three"])]), [Told::Again]);
    store.commit(&Commit { watermark_s: Some(i64::MAX), ..Commit::default() }).unwrap();
    // The second revision was not delivered yet when the alert was closed: whoever closed it has seen it.
    assert_eq!(waiting(&store), [(1, vec![], false), (3, gain(&["Three"], 3), true)]);
}

#[test]
fn the_last_revision_leaves_nothing_to_gain() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file()).unwrap();
    let many: Vec<String> = (0..30).map(|n| format!("n{n:02}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let scope = |count: u64| {
        let mut change = named(count, &many[..10.min(usize::try_from(count).unwrap())]);
        change.alert.scope.event_names.count = count;
        change
    };
    let delivered: Vec<u64> = (1..=30).filter(|n| commit(&mut store, &[scope(*n)])[0].is_news()).collect();
    assert_eq!(delivered, (1..=10).collect::<Vec<_>>(), "the eleventh name is one of many");
    store.commit(&Commit { watermark_s: Some(i64::MAX), ..Commit::default() }).unwrap();
    assert_eq!(waiting(&store).last(), Some(&(11, vec![], false)));
    assert_eq!(commit(&mut store, &[scope(30)]), [Told::Unchanged]);
    let risen = Alert {
        rule: crate::alert::Rule { level: Level::Critical, ..scope(30).alert.rule },
        ..scope(30).alert
    };
    let risen = AlertChange { alert: risen, sinks: vec!["pager".to_owned()] };
    assert_eq!(commit(&mut store, &[risen]), [Told::Again], "a higher level");
}
