//! An SNS topic: the native form as the message, a subject for people with mail, attributes for filter policies.
//!
//! Credentials, region and endpoint are found as the AWS SDK finds them, so `AWS_ENDPOINT_URL_SNS` works. The SDK tries
//! once: the outbox is what tries again. Invariant: message and attributes together fit what SNS takes.

mod fit;

use std::collections::HashMap;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sns::Client;
use aws_sdk_sns::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_sns::types::MessageAttributeValue;

use super::refusal::said;
use super::{Delivery, Digest, OpenError, Refusal, digest};
use crate::alert::ocsf;
use crate::aws::{Service, Target};
use fit::BYTES_MAX;
pub(super) use fit::message;

/// What the members of the message mean; a new number when one changes its meaning.
const SCHEMA: &str = "tripline.alert.1";
/// SNS refuses a subject of 100 characters.
const SUBJECT_CHARS_MAX: usize = 99;
/// Values of attributes; ours are words and ids.
const ATTRIBUTE_CHARS_MAX: usize = 128;

#[derive(Debug)]
pub(super) struct Sns {
    client: Client,
    target: Target,
    topic_arn: String,
    timeout: Duration,
}

impl Sns {
    pub(super) async fn new(
        topic_arn: String,
        region: Option<String>,
        timeout: Duration,
    ) -> Result<Self, OpenError> {
        let parts: Vec<&str> = topic_arn.split(':').collect();
        let &["arn", _, "sns", home, _, _] = parts.as_slice() else {
            return Err(OpenError::Topic { arn: said(&topic_arn) });
        };
        let region = region.unwrap_or_else(|| home.to_owned());
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region))
            .retry_config(RetryConfig::standard().with_max_attempts(1))
            .load()
            .await;
        let target = Target::new(Service::Sns, format!("topic {topic_arn}"), &config);
        Ok(Self { client: Client::new(&config), target, topic_arn, timeout })
    }

    pub(super) async fn deliver(&self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        let message = message(delivery).map_err(|source| Refusal::Alert { source })?;
        let group = word(&delivery.alert.account).unwrap_or_else(|| "-".to_owned());
        self.publish(subject(delivery), message, attributes(delivery), &group, &delivery.key).await
    }

    pub(super) async fn deliver_digest(&self, digest: &Digest<'_>) -> Result<(), Refusal> {
        let level = digest.level();
        let attributes = vec![
            ("severity_rank", "Number", ocsf::severity_id(level).to_string()),
            ("severity", "String", level.as_str().to_owned()),
            ("schema", "String", digest::SCHEMA.to_owned()),
        ];
        let subject = format!("[{}] {}", level.as_str().to_uppercase(), digest.heading());
        self.publish(subject, digest.json(BYTES_MAX), attributes, "digest", &digest.key).await
    }

    /// A topic that keeps an order keeps one for each `group`, and takes a `key` once in five minutes.
    async fn publish(
        &self,
        subject: String,
        message: String,
        attributes: Vec<(&'static str, &'static str, String)>,
        group: &str,
        key: &str,
    ) -> Result<(), Refusal> {
        let attributes = attributes
            .into_iter()
            .map(|(name, kind, value)| Ok((name.to_owned(), typed(kind, value)?)))
            .collect::<Result<HashMap<_, _>, BuildError>>()
            .map_err(|error| aws("InvalidAttribute", &format!("cannot build the message: {error}")))?;
        let mut request = self
            .client
            .publish()
            .topic_arn(&self.topic_arn)
            .subject(subject)
            .message(message)
            .set_message_attributes(Some(attributes));
        if self.topic_arn.ends_with(".fifo") {
            request = request.message_group_id(group).message_deduplication_id(key);
        }
        match tokio::time::timeout(self.timeout, request.send()).await {
            Err(_) => Err(Refusal::Timeout { ms: self.timeout.as_millis() }),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(refusal(&self.target, &error)),
        }
    }
}

fn typed(kind: &str, value: String) -> Result<MessageAttributeValue, BuildError> {
    MessageAttributeValue::builder().data_type(kind).string_value(value).build()
}

/// What the service says, or why it was not reached.
fn refusal<E, R>(target: &Target, error: &SdkError<E, R>) -> Refusal
where
    SdkError<E, R>: std::error::Error + ProvideErrorMetadata,
{
    let code = match error {
        SdkError::ServiceError(_) => error.code().unwrap_or("Unknown"),
        SdkError::TimeoutError(_) => "Timeout",
        SdkError::DispatchFailure(_) => "NotReached",
        SdkError::ResponseError(_) => "UnreadableAnswer",
        _ => "NotSent",
    };
    let text = format!("cannot call sns:Publish on {}", target.explain("Publish", error));
    Refusal::Aws { code: said(code), message: text }
}

fn aws(code: &str, message: &str) -> Refusal {
    Refusal::Aws { code: said(code), message: said(message) }
}

/// `[CRITICAL] Trail stopped 111122223333 eu-west-1`: the place is kept whole, the title gives way.
pub(super) fn subject(delivery: &Delivery<'_>) -> String {
    let alert = delivery.alert;
    let test = if delivery.sample { "[TEST] " } else { "" };
    let start = format!("{test}[{}] ", alert.rule.level.as_str().to_uppercase());
    let place = |text: &str| {
        text.chars()
            .filter(|c| c.is_ascii_digit() || c.is_ascii_lowercase() || *c == '-')
            .take(24)
            .collect::<String>()
    };
    let end = format!(" {} {}", place(&alert.account), place(&alert.region));
    let room = SUBJECT_CHARS_MAX - start.len() - end.len();
    let printable = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    let title: String = alert.rule.title.chars().map(printable).take(room).collect();
    format!("{start}{title}{end}").trim_end().to_owned()
}

/// Name, type, value: at most ten, for SQS drops raw messages with more; none empty, for SNS refuses those.
pub(super) fn attributes(delivery: &Delivery<'_>) -> Vec<(&'static str, &'static str, String)> {
    let alert = delivery.alert;
    let level = alert.rule.level;
    let tactic = alert.rule.tags.iter().find_map(|tag| ocsf::tactic(tag));
    let sample = if delivery.sample { "true" } else { "" };
    let words = [
        ("severity", level.as_str()),
        ("rule_id", &alert.rule.id),
        ("account_id", &alert.account),
        ("region", &alert.region),
        ("event_name", &alert.event_name),
        ("tactic", tactic.unwrap_or_default()),
        ("status", alert.status.as_str()),
        ("schema", SCHEMA),
        ("sample", sample),
    ];
    let mut attributes = vec![("severity_rank", "Number", ocsf::severity_id(level).to_string())];
    attributes.extend(words.into_iter().filter_map(|(name, value)| Some((name, "String", word(value)?))));
    attributes
}

/// A value that a filter policy can be written for; none when nothing is left of it.
fn word(text: &str) -> Option<String> {
    let kept = |c: char| if c.is_ascii_alphanumeric() || ".:_-".contains(c) { c } else { '_' };
    let word: String = text.chars().take(ATTRIBUTE_CHARS_MAX).map(kept).collect();
    (!word.is_empty()).then_some(word)
}
