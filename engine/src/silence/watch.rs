//! One key: when it was heard, what is usual for it, and whether it is silent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::key::Key;
use super::profile::{PARTS, Profile};
use super::{MINUTE_MS, Notice, Settings};

/// Hours that wait to be learned, at most: when one shard is read so far ahead of another, the oldest are forgotten.
const HOURS_MAX: usize = 200;

/// Parts of the natural logarithm's unit in which surprise is added up.
const MICRO: f64 = 1e6;

/// Hours of a silence that was told of that are not learned; what lasts longer becomes usual.
const WITHHELD_HOURS: i64 = 24;

/// Minutes that a key is young after learning began: until it had a weekend, nobody knows how long its gaps are.
const YOUNG_MINUTES: i64 = 8 * 24 * 60;

/// Minutes of a gap that a young key may not be missed after.
const YOUNG_GAP_MINUTES: i64 = 24 * 60;

/// Doubt fades by so much in an hour that is learned: by about an eighth in a day.
const DOUBT_HOURS: i64 = 8 * 24;

/// Doubt goes no further, in [`PARTS`] of a doubling: who always speaks is then still missed on the fourth day.
const DOUBT_MAX: i64 = 10 * PARTS;

/// The form of what is written down.
const VERSION: u8 = 1;

/// No number that is written down is larger, so that reckoning with them cannot go wrong.
pub(super) const NUMBER_MAX: i64 = 1 << 46;

#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) key: Key,
    pub(super) first_seen_ms: i64,
    pub(super) last_seen_ms: i64,
    pub(super) known: Known,
    /// Whether anything of it is not written down yet.
    pub(super) changed: bool,
}

/// What is written down of a key as one JSON text.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Known {
    version: u8,
    /// The minute in which learning began.
    since: i64,
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
    /// How often the surprise that it takes is doubled, in [`PARTS`]: once for each silence that was told and ended.
    doubt: i64,
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
    fn new(arrival_ms: i64) -> Self {
        let since = arrival_ms.div_euclid(MINUTE_MS);
        Self { version: VERSION, since, next_hour: since.div_euclid(60), ..Self::default() }
    }

    /// Nothing is usual yet, but the key is not new.
    pub(super) fn nothing(last_seen_ms: i64) -> Self {
        Self { looked_at: true, ..Self::new(last_seen_ms) }
    }

    /// Whether this version could have written it.
    pub(super) fn is_sound(&self) -> bool {
        let Silence { from_ms, to, awake, surprise, expected } = self.silence;
        let numbers = [self.since, self.next_hour, from_ms, to, awake, surprise, expected, self.doubt];
        let mut all =
            numbers.iter().chain(&self.last_minute).chain(&self.silent_from_ms).chain(self.hours.keys());
        self.version == VERSION
            && self.profile.is_sound()
            && all.all(|number| (0..=NUMBER_MAX).contains(number))
            && self.hours.values().all(|minutes| minutes >> 60 == 0)
    }
}

impl Watch {
    pub(super) fn new(key: Key, arrival_ms: i64) -> Self {
        let known = Known::new(arrival_ms);
        Self { key, first_seen_ms: arrival_ms, last_seen_ms: arrival_ms, known, changed: true }
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
        let told_ms = self.known.silent_from_ms;
        if let Some(silent_from_ms) = told_ms.filter(|from_ms| self.last_seen_ms > *from_ms) {
            notices.push(Notice::Resumed {
                key: self.key.clone(),
                silent_from_ms,
                resumed_ms: self.last_seen_ms,
            });
            self.known.silent_from_ms = None;
            // The gap that was told of is not usual.
            self.known.last_minute = Some(self.last_seen_ms.div_euclid(MINUTE_MS));
            self.known.doubt = (self.known.doubt + PARTS).min(DOUBT_MAX);
        }
        self.learn(look, told_ms.map(|ms| ms.div_euclid(60 * MINUTE_MS)));
        let first_seen_ms = self.first_seen_ms;
        let is_new = !self.known.looked_at && self.key != Key::Stream;
        if is_new && first_seen_ms - look.first_ms >= look.settings.settle_ms {
            notices.push(Notice::New { key: self.key.clone(), first_seen_ms });
        }
        self.known.looked_at = true;
        if look.settings.ignore.iter().any(|ignore| ignore.holds(&self.key)) {
            self.known.silent_from_ms = None;
        } else if self.known.silent_from_ms.is_none() && self.is_missed(look) {
            self.known.silent_from_ms = Some(self.last_seen_ms);
            self.changed = true;
            notices.push(Notice::Silent {
                key: self.key.clone(),
                last_seen_ms: self.last_seen_ms,
                detected_ms: look.clock_ms,
                expected_minutes: wholes(self.known.silence.expected),
            });
        }
    }

    /// Learns the hours that the clock has passed, but not the first day of a silence that was told of, which began in the
    /// hour `told`.
    fn learn(&mut self, look: &Look<'_>, mut told: Option<i64>) {
        let known = &mut self.known;
        let next_hour = look.clock.div_euclid(60);
        if next_hour <= known.next_hour {
            return;
        }
        for hour in look.spoken.iter().filter(|hour| **hour >= known.next_hour && **hour < next_hour) {
            let minutes = known.hours.get(hour).copied().unwrap_or_default();
            // It was heard again.
            told = told.filter(|told| *hour <= *told || minutes == 0);
            if told.is_some_and(|told| *hour < told + WITHHELD_HOURS) {
                continue;
            }
            known.doubt -= known.doubt / DOUBT_HOURS;
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
        let gap = look.clock - last;
        let is_strange = surprise >= settings.surprise_min * wholes(self.known.doubt).exp2()
            && gap >= 2 * self.known.profile.gap(last)
            && (gap <= YOUNG_GAP_MINUTES || look.clock - self.known.since >= YOUNG_MINUTES)
            && awake_ms >= settings.after_ms;
        let is_stream = self.key == Key::Stream;
        is_strange || is_stream && awake_ms >= settings.stream_after_ms
    }
}

/// What a silent minute is worth where this share of them is not, in millionths.
#[expect(clippy::cast_possible_truncation, reason = "at most four million")]
fn worth(share: i64) -> i64 {
    (-(1.0 - wholes(share)).ln() * MICRO).round() as i64
}

/// A number of parts as one of wholes.
fn wholes(parts: i64) -> f64 {
    float(parts) / float(PARTS)
}

#[expect(clippy::cast_precision_loss, reason = "a sum of shares, for a comparison and for people")]
fn float(sum: i64) -> f64 {
    sum as f64
}
