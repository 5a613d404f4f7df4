//! The judge: what is due, what was raised, and where they differ.
//!
//! Each alert that was raised falls in one place, the first that takes it: a second id for what another id stands for; due;
//! forbidden; permitted; the engine's own; unexpected. A ledger may so demand an alert of the engine's own, or an alert of what it also
//! forbids in other periods. Of two ids the lesser is the first.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::about::{About, Group};
use super::alerts::{Alerts, Kept};
use super::hop::{Hop, Stamps, Took};
use super::ledger::Ledger;
use super::verdict::{Case, Duplicate, Forbidden, Miscounted, Play, Raised, Verdict, Worst};

/// So many of the slowest are named.
const WORST_MAX: usize = 10;

/// Holds alerts against a ledger.
pub fn judge(ledger: &Ledger, alerts: &Alerts) -> Verdict {
    let (mut due, forbidden) = (due(ledger), forbidden(ledger));
    let permitted: BTreeSet<_> = ledger.may.iter().map(|one| (one.rule_id.as_str(), &one.group)).collect();
    let mut verdict = Verdict::default();
    let mut ids: BTreeMap<&About, &str> = BTreeMap::new();
    let mut timed = Vec::new();
    for kept in alerts.kept() {
        verdict.told_again(kept);
        let about = &kept.last.about;
        // Without a period every event is an alert of its own.
        if let Some(other) = about.period.and_then(|_| ids.get(about)) {
            verdict.duplicates.push(Duplicate::Id { raised: Raised::of(kept), other: (*other).to_owned() });
            continue;
        }
        let named = (about.rule_id.as_str(), &about.group);
        match (due.remove(about), forbidden.get(&named)) {
            (None, None) if permitted.contains(&named) => verdict.permitted.push(Raised::of(kept)),
            (None, None) if kept.last.own => {
                verdict.own.push(Raised::of(kept));
                continue;
            }
            (Some(case), _) => {
                verdict.counted(&case, kept);
                timed.push((kept.stamps(), case));
            }
            (None, Some(play)) => {
                verdict.forbidden.push(Forbidden { play: play.clone(), raised: Raised::of(kept) });
            }
            (None, None) => verdict.unexpected.push(Raised::of(kept)),
        }
        ids.insert(about, &kept.last.id);
    }
    verdict.missed = due.into_values().collect();
    verdict.time(&timed);
    verdict
}

/// What is due, one alert each.
fn due(ledger: &Ledger) -> BTreeMap<About, Case> {
    let mut due: BTreeMap<About, Case> = BTreeMap::new();
    for must in &ledger.must {
        let play = Play { scenario: must.scenario.clone(), instance: must.instance };
        let about = must.about();
        match due.entry(about.clone()) {
            Entry::Vacant(free) => {
                free.insert(Case { play, others: 0, about, count: must.count, sent_ms: must.sent_ms });
            }
            Entry::Occupied(case) => {
                let case = case.into_mut();
                case.others += 1;
                case.count = case.count.saturating_add(must.count);
                case.sent_ms = case.sent_ms.into_iter().chain(must.sent_ms).min();
                if play < case.play {
                    case.play = play;
                }
            }
        }
    }
    due
}

/// Who forbids what, by rule and group.
fn forbidden(ledger: &Ledger) -> BTreeMap<(&str, &Group), Play> {
    let mut forbidden: BTreeMap<(&str, &Group), Play> = BTreeMap::new();
    for one in &ledger.must_not {
        let play = Play { scenario: one.scenario.clone(), instance: one.instance };
        let about = (one.rule_id.as_str(), &one.group);
        match forbidden.get(&about) {
            Some(first) if *first <= play => {}
            _ => drop(forbidden.insert(about, play)),
        }
    }
    forbidden
}

impl Verdict {
    /// Each revision is told once.
    fn told_again(&mut self, kept: &Kept) {
        for (revision, times) in kept.revisions.iter().filter(|(_, times)| **times > 1) {
            let raised = Raised::of(kept);
            self.duplicates.push(Duplicate::Told { raised, revision: *revision, times: *times });
        }
    }

    fn counted(&mut self, case: &Case, kept: &Kept) {
        let last = &kept.last;
        if last.count_exact && last.count != case.count {
            self.miscounted.push(Miscounted { case: case.clone(), counted: last.count });
        } else {
            self.found += 1;
            self.inexact += u64::from(!last.count_exact);
        }
    }

    fn time(&mut self, timed: &[(&Stamps, Case)]) {
        for hop in Hop::ALL {
            for ms in timed.iter().filter_map(|(stamps, case)| stamps.hop(hop, case.sent_ms)) {
                self.took.entry(hop).or_insert_with(Took::new).add(ms);
            }
        }
        let hop =
            [Hop::SentToAlerted, Hop::EventToAlerted].into_iter().find(|hop| self.took.contains_key(hop));
        self.worst = hop.map(|hop| {
            let slow = timed.iter().filter_map(|(stamps, case)| Some((stamps.hop(hop, case.sent_ms)?, case)));
            let mut slow: Vec<_> = slow.collect();
            slow.sort_by(|(a_ms, a), (b_ms, b)| b_ms.cmp(a_ms).then_with(|| a.about.cmp(&b.about)));
            slow.truncate(WORST_MAX);
            Worst { hop, cases: slow.into_iter().map(|(ms, case)| (ms.max(0), case.clone())).collect() }
        });
    }
}

impl Raised {
    fn of(kept: &Kept) -> Self {
        let last = &kept.last;
        Self { id: last.id.clone(), about: last.about.clone(), count: last.count }
    }
}
