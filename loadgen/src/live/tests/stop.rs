//! A load that is stopped says of each message whose time had come whether it was taken, not sent, or nobody knows.

use serde_json::json;
use tokio::sync::watch;
use tripline_loadgen::judge::Sent;
use tripline_loadgen::{Expected, Forbidden, Truth};

use super::service::{Answer, Call, Service, error};
use super::{PATIENCE, attacks_of, counts, load, logs, records, sent};
use crate::cli::send;
use crate::live::unit::Unit;

/// A load that is stopped while a call is under way after so many others, which all are answered like this.
async fn stopped(
    after: usize,
    target: &str,
    units: Vec<Unit>,
    answer: impl Fn(usize, &Call) -> Answer + Send + Sync + 'static,
) -> (Service, Sent) {
    let (stop, _) = watch::channel(false);
    let stops = stop.clone();
    let service = Service::start(move |n, call| {
        stops.send_replace(n >= after);
        answer(n, call)
    })
    .await;
    let mut running = load(target, &service, units, PATIENCE).await;
    running.stop = stop;
    (service, sent(running).await)
}

#[tokio::test]
async fn what_is_refused_is_unsent() {
    let all = || records::records(&["a", "b", "c"]);
    let (service, sent) = stopped(0, records::TARGET, all(), |_, call| records::but(call, &["b"])).await;
    assert_eq!(records::asked(&service), ["abc"]);
    assert_eq!((counts(&sent), sent.unsent), ([2, 0, 0], Some(1)));
    assert!(sent.last_error.as_deref().unwrap().contains("Rate exceeded"));
    assert_eq!(send::whole(&sent).ok(), Some(()));
    let (_, sent) = stopped(0, records::TARGET, all(), |_, _| error(400, "LimitExceededException")).await;
    assert_eq!((counts(&sent), sent.unsent), ([0, 0, 0], Some(3)));
}

#[tokio::test]
async fn what_has_left_is_waited_for_and_the_rest_is_unsent() {
    let (service, sent) =
        stopped(0, logs::TARGET, logs::runs(&["a", "b", "c", "d"]), |_, _| (200, json!({}))).await;
    assert_eq!(logs::asked(&service), ["PutLogEvents a"]);
    assert_eq!((counts(&sent), sent.unsent, sent.last_error), ([1, 0, 0], Some(3), None));
}

#[tokio::test]
async fn what_nobody_knows_of_is_an_error() {
    let (service, sent) =
        stopped(0, records::TARGET, records::records(&["a", "b"]), |_, _| error(500, "InternalFailure"))
            .await;
    assert_eq!(records::asked(&service), ["ab"]);
    assert_eq!((counts(&sent), sent.unsent), ([0, 0, 2], Some(0)));
    assert!(send::whole(&sent).is_err());
}

#[tokio::test]
async fn a_refusal_after_an_outage_says_nothing_of_the_outage() {
    let (service, sent) = stopped(1, records::TARGET, records::records(&["a", "b"]), |n, call| {
        if n == 0 { error(500, "InternalFailure") } else { records::but(call, &["b"]) }
    })
    .await;
    assert_eq!(records::asked(&service), ["ab", "ab"]);
    assert_eq!((counts(&sent), sent.unsent), ([1, 2, 1], Some(0)));
}

/// An alert that must follow from each of three attacks, and one that must not.
fn declared() -> Truth {
    let (scenario, rule_id, group) = ("s", "r".to_owned(), vec![("account".to_owned(), "1".to_owned())]);
    let must = |instance| Expected {
        scenario,
        instance,
        look_alike: false,
        rule_id: rule_id.clone(),
        group: group.clone(),
        period_start_s: 0,
        period_s: 3_600,
        count: 2,
        needs: 1,
        sent_ms: Some(0),
    };
    let must_not = |instance| Forbidden { scenario, instance, rule_id: "n".to_owned(), group: group.clone() };
    Truth { must: (0..3).map(must).collect(), must_not: (0..3).map(must_not).collect(), may: Vec::new() }
}

/// Three attacks, `ab`, `c` and `de`, in one call, which is answered like this and stops the load; of which attacks something
/// must follow, may, and must not.
async fn followed(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> [Vec<u64>; 3] {
    let (stop, _) = watch::channel(false);
    let stops = stop.clone();
    let service = Service::start(move |_, call| {
        stops.send_replace(true);
        answer(call)
    })
    .await;
    let attacks = [&["a", "b"][..], &["c"], &["d", "e"]].map(records::records).to_vec();
    let mut running = attacks_of(records::TARGET, &service, attacks, PATIENCE).await;
    (running.stop, running.truth) = (stop, declared());
    running.send().await.unwrap();
    assert_eq!(records::asked(&service), ["abcde"]);
    let Truth { must, must_not, may } = running.followed();
    let numbers = |all: &[Expected]| all.iter().map(|one| one.instance).collect();
    [numbers(&must), numbers(&may), must_not.iter().map(|one| one.instance).collect()]
}

#[tokio::test]
async fn only_of_what_was_taken_whole_anything_must_follow() {
    let all = vec![0, 1, 2];
    assert_eq!(followed(|call| records::but(call, &[])).await, [all.clone(), vec![], all.clone()]);
    // A part of the first, all of the second, nothing of the third.
    let part = followed(|call| records::but(call, &["b", "d", "e"])).await;
    assert_eq!(part, [vec![1], vec![0], all.clone()]);
    // What nobody knows of may be there.
    let unknown = followed(|_| error(500, "InternalFailure")).await;
    assert_eq!(unknown, [vec![], all.clone(), all]);
}
