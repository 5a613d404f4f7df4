//! What is kept of an event that some rule matched.

use sha2::{Digest, Sha256};
use tripline_rules::field::{FieldId, Fields};

use super::target::{self, Target};
use crate::decode::{self, Event};

/// What is kept of an event that some rule matched. One per event, shared by its hits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Recipient account; `userIdentity.accountId` where that is absent (before event version 1.02); else `-`.
    pub account: String,
    /// `eventID`, or `sha256:` and the digest of the event's compact text. With `account`, the identity of the event.
    pub event_id: String,
    /// `eventTime` in seconds since the epoch.
    pub time_s: i64,
    /// When CloudTrail wrote the event to its log, in milliseconds, where the envelope says.
    pub logs_time_ms: Option<i64>,
    /// `awsRegion`, or empty.
    pub region: String,
    /// Session issuer's ARN for assumed roles, else ARN, else `invokedBy`, else principal id, else `-`.
    pub principal: String,
    /// `sourceIPAddress`, or `-`.
    pub source_ip: String,
    /// `userAgent`, or empty.
    pub user_agent: String,
    /// `eventSource`, or empty.
    pub event_source: String,
    /// `eventName`, or empty.
    pub event_name: String,
    /// `errorCode`, or empty: a success.
    pub error_code: String,
    /// The object that the call acted on, if the event names one.
    pub target: Option<Target>,
    /// True if the call was neither refused nor failed.
    pub succeeded: bool,
    /// The event whole, as compact JSON on one line.
    pub text: String,
}

impl Facts {
    /// The facts of an event.
    pub(super) fn of(event: &Event<'_>) -> Self {
        let known = |field: FieldId| event.slots.text(field).filter(|text| !text.is_empty());
        let first =
            |fields: &[FieldId]| fields.iter().find_map(|field| known(*field)).unwrap_or("-").to_owned();
        let text = event.compact_text();
        let issuer = match known(FieldId::USER_TYPE) {
            Some("AssumedRole") => known(FieldId::SESSION_ISSUER_ARN),
            _ => None,
        };
        let principal = issuer.map_or_else(
            || first(&[FieldId::USER_ARN, FieldId::USER_INVOKED_BY, FieldId::USER_PRINCIPAL_ID]),
            str::to_owned,
        );
        let owned = |field: FieldId| known(field).unwrap_or_default().to_owned();
        let (event_name, error_code) = (owned(FieldId::EVENT_NAME), owned(FieldId::ERROR_CODE));
        let parts = target::parts(&text);
        Self {
            account: first(&[FieldId::RECIPIENT_ACCOUNT_ID, FieldId::USER_ACCOUNT_ID]),
            event_id: said_id(event).map_or_else(|| digest(&text), str::to_owned),
            time_s: event.time_s,
            logs_time_ms: event.logs_time_ms,
            region: owned(FieldId::AWS_REGION),
            principal,
            source_ip: first(&[FieldId::SOURCE_IP_ADDRESS]),
            user_agent: owned(FieldId::USER_AGENT),
            event_source: owned(FieldId::EVENT_SOURCE),
            target: target::of(&parts),
            succeeded: target::succeeded(&event_name, &error_code, &parts),
            event_name,
            error_code,
            text,
        }
    }
}

/// The id by which an event is known: [`Facts::event_id`].
pub fn event_id(event: &Event<'_>) -> String {
    said_id(event).map_or_else(|| digest(&event.compact_text()), str::to_owned)
}

fn said_id<'e>(event: &'e Event<'_>) -> Option<&'e str> {
    event.slots.text(FieldId::EVENT_ID).filter(|id| !id.is_empty())
}

impl Facts {
    /// The facts of an event that was kept as `text`; none when that is no CloudTrail event.
    pub fn kept(text: &str, logs_time_ms: Option<i64>, fields: &Fields) -> Option<Self> {
        decode::kept(text, logs_time_ms, fields, Self::of)
    }

    /// Which of two deliveries of one event stands for it: an order that does not hang on who came first.
    pub(crate) fn precedes(&self, other: &Facts) -> bool {
        (&self.text, self.logs_time_ms) < (&other.text, other.logs_time_ms)
    }
}

fn digest(text: &str) -> String {
    format!("sha256:{}", super::hex(&Sha256::digest(text.as_bytes())))
}
