//! What was planted against what was found. The list of what must follow is the generator's own.

use std::collections::BTreeMap;

use tripline_loadgen::{Expected, Truth};

use crate::store::StoredAlert;

/// Fewer planted alerts would prove little.
const PLANTED_MIN: usize = 9;

/// An alert by what it is about: rule, group, period.
type About = (String, Vec<(String, String)>, Option<i64>);

/// The comparison.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) planted: usize,
    pub(super) found: usize,
    /// What must be there and is not, or with another count.
    pub(super) missing: Vec<String>,
    /// What is there and was not planted.
    pub(super) unexpected: Vec<String>,
}

impl Verdict {
    /// Whether everything was found and nothing else.
    pub(super) fn holds(&self) -> bool {
        self.planted >= PLANTED_MIN && self.found == self.planted && self.unexpected.is_empty()
    }
}

pub(super) fn judge(truth: &Truth, alerts: &[StoredAlert]) -> Verdict {
    let mut found: BTreeMap<About, u64> = alerts
        .iter()
        .map(|stored| {
            let alert = &stored.alert;
            let period = alert.period.as_ref().map(|period| period.start_s);
            ((alert.rule.id.clone(), alert.group.to_vec(), period), alert.count)
        })
        .collect();
    let mut verdict = Verdict { planted: truth.must.len(), ..Verdict::default() };
    for expected in &truth.must {
        let about = (expected.rule_id.clone(), expected.group.clone(), Some(expected.period_start_s));
        match found.remove(&about) {
            Some(count) if count == expected.count => verdict.found += 1,
            Some(count) => verdict.missing.push(format!("{}, but counted {count}", said(expected))),
            None => verdict.missing.push(said(expected)),
        }
    }
    let rest =
        found.into_iter().map(|((rule, group, _), count)| format!("{rule} {} × {count}", grouped(&group)));
    verdict.unexpected = rest.collect();
    verdict
}

fn said(expected: &Expected) -> String {
    let Expected { scenario, rule_id, group, count, .. } = expected;
    format!("{rule_id} {} × {count} ({scenario})", grouped(group))
}

fn grouped(group: &[(String, String)]) -> String {
    group.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}
