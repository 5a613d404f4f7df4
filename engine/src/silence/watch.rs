//! One key: when it was heard, what is usual for it, and whether it is silent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::profile::{PARTS, Profile};
use super::{Key, MINUTE_MS, Notice, Settings};

/// Hours that wait to be learned, at most: when one shard is read so far ahead of another, the oldest are forgotten.
const HOURS_MAX: usize = 200;

/// Parts of the natural logarithm's unit in which surprise is added up.
const MICRO: f64 = 1e6;

#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) first_seen_ms: i64,
    pub(super) last_seen_ms: i64,
    pub(super) known: Known,
    /// Whether anything of it is not written down yet.
    pub(super) changed: bool,
}

/// What is written down of a key as one JSON text.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) profile: Profile,
    /// Hours since the epoch that are not learned yet: their minutes in which something came, as bits.
    hours: BTreeMap<i64, u64>,
    /// The first hour that is not learned.
    next_hour: i64,
    /// The last minute in which something came, of those learned.
    last_minute: Option<i64>,
    silence: Silence,
    /// Its silence was told; since when it lasts, milliseconds since the epoch.
    silent_from_ms: Option<i64>,
    /// Whether it has been looked at: it is new only once.
    looked_at: bool,
}

/// The silent minutes since the key was heard, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Silence {
    from_ms: i64,
    /// Minutes before this one are added.
    to: i64,
    /// Those outside quiet hours.
    awake: i64,
    /// What they are worth, in millionths.
    surprise: i64,
    /// In how many of them something usually comes, in parts.
    expected: i64,
}

/// What a look at a key needs to know.
pub(super) struct Look<'l> {
    pub(super) settings: &'l Settings,
    pub(super) key: &'l Key,
    pub(super) clock_ms: i64,
    /// The clock's minute: it is not over.
    pub(super) clock: i64,
    /// The hours before the clock's in which anything came at all.
    pub(super) spoken: &'l [i64],
    /// Minutes of which records were lost.
    pub(super) lost: &'l [(i64, i64)],
    /// When the first of all keys was heard of.
    pub(super) first_ms: i64,
}

impl Known {
    /// Nothing is usual yet, but the key is not new.
    pub(super) fn nothing(last_seen_ms: i64) -> Self {
        Self { looked_at: true, ..Watch::new(last_seen_ms).known }
    }
}

impl Watch {
    pub(super) fn new(arrival_ms: i64) -> Self {
        let next_hour = arrival_ms.div_euclid(60 * MINUTE_MS);
        let known = Known { next_hour, ..Known::default() };
        Self { first_seen_ms: arrival_ms, last_seen_ms: arrival_ms, known, changed: true }
    }

    pub(super) fn heard(&mut self, arrival_ms: i64) {
        self.first_seen_ms = self.first_seen_ms.min(arrival_ms);
        self.last_seen_ms = self.last_seen_ms.max(arrival_ms);
        self.changed = true;
        let minute = arrival_ms.div_euclid(MINUTE_MS);
        let (hour, bit) = (minute.div_euclid(60), minute.rem_euclid(60));
        let hours = &mut self.known.hours;
        if hour >= self.known.next_hour {
            *hours.entry(hour).or_default() |= 1 << bit;
            if hours.len() > HOURS_MAX {
                hours.pop_first();
            }
        }
    }

    /// The hours before a minute's in which it was heard and that are not learned.
    pub(super) fn hours_before(&self, minute: i64) -> Vec<i64> {
        self.known.hours.range(..minute.div_euclid(60)).map(|(hour, _)| *hour).collect()
    }

    pub(super) fn is_silent(&self) -> bool {
        self.known.silent_from_ms.is_some()
    }

