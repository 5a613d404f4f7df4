//! The events of a case as they happen one after the other.
//!
//! Invariant: one file makes at most [`EVENTS_MAX`] events and [`BYTES_MAX`] bytes, however often it says
//! `repeat`.

use super::event::{fill_number, merge, remove, set};
use super::json;
use crate::document::{
    Map, Place, Report, Spanned, Yaml, entries, format_time, only_keys, parse_time, seconds, string, strings,
};

/// Events of one file. A threshold of thousands can be tested; a rule set's tests stay within seconds.
const EVENTS_MAX: usize = 20_000;
/// Bytes of all events of one file.
const BYTES_MAX: usize = 64 << 20;
/// The longest step of time between two events: the longest suppress time, and a little.
const STEP_S_MAX: u32 = 32 * 86_400;
/// When a case begins whose file's `base` does not say: 2026-01-02T03:04:05Z.
const BEGIN_S: i64 = 1_767_323_045;
/// Between two events that say nothing of time.
const STEP_S: u32 = 1;

/// Where a file's events are made.
pub(super) struct Timeline {
    base: Map,
    begin_s: i64,
    /// The time of the next event.
    now_s: i64,
    n_cases: usize,
    n_events: usize,
    n_bytes: usize,
    events: Vec<String>,
}

impl Timeline {
    /// `base` lies beneath every event; its `eventTime`, if any, is when each case begins.
    pub(super) fn new(base: Map) -> Self {
        let begin_s = time_of(&base).unwrap_or(BEGIN_S);
        Self { base, begin_s, now_s: begin_s, n_cases: 0, n_events: 0, n_bytes: 0, events: Vec::new() }
    }

    pub(super) fn begin_case(&mut self) {
        self.n_cases += 1;
        self.now_s = self.begin_s;
    }

    pub(super) fn end_case(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events)
    }

    /// An item of `events`.
    pub(super) fn take_item(&mut self, item: &Spanned, case: &Map, report: &mut Report) {
        let Yaml::Map(map) = &item.value else {
            report.error(item.place, format!("an item of `events` must be a map, not {}", item.value.kind()));
            return;
        };
        only_keys(map, &["event", "without", "repeat", "every", "after"], "an item of `events`", report);
        if map.get("event").is_none() {
            report.error(item.place, "the item has no `event`");
            return;
        }
        self.take(map, Some(case), item.place, report);
    }

    /// What `map` says happens: a case with one event, or an item of a `case` with several.
    pub(super) fn take(&mut self, map: &Map, case: Option<&Map>, place: Place, report: &mut Report) {
        let Some(event) = map.get("event").and_then(|entry| entries(entry, report)) else { return };
        let said = [Some(map), case].into_iter().flatten().filter_map(|map| map.said("without"));
        let without: Vec<(&str, &Spanned)> = said.flat_map(|entry| strings(entry, report)).collect();
        let repeat = repeat(map, report);
        if map.said("every").is_some() && repeat.is_none() {
            report.error(place, "`every` says how far apart repetitions are; there is no `repeat`");
        }
        let every_s = duration(map, "every", report).unwrap_or(STEP_S);
        if let Some(after_s) = duration(map, "after", report) {
            self.step(after_s);
        }
        for n in 0..repeat.unwrap_or(1) {
            if n > 0 {
                self.step(every_s);
            }
            let mut made = self.made(event);
            if repeat.is_some() {
                fill_number(&mut made, n);
            }
            if let Some((path, at)) = without.iter().find(|(path, _)| !remove(&mut made, path)) {
                report.error(at.place, format!("`without`: the event has no `{path}`"));
                return;
            }
            if !self.push(&made, place, report) {
                return;
            }
        }
    }

    /// Sets the clock so long after the last event of the case, or after its beginning.
    fn step(&mut self, seconds: u32) {
        // After an event the clock already stands one default step on.
        let stood_s = if self.events.is_empty() { 0 } else { STEP_S };
        self.now_s += i64::from(seconds) - i64::from(stood_s);
    }

    /// The event over the base, with an id and a time.
    fn made(&mut self, event: &Map) -> Map {
        let mut made = self.base.clone();
        merge(&mut made, event);
        if event.get("eventID").is_none() {
            let (case, event) = (self.n_cases, self.events.len());
            set(&mut made, "eventID", format!("00000000-0000-4000-{case:04x}-{event:012x}"));
        }
        match event.get("eventTime") {
            Some(_) => self.now_s = time_of(event).unwrap_or(self.now_s),
            None => set(&mut made, "eventTime", format_time(self.now_s)),
        }
        self.now_s += i64::from(STEP_S);
        made
    }

    /// Whether the event fits the budget and JSON.
    fn push(&mut self, made: &Map, place: Place, report: &mut Report) -> bool {
        let text = match json::text(made) {
            Ok(text) => text,
            Err(error) => {
                report.error(error.place, error.to_string());
                return false;
            }
        };
        self.n_events += 1;
        self.n_bytes += text.len();
        if self.n_events > EVENTS_MAX || self.n_bytes > BYTES_MAX {
            let message = format!("more than {EVENTS_MAX} events or {BYTES_MAX} bytes of events in one file");
            report.error(place, message);
            return false;
        }
        self.events.push(text);
        true
    }
}

fn time_of(event: &Map) -> Option<i64> {
    parse_time(event.get("eventTime")?.value.value.as_str()?)
}

fn repeat(map: &Map, report: &mut Report) -> Option<usize> {
    let entry = map.said("repeat")?;
    let number = entry.value.value.as_int().and_then(|text| text.parse().ok());
    let repeat = number.filter(|n| (1..=EVENTS_MAX).contains(n));
    if repeat.is_none() {
        report.error(entry.value.place, format!("`repeat` must be a whole number from 1 to {EVENTS_MAX}"));
    }
    repeat
}

fn duration(map: &Map, key: &str, report: &mut Report) -> Option<u32> {
    const DURATION_CHARS_MAX: usize = 40;
    let entry = map.said(key)?;
    match seconds(string(entry, DURATION_CHARS_MAX, report)?, STEP_S_MAX) {
        Ok(seconds) => Some(seconds),
        Err(error) => {
            report.error(entry.value.place, error.to_string());
            None
        }
    }
}
