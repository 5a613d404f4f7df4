//! Events to hits: who, which group, and what a correlation leaves out.

use serde_json::{Value, json};
use tripline_rules::matcher::{self, Scratch};

use super::*;
use crate::decode;
use crate::testing::ruleset;

const SINGLE: &str =
    "title: One\nid: one\nlogsource: {product: aws}\ndetection: {s: {eventName: Do}, condition: s}\n";

fn grouped(fields: &str) -> Arc<Ruleset> {
    ruleset(&format!("{SINGLE}tripline: {{group-by: [{fields}]}}\n"))
}

fn event(change: &Value) -> String {
    let mut event = json!({
        "eventVersion": "1.08", "eventTime": "2026-01-02T03:04:05Z", "eventName": "Do", "eventID": "e",
        "recipientAccountId": "111122223333", "sourceIPAddress": "198.51.100.7",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice"},
    });
    for (name, value) in change.as_object().unwrap() {
        event[name] = value.clone();
    }
    event.to_string()
}

/// The hits of one event, and how many were left out.
fn hits(ruleset: &Ruleset, text: &str) -> (Vec<Hit>, u64) {
    decode::kept(text, None, ruleset.fields(), |event| {
        let (mut matched, mut hits) = (Vec::new(), Vec::new());
        matcher::hits(ruleset, &event.slots, &mut Scratch::default(), &mut matched);
        let ungrouped = of_event(ruleset, event, &matched, &mut hits);
        (hits, ungrouped)
    })
    .unwrap()
}

#[track_caller]
fn group(ruleset: &Ruleset, change: &Value) -> Vec<String> {
    let (hits, ungrouped) = hits(ruleset, &event(change));
    assert_eq!((hits.len(), ungrouped), (1, 0));
    hits[0].group.iter().map(|(_, value)| value.clone()).collect()
}

#[test]
fn the_default_group_is_account_principal_and_network() {
    let rules = ruleset(SINGLE);
    let with_ip = |ip: &str| group(&rules, &json!({"sourceIPAddress": ip}))[2].clone();
    assert_eq!(with_ip("198.51.100.7"), "198.51.100.7");
    assert_eq!(with_ip("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    assert_eq!(with_ip("2001:0DB8:1:2::9"), "2001:db8:1:2::/64", "the same host, spelled otherwise");
    assert_eq!(with_ip("::ffff:198.51.100.7"), "::ffff:198.51.100.7");
    assert_eq!(with_ip("AWS Internal"), "AWS Internal");
    let bare =
        group(&rules, &json!({"recipientAccountId": null, "sourceIPAddress": null, "userIdentity": {}}));
    assert_eq!(bare, ["-", "-", "-"]);
    let old = json!({"recipientAccountId": null, "userIdentity": {"accountId": "444455556666", "principalId": "AIDA"}});
    assert_eq!(group(&rules, &old)[..2], ["444455556666", "AIDA"]);
}

#[test]
fn a_principal_is_what_people_would_revoke() {
    let rules = ruleset(SINGLE);
    let who = |identity: Value| group(&rules, &json!({"userIdentity": identity}))[1].clone();
    let role = "arn:aws:iam::111122223333:role/app";
    let session = json!({
        "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/app/s",
        "sessionContext": {"sessionIssuer": {"arn": role}},
    });
    assert_eq!(who(session), role);
    let federated = json!({
        "type": "FederatedUser", "arn": "arn:aws:sts::111122223333:federated-user/bob",
        "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:user/broker"}},
    });
    assert_eq!(who(federated), "arn:aws:sts::111122223333:federated-user/bob");
    assert_eq!(
        who(json!({"type": "AWSService", "invokedBy": "config.amazonaws.com"})),
        "config.amazonaws.com"
    );
    assert_eq!(who(json!({"type": "AWSAccount", "principalId": "AIDA"})), "AIDA");
}

#[test]
fn a_single_event_is_not_lost_for_a_field_that_it_lacks() {
    let rules = grouped("requestParameters.name, eventName");
    assert_eq!(group(&rules, &json!({})), ["-", "Do"]);
    assert_eq!(group(&rules, &json!({"requestParameters": {"name": ["b", "a", "b"]}})), ["a, b", "Do"]);
    assert_eq!(group(&rules, &json!({"requestParameters": {"name": {"x": 1}}})), ["-", "Do"]);
    assert_eq!(group(&rules, &json!({"requestParameters": {"name": 7.50}})), ["7.5", "Do"]);
}

#[test]
fn a_long_value_is_told_by_its_digest() {
    let rules = grouped("requestParameters.name");
    let of = |end: &str| {
        group(&rules, &json!({"requestParameters": {"name": format!("{}{end}", "é".repeat(2000))}}))
    };
    let (one, other) = (of("a"), of("b"));
    assert_ne!(one, other);
    assert!(one[0].len() < 1200 && one[0].contains("…sha256:"), "{}", one[0]);
}

const COUNTED: &str = "title: Many\nid: many\ncorrelation:\n  type: value_count\n  rules: [one]\n  group-by: [userIdentity.arn]\n  \
                       timespan: 5m\n  condition: {gte: 2, field: requestParameters.name}\n---\n";

#[test]
fn a_correlation_leaves_out_and_counts_what_it_cannot_group_or_count() {
    let rules = ruleset(&format!("{COUNTED}{SINGLE}"));
    let outcome = |change: &Value| {
        let (hits, ungrouped) = hits(&rules, &event(change));
        (hits.iter().map(|hit| hit.value.as_deref().map(<[String]>::to_vec)).collect::<Vec<_>>(), ungrouped)
    };
    let named = json!({"requestParameters": {"name": "n"}});
    assert_eq!(outcome(&named), (vec![Some(vec!["n".to_owned()])], 0));
    assert_eq!(outcome(&json!({})), (vec![], 1), "nothing to count");
    let nobody = json!({"requestParameters": {"name": "n"}, "userIdentity": {"type": "Root"}});
    assert_eq!(outcome(&nobody), (vec![], 1), "no group");
    let several = json!({"requestParameters": {"name": ["n", "m"]}});
    assert_eq!(outcome(&several), (vec![], 1), "two values are none");
}

#[test]
fn an_event_without_id_is_known_by_its_content() {
    let rules = ruleset(SINGLE);
    let id = |text: &str| hits(&rules, text).0[0].event.event_id.clone();
    let compact = event(&json!({"eventID": null}));
    let pretty = format!("{:#}", serde_json::from_str::<Value>(&compact).unwrap());
    assert!(id(&compact).starts_with("sha256:"));
    assert_eq!(id(&compact), id(&pretty));
    assert_ne!(id(&compact), id(&event(&json!({"eventID": null, "awsRegion": "x"}))));
}
