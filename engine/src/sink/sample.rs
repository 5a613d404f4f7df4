//! A made-up alert, for trying a sink: every member has a value, every address is one of documentation's.

use std::sync::Arc;

use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use tripline_rules::rule::Level;

use crate::alert::{Alert, Evidence, Latency, Period, Rule, Scope, Status, Values, Why, Window, rfc3339};

/// The length of its period.
const PERIOD_S: u32 = 3_600;

/// The alert of a trail that nobody stopped. Each millisecond has one of its own, so that a second try is not taken for the
/// first.
pub fn sample(now_ms: i64) -> Alert {
    let now_s = now_ms.div_euclid(1000);
    let event_id = "00000000-0000-4000-8000-000000000000".to_owned();
    let text = |text: &str| text.to_owned();
    let event = event(now_s, &event_id);
    Alert {
        id: format!("{now_ms:032x}"),
        rule: rule(),
        summary: text(
            "IAM user sample called StopLogging on trail main in 111122223333 / eu-west-1 from 192.0.2.1",
        ),
        group: Arc::from([(text("account"), text("111122223333"))]),
        count: 1,
        count_exact: true,
        distinct: None,
        first_seen_s: now_s,
        last_seen_s: now_s,
        window: Window { from_s: now_s, to_s: now_s, n: 1 },
        period: Some(Period { start_s: now_s - now_s.rem_euclid(i64::from(PERIOD_S)), seconds: PERIOD_S }),
        continues: None,
        revision: 1,
        event_ids: vec![event_id],
        account: text("111122223333"),
        region: text("eu-west-1"),
        principal: text("arn:aws:iam::111122223333:user/sample"),
        source_ip: text("192.0.2.1"),
        user_agent: text("tripline sink test"),
        event_source: text("cloudtrail.amazonaws.com"),
        event_name: text("StopLogging"),
        error_code: String::new(),
        why: vec![Why {
            field: text("eventName"),
            operator: text("equals"),
            expected: text("StopLogging"),
            value: text("StopLogging"),
        }],
        evidence: Evidence { first: event.clone(), latest: event, more: Vec::new() },
        scope: scope(),
        latency: Latency { event_ms: now_s * 1000, alerted_ms: Some(now_ms), ..Latency::default() },
        status: Status::Open,
        approximate: false,
        late: false,
    }
}

fn rule() -> Rule {
    Rule {
        id: "tripline-sample".to_owned(),
        title: "Sample: CloudTrail logging stopped".to_owned(),
        level: Level::Informational,
        author: Some("Tripline".to_owned()),
        tags: vec!["attack.defense-evasion".to_owned(), "attack.t1562.008".to_owned()],
        references: Vec::new(),
        description: Some("Nothing has happened: somebody tries whether alerts arrive here.".to_owned()),
    }
}

fn scope() -> Scope {
    let one = |value: &str| Values { count: 1, first: vec![value.to_owned()] };
    Scope {
        event_names: one("StopLogging"),
        targets: one("main"),
        source_ips: one("192.0.2.1"),
        regions: one("eu-west-1"),
        succeeded: true,
    }
}

fn event(now_s: i64, event_id: &str) -> Box<RawValue> {
    let event = json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/sample", "userName": "sample"},
        "eventTime": rfc3339(now_s),
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "StopLogging",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "tripline sink test",
        "requestParameters": {"name": "main"},
        "eventID": event_id,
        "recipientAccountId": "111122223333",
    });
    to_raw_value(&event).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
