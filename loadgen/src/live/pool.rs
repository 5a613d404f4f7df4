//! The background of a load, packed before its clock starts.

use std::collections::BTreeMap;

use tripline_loadgen::{Corpus, LogEvent, Packing};

use super::unit::Unit;
use crate::target::Target;

/// How much is packed: so many events, and so many bytes at most. What a load needs beyond that goes round again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) events: u64,
    pub(crate) bytes_max: usize,
}

/// Packs the corpus as the target takes it; `each` is told of events as they are packed.
pub(crate) fn fill(
    corpus: &Corpus,
    target: &Target,
    packing: Packing,
    size: Size,
    mut each: impl FnMut(u64),
) -> anyhow::Result<Vec<Unit>> {
    let (mut pool, mut events, mut bytes) = (Vec::new(), 0, 0);
    let mut units: Box<dyn Iterator<Item = anyhow::Result<Unit>>> = match target {
        Target::Logs(_) => Box::new(Runs::new(corpus, packing.events_max as usize)),
        _ => Box::new(corpus.messages(packing).map(|message| Ok(Unit::record(message)))),
    };
    while events < size.events
        && bytes < size.bytes_max
        && let Some(unit) = units.next().transpose()?
    {
        events += unit.log_events;
        bytes += unit.bytes;
        each(events);
        pool.push(unit);
    }
    Ok(pool)
}

/// Log events as CloudTrail hands them to CloudWatch Logs: some of one log stream at a time.
struct Runs<'c> {
    corpus: &'c Corpus,
    events: Box<dyn Iterator<Item = LogEvent> + 'c>,
    length: usize,
    open: BTreeMap<String, Vec<LogEvent>>,
}

impl<'c> Runs<'c> {
    fn new(corpus: &'c Corpus, length: usize) -> Self {
        Self { corpus, events: Box::new(corpus.log_events()), length, open: BTreeMap::new() }
    }
}

impl Iterator for Runs<'_> {
    type Item = anyhow::Result<Unit>;

    fn next(&mut self) -> Option<Self::Item> {
        for event in self.events.by_ref() {
            let stream = self.corpus.log_stream(&event);
            let mut run = self.open.remove(&stream).unwrap_or_default();
            run.push(event);
            if run.len() >= self.length.max(1) {
                return Some(Unit::events(stream, run));
            }
            self.open.insert(stream, run);
        }
        self.open.pop_first().map(|(stream, run)| Unit::events(stream, run))
    }
}
