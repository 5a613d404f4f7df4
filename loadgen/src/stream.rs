//! Log events in the order in which CloudTrail hands them over. Memory holds the events of the delay's window as numbers,
//! never as text, however long the corpus.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::Corpus;
use crate::background;
use crate::delay;
use crate::json::Json;
use crate::rng::{self, Rng};

/// A repeat follows its original within so many milliseconds: soon, or after a retry.
const REPEAT_MS_MAX: u32 = 300_000;
/// What an event usually needs.
const EVENT_BYTES: usize = 2_048;

/// One log event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// The text: one CloudTrail event as JSON, or a foreign line.
    pub message: String,
    /// `eventTime`, in seconds since the epoch.
    pub event_time_s: i64,
    /// When CloudTrail wrote it to the log group, in milliseconds since the epoch.
    pub logs_time_ms: i64,
    /// The recipient account.
    pub account: Arc<str>,
    /// The region.
    pub region: &'static str,
    /// What it is.
    pub origin: Origin,
}

/// What a log event is to whoever keeps count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A background event, delivered for the first time.
    Background,
    /// A scenario's event.
    Scenario,
    /// An event that was delivered before, byte for byte.
    Repeat,
    /// No CloudTrail.
    Foreign,
}

/// The iterator over a corpus.
#[derive(Debug)]
pub struct LogEvents<'a> {
    corpus: &'a Corpus,
    /// (written, number, what): the number is the background's, or of a planted event from `PLANTED` on.
    waiting: BinaryHeap<Reverse<(i64, u64, Origin)>>,
    /// The next event of the background to be drawn.
    next: u64,
    /// The next planted event to be drawn.
    planted: usize,
}

const PLANTED: u64 = 1 << 62;

impl<'a> LogEvents<'a> {
    pub(crate) fn new(corpus: &'a Corpus) -> Self {
        Self { corpus, waiting: BinaryHeap::new(), next: 0, planted: 0 }
    }

    /// Counts the log events that are left, without writing any of them as text.
    pub(crate) fn count_left(mut self) -> u64 {
        let mut left = 0;
        while self.next_due().is_some() {
            left += 1;
        }
        left
    }

    /// Takes out the next log event: when it was written, its number, and its origin.
    fn next_due(&mut self) -> Option<(i64, u64, Origin)> {
        self.fill();
        self.waiting.pop().map(|Reverse(due)| due)
    }

    /// Draws whatever may be written before the first that waits; after that its turn has come.
    fn fill(&mut self) {
        while self.next < self.corpus.background.events {
            let time_s = self.corpus.background.time_s(self.next);
            self.plant_until(time_s);
            if let Some(Reverse((written_ms, ..))) = self.waiting.peek()
                && *written_ms < time_s * 1000 + delay::DELAY_MS_MIN
            {
                return;
            }
            self.draw();
        }
        self.plant_until(i64::MAX);
    }

    fn plant_until(&mut self, time_s: i64) {
        while let Some(event) =
            self.corpus.planted.get(self.planted).filter(|event| event.event_time_s <= time_s)
        {
            let n = PLANTED + self.planted as u64;
            self.push(n, rng::hash(7, event.stream), event.event_time_s, Origin::Scenario);
            self.planted += 1;
        }
    }

    fn draw(&mut self) {
        let n = self.next;
        self.next += 1;
        let Corpus { background, org, options, .. } = self.corpus;
        let place = background.place(org, n);
        let stream = (place.account * 64 + place.region) as u64;
        self.push(n, stream, place.time_s, Origin::Background);
        if Rng::keyed(options.seed, 0xF0, n).chance(options.foreign_ppm) {
            self.push(n, stream, place.time_s, Origin::Foreign);
        }
    }

    fn push(&mut self, n: u64, stream: u64, time_s: i64, origin: Origin) {
        let options = &self.corpus.options;
        let mut rng = Rng::keyed(options.seed, 0x3117, n);
        let written_ms = delay::written_ms(options, stream, time_s, &mut rng);
        self.waiting.push(Reverse((written_ms, n, origin)));
        if origin != Origin::Foreign && rng.chance(options.duplicates_ppm) {
            let again_ms = written_ms + 1 + i64::from(rng.below(REPEAT_MS_MAX));
            self.waiting.push(Reverse((again_ms, n, Origin::Repeat)));
        }
    }

    fn write(&self, logs_time_ms: i64, n: u64, origin: Origin) -> LogEvent {
        let Corpus { background, org, planted, options, .. } = self.corpus;
        if let Some(event) = n.checked_sub(PLANTED).and_then(|at| planted.get(usize::try_from(at).ok()?)) {
            return LogEvent {
                message: event.message.clone(),
                event_time_s: event.event_time_s,
                logs_time_ms,
                account: Arc::clone(&event.account),
                region: event.region,
                origin,
            };
        }
        let place = background.place(org, n);
        let mut json = Json::with_capacity(EVENT_BYTES);
        if origin == Origin::Foreign {
            background::foreign(options.seed, n, &mut json);
        } else {
            background.write(org, n, &mut json);
            if Rng::keyed(options.seed, 0xB16, n).chance(options.oversize_ppm) {
                background::enlarge(&mut json);
            }
        }
        LogEvent {
            message: json.out,
            event_time_s: place.time_s,
            logs_time_ms,
            account: background::account_id(org, place),
            region: org.regions[place.region],
            origin,
        }
    }
}

impl Iterator for LogEvents<'_> {
    type Item = LogEvent;

    fn next(&mut self) -> Option<LogEvent> {
        let (written_ms, n, origin) = self.next_due()?;
        Some(self.write(written_ms, n, origin))
    }
}
