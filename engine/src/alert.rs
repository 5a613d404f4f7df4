//! A finding with a name, a sentence, its reasons and its proof.
//!
//! Pure: the same finding gives the same alert. What outsiders read is in the wire forms ([`native`], [`ocsf`],
//! [`table`]); this type is ours. Invariant: text from events reaches no output unescaped, and a rule's author is never
//! left out.

mod clean;
mod id;
mod latency;
pub mod native;
pub mod ocsf;
mod summary;
pub mod table;
mod target;
mod time;
#[cfg(test)]
mod tests;

use tripline_rules::explain::Reason;
use tripline_rules::rule::Metadata;

use crate::window::finding::Finding;
pub use clean::shown as clean;
pub use latency::Latency;

/// An alert, as of now.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert<'r> {
    /// 32 hexadecimal digits: a hash of rule, group and period, the same wherever and whenever it is computed.
    pub id: String,
    /// The rule, with its author.
    pub rule: &'r Metadata,
    /// Who did what to which, where, from where.
    pub summary: String,
    /// What was found.
    pub finding: Finding,
    /// The alert of the period before, if that fired.
    pub continues: Option<String>,
    /// 1 when it opens; one more each time the count reaches 10, 100, 1,000 …
    pub revision: u32,
    /// The predicates that the first event satisfied, and with which values.
    pub why: Vec<Reason>,
    /// When its first event passed which hop.
    pub latency: Latency,
}

impl<'r> Alert<'r> {
    /// Words a finding. `why` explains its first event.
    pub fn new(finding: Finding, rule: &'r Metadata, why: Vec<Reason>) -> Self {
        let continues = finding.continues.then(|| id::of_previous(rule, &finding)).flatten();
        Self {
            id: id::of(rule, &finding),
            summary: summary::of(&finding),
            continues,
            revision: revision(finding.count),
            latency: Latency::of(&finding.evidence.first),
            rule,
            finding,
            why,
        }
    }
}

/// Which revision of an alert a count calls for: an alert is told again when it has grown tenfold.
pub fn revision(count: u64) -> u32 {
    1 + count.max(1).ilog10()
}
