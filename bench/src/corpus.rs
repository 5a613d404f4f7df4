//! What is measured on: the load generator's organisation, packed fifty events a message. Its own counts are kept beside it, so that
//! a reader that loses events cannot pass for a fast one.

use tripline_loadgen::{Corpus, Options, Packing};

/// Events a message.
const EVENTS_PER_MESSAGE: u32 = 50;

/// Data messages, and how many log events are in them.
#[derive(Debug)]
pub(crate) struct Messages {
    pub(crate) records: Vec<Vec<u8>>,
    pub(crate) log_events: u64,
}

/// The first so many full messages of a corpus: stories within, no foreign lines.
pub(crate) fn messages(wanted: usize) -> anyhow::Result<Messages> {
    // Four log streams, and one message more for each: their last messages are not full, and are left out.
    let events = u64::from(EVENTS_PER_MESSAGE) * (u64::try_from(wanted)? + 4);
    let options = Options { events, accounts: 4, regions: 1, foreign_ppm: 0, ..Options::default() };
    let corpus = Corpus::new(options)?;
    let packing = Packing { events_max: EVENTS_PER_MESSAGE, hold_ms: i64::MAX, ..Packing::default() };
    let full = corpus.messages(packing).filter(|message| message.log_events == EVENTS_PER_MESSAGE);
    let records: Vec<Vec<u8>> = full.take(wanted).map(|message| message.bytes).collect();
    anyhow::ensure!(records.len() == wanted, "the corpus has {} full messages of {wanted}", records.len());
    let log_events = u64::try_from(wanted)? * u64::from(EVENTS_PER_MESSAGE);
    Ok(Messages { records, log_events })
}
