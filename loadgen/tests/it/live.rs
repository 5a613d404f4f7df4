//! Instances for load that lasts never meet: accounts, addresses and ids of their own, each within an hour, the same when asked again.

use std::collections::HashSet;

use serde_json::Value;
use tripline_loadgen::{Attack, Corpus, Instance, Options, Org, Scenarios, attack, scenarios};

const SEED: u64 = 11;

fn org() -> Org {
    Org::new(&Options { seed: SEED, ..Options::default() })
}

fn play(org: &Org, n: u64, end_s: i64) -> Attack {
    let scenario = Scenarios::All.of_instance(SEED, n).unwrap();
    attack(&Instance { scenario, seed: SEED, n, end_s, look_alike_every: 4 }, org).unwrap()
}

#[test]
fn no_two_instances_share_a_group_or_an_id() {
    let (org, mut groups, mut ids, mut accounts) = (org(), HashSet::new(), HashSet::new(), HashSet::new());
    let known: HashSet<String> = Corpus::new(Options { seed: SEED, events: 2_000, ..Options::default() })
        .unwrap()
        .log_events()
        .map(|event| event.account.to_string())
        .collect();
    for n in 0..600 {
        let attack = play(&org, n, 1_767_225_600 + 7 * i64::try_from(n).unwrap());
        assert_eq!(attack.look_alike, n % 4 == 3);
        for one in &attack.truth.must {
            assert_eq!((one.instance, one.look_alike), (n, attack.look_alike));
            let about = (one.rule_id.clone(), one.group.clone(), one.period_start_s);
            assert!(groups.insert(about), "instance {n} meets another: {one:?}");
        }
        for one in &attack.truth.must_not {
            assert_eq!(one.instance, n);
            let raised = groups.iter().any(|(rule, group, _)| (rule, group) == (&one.rule_id, &one.group));
            assert!(!raised, "both ways: {one:?}");
        }
        let account = attack.events[0].account.clone();
        assert!(account.len() == 12 && !known.contains(&*account) && accounts.insert(account.clone()));
        for event in &attack.events {
            assert_eq!(event.account, account);
            let value: Value = serde_json::from_str(&event.message).unwrap();
            assert_eq!(value["recipientAccountId"], *account);
            assert_eq!(value["awsRegion"], event.region);
            assert!(ids.insert(value["eventID"].as_str().unwrap().to_owned()));
            let time: jiff::Timestamp = value["eventTime"].as_str().unwrap().parse().unwrap();
            assert_eq!(time.as_second(), event.event_time_s);
        }
    }
}

#[test]
fn an_instance_lies_in_one_hour_and_ends_in_time() {
    let org = org();
    for n in 0..200 {
        for end_s in [1_767_225_600, 1_767_225_601, 1_767_225_680, 1_767_225_899, 1_767_229_199] {
            let attack = play(&org, n, end_s);
            let hours: HashSet<i64> = attack.events.iter().map(|event| event.event_time_s / 3_600).collect();
            assert_eq!(hours.len(), 1, "{end_s}");
            assert!(attack.events.is_sorted_by_key(|event| event.event_time_s));
            assert!(attack.events.last().unwrap().event_time_s <= end_s);
            let hour_s = attack.events[0].event_time_s / 3_600 * 3_600;
            assert!(attack.truth.must.iter().all(|one| one.period_start_s == hour_s));
        }
    }
}

#[test]
fn the_same_instance_is_the_same_bytes() {
    let org = org();
    for scenario in scenarios().map(|scenario| scenario.name()) {
        let instance = Instance { scenario, seed: SEED, n: 5, end_s: 1_767_226_000, look_alike_every: 0 };
        let once = attack(&instance, &org).unwrap();
        assert_eq!(once, attack(&instance, &org).unwrap());
        assert!(!once.look_alike && !once.events.is_empty() && !once.truth.must.is_empty());
        assert_ne!(once.events, attack(&Instance { n: 6, ..instance }, &org).unwrap().events);
        assert_ne!(once.events, attack(&Instance { seed: 12, ..instance }, &org).unwrap().events);
        assert!(attack(&Instance { look_alike_every: 1, ..instance }, &org).unwrap().look_alike);
    }
    let nobody = Instance { scenario: "nothing", seed: 1, n: 1, end_s: 1, look_alike_every: 0 };
    assert!(attack(&nobody, &org).unwrap_err().to_string().contains("there are: "));
}

#[test]
fn instances_go_through_what_is_asked_for() {
    let asked = Scenarios::Only(vec!["root".to_owned(), "spray".to_owned()]);
    let played: Vec<_> = (0..4).filter_map(|n| asked.of_instance(SEED, n)).collect();
    assert_eq!(played, ["root", "spray", "root", "spray"]);
    assert_eq!(Scenarios::None.of_instance(SEED, 0), None);
    let random: HashSet<_> = (0..500).filter_map(|n| Scenarios::Random.of_instance(SEED, n)).collect();
    assert_eq!(random.len(), scenarios().count());
}