    pub(super) fn look(&mut self, look: &Look<'_>, notices: &mut Vec<Notice>) {
        let key = || look.key.clone();
        if let Some(silent_from_ms) = self.known.silent_from_ms.filter(|from_ms| self.last_seen_ms > *from_ms)
        {
            notices.push(Notice::Resumed { key: key(), silent_from_ms, resumed_ms: self.last_seen_ms });
            self.known.silent_from_ms = None;
            // The gap that was told of is not usual.
            self.known.last_minute = Some(self.last_seen_ms.div_euclid(MINUTE_MS));
        }
        self.learn(look);
        let first_seen_ms = self.first_seen_ms;
        let is_new = !self.known.looked_at && *look.key != Key::Stream;
        if is_new && first_seen_ms - look.first_ms >= look.settings.settle_ms {
            notices.push(Notice::New { key: key(), first_seen_ms });
        }
        self.known.looked_at = true;
        if look.settings.ignore.iter().any(|ignore| ignore.holds(look.key)) {
            self.known.silent_from_ms = None;
        } else if self.known.silent_from_ms.is_none() && self.is_missed(look) {
            self.known.silent_from_ms = Some(self.last_seen_ms);
            self.changed = true;
            notices.push(Notice::Silent {
                key: key(),
                last_seen_ms: self.last_seen_ms,
                detected_ms: look.clock_ms,
                expected_minutes: minutes(self.known.silence.expected),
            });
        }
    }

    /// Learns the hours that the clock has passed. One that is told to be silent learns nothing.
    fn learn(&mut self, look: &Look<'_>) {
        let known = &mut self.known;
        let next_hour = look.clock.div_euclid(60);
        if next_hour <= known.next_hour {
            return;
        }
        for hour in look.spoken.iter().filter(|hour| **hour >= known.next_hour && **hour < next_hour) {
            if known.silent_from_ms.is_some() {
                break;
            }
            let minutes = known.hours.get(hour).copied().unwrap_or_default();
            known.profile.learn(*hour, minutes);
            for minute in (0..60).filter(|bit| minutes & (1 << bit) != 0).map(|bit| hour * 60 + bit) {
                if let Some(last) = known.last_minute.filter(|last| *last < minute) {
                    known.profile.learn_gap(last, minute);
                }
                known.last_minute = known.last_minute.max(Some(minute));
            }
        }
        known.hours = known.hours.split_off(&next_hour);
        known.next_hour = next_hour;
        self.changed = true;
    }

    /// Whether it should have been heard again by now.
    fn is_missed(&mut self, look: &Look<'_>) -> bool {
        let settings = look.settings;
        let last = self.last_seen_ms.div_euclid(MINUTE_MS);
        let silence = &mut self.known.silence;
        if silence.from_ms != self.last_seen_ms {
            *silence = Silence { from_ms: self.last_seen_ms, to: last + 1, ..Silence::default() };
        }
        for minute in silence.to..look.clock {
            let is_lost = look.lost.iter().any(|(from, to)| (*from..*to).contains(&minute));
            if is_lost || settings.quiet.iter().any(|quiet| quiet.holds(minute)) {
                continue;
            }
            let share = self.known.profile.share(minute);
            silence.awake += 1;
            silence.surprise += worth(share);
            silence.expected += share;
        }
        silence.to = silence.to.max(look.clock);
        let awake_ms = silence.awake * MINUTE_MS;
        let surprise = float(silence.surprise) / MICRO;
        let is_strange = surprise >= settings.surprise_min
            && look.clock - last >= 2 * self.known.profile.gap(last)
            && awake_ms >= settings.after_ms;
        let is_stream = *look.key == Key::Stream;
        is_strange || is_stream && awake_ms >= settings.stream_after_ms
    }
}

/// What a silent minute is worth where this share of them is not, in millionths.
#[expect(clippy::cast_possible_truncation, reason = "at most four million")]
fn worth(share: i64) -> i64 {
    (-(1.0 - minutes(share)).ln() * MICRO).round() as i64
}

/// A number of parts as one of minutes.
fn minutes(parts: i64) -> f64 {
    float(parts) / float(PARTS)
}

#[expect(clippy::cast_precision_loss, reason = "a sum of shares, for a comparison and for people")]
fn float(sum: i64) -> f64 {
    sum as f64
}
