//! OCSF Detection Finding (class 2004, category 2), with the cloud profile (<https://schema.ocsf.io/classes/detection_finding>).

use serde_json::{Map, Value, json};
use tripline_rules::rule::Level;

use super::{Alert, Rule, Status};

/// The schema version that these members follow.
const SCHEMA_VERSION: &str = "1.1.0";
/// Events named by a finding; the native form names more.
const RELATED_EVENTS_MAX: usize = 100;

/// The alert as an OCSF finding. `time_ms` is when the finding is made: the caller's clock, or the time of the last event
/// where there is no meaningful now.
pub fn finding(alert: &Alert, time_ms: i64) -> Value {
    let rule = &alert.rule;
    let (first_ms, last_ms) =
        (alert.first_seen_s.saturating_mul(1000), alert.last_seen_s.saturating_mul(1000));
    let (activity_id, activity) = match (alert.status, alert.revision) {
        (Status::Closed, _) => (3, "Close"),
        (_, 0 | 1) => (1, "Create"),
        _ => (2, "Update"),
    };
    let (status_id, status) = match alert.status {
        Status::Open => (1, "New"),
        Status::Acknowledged => (2, "In Progress"),
        Status::Closed => (4, "Resolved"),
    };
    json!({
        "activity_id": activity_id,
        "activity_name": activity,
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200_400 + activity_id,
        "time": time_ms,
        "start_time": first_ms,
        "end_time": last_ms,
        "count": alert.count,
        "severity_id": severity_id(rule.level),
        "severity": severity(rule.level),
        "status_id": status_id,
        "status": status,
        "is_alert": true,
        "message": alert.summary,
        "metadata": {
            "product": {"name": "Tripline", "vendor_name": "Tripline", "version": env!("CARGO_PKG_VERSION")},
            "version": SCHEMA_VERSION,
            "profiles": ["cloud"],
            "log_name": "CloudTrail",
            "original_time": first_ms.to_string(),
            "uid": alert.id,
        },
        "cloud": {"provider": "AWS", "account": {"uid": alert.account}, "region": alert.region},
        "finding_info": finding_info(alert, time_ms),
        "evidences": [{
            "actor": {"user": {"uid": alert.principal}},
            "api": {"operation": alert.event_name, "service": {"name": alert.event_source}},
            "src_endpoint": src_endpoint(&alert.source_ip),
            "data": serde_json::from_str::<Value>(alert.evidence.first.get()).unwrap_or_else(|_| json!({"raw": alert.evidence.first.get()})),
        }],
        "unmapped": {
            "rule_author": rule.author,
            "rule_references": rule.references,
            "group": alert.group.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>(),
            "count_exact": alert.count_exact,
            "distinct": alert.distinct,
            "continues": alert.continues,
            "approximate": alert.approximate,
            "why": alert.why.iter().map(|why| json!({
                "field": why.field, "operator": why.operator, "expected": why.expected, "value": why.value,
            })).collect::<Vec<_>>(),
        },
    })
}

/// The rule, the span, and the events by their ids.
fn finding_info(alert: &Alert, time_ms: i64) -> Value {
    let rule = &alert.rule;
    let ids = alert.event_ids.iter().take(RELATED_EVENTS_MAX);
    let mut info = json!({
        "uid": alert.id,
        "title": rule.title,
        "created_time": time_ms,
        "first_seen_time": alert.first_seen_s.saturating_mul(1000),
        "last_seen_time": alert.last_seen_s.saturating_mul(1000),
        "analytic": {"uid": rule.id, "name": rule.title, "type_id": 1, "type": "Rule"},
        "types": rule.tags,
        "attacks": attacks(rule),
        "related_events": ids.map(|id| json!({"uid": id})).collect::<Vec<_>>(),
        "data_sources": ["AWS CloudTrail"],
    });
    if let Some(description) = &rule.description {
        info["desc"] = json!(description);
    }
    info
}

/// An endpoint has an address, or, for calls that a service makes, a name.
fn src_endpoint(source_ip: &str) -> Value {
    match source_ip.parse::<std::net::IpAddr>() {
        Ok(ip) => json!({"ip": ip.to_string()}),
        Err(_) => json!({"svc_name": source_ip}),
    }
}

/// OCSF's number for a level, 1 to 5.
pub fn severity_id(level: Level) -> u8 {
    match level {
        Level::Informational => 1,
        Level::Low => 2,
        Level::Medium => 3,
        Level::High => 4,
        Level::Critical => 5,
    }
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Informational => "Informational",
        Level::Low => "Low",
        Level::Medium => "Medium",
        Level::High => "High",
        Level::Critical => "Critical",
    }
}

/// The tactic that a tag names: `attack.defense-evasion`; not `attack.t1562.008`, a technique.
pub fn tactic(tag: &str) -> Option<&str> {
    let name = tag.strip_prefix("attack.")?;
    name.bytes().all(|byte| byte.is_ascii_lowercase() || b"-_".contains(&byte)).then_some(name)
}

/// `attack.t1562.008` → a technique and its sub-technique; `attack.defense-evasion` → a tactic.
fn attacks(rule: &Rule) -> Vec<Value> {
    rule.tags.iter().filter_map(|tag| attack(tag)).collect()
}

fn attack(tag: &str) -> Option<Value> {
    let name = tag.strip_prefix("attack.")?;
    let number = |text: &str| text.len() >= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(technique) =
        name.strip_prefix(['t', 'T']).filter(|rest| number(rest.split('.').next().unwrap_or_default()))
    else {
        return tactic(tag).map(|name| json!({"tactic": {"name": name}}));
    };
    match technique.split_once('.') {
        None => Some(json!({"technique": {"uid": format!("T{technique}")}})),
        Some((base, sub)) if number(sub) => Some(json!({
            "technique": {"uid": format!("T{base}")},
            "sub_technique": {"uid": format!("T{base}.{sub}")},
        })),
        Some(_) => None,
    }
}
