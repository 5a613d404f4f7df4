//! What is due when: the background, round and round, by its rate; attacks between, each once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use tripline_loadgen::Schedule;

use super::unit::Unit;

/// One unit and when it is meant to leave.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    /// Seconds after the beginning.
    pub(crate) at_s: f64,
    pub(crate) unit: Arc<Unit>,
    pub(crate) kind: Kind,
}

/// What a unit is to whoever keeps count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Background,
    /// Background that was sent before.
    Recycled,
    /// Of the attack of this number.
    Attack(u64),
}

/// The course of a load.
#[derive(Debug)]
pub(crate) struct Course {
    schedule: Schedule,
    pool: Vec<Arc<Unit>>,
    /// Units of the pool so far, and their events.
    units: usize,
    events: u64,
    /// The next of the background, if it is known.
    next: Option<Due>,
    attacks: BinaryHeap<Reverse<Attack>>,
    added: u64,
}

#[derive(Debug)]
struct Attack {
    at_us: u64,
    /// Of the same time the first that came.
    number: u64,
    attack: u64,
    unit: Arc<Unit>,
}

impl Course {
    /// Goes round a pool, which may be empty.
    pub(crate) fn new(schedule: Schedule, pool: Vec<Unit>) -> Self {
        let pool: Vec<_> = pool.into_iter().map(Arc::new).collect();
        let (next, attacks) = (None, BinaryHeap::new());
        let mut course = Self { schedule, pool, units: 0, events: 0, next, attacks, added: 0 };
        course.next = course.draw();
        course
    }

    /// One more unit, of the attack of this number.
    pub(crate) fn add(&mut self, at_s: f64, attack: u64, unit: Unit) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some seconds, none negative"
        )]
        let at_us = (at_s.max(0.0) * 1e6) as u64;
        self.added += 1;
        self.attacks.push(Reverse(Attack { at_us, number: self.added, attack, unit: Arc::new(unit) }));
    }

    /// When the next one is due, if there is one.
    pub(crate) fn next_s(&self) -> Option<f64> {
        let attack_s = self.attacks.peek().map(|Reverse(attack)| attack.at_s());
        [self.next.as_ref().map(|due| due.at_s), attack_s].into_iter().flatten().min_by(f64::total_cmp)
    }

    /// The next one, if it is due by then.
    pub(crate) fn take(&mut self, now_s: f64) -> Option<Due> {
        if self.next_s()? > now_s {
            return None;
        }
        let background_s = self.next.as_ref().map_or(f64::INFINITY, |due| due.at_s);
        let is_attack = self.attacks.peek().is_some_and(|Reverse(attack)| attack.at_s() <= background_s);
        if is_attack {
            let Reverse(attack) = self.attacks.pop()?;
            let kind = Kind::Attack(attack.attack);
            return Some(Due { at_s: attack.at_s(), unit: attack.unit, kind });
        }
        let drawn = self.draw();
        std::mem::replace(&mut self.next, drawn)
    }

    /// A unit is due when its last event is.
    fn draw(&mut self) -> Option<Due> {
        let unit = Arc::clone(self.pool.get(self.units % self.pool.len().max(1))?);
        let kind = if self.units < self.pool.len() { Kind::Background } else { Kind::Recycled };
        self.units += 1;
        self.events += unit.log_events;
        #[expect(clippy::cast_precision_loss, reason = "far fewer events than a float counts")]
        let at_s = self.schedule.due_s(self.events as f64)?;
        Some(Due { at_s, unit, kind })
    }
}

impl Attack {
    fn at_s(&self) -> f64 {
        std::time::Duration::from_micros(self.at_us).as_secs_f64()
    }

    fn order(&self) -> (u64, u64) {
        (self.at_us, self.number)
    }
}

impl PartialEq for Attack {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Attack {}

impl PartialOrd for Attack {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Attack {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

#[cfg(test)]
mod tests {
    use tripline_loadgen::{Rate, Unusual};

    use super::*;
    use crate::live::unit::Body;

    fn unit(log_events: u64) -> Unit {
        let body = Body::Events { log_stream: String::new(), events: Vec::new() };
        Unit { log_events, unusual: Unusual::default(), bytes: 0, body }
    }

    #[test]
    fn the_background_goes_round_and_attacks_come_between() {
        let schedule = Rate::Constant(10.0).schedule(2.0);
        let mut course = Course::new(schedule, vec![unit(5), unit(3)]);
        course.add(1.0, 7, unit(1));
        assert!(course.take(0.4).is_none());
        let mut told = Vec::new();
        while let Some(due) = course.take(100.0) {
            told.push(((due.at_s * 10.0).round() / 10.0, due.unit.log_events, due.kind));
        }
        let (background, recycled) = (Kind::Background, Kind::Recycled);
        assert_eq!(
            told,
            [
                (0.5, 5, background),
                (0.8, 3, background),
                (1.0, 1, Kind::Attack(7)),
                (1.3, 5, recycled),
                (1.6, 3, recycled)
            ]
        );
        assert_eq!(course.next_s(), None);
    }

    #[test]
    fn without_a_background_there_are_attacks_alone() {
        let mut course = Course::new(Rate::Constant(1.0).schedule(1.0), Vec::new());
        assert_eq!(course.next_s(), None);
        course.add(0.5, 7, unit(1));
        assert_eq!(course.take(0.5).map(|due| due.kind), Some(Kind::Attack(7)));
    }
}
