//! From the bytes of a record to CloudTrail events, and what the reference engine knows of one (design §5).

use std::io::Read;

use sha2::{Digest, Sha256};

use super::json::Json;

/// One CloudTrail event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) json: Json,
    /// The event as compact JSON.
    pub(crate) text: String,
    /// With `account`, the event's identity.
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) time_s: i64,
}

impl Event {
    /// Reads a JSON document as an event; none if it is not CloudTrail, of an unknown version, or without a time.
    fn new(json: Json) -> Option<Self> {
        let has = |key| json.get(key).is_some();
        let is_insight = json.get("eventType").and_then(Json::scalar) == Some("AwsCloudTrailInsight");
        let is_cloudtrail = has("eventVersion")
            || has("eventSource") && has("eventName")
            || has("insightDetails")
            || is_insight;
        let major = |version: &str| version == "1" || version.starts_with("1.");
        let is_known = match json.get("eventVersion") {
            None | Some(Json::Null) => true,
            Some(version) => version.word().is_some_and(major),
        };
        if !is_cloudtrail || !is_known {
            return None;
        }
        let Some(Json::Text(time)) = json.get("eventTime") else { return None };
        let time_s = seconds(time)?;
        let text = json.compact();
        let digest = || format!("sha256:{}", hex(&Sha256::digest(text.as_bytes())));
        let id = word(&json, &["eventID"]).map_or_else(digest, str::to_owned);
        let account = word(&json, &["recipientAccountId"]).or(word(&json, &["userIdentity", "accountId"]));
        let account = account.unwrap_or("-").to_owned();
        Some(Self { text, id, account, time_s, json })
    }

    /// A text or number at a path, if it is not empty.
    pub(crate) fn word(&self, path: &[&str]) -> Option<&str> {
        word(&self.json, path)
    }

    /// The principal of the default group.
    pub(crate) fn principal(&self) -> String {
        let of = |path: &[&str]| self.word(&[&["userIdentity"], path].concat());
        let issuer = match of(&["type"]) {
            Some("AssumedRole") => of(&["sessionContext", "sessionIssuer", "arn"]),
            _ => None,
        };
        let found = issuer.or(of(&["arn"])).or(of(&["invokedBy"])).or(of(&["principalId"]));
        found.unwrap_or("-").to_owned()
    }

    /// True if CloudTrail left out the top-level member `key`, so that its contents are unknown.
    pub(crate) fn is_omitted(&self, key: &str) -> bool {
        self.json.at(&[key, "omitted"]) == Some(&Json::Bool(true))
    }
}

fn word<'j>(json: &'j Json, path: &[&str]) -> Option<&'j str> {
    json.at(path).and_then(Json::word).filter(|text| !text.is_empty())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Seconds since the epoch of an RFC 3339 time; without an offset it is UTC.
fn seconds(text: &str) -> Option<i64> {
    let parse = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let time = parse(text).or_else(|| parse(&format!("{text}Z")).filter(|_| text.contains(':')))?;
    i64::try_from(time.as_nanosecond().div_euclid(1_000_000_000)).ok()
}

/// The CloudTrail events of one record: gzip or plain; data messages, `Records` files, lists, lines.
pub(crate) fn events(record: &[u8]) -> Vec<Event> {
    documents(record).into_iter().filter_map(Event::new).collect()
}

fn documents(record: &[u8]) -> Vec<Json> {
    let mut bytes = Vec::new();
    if record.starts_with(&[0x1f, 0x8b]) {
        if flate2::read::MultiGzDecoder::new(record).read_to_end(&mut bytes).is_err() {
            return Vec::new();
        }
    } else {
        bytes = record.to_vec();
    }
    let text = String::from_utf8_lossy(&bytes);
    match Json::parse(&text) {
        Some(document) => opened(document),
        None => text.lines().filter_map(Json::parse).flat_map(opened).collect(),
    }
}

/// The log events in one document.
fn opened(document: Json) -> Vec<Json> {
    if let Some(kind) = document.get("messageType") {
        if *kind != Json::Text("DATA_MESSAGE".to_owned()) {
            return Vec::new();
        }
        let Some(Json::List(events)) = document.get("logEvents") else { return Vec::new() };
        let messages = events.iter().filter_map(|event| match event.get("message") {
            Some(Json::Text(text)) => Json::parse(text),
            _ => None,
        });
        return messages.collect();
    }
    match (document.get("Records"), &document) {
        (Some(Json::List(records)), _) | (_, Json::List(records)) => records.clone(),
        _ => vec![document],
    }
}
