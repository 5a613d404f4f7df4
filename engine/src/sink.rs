//! From "this alert, at this revision" to "accepted" or "refused, because".
//!
//! Not here: when to try (the outbox asks `retry` and `Rate`), what was tried before, and who is called at all: the
//! caller asks `Settings::takes` when it commits. A sink keeps no alert. It is driven on a thread of its own, so that a
//! slow one holds up nobody. Invariant: text from events reaches a reader escaped or not at all, secrets reach only their
//! receiver, and a refusal never says either.

mod address;
mod alertmanager;
mod body;
pub mod breaker;
mod digest;
mod file;
mod filter;
mod http;
mod ping;
mod rate;
mod refusal;
pub mod retry;
mod sample;
mod secret;
mod slack;
mod sns;
mod stdout;
mod webhook;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use tripline_rules::rule::Level;

use crate::alert::Alert;
use crate::alert::gain::Gain;
pub use body::Format;
pub use digest::Digest;
pub use filter::Filter;
pub use ping::Ping;
pub use rate::Rate;
pub use refusal::{OpenError, Refusal, UrlFault};
pub use sample::sample;
pub use secret::Secret;

/// A sink as it is meant: its secrets are read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the configuration calls it; a metric label.
    pub name: String,
    /// It takes alerts of this level and above.
    pub level_min: Level,
    /// Of which rules and accounts.
    pub filter: Filter,
    /// How many it may be sent in a second, on average.
    pub rate_per_s: f64,
    /// When more than so many are due at a time, they are told as one digest; zero for never.
    pub digest_after: u64,
    /// How long one delivery may take in all: names, connection, request, answer.
    pub timeout: Duration,
    /// Where alerts go.
    pub target: Target,
}

/// Where alerts go.
#[derive(Debug, Clone)]
pub enum Target {
    /// One line of JSON each on standard output.
    Stdout {
        /// Whose JSON.
        format: Format,
    },
    /// One line of JSON each at the end of a file.
    File {
        /// The file; its folder exists.
        path: PathBuf,
        /// It is set aside before it would outgrow this.
        rotate_bytes: u64,
        /// How many are kept aside: `path.1`, the youngest, to `path.KEEP`. With none, the full file is removed.
        keep: u32,
        /// Whose JSON.
        format: Format,
    },
    /// `POST` of JSON, signed as Standard Webhooks says.
    Webhook {
        /// `https:`; `http:` only together with `allow_private`.
        url: String,
        /// None: unsigned. Two, while one replaces the other. As the standard writes them: `whsec_` and base64.
        secrets: Vec<Secret>,
        /// Whether the receiver may have a private address.
        allow_private: bool,
        /// Whose JSON.
        format: Format,
    },
    /// A Slack incoming webhook.
    Slack {
        /// The address is the permission to post.
        url: Secret,
        /// For a relay of one's own.
        allow_private: bool,
    },
    /// An SNS topic, with the credentials and endpoint that the AWS SDK finds.
    Sns {
        /// `arn:aws:sns:REGION:ACCOUNT:NAME`.
        topic_arn: String,
        /// None: the one in the ARN.
        region: Option<String>,
    },
    /// The Alertmanagers of one cluster.
    Alertmanager {
        /// Their base addresses, as Prometheus is given them: `http://am-0:9093`.
        urls: Vec<String>,
        /// A token for `Authorization`.
        bearer: Option<Secret>,
        /// They usually stand nearby, and speak `http:`.
        allow_private: bool,
    },
}

impl Settings {
    /// Whether this sink is told of an alert. Asked once, when the alert is committed.
    pub fn takes(&self, alert: &Alert) -> bool {
        alert.rule.level >= self.level_min && self.filter.takes(&alert.rule.id, &alert.account)
    }
}

