//! Sentences about several events: what they share is said once, what they do not is not said of all.

use tripline_rules::rule::{Count, GroupBy, Window};

use super::*;

/// A finding of these events, each (second, changes).
fn summary(events: &[(i64, Value)]) -> String {
    let read: Vec<Arc<Facts>> = events
        .iter()
        .map(|(second, changes)| {
            let mut event = event();
            for (path, value) in changes.as_object().unwrap() {
                event[path] = value.clone();
            }
            let mut facts = (*facts(&event)).clone();
            facts.time_s += second;
            facts.source_ip = event["sourceIPAddress"].as_str().unwrap_or("198.51.100.7").to_owned();
            if let Some(principal) = event["userIdentity"]["principalId"].as_str() {
                facts.principal = principal.to_owned();
            }
            facts.region = event["awsRegion"].as_str().unwrap_or("eu-west-1").to_owned();
            Arc::new(facts)
        })
        .collect();
    let mut finding = finding(&event());
    finding.count = events.len() as u64;
    finding.last_seen_s = finding.first_seen_s + events.last().unwrap().0;
    finding.evidence.first = Arc::clone(&read[0]);
    finding.evidence.latest = Arc::clone(&read[read.len() - 1]);
    finding.evidence.more = read[1..read.len() - 1].iter().map(Arc::clone).collect();
    Alert::new(&finding, &rule(), Vec::new()).summary
}

fn call(name: &str) -> Value {
    json!({"eventName": name})
}

#[test]
fn events_that_are_alike_happened_so_many_times() {
    let place = "in 111122223333 / eu-west-1 from 198.51.100.7";
    let same = [(0, json!({})), (5, json!({})), (11, json!({}))];
    let sentence = format!("IAM user mallory called StopLogging on trail main {place}; 3 times in 11 s");
    assert_eq!(summary(&same), sentence);
}

#[test]
fn other_calls_are_named() {
    let place = "in 111122223333 / eu-west-1 from 198.51.100.7";
    let two = [(0, call("CreateTrail")), (2, call("StartLogging"))];
    let said = "IAM user mallory called CreateTrail on trail main, then StartLogging";
    assert_eq!(summary(&two), format!("{said} {place}; 2 events in 2 s"));
    let at_once = [(0, call("CreateTrail")), (0, call("StartLogging"))];
    let said = "IAM user mallory called CreateTrail on trail main as well as StartLogging";
    assert_eq!(summary(&at_once), format!("{said} {place}; 2 events in the same second"));
    let many: Vec<_> =
        ["A", "B", "A", "C", "D", "E"].iter().zip(0..).map(|(name, n)| (n, call(name))).collect();
    let said = "IAM user mallory called A on trail main, then B, C and 2 other calls";
    assert_eq!(summary(&many), format!("{said} {place}; 6 events in 5 s"));
}

#[test]
fn several_targets_and_outcomes_are_counted() {
    let place = "in 111122223333 / eu-west-1 from 198.51.100.7";
    let on = |name: &str| json!({"requestParameters": {"name": name}});
    let said = "IAM user mallory called StopLogging on trail a and 2 others";
    let three = [(0, on("a")), (1, on("b")), (2, on("c"))];
    assert_eq!(summary(&three), format!("{said} {place}; 3 events in 2 s"));
    let refused = json!({"errorCode": "AccessDenied"});
    let mixed = [(0, refused.clone()), (1, json!({})), (60, json!({"errorCode": "TrailNotFoundException"}))];
    let said = "IAM user mallory called StopLogging on trail main";
    assert_eq!(summary(&mixed), format!("{said} {place}; 3 events in 1 min, 1 refused, 1 failed"));
    let twice = [(0, refused), (1, json!({"errorCode": "AccessDenied", "eventName": "DeleteTrail"}))];
    let said = "IAM user mallory tried StopLogging on trail main, then DeleteTrail, and was refused each time (AccessDenied)";
    assert_eq!(summary(&twice), format!("{said} {place}; 2 events in 1 s"));
}

/// One failed sign-in each of twelve users, as in password spraying.
#[test]
fn several_actors_and_addresses_are_counted() {
    let failure = |n: i64| {
        (
            n,
            json!({
                "eventName": "ConsoleLogin", "errorMessage": "Failed authentication",
                "userIdentity": {"type": "IAMUser", "userName": format!("u{n}")},
                "responseElements": {"ConsoleLogin": "Failure"},
                "sourceIPAddress": format!("203.0.113.{n}"), "awsRegion": "us-east-1",
            }),
        )
    };
    let spray: Vec<_> = (0..12).map(failure).collect();
    assert_eq!(
        summary(&spray),
        "IAM user u0 and others failed to sign in to the console (Failed authentication) in 111122223333 / us-east-1 \
         from 203.0.113.0 and others; 12 events by 12 principals from 12 addresses in 11 s"
    );
    let mut broken_in = spray;
    broken_in[11].1["responseElements"] = json!({"ConsoleLogin": "Success"});
    assert!(summary(&broken_in).contains("tried to sign in to the console"), "{}", summary(&broken_in));
    assert!(summary(&broken_in).ends_with("in 11 s, 11 failed"), "{}", summary(&broken_in));
}

#[test]
fn sessions_of_one_role_are_one_principal() {
    let session = |name: &str| {
        json!({"userIdentity": {
            "type": "AssumedRole", "arn": format!("arn:aws:sts::111122223333:assumed-role/admin/{name}"),
            "principalId": "issuer", "sessionContext": {"sessionIssuer": {"userName": "admin"}},
        }})
    };
    let two = [(0, session("a")), (1, session("b"))];
    assert!(summary(&two).starts_with("role admin (2 sessions) called"), "{}", summary(&two));
}

#[test]
fn of_events_that_are_not_kept_nothing_is_said() {
    let mut many = finding(&event());
    (many.count, many.last_seen_s) = (5_000, many.first_seen_s + 3_600);
    let sentence = Alert::new(&many, &rule(), Vec::new()).summary;
    assert!(sentence.ends_with("; 5000 events in 1 h, told from 2 of them"), "{sentence}");
}

#[test]
fn a_rule_that_counts_says_what_makes_an_alert() {
    let window = |count: Count, threshold: u32| Window {
        count,
        threshold,
        within_s: 3_600,
        suppress_s: 3_600,
        group_by: GroupBy::Default,
    };
    let alert = Alert::new(&finding(&event()), &rule(), Vec::new());
    let said = |window: &Window| alert.clone().counted(window).summary[alert.summary.len()..].to_owned();
    assert_eq!(said(&window(Count::Events, 1)), "");
    assert_eq!(said(&window(Count::Events, 10)), " (10 within 1 h make an alert)");
    assert_eq!(
        said(&window(Count::Values(Vec::new()), 15)),
        " (15 distinct values within 1 h make an alert)"
    );
}

#[test]
fn hostile_text_of_any_event_is_cleaned() {
    let two = [(0, json!({})), (1, json!({"eventName": "a\u{202e}\nb", "errorCode": "x\u{1b}[31m"}))];
    assert!(!summary(&two).contains(['\u{202e}', '\n', '\u{1b}']), "{}", summary(&two));
}
