//! Scenarios in a corpus: each once, somewhere in its span.

use std::sync::Arc;

use crate::options::{Options, SCENARIO_S};
use crate::org::Org;
use crate::rng::{self, Rng};
use crate::scenario::stage::Stage;
use crate::scenario::{Played, Scenario, library};
use crate::truth::PERIOD_S;

/// Addresses of attacks and of look-alikes: a block of the documentation ranges each.
const BLOCKS: [&str; 2] = ["203.0.113", "192.0.2"];

/// Plays the scenarios that the options name: their events by time, and what they declare.
pub(crate) fn play(options: &Options, org: &Org) -> Played {
    let stretches = stretches(options);
    let mut whole = Played::default();
    for scenario in library::all().iter().filter(|one| options.scenarios.includes(one.name(), options.seed)) {
        for look_alike in [false, true] {
            let Played { mut events, mut truth } =
                stage(options, org, &stretches, scenario, look_alike).play(scenario.part(look_alike));
            whole.events.append(&mut events);
            whole.truth.must.append(&mut truth.must);
            whole.truth.must_not.append(&mut truth.must_not);
        }
    }
    whole.events.sort_by(|a, b| (a.event_time_s, &a.message).cmp(&(b.event_time_s, &b.message)));
    whole
}

/// So many accounts are needed: whose rules count whole accounts, attack and look-alike, has one each.
pub(crate) fn accounts_min(includes: impl Fn(&str) -> bool) -> u32 {
    let ranks = library::all().iter().filter(|one| includes(one.name())).filter_map(|one| rank(one, true));
    ranks.max().map_or(1, |last| last + 1)
}

fn stage(
    options: &Options,
    org: &Org,
    stretches: &[(i64, u32)],
    scenario: &'static Scenario,
    look_alike: bool,
) -> Stage {
    // From its name, not its place: a scenario stays what it is when others come and go.
    let mark = rng::fold(scenario.name()) ^ u64::from(look_alike);
    let mut rng = Rng::keyed(options.seed, 0x5CE7, mark);
    let begin_s = place_within(stretches, &mut rng);
    let number = usize::try_from(rng::hash(options.seed ^ 0xACC, mark) >> 32).unwrap_or(0);
    let account = rank(scenario, look_alike).map_or(number, |rank| rank as usize) % org.accounts.len();
    let place = place(scenario, look_alike);
    let first = before(scenario, look_alike) + 1;
    let addresses = (first..).map(|last| format!("{}.{last}", BLOCKS[usize::from(look_alike)]));
    Stage {
        scenario: scenario.name(),
        look_alike,
        instance: 0,
        account: Arc::clone(&org.accounts[account].id),
        region: org.regions[(number >> 8) % org.regions.len()],
        home: org.regions[0],
        addresses: addresses.take(scenario.part(look_alike).addresses).collect(),
        network: format!("2001:db8:46:{:x}", place + 1),
        begin_s,
        seed: options.seed,
        rng,
        stream: mark,
    }
}

/// Twice the place in the library, plus one for the look-alike.
fn place(scenario: &Scenario, look_alike: bool) -> usize {
    2 * library::all().iter().take_while(|one| one.name() != scenario.name()).count()
        + usize::from(look_alike)
}

/// How many addresses the scenarios before it use.
fn before(scenario: &Scenario, look_alike: bool) -> usize {
    let others = library::all().iter().take_while(|one| one.name() != scenario.name());
    others.map(|one| one.part(look_alike).addresses).sum()
}

/// Its place among those that have an account of their own.
fn rank(scenario: &Scenario, look_alike: bool) -> Option<u32> {
    let mut own = library::all().iter().filter(|one| one.own_account);
    let at = own.position(|one| one.name() == scenario.name())?;
    u32::try_from(2 * at + usize::from(look_alike)).ok()
}

/// The span cut at the hours: (beginning, seconds in which a scenario may begin).
fn stretches(options: &Options) -> Vec<(i64, u32)> {
    let period_s = i64::from(PERIOD_S);
    let end_s = options.start_s + i64::from(options.span_s);
    let mut stretches = Vec::new();
    let mut from_s = options.start_s;
    while from_s < end_s {
        let to_s = end_s.min((from_s.div_euclid(period_s) + 1) * period_s);
        let room_s = to_s - from_s - i64::from(SCENARIO_S) + 1;
        if let Some(room_s) = u32::try_from(room_s).ok().filter(|room_s| *room_s > 0) {
            stretches.push((from_s, room_s));
        }
        from_s = to_s;
    }
    stretches
}

/// A second of any stretch, each second as likely as another.
fn place_within(stretches: &[(i64, u32)], rng: &mut Rng) -> i64 {
    let total = stretches.iter().map(|(_, room_s)| room_s).sum();
    let mut at = rng.below(total);
    for (from_s, room_s) in stretches {
        if at < *room_s {
            return from_s + i64::from(at);
        }
        at -= room_s;
    }
    stretches.first().map_or(0, |(from_s, _)| *from_s)
}

#[cfg(test)]
mod tests {
    use crate::scenario::library;

    #[test]
    fn the_documentation_ranges_are_large_enough() {
        for look_alike in [false, true] {
            let addresses: usize = library::all().iter().map(|one| one.part(look_alike).addresses).sum();
            assert!(addresses <= 254, "{addresses}");
        }
    }
}