/// One alert at one revision, for one sink.
#[derive(Debug, Clone)]
pub struct Delivery<'a> {
    /// What is told.
    pub alert: &'a Alert,
    /// `ID.REVISION`, the same on every attempt.
    pub key: String,
    /// A trial of the sink: every form says so.
    pub sample: bool,
    /// The last revision: the period is over.
    pub ended: bool,
    /// What the alert has that its last notification did not have.
    pub gained: &'a [Gain],
    /// True if a person had acknowledged or closed the alert before it gained this.
    pub since_acknowledgment: bool,
    /// The clock, milliseconds since the epoch.
    pub now_ms: i64,
}

impl<'a> Delivery<'a> {
    /// A revision of an alert, under the key that is its own.
    pub fn new(alert: &'a Alert, now_ms: i64) -> Self {
        let key = format!("{}.{}", alert.id, alert.revision);
        Self { alert, key, sample: false, ended: false, gained: &[], since_acknowledgment: false, now_ms }
    }
}

/// A sink, ready to deliver.
#[derive(Debug)]
pub struct Sink(Kind);

#[derive(Debug)]
enum Kind {
    Stdout(stdout::Stdout),
    File(file::File),
    Webhook(webhook::Webhook),
    Slack(slack::Slack),
    Sns(Box<sns::Sns>),
    Alertmanager(alertmanager::Alertmanager),
}

impl Sink {
    /// Checks what can be checked without delivering. Nothing is connected to.
    ///
    /// # Errors
    /// When the settings can never work: an address that must not be called, a secret that is none.
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        let timeout = settings.timeout;
        Ok(Self(match settings.target {
            Target::Stdout { format } => Kind::Stdout(stdout::Stdout::new(format)),
            Target::File { path, rotate_bytes, keep, format } => {
                Kind::File(file::File::open(path, rotate_bytes, keep, format)?)
            }
            Target::Webhook { url, secrets, allow_private, format } => {
                let client = http::Client::new(allow_private, timeout)?;
                Kind::Webhook(webhook::Webhook::new(client, &url, &secrets, format)?)
            }
            Target::Slack { url, allow_private } => {
                let client = http::Client::new(allow_private, timeout)?;
                Kind::Slack(slack::Slack::new(client, &url)?)
            }
            Target::Sns { topic_arn, region } => {
                Kind::Sns(Box::new(sns::Sns::new(topic_arn, region, timeout).await?))
            }
            Target::Alertmanager { urls, bearer, allow_private } => {
                let client = http::Client::new(allow_private, timeout)?;
                Kind::Alertmanager(alertmanager::Alertmanager::new(client, &urls, bearer)?)
            }
        }))
    }

    /// Delivers once. Files and standard output block the thread; the rest waits no longer than `timeout`.
    ///
    /// Drive it with the `Handle` of a runtime that has a thread of its own: names, sockets and timers live there.
    ///
    /// # Errors
    /// When the other side did not accept. The same delivery may have arrived all the same: it is sent again under the
    /// same key.
    pub async fn deliver(&mut self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        match &mut self.0 {
            Kind::Stdout(sink) => sink.deliver(delivery),
            Kind::File(sink) => sink.deliver(delivery),
            Kind::Webhook(sink) => sink.deliver(delivery).await,
            Kind::Slack(sink) => sink.deliver(delivery).await,
            Kind::Sns(sink) => sink.deliver(delivery).await,
            Kind::Alertmanager(sink) => sink.deliver(delivery).await,
        }
    }

    /// Delivers many at once, where that is a message of its own; elsewhere one after the other.
    ///
    /// # Errors
    /// As [`Sink::deliver`]: none of them counts as accepted then.
    pub async fn deliver_digest(&mut self, digest: &Digest<'_>) -> Result<(), Refusal> {
        match &mut self.0 {
            Kind::Webhook(sink) => sink.deliver_digest(digest).await,
            Kind::Slack(sink) => sink.deliver_digest(digest).await,
            Kind::Sns(sink) => sink.deliver_digest(digest).await,
            Kind::Stdout(_) | Kind::File(_) | Kind::Alertmanager(_) => {
                for delivery in &digest.deliveries {
                    self.deliver(delivery).await?;
                }
                Ok(())
            }
        }
    }
}
