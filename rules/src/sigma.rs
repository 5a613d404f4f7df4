//! Sigma: detections and correlations to tests, conditions and windows.
//!
//! In the order of reading: a *detection* is named groups of tests and an *expression* over their names; each
//! key is a field with *modifiers*, each *value* becomes one test ([`predicate::sigma`](crate::predicate::sigma)). A *correlation* counts the hits of detections. What of Sigma is not here yet
//! (encodings, placeholders, time parts, temporal and numeric correlations) is refused by
//! name; nothing is ignored. Sources: `spec/sigma.md` §2 to §5, §7.
//!
//! Invariant: a test looks only at the nodes of its field, and costs time linear in their text.

mod correlation;
mod detection;
mod expression;
mod leaf;
mod modifier;
mod regexes;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use correlation::{Correlation, Reference, Tally, read_correlation};
pub(crate) use detection::read_detection;
pub(crate) use leaf::Leaf;
pub(crate) use regexes::{REGEXES_MAX, n_regexes};
