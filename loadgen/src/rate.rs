//! How many events a second, over the time of a load: when which event is due. A pure function; whoever sends late is late by it.

use std::f64::consts::TAU;
use std::str::FromStr;

use thiserror::Error;

/// Seconds between two points of a rate that is summed up, not calculated.
const STEP_S: f64 = 0.01;

/// A rate, events a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// The same all the time: `5000`.
    Constant(f64),
    /// In a straight line from one to the other over the whole load: `ramp:100..5000`.
    Ramp {
        /// At the beginning.
        from: f64,
        /// At the end.
        to: f64,
    },
    /// The one rate, and the other for the last seconds of each so many: `burst:500..20000/5s/60s`.
    Burst {
        /// Between bursts.
        base: f64,
        /// In one.
        peak: f64,
        /// How long a burst lasts, seconds.
        lasts_s: f64,
        /// From one burst's beginning to the next one's, seconds.
        every_s: f64,
    },
    /// Between the one and the other as day and night follow, lowest first: `diurnal:200..3000/24h`.
    Diurnal {
        /// At night.
        low: f64,
        /// By day.
        high: f64,
        /// A day, seconds.
        day_s: f64,
    },
}

/// Why a text is no rate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{given}` is no rate: write `5000`, `ramp:100..5000`, `burst:500..20000/5s/60s` or `diurnal:200..3000/24h`, \
     events a second"
)]
pub struct RateError {
    /// What was given.
    pub given: String,
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        parse(text).ok_or_else(|| RateError { given: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<Rate> {
    let Some((kind, rest)) = text.split_once(':') else { return number(text).map(Rate::Constant) };
    let mut parts = rest.split('/');
    let (low, high) = parts.next()?.split_once("..")?;
    let (low, high) = (number(low)?, number(high)?);
    let times: Vec<f64> = parts.map(seconds).collect::<Option<_>>()?;
    match (kind, times.as_slice()) {
        ("ramp", []) => Some(Rate::Ramp { from: low, to: high }),
        ("burst", [lasts_s, every_s]) if lasts_s <= every_s => {
            Some(Rate::Burst { base: low, peak: high, lasts_s: *lasts_s, every_s: *every_s })
        }
        ("diurnal", [day_s]) => Some(Rate::Diurnal { low, high, day_s: *day_s }),
        _ => None,
    }
}

/// More than nothing: a rate of nothing never ends.
fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0)
}

fn seconds(text: &str) -> Option<f64> {
    let duration: jiff::SignedDuration = text.trim().parse().ok()?;
    Some(duration.as_secs_f64()).filter(|seconds| *seconds > 0.0)
}

impl Rate {
    /// Events a second, so many seconds after the beginning of a load of so many.
    pub fn at(&self, s: f64, load_s: f64) -> f64 {
        match *self {
            Rate::Constant(rate) => rate,
            Rate::Ramp { from, to } => from + (to - from) * (s / load_s).clamp(0.0, 1.0),
            Rate::Burst { base, peak, lasts_s, every_s } => {
                if s.rem_euclid(every_s) >= every_s - lasts_s {
                    peak
                } else {
                    base
                }
            }
            Rate::Diurnal { low, high, day_s } => {
                f64::midpoint(low, high) - (high - low) / 2.0 * (TAU * s / day_s).cos()
            }
        }
    }

    /// When events are due.
    pub fn schedule(&self, load_s: f64) -> Schedule {
        Schedule { rate: *self, load_s, steps: 0, events: 0.0 }
    }

    /// How many events a load of so many seconds has, about.
    pub fn events(&self, load_s: f64) -> f64 {
        let mut schedule = self.schedule(load_s);
        while schedule.at_s() < load_s {
            schedule.step();
        }
        schedule.events
    }
}

/// The course of a load, asked forwards only.
#[derive(Debug, Clone)]
pub struct Schedule {
    rate: Rate,
    load_s: f64,
    /// So far, and how many events are due by then.
    steps: u32,
    events: f64,
}

impl Schedule {
    /// When so many events are due, seconds after the beginning; none when the load is over before. Asked with ever more.
    pub fn due_s(&mut self, events: f64) -> Option<f64> {
        while self.events < events {
            if self.at_s() >= self.load_s {
                return None;
            }
            self.step();
        }
        // Back from the end of the step that went past it.
        Some(self.at_s() - (self.events - events) / self.rate.at(self.at_s() - STEP_S / 2.0, self.load_s))
    }

    fn at_s(&self) -> f64 {
        f64::from(self.steps) * STEP_S
    }

    fn step(&mut self) {
        self.events += self.rate.at(self.at_s() + STEP_S / 2.0, self.load_s) * STEP_S;
        self.steps += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_others_refused() {
        assert_eq!("5000".parse(), Ok(Rate::Constant(5000.0)));
        assert_eq!("ramp:1..2.5".parse(), Ok(Rate::Ramp { from: 1.0, to: 2.5 }));
        let burst = Rate::Burst { base: 5.0, peak: 50.0, lasts_s: 5.0, every_s: 60.0 };
        assert_eq!("burst:5..50/5s/1m".parse(), Ok(burst));
        assert_eq!("diurnal:2..9/24h".parse(), Ok(Rate::Diurnal { low: 2.0, high: 9.0, day_s: 86_400.0 }));
        for wrong in
            ["", "0", "-1", "inf", "ramp:5", "ramp:1..2/3s", "burst:1..2/60s/5s", "day:1..2/3s", "5/s"]
        {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn events_are_due_as_the_rate_has_it() {
        let due = |rate: &str, load_s: f64, events: &[f64]| -> Vec<Option<f64>> {
            let mut schedule = rate.parse::<Rate>().unwrap().schedule(load_s);
            events.iter().map(|n| schedule.due_s(*n).map(|s| (s * 100.0).round() / 100.0)).collect()
        };
        assert_eq!(due("100", 10.0, &[1.0, 500.0, 1000.0]), [Some(0.01), Some(5.0), Some(10.0)]);
        assert_eq!(due("100", 10.0, &[1002.0]), [None]);
        // Half of the events of a ramp from nothing are due when the time is at the root of a half.
        assert_eq!(due("ramp:0.001..200", 10.0, &[500.0]), [Some(7.07)]);
        assert_eq!(
            due("burst:10..100/1s/10s", 20.0, &[90.0, 190.0, 280.0]),
            [Some(9.0), Some(10.0), Some(19.0)]
        );
        assert_eq!(due("diurnal:10..30/10s", 10.0, &[100.0, 200.0]), [Some(5.0), Some(10.0)]);
    }

    #[test]
    fn a_load_has_as_many_events_as_its_rate_sums_up_to() {
        for (rate, events) in [("100", 1000.0), ("ramp:50..150", 1000.0), ("burst:10..100/1s/10s", 190.0)] {
            let found = rate.parse::<Rate>().unwrap().events(10.0);
            assert!((found - events).abs() < 1.0, "{rate}: {found}");
        }
    }
}
