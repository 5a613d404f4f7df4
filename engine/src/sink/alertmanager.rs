//! Prometheus Alertmanager by its v2 API, so that routes, silences and receivers that exist work for alerts of ours.
//!
//! An alert is one there too, by its labels: the rule, the level, the place and the id. Later revisions have the same labels
//! and so renew it; it resolves by itself some time after its period. Like Prometheus we tell every Alertmanager of the
//! cluster and are content when one takes it: they tell each other. Invariant: of an event's text only account and region
//! become labels, and those with nothing in them but digits, letters and hyphens.

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use super::http::Client;
use super::{Delivery, OpenError, Refusal, Secret};
use crate::alert::{Period, clean, gain, rfc3339_ms};

/// Events reach us minutes after their calls, and so does the last revision after the period: until then it fires.
const SLACK_MS: i64 = 15 * 60 * 1_000;
/// After the last revision it fires as long as it takes to be told on: groups wait, and peers gossip.
const ENDING_MS: i64 = 5 * 60 * 1_000;
/// Event ids in the annotation.
const IDS_MAX: usize = 10;

pub(super) struct Alertmanager {
    client: Client,
    urls: Vec<Url>,
    headers: HeaderMap,
}

impl Alertmanager {
    pub(super) fn new(client: Client, urls: &[String], bearer: Option<Secret>) -> Result<Self, OpenError> {
        if urls.is_empty() {
            return Err(OpenError::NoUrl);
        }
        let endpoint = |base: &String| client.url(&format!("{}/api/v2/alerts", base.trim_end_matches('/')));
        let urls = urls.iter().map(endpoint).collect::<Result<_, _>>()?;
        let mut headers = HeaderMap::new();
        if let Some(bearer) = bearer {
            let value = HeaderValue::from_str(&format!("Bearer {}", bearer.expose()));
            let mut value = value.map_err(|_| OpenError::Bearer)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(Self { client, urls, headers })
    }

    /// Tells all at the same time, so that one that hangs costs the others nothing.
    pub(super) async fn deliver(&self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        let body = json!([posted(delivery)]).to_string();
        let mut told = JoinSet::new();
        for url in &self.urls {
            let (client, url) = (self.client.clone(), url.clone());
            let (headers, body, now_ms) = (self.headers.clone(), body.clone(), delivery.now_ms);
            told.spawn(async move { client.post(&url, headers, body, now_ms).await?.accepted() });
        }
        let mut refusal = None;
        let mut taken = false;
        while let Some(answer) = told.join_next().await {
            match answer {
                Ok(Ok(_)) => taken = true,
                Ok(Err(refused)) => refusal = Some(refused),
                Err(_) => {}
            }
        }
        match refusal {
            Some(refused) if !taken => Err(refused),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Alertmanager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Alertmanager").field("urls", &self.urls.len()).finish_non_exhaustive()
    }
}

/// The alert as Alertmanager has it.
pub(super) fn posted(delivery: &Delivery<'_>) -> Value {
    let alert = delivery.alert;
    let starts_ms = alert.latency.alerted_ms.unwrap_or(delivery.now_ms).min(delivery.now_ms);
    let ends_ms = ends_ms(delivery).max(starts_ms.saturating_add(1));
    json!({
        "labels": labels(delivery),
        "annotations": annotations(delivery),
        "startsAt": rfc3339_ms(starts_ms),
        "endsAt": rfc3339_ms(ends_ms),
    })
}

/// An end that has passed would resolve the alert before anybody has heard of it.
fn ends_ms(delivery: &Delivery<'_>) -> i64 {
    let alert = delivery.alert;
    if delivery.ended {
        return delivery.now_ms.saturating_add(ENDING_MS);
    }
    let over_s = alert.period.as_ref().map_or(alert.last_seen_s, Period::end_s);
    over_s.saturating_mul(1_000).max(delivery.now_ms).saturating_add(SLACK_MS)
}

/// What routes and silences match: the id makes each alert one, everything else has few values.
fn labels(delivery: &Delivery<'_>) -> Map<String, Value> {
    let alert = delivery.alert;
    let place = |text: &str| {
        text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(32).collect::<String>()
    };
    let labels = [
        ("alertname", clean(&alert.rule.id)),
        ("severity", alert.rule.level.as_str().to_owned()),
        ("account", place(&alert.account)),
        ("region", place(&alert.region)),
        ("tripline_alert", clean(&alert.id)),
        ("tripline_sample", if delivery.sample { "true".to_owned() } else { String::new() }),
    ];
    let filled = labels.into_iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn annotations(delivery: &Delivery<'_>) -> Map<String, Value> {
    let alert = delivery.alert;
    let since = if delivery.since_acknowledgment { "since acknowledgment: " } else { "" };
    let gained = gain::phrase(delivery.gained);
    let gained = if gained.is_empty() { gained } else { shown(&format!("{since}{gained}")) };
    let ids: Vec<_> = alert.event_ids.iter().take(IDS_MAX).map(String::as_str).collect();
    let why = alert
        .why
        .iter()
        .take(IDS_MAX)
        .map(|why| shown(&format!("{} {} {} ← {}", why.field, why.operator, why.expected, why.value)));
    let optional = |text: &Option<String>| text.as_deref().map(shown).unwrap_or_default();
    let annotations = [
        ("summary", shown(&alert.summary)),
        ("description", optional(&alert.rule.description)),
        ("title", shown(&alert.rule.title)),
        ("author", optional(&alert.rule.author)),
        ("why", why.collect::<Vec<_>>().join("; ")),
        ("count", alert.count.to_string()),
        ("revision", alert.revision.to_string()),
        ("gained", gained),
        ("principal", shown(&alert.principal)),
        ("source_ip", shown(&alert.source_ip)),
        ("event_name", shown(&alert.event_name)),
        ("error_code", shown(&alert.error_code)),
        ("event_ids", shown(&ids.join(", "))),
    ];
    let filled = annotations.into_iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// Receivers print annotations into Slack, mail and pages, and not all of them escape: nothing may begin a tag or a mention.
fn shown(text: &str) -> String {
    clean(text).replace('<', "‹").replace('>', "›")
}
