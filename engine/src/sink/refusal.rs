//! Why a delivery was not accepted, and why a sink cannot be opened. Fields, not prose: the store keeps them, a metric
//! counts them by label. No text of ours or theirs in them holds a secret, and theirs is cleaned and cut.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::alert;

/// Error codes of SNS that concern a single message.
const AWS_REJECTIONS: [&str; 5] = [
    "InvalidAttribute",
    "InvalidParameter",
    "InvalidParameterValue",
    "ParameterValueInvalid",
    "ValidationException",
];

/// Why a delivery was not accepted. Every one is tried again: what is wrong may be mended on the other side.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// An HTTP answer that is not acceptance; a redirect is one, for none is followed.
    #[error("answered {status}: {answer}")]
    Status {
        /// The code.
        status: u16,
        /// How long they ask us to wait.
        retry_after: Option<Duration>,
        /// The beginning of what they say.
        answer: String,
    },
    /// Success by its code and none by its words.
    #[error("answered {status}, but not as it should: {answer}")]
    Answer {
        /// The code.
        status: u16,
        /// The beginning of what they say.
        answer: String,
    },
    /// No whole answer in time.
    #[error("no answer within {ms} ms")]
    Timeout {
        /// How long we waited.
        ms: u128,
    },
    /// The name leads to an address that must not be called.
    #[error("{address} must not be called: it is not a public address")]
    Address {
        /// Where it leads.
        address: IpAddr,
    },
    /// No connection, or no name.
    #[error("no connection: {detail}")]
    Connect {
        /// What the network says.
        detail: String,
    },
    /// A connection, but no HTTP answer on it.
    #[error("no HTTP answer: {detail}")]
    Http {
        /// What was wrong with it.
        detail: String,
    },
    /// A file or standard output.
    #[error("writing: {source}")]
    Io {
        /// What the system says.
        source: std::io::Error,
    },
    /// AWS refused, or could not be asked.
    #[error("{message}")]
    Aws {
        /// Its word for it, or ours where it was not reached.
        code: String,
        /// What could not be called, why, and what to do about it.
        message: String,
    },
    /// The alert could not be written down. We know of no such alert.
    #[error("the alert could not be written: {source}")]
    Alert {
        /// Why not.
        source: serde_json::Error,
    },
}

impl Refusal {
    /// How long the other side asks us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Refusal::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// True if the sink is unavailable: a refusal for a reason that concerns every delivery (no connection, a failing or
    /// overloaded server, a wrong address or token). False if it concerns this delivery only: its form, its size, its content.
    /// What may be either counts as the delivery's, for a single delivery must not hold up the others.
    pub fn is_outage(&self) -> bool {
        match self {
            Refusal::Status { status, .. } => {
                !matches!(status, 400 | 409 | 411 | 413 | 414 | 415 | 422 | 431)
            }
            Refusal::Aws { code, .. } => !AWS_REJECTIONS.contains(&code.as_str()),
            Refusal::Answer { .. } | Refusal::Alert { .. } => false,
            Refusal::Timeout { .. }
            | Refusal::Address { .. }
            | Refusal::Connect { .. }
            | Refusal::Http { .. }
            | Refusal::Io { .. } => true,
        }
    }

    /// One of a few words, for a metric.
    pub fn label(&self) -> &'static str {
        match self {
            Refusal::Status { status: 300..=399, .. } => "redirect",
            Refusal::Status { status: 429, .. } => "throttled",
            Refusal::Status { status: 400..=499, .. } => "client_error",
            Refusal::Status { .. } => "server_error",
            Refusal::Answer { .. } => "answer",
            Refusal::Timeout { .. } => "timeout",
            Refusal::Address { .. } => "address",
            Refusal::Connect { .. } => "connect",
            Refusal::Http { .. } => "http",
            Refusal::Io { .. } => "io",
            Refusal::Aws { .. } => "aws",
            Refusal::Alert { .. } => "alert",
        }
    }
}

/// Foreign text that a refusal may show.
pub(super) fn said(text: &str) -> String {
    alert::clean(text.trim())
}

/// Why a sink cannot be opened. The operator has to change something.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address cannot be one, or must not be called. It may be a secret, so it is not said.
    #[error("the sink's address {fault}")]
    Url {
        /// What is wrong with it.
        fault: UrlFault,
    },
    /// A sink of several addresses without one.
    #[error("the sink has no address")]
    NoUrl,
    /// More secrets than one being replaced by another.
    #[error("{n} signing secrets: two at most, one and its successor")]
    Secrets {
        /// How many.
        n: usize,
    },
    /// Not as Standard Webhooks writes a secret.
    #[error("signing secret {nth} is not `whsec_` and base64 of 24 to 64 bytes")]
    Secret {
        /// Which of them, from 1.
        nth: usize,
    },
    /// A token that no header can carry.
    #[error("the bearer token holds characters that a header cannot carry")]
    Bearer,
    /// The file cannot be opened.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Not the ARN of a topic.
    #[error("`{arn}` is not the ARN of an SNS topic")]
    Topic {
        /// What was given.
        arn: String,
    },
    /// TLS could not be set up.
    #[error("the HTTP client: {detail}")]
    Client {
        /// What it says.
        detail: String,
    },
}

/// What is wrong with an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// It cannot be read.
    #[error("cannot be read: {detail}")]
    Syntax {
        /// What the parser says.
        detail: String,
    },
    /// Neither `https:` nor, where that is allowed, `http:`.
    #[error("is `{scheme}:`; `https:` is needed, or `http:` together with `allow_private`")]
    Scheme {
        /// What it is.
        scheme: String,
    },
    /// A name or a password before the host would end in places where addresses are shown.
    #[error("holds a user name or password")]
    Credentials,
    /// It is an address that must not be called.
    #[error("is {address}, which is not a public address; `allow_private` allows private ones")]
    Address {
        /// Which.
        address: IpAddr,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_of_the_sink_and_a_rejection_of_a_delivery() {
        let status = |status| Refusal::Status { status, retry_after: None, answer: String::new() };
        for rejected in [400, 409, 411, 413, 414, 415, 422, 431] {
            assert!(!status(rejected).is_outage(), "{rejected}");
        }
        for outage in [301, 401, 403, 404, 408, 410, 429, 500, 502, 503, 504] {
            assert!(status(outage).is_outage(), "{outage}");
        }
        let aws = |code: &str| Refusal::Aws { code: code.to_owned(), message: String::new() };
        assert!(!aws("InvalidParameter").is_outage());
        assert!(
            ["AuthorizationError", "NotReached", "Throttled", "NotFound"]
                .iter()
                .all(|code| aws(code).is_outage())
        );
        assert!(!Refusal::Answer { status: 200, answer: "invalid_blocks".to_owned() }.is_outage());
        assert!(Refusal::Timeout { ms: 1 }.is_outage());
        assert!(Refusal::Connect { detail: String::new() }.is_outage());
    }
}
