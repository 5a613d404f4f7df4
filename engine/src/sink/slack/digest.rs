//! A storm as one message: how many, of which rules, and the gravest in a sentence each.

use serde_json::{Value, json};

use super::text::SlackText;
use super::{HEADER_CHARS_MAX, sign};
use crate::alert::rfc3339;
use crate::sink::Digest;

/// Rules with a line of their own.
const RULES_SHOWN_MAX: usize = 15;

/// Alerts with a line of their own.
const ALERTS_SHOWN_MAX: usize = 5;

/// The body of the request.
pub(in crate::sink) fn message(digest: &Digest<'_>) -> Value {
    let mut head = SlackText::default();
    head.ours(sign(digest.level())).ours(" ").value(&digest.heading(), HEADER_CHARS_MAX - 10);
    let blocks = json!([
        {"type": "header", "text": head.object()},
        {"type": "section", "text": rules(digest).object()},
        {"type": "section", "text": gravest(digest).object()},
        {"type": "context", "elements": [context(digest).object()]},
    ]);
    json!({
        "text": head.as_str(), "blocks": blocks,
        "mrkdwn": false, "parse": "none", "unfurl_links": false, "unfurl_media": false,
    })
}

fn rules(digest: &Digest<'_>) -> SlackText {
    let rules = digest.rules();
    let mut text = SlackText::default();
    for rule in rules.iter().take(RULES_SHOWN_MAX) {
        text.ours(&rule.level.as_str().to_uppercase()).ours(" · ").value(rule.title, 80);
        text.ours(" · ").number(rule.alerts as u64).ours(" alerts of ").number(rule.events);
        text.ours(" events, latest ").ours(&rfc3339(rule.last_seen_s)).ours("\n");
    }
    if let Some(more @ 1..) = rules.len().checked_sub(RULES_SHOWN_MAX) {
        text.ours("and ").number(more as u64).ours(" rules more");
    }
    text
}

fn gravest(digest: &Digest<'_>) -> SlackText {
    let mut text = SlackText::default();
    for delivery in digest.deliveries.iter().take(ALERTS_SHOWN_MAX) {
        text.value(&delivery.alert.summary, 350).ours(" · alert ").value(&delivery.key, 72).ours("\n");
    }
    if let Some(more @ 1..) = digest.deliveries.len().checked_sub(ALERTS_SHOWN_MAX) {
        text.ours("and ").number(more as u64).ours(" alerts more");
    }
    text
}

fn context(digest: &Digest<'_>) -> SlackText {
    let mut text = SlackText::default();
    text.ours("more waited than are told one by one; each is in the store: tripline alerts list · ");
    text.ours(&digest.key);
    text
}
