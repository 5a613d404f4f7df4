//! The events behind a period, bounded: the earliest ids, the earliest events whole, the latest event. A function of the
//! set of events: what falls out of the smallest N can never come back, because the set only grows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::finding::Evidence;
use crate::hit::Facts;

/// Events kept whole beside the latest: the first, and 100 more.
const WHOLE_MAX: usize = 101;

/// What a place costs in memory, and an event whole beside its text; about.
const PLACE_BYTES: usize = 200;
const FACTS_BYTES: usize = 800;

/// (time, account, event id).
type Place = (i64, String, String);

/// The effect of an event on the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Added {
    /// True if the event was not there before. Beyond the earliest `ids_max` events nobody knows, and all count as new.
    pub(super) is_new: bool,
    /// True if the evidence changed.
    pub(super) changed: bool,
}

/// Evidence in the making.
#[derive(Debug, Clone)]
pub(super) struct Gathered {
    /// The earliest events; the first [`WHOLE_MAX`] with their facts.
    earliest: BTreeMap<Place, Option<Arc<Facts>>>,
    /// The last place that has its facts.
    whole_end: Option<Place>,
    latest: Option<(Place, Arc<Facts>)>,
    ids_max: usize,
    /// What the events whole cost.
    whole_bytes: usize,
}

impl Gathered {
    pub(super) fn new(ids_max: usize) -> Self {
        Self { earliest: BTreeMap::new(), whole_end: None, latest: None, ids_max, whole_bytes: 0 }
    }

    /// What it costs in memory, about.
    pub(super) fn bytes(&self) -> usize {
        let latest = self.latest.as_ref().map_or(0, |(_, event)| cost(event));
        self.earliest.len() * PLACE_BYTES + self.whole_bytes + latest
    }

    /// Adds an event; one that is there already changes nothing.
    ///
    /// Two deliveries of one event may differ in when the log received them, and forged ones in more: then the lesser one
    /// stays, whichever came first.
    pub(super) fn add(&mut self, event: &Arc<Facts>) -> Added {
        let place = (event.time_s, event.account.clone(), event.event_id.clone());
        let repeats_latest = self.latest.as_ref().is_some_and(|(latest, _)| *latest == place);
        let is_latest = self
            .latest
            .as_ref()
            .is_none_or(|(latest, kept)| *latest < place || *latest == place && event.precedes(kept));
        if is_latest {
            self.latest = Some((place.clone(), Arc::clone(event)));
        }
        if self.earliest.len() >= self.ids_max
            && self.earliest.last_key_value().is_some_and(|(last, _)| *last < place)
        {
            return Added { is_new: !repeats_latest, changed: is_latest };
        }
        let whole =
            self.earliest.len() < WHOLE_MAX || self.whole_end.as_ref().is_some_and(|end| place < *end);
        if let Some(kept) = self.earliest.get_mut(&place) {
            let changed = match kept {
                Some(kept) if event.precedes(kept) => {
                    self.whole_bytes = self.whole_bytes + cost(event) - cost(kept);
                    *kept = Arc::clone(event);
                    true
                }
                _ => is_latest,
            };
            return Added { is_new: false, changed };
        }
        self.earliest.insert(place, whole.then(|| Arc::clone(event)));
        if whole {
            self.whole_bytes += cost(event);
            self.strip_one();
        }
        if self.earliest.len() > self.ids_max
            && let Some((_, Some(gone))) = self.earliest.pop_last()
        {
            self.whole_bytes -= cost(&gone);
        }
        Added { is_new: true, changed: true }
    }

    /// After a whole event came in, the one pushed beyond the limit keeps its id only.
    fn strip_one(&mut self) {
        if self.earliest.len() <= WHOLE_MAX {
            self.whole_end = self.earliest.last_key_value().map(|(place, _)| place.clone());
            return;
        }
        if let Some(end) = self.whole_end.take() {
            if let Some(facts) = self.earliest.get_mut(&end)
                && let Some(gone) = facts.take()
            {
                self.whole_bytes -= cost(&gone);
            }
            self.whole_end = self.earliest.range(..end).next_back().map(|(place, _)| place.clone());
        }
    }

    /// The evidence so far; none before the first event.
    pub(super) fn evidence(&self) -> Option<Evidence> {
        let (latest_place, latest) = self.latest.as_ref()?;
        let mut whole = self.earliest.iter().map_while(|(place, facts)| Some((place, facts.as_ref()?)));
        let (_, first) = whole.next()?;
        Some(Evidence {
            first: Arc::clone(first),
            latest: Arc::clone(latest),
            more: whole
                .filter(|(place, _)| *place != latest_place)
                .map(|(_, facts)| Arc::clone(facts))
                .collect(),
            event_ids: self.earliest.keys().map(|(_, _, id)| id.clone()).collect(),
        })
    }
}

/// What an event costs in memory, about. Other groups may share it: then it is counted for each.
pub(super) fn cost(event: &Facts) -> usize {
    FACTS_BYTES + event.text.len()
}
