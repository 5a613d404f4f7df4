//! What follows an attempt to deliver. Pure: time and chance are arguments.

use crate::sink::Refusal;
use crate::sink::retry::{self, Next};
use crate::store::{Due, Ended};

/// Time of an attempt, milliseconds, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Wall clock, for people.
    pub wall_ms: i64,
    /// Clock of this run of the engine, which never jumps: waits and counted time are measured by it.
    pub engine_ms: i64,
}

/// Returns how an attempt at `at` ended, and its metric label. `digest` is the key of the digest that it was made in; `random` is
/// any number from all of `u64`.
pub fn ended(
    due: &Due,
    answer: &Result<(), Refusal>,
    digest: Option<&str>,
    at: Moment,
    random: u64,
) -> (Ended, &'static str) {
    let Err(refusal) = answer else {
        return (Ended::Delivered { at_ms: at.wall_ms, digest: digest.map(str::to_owned) }, "delivered");
    };
    let (error, label) = (refusal.to_string(), refusal.label());
    let since_ms = due.refused_ms.map(|refused_ms| at.engine_ms.saturating_sub(refused_ms));
    let tried_ms = due.tried_ms.saturating_add(retry::counted_ms(since_ms, due.wait_ms));
    match retry::next_attempt(due.attempts.saturating_add(1), tried_ms, refusal.retry_after(), random) {
        Next::After(wait_ms) => (Ended::Retry { refused_ms: at.engine_ms, wait_ms, tried_ms, error }, label),
        Next::Dead => (Ended::Dead { at_ms: at.wall_ms, error }, "dead"),
    }
}
