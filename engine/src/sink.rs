//! Stand-in for the room of sinks, until it is merged: the types that the configuration ends in, and nothing else.

mod filter;
mod secret;
pub use filter::Filter;
pub use secret::{Secret, SecretError};
use std::path::PathBuf;
use std::time::Duration;
use tripline_rules::rule::Level;
/// Whose JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// Tripline's own.
    #[default]
    Native,
    /// An OCSF Detection Finding.
    Ocsf,
}
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
