//! What the windows amount to, read out: findings, each by its key.

use std::collections::BTreeSet;
use std::sync::Arc;

use tripline_rules::rule::RuleId;

use super::finding::{Crossing, Evidence, Finding, Period, Scope};
use super::scope::PeriodScope;
use super::{FindingKey, GroupValues, What, Windows};
use crate::hit::Facts;

impl Windows {
    /// The finding behind a key, as it stands now.
    pub fn finding(&self, key: &FindingKey) -> Option<Finding> {
        match &key.what {
            What::Group(group, period) => self.group_finding(key.rule, group, *period),
            What::Overflow(period) => self.overflow_finding(key.rule, *period),
            What::Event(time_s, account, id) => {
                let place = (key.rule, *time_s, account.clone(), id.clone());
                self.events.get(&place).map(|(group, event)| single(key.rule, group, event))
            }
        }
    }

    /// Every finding, in the order of first sight, then rule and group: the same for the same set of hits.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<_> = self.keyed_findings().into_iter().map(|(_, finding)| finding).collect();
        findings.sort_by(|one, other| {
            (one.first_seen_s, one.rule, &one.group).cmp(&(other.first_seen_s, other.rule, &other.group))
        });
        findings
    }

    /// Every finding with its key, in the order of the keys.
    pub fn keyed_findings(&self) -> Vec<(FindingKey, Finding)> {
        let mut keys = BTreeSet::new();
        for ((rule, group), state) in &self.groups {
            let Some(spec) = self.specs[rule.index()] else { continue };
            for period in state.fired_periods(&spec) {
                let own = self.overflows.get(&(*rule, period)).is_none_or(|overflow| overflow.has_own(group));
                let what = if own { What::Group(Arc::clone(group), period) } else { What::Overflow(period) };
                keys.insert(FindingKey { rule: *rule, what });
            }
        }
        for (rule, time_s, account, id) in self.events.keys() {
            keys.insert(FindingKey { rule: *rule, what: What::Event(*time_s, account.clone(), id.clone()) });
        }
        keys.into_iter().filter_map(|key| self.finding(&key).map(|finding| (key, finding))).collect()
    }

    fn group_finding(&self, rule: RuleId, group: &GroupValues, period: Period) -> Option<Finding> {
        let spec = self.specs[rule.index()]?;
        let fired = self.groups.get(&(rule, Arc::clone(group)))?.fired(&spec, period)?;
        Some(Finding {
            rule,
            group: Arc::clone(group),
            period: Some(period),
            count: fired.count,
            count_exact: fired.count_exact && !fired.late,
            distinct: fired.distinct,
            first_seen_s: fired.first_s,
            last_seen_s: fired.last_s,
            window: fired.crossing,
            continues: fired.continues,
            evidence: fired.evidence,
            scope: fired.scope,
            approximate: fired.approximate,
            late: fired.late,
        })
    }

    /// One finding for all groups of a period that have none of their own: sums and spans, the first one's evidence.
    fn overflow_finding(&self, rule: RuleId, period: Period) -> Option<Finding> {
        let overflow = self.overflows.get(&(rule, period))?;
        let part = |(group, counted)| Some((self.group_finding(rule, group, period)?, counted));
        let parts: Vec<(Finding, u64)> = overflow.folded().filter_map(part).collect();
        let before = overflow.before();
        let here: u64 = parts.iter().map(|(part, counted)| part.count.saturating_sub(*counted)).sum();
        let parts: Vec<Finding> = parts.into_iter().map(|(part, _)| part).collect();
        let first = parts.iter().min_by_key(|part| (part.first_seen_s, &part.group))?;
        let last = parts.iter().max_by_key(|part| (part.last_seen_s, &part.group))?;
        Some(Finding {
            group: Arc::from([]),
            count: before.map_or(0, |before| before.count) + here,
            count_exact: false,
            distinct: None,
            first_seen_s: before.map_or(first.first_seen_s, |before| before.first_s.min(first.first_seen_s)),
            last_seen_s: before.map_or(last.last_seen_s, |before| before.last_s.max(last.last_seen_s)),
            continues: false,
            evidence: Evidence { latest: Arc::clone(&last.evidence.latest), ..first.evidence.clone() },
            scope: Scope::default(),
            approximate: true,
            ..first.clone()
        })
    }
}

fn single(rule: RuleId, group: &GroupValues, event: &Arc<Facts>) -> Finding {
    let time_s = event.time_s;
    Finding {
        rule,
        group: Arc::clone(group),
        period: None,
        count: 1,
        count_exact: true,
        distinct: None,
        first_seen_s: time_s,
        last_seen_s: time_s,
        window: Crossing { from_s: time_s, to_s: time_s, n: 1 },
        continues: false,
        evidence: Evidence {
            first: Arc::clone(event),
            latest: Arc::clone(event),
            more: Vec::new(),
            event_ids: vec![event.event_id.clone()],
        },
        scope: PeriodScope::of_event(event),
        approximate: false,
        late: false,
    }
}
