//! Rule R matched event E: what the window stage receives. A hit owns what it needs of its event, because the
//! event's bytes are gone when the batch is.

use std::sync::Arc;

use tripline_rules::rule::RuleId;

/// What is kept of an event that some rule matched. One per event, shared by its hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Recipient account; `userIdentity.accountId` where that is absent (before event version 1.02); else `-`.
    pub account: String,
    /// `eventID`, or `sha256:` and the digest of the event's bytes. With `account`, the identity of the event.
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
    /// The event whole, as compact JSON on one line.
    pub text: String,
}

/// The values by which hits of a rule are told apart, with their names, in the rule's order.
pub type Group = Arc<[(String, String)]>;

/// One rule matched one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule whose window this hit enters.
    pub rule: RuleId,
    /// The group it enters.
    pub group: Group,
    /// The value that a `value_count` rule counts; none for the others.
    pub value: Option<Arc<[String]>>,
    /// The event.
    pub event: Arc<Facts>,
}
