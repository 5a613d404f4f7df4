//! The native form: one JSON object (design §10). Its members and their order are part of the interface.

use serde::Serialize;
use serde_json::value::RawValue;
use tripline_rules::explain::Reason;

use super::{Alert, target, time};
use crate::hit::{Facts, Group};

#[derive(Serialize)]
struct Native<'a> {
    id: &'a str,
    rule: Rule<'a>,
    summary: &'a str,
    #[serde(serialize_with = "as_object")]
    group: &'a Group,
    count: u64,
    count_exact: bool,
    distinct: Option<u64>,
    first_seen: String,
    last_seen: String,
    window: Window,
    period: Option<Period>,
    continues: Option<&'a str>,
    revision: u32,
    event_ids: &'a [String],
    account: &'a str,
    region: &'a str,
    principal: &'a str,
    source_ip: &'a str,
    user_agent: &'a str,
    event_source: &'a str,
    event_name: &'a str,
    error_code: &'a str,
    why: Vec<Why<'a>>,
    evidence: Evidence<'a>,
    latency: Latency,
    status: &'static str,
    approximate: bool,
    late: bool,
}

#[derive(Serialize)]
struct Rule<'a> {
    id: &'a str,
    title: &'a str,
    level: &'static str,
    author: Option<&'a str>,
    tags: &'a [String],
    references: &'a [String],
}

#[derive(Serialize)]
struct Window {
    from: String,
    to: String,
    n: u64,
}

#[derive(Serialize)]
struct Period {
    start: String,
    seconds: u32,
}

#[derive(Serialize)]
struct Why<'a> {
    field: &'a str,
    operator: &'a str,
    expected: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Evidence<'a> {
    first: Box<RawValue>,
    latest: Box<RawValue>,
    more: Vec<Line<'a>>,
}

/// One line for an event that is not given whole.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    event_id: &'a str,
    event_name: &'a str,
    source_ip: &'a str,
    target: Option<String>,
    error_code: &'a str,
}

#[derive(Serialize)]
struct Latency {
    event_time: String,
    logs_time: Option<String>,
    event_to_logs_ms: Option<i64>,
}

/// The alert as one line of JSON.
///
/// # Errors
/// None that we know of: every part is a string, a number or JSON already.
pub fn json(alert: &Alert<'_>) -> serde_json::Result<String> {
    let (rule, finding) = (alert.rule, &alert.finding);
    let first = &finding.evidence.first;
    serde_json::to_string(&Native {
        id: &alert.id,
        rule: Rule {
            id: &rule.id,
            title: &rule.title,
            level: rule.level.as_str(),
            author: rule.author.as_deref(),
            tags: &rule.tags,
            references: &rule.references,
        },
        summary: &alert.summary,
        group: &finding.group,
        count: finding.count,
        count_exact: finding.count_exact,
        distinct: finding.distinct,
        first_seen: time::seconds(finding.first_seen_s),
        last_seen: time::seconds(finding.last_seen_s),
        window: Window {
            from: time::seconds(finding.window.from_s),
            to: time::seconds(finding.window.to_s),
            n: finding.window.n,
        },
        period: finding
            .period
            .map(|period| Period { start: time::seconds(period.start_s), seconds: period.length_s }),
        continues: alert.continues.as_deref(),
        revision: alert.revision,
        event_ids: &finding.evidence.event_ids,
        account: &first.account,
        region: &first.region,
        principal: &first.principal,
        source_ip: &first.source_ip,
        user_agent: &first.user_agent,
        event_source: &first.event_source,
        event_name: &first.event_name,
        error_code: &first.error_code,
        why: alert.why.iter().map(why).collect(),
        evidence: Evidence {
            first: whole(first)?,
            latest: whole(&finding.evidence.latest)?,
            more: finding.evidence.more.iter().map(|event| line(event)).collect(),
        },
        latency: Latency {
            event_time: time::milliseconds(alert.latency.event_ms),
            logs_time: alert.latency.logs_ms.map(time::milliseconds),
            event_to_logs_ms: alert.latency.event_to_logs_ms(),
        },
        status: "open",
        approximate: finding.approximate,
        late: finding.late,
    })
}

fn why(reason: &Reason) -> Why<'_> {
    let Reason { field, operator, expected, value } = reason;
    Why { field, operator, expected, value }
}

/// An event as it stands: numbers keep their text.
fn whole(event: &Facts) -> serde_json::Result<Box<RawValue>> {
    RawValue::from_string(event.text.clone())
}

fn line(event: &Facts) -> Line<'_> {
    let parsed = serde_json::from_str(&event.text).unwrap_or_default();
    Line {
        time: time::seconds(event.time_s),
        event_id: &event.event_id,
        event_name: &event.event_name,
        source_ip: &event.source_ip,
        target: target::of(&parsed).map(|target| target.name),
        error_code: &event.error_code,
    }
}

fn as_object<S: serde::Serializer>(group: &&Group, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(group.iter().map(|(name, value)| (name, value)))
}
