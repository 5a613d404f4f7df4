//! The name of an alert: a function of what it is about, so that a repeat is the same row everywhere.

use sha2::{Digest, Sha256};
use tripline_rules::rule::Metadata;

use crate::hit::hex;
use crate::window::finding::{Finding, Period};

/// Changes when the encoding below does.
const SCHEMA: &str = "tripline alert 1";

/// The id of a finding's alert.
pub fn of(rule: &Metadata, finding: &Finding) -> String {
    digest(rule, finding, finding.period)
}

/// The id of the same group's alert in the period before.
pub(super) fn of_previous(rule: &Metadata, finding: &Finding) -> Option<String> {
    let period = finding.period?;
    let start_s = period.start_s.saturating_sub(i64::from(period.length_s));
    Some(digest(rule, finding, Some(Period { start_s, ..period })))
}

fn digest(rule: &Metadata, finding: &Finding, period: Option<Period>) -> String {
    let mut hash = Sha256::new();
    // Lengths stand before the parts, so that moving a letter from one to the next changes the whole.
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    part(SCHEMA);
    part(&rule.id);
    match period {
        Some(period) => {
            part(&period.start_s.to_string());
            part(&period.length_s.to_string());
        }
        // Without suppression every event is an alert of its own.
        None => {
            part(&finding.evidence.first.account);
            part(&finding.evidence.first.event_id);
        }
    }
    for (name, value) in finding.group.iter() {
        part(name);
        part(value);
    }
    hex(&hash.finalize()[..16])
}
