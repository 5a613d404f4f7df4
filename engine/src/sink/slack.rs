//! A Slack incoming webhook: the alert as a message when it opens, one line when it has grown.
//!
//! Values are `SlackText` in `plain_text` objects, where Slack formats nothing, links nothing and calls nobody; the one
//! `mrkdwn` object holds times, which are ours. An incoming webhook cannot have buttons or threads. Its address is the
//! permission to post, and so a secret.

pub(super) mod digest;
mod text;

use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tripline_rules::rule::Level;

use super::http::Client;
use super::{Delivery, Digest, OpenError, Refusal, Secret};
use crate::alert::{Alert, Status, gain, rfc3339};
use text::SlackText;

/// What Slack takes in a header block, a field, any text object; ours end before.
const HEADER_CHARS_MAX: usize = 150;
const FIELD_CHARS_MAX: usize = 600;
const TEXT_CHARS_MAX: usize = 2_000;

pub(super) struct Slack {
    client: Client,
    url: Url,
}

impl Slack {
    pub(super) fn new(client: Client, url: &Secret) -> Result<Self, OpenError> {
        let url = client.url(url.expose())?;
        Ok(Self { client, url })
    }

    pub(super) async fn deliver(&self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        self.post(&message(delivery), delivery.now_ms).await
    }

    pub(super) async fn deliver_digest(&self, digest: &Digest<'_>) -> Result<(), Refusal> {
        self.post(&digest::message(digest), digest.now_ms).await
    }

    async fn post(&self, message: &Value, now_ms: i64) -> Result<(), Refusal> {
        let answer = self.client.post(&self.url, HeaderMap::new(), message.to_string(), now_ms).await?;
        let answer = answer.accepted()?;
        if answer.text.trim() == "ok" { Ok(()) } else { Err(answer.refused()) }
    }
}

impl std::fmt::Debug for Slack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slack(***)")
    }
}

/// The body of the request.
pub(super) fn message(delivery: &Delivery<'_>) -> Value {
    let alert = delivery.alert;
    let head = head(delivery);
    let (fallback, blocks) = if alert.revision > 1 {
        let line = growth(&head, delivery);
        let block = json!({"type": "section", "text": line.object()});
        (line, vec![block])
    } else {
        let mut fallback = head.clone();
        fallback.ours(": ").value(&alert.summary, TEXT_CHARS_MAX);
        (fallback, opening(&head, alert))
    };
    // Nothing in the notification's text is formatted, linked or unfolded.
    json!({
        "text": fallback.as_str(), "blocks": blocks,
        "mrkdwn": false, "parse": "none", "unfurl_links": false, "unfurl_media": false,
    })
}

/// `🔴 CRITICAL · Trail stopped`.
fn head(delivery: &Delivery<'_>) -> SlackText {
    let level = delivery.alert.rule.level;
    let mut head = SlackText::default();
    head.ours(sign(level)).ours(" ");
    if delivery.sample {
        head.ours("TEST · ");
    }
    head.ours(&level.as_str().to_uppercase())
        .ours(" · ")
        .value(&delivery.alert.rule.title, HEADER_CHARS_MAX - 50);
    head
}

/// A level at a glance.
fn sign(level: Level) -> &'static str {
    match level {
        Level::Informational => "⚪",
        Level::Low => "🔵",
        Level::Medium => "🟡",
        Level::High => "🟠",
        Level::Critical => "🔴",
    }
}

/// What it has come to, in one line.
fn growth(head: &SlackText, delivery: &Delivery<'_>) -> SlackText {
    let alert = delivery.alert;
    let mut line = head.clone();
    let now = if delivery.ended { ": ended with " } else { ": now " };
    line.ours(now).ours(if alert.count_exact { "" } else { "at least " });
    line.number(alert.count).ours(" events, latest ").ours(&rfc3339(alert.last_seen_s));
    line.ours(", in ").value(&alert.account, 32).ours(" / ").value(&alert.region, 32);
    if !delivery.gained.is_empty() {
        line.ours(" · new").ours(if delivery.since_acknowledgment {
            " since acknowledgment: "
        } else {
            ": "
        });
        line.value(&gain::phrase(delivery.gained), FIELD_CHARS_MAX);
    }
    line.ours(" · alert ").value(&alert.id, 64).ours(" revision ").number(u64::from(alert.revision));
    line
}

fn opening(head: &SlackText, alert: &Alert) -> Vec<Value> {
    let mut summary = SlackText::default();
    summary.value(&alert.summary, TEXT_CHARS_MAX);
    let mut blocks = vec![
        json!({"type": "header", "text": head.object()}),
        json!({"type": "section", "text": summary.object(), "fields": fields(alert)}),
    ];
    let why = why(alert);
    if !why.as_str().is_empty() {
        blocks.push(json!({"type": "section", "text": why.object()}));
    }
    blocks.push(json!({"type": "context", "elements": [context(alert).object(), times(alert)]}));
    blocks
}

/// At most ten fields to a section.
fn fields(alert: &Alert) -> Vec<Value> {
    let errors = if alert.error_code.is_empty() { "Success" } else { &alert.error_code };
    let tags = alert.rule.tags.iter().filter_map(|tag| tag.strip_prefix("attack."));
    let attack = tags.collect::<Vec<_>>().join(", ");
    let values: [(&str, &str); 8] = [
        ("Account", &alert.account),
        ("Region", &alert.region),
        ("Principal", &alert.principal),
        ("Source IP", &alert.source_ip),
        ("User agent", &alert.user_agent),
        ("Call", &alert.event_name),
        ("Outcome", errors),
        ("ATT&CK", &attack),
    ];
    let mut fields: Vec<_> = values
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| {
            let mut field = SlackText::default();
            field.ours(label).ours("\n").value(value, FIELD_CHARS_MAX);
            field.object()
        })
        .collect();
    let mut count = SlackText::default();
    count.ours("Events\n").ours(if alert.count_exact { "" } else { "at least " }).number(alert.count);
    fields.push(count.object());
    fields
}

/// The reasons, as far as a reader at a telephone wants them.
fn why(alert: &Alert) -> SlackText {
    let mut text = SlackText::default();
    for (nth, why) in alert.why.iter().take(5).enumerate() {
        text.ours(if nth == 0 { "" } else { "\n" });
        for part in [&why.field, &why.operator, &why.expected] {
            text.value(part, 100).ours(" ");
        }
        text.ours("← ").value(&why.value, 100);
    }
    text
}

fn context(alert: &Alert) -> SlackText {
    let mut text = SlackText::default();
    text.ours("alert ").value(&alert.id, 64).ours(" · rule ").value(&alert.rule.id, 128);
    if let Some(author) = &alert.rule.author {
        text.ours(" by ").value(author, 200);
    }
    text.ours(" · event ").value(alert.event_ids.first().map_or("-", String::as_str), 64);
    if alert.status != Status::Open {
        text.ours(" · ").ours(alert.status.as_str());
    }
    text
}

/// The only formatted text: Slack shows the time where its reader lives. Numbers and words of our own.
fn times(alert: &Alert) -> Value {
    let first_s = alert.first_seen_s.max(0);
    let mut text = format!("<!date^{first_s}^{{date_num}} {{time_secs}}|{}>", rfc3339(first_s));
    if let Some(ms) = alert.latency.event_to_alerted_ms {
        text.push_str(&format!(", seen after {} s", ms / 1000));
    }
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}
