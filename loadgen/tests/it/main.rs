//! One test binary: each `mod` says what belongs there.

#![expect(clippy::unwrap_used, reason = "a panic is how a test speaks")]

/// Events look like CloudTrail's, each and together.
mod events;

/// Messages are CloudWatch Logs', within Kinesis' limits.
mod messages;

/// What the scenarios declare holds together.
mod truth;

/// Scenarios played afresh never meet.
mod live;

/// Same options, same bytes, for ever.
mod fingerprints;

/// What was found is held against what was planted.
mod verify;
