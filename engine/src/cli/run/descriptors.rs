//! Open descriptors: raises the limit at the start, and lowers the number of HTTP connections where it stays low.

use crate::config::Config;
use crate::port::{DESCRIPTORS_RESERVED, Limits};
use crate::process;

/// Descriptors that each answer of Kinesis can take: its connection, and one that is being opened in its place.
const DESCRIPTORS_PER_ANSWER: u64 = 2;

/// Raises the soft limit of descriptors to the hard one. Returns the limits of the HTTP server that leave enough descriptors for
/// detection, the store and the sinks.
pub(super) fn provide(config: &Config) -> Limits {
    match process::raise_descriptor_limit() {
        Ok(raised) if raised.before == raised.now => {
            tracing::info!(limit = shown(raised.now), "limit of open descriptors is at its maximum");
        }
        Ok(raised) => {
            tracing::info!(
                before = shown(raised.before),
                limit = shown(raised.now),
                "limit of open descriptors raised to its maximum"
            );
        }
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open descriptors"),
    }
    let answers = config.kinesis.as_ref().map_or(0, |kinesis| kinesis.answers_max);
    let answers = u64::try_from(answers).unwrap_or(u64::MAX);
    let reserved = DESCRIPTORS_RESERVED.saturating_add(answers.saturating_mul(DESCRIPTORS_PER_ANSWER));
    let wanted = config.http.limits.connections_max;
    let limits = config.http.limits.clone().within(process::descriptor_limit(), reserved);
    if limits.connections_max < wanted {
        tracing::warn!(
            limit = shown(process::descriptor_limit()),
            reserved,
            configured = wanted,
            connections_max = limits.connections_max,
            "fewer HTTP connections than configured: raise the limit of open descriptors (LimitNOFILE=, ulimit -n)"
        );
    }
    limits
}

fn shown(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}
