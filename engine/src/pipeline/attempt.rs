//! What follows an attempt to deliver. Pure: time and chance are arguments.

use crate::sink::Refusal;
use crate::sink::retry::{self, Next};
use crate::store::{Due, Ended};

/// How an attempt ended, and its metric label. `digest` is the one that it was made in; `random` is any number from all of
/// `u64`.
pub fn ended(
    due: &Due,
    answer: &Result<(), Refusal>,
    digest: Option<&str>,
    now_ms: i64,
    random: u64,
) -> (Ended, &'static str) {
    let Err(refusal) = answer else {
        return (Ended::Delivered { at_ms: now_ms, digest: digest.map(str::to_owned) }, "delivered");
    };
    let (error, label) = (refusal.to_string(), refusal.label());
    match retry::next_attempt(due.attempts + 1, due.created_ms, now_ms, refusal.retry_after(), random) {
        Next::At(next_ms) => (Ended::Retry { next_ms, error }, label),
        Next::Dead => (Ended::Dead { at_ms: now_ms, error }, "dead"),
    }
}
