//! Scenarios played afresh, as often as wanted: each instance in an account of its own, from addresses of its own, so that no two
//! ever add up. For load that lasts, where a corpus would repeat itself.

use std::sync::Arc;

use crate::options::OptionsError;
use crate::org::Org;
use crate::rng::{self, Rng};
use crate::scenario::stage::Stage;
use crate::scenario::{Played, Scenario, ScenarioEvent, library};
use crate::truth::{PERIOD_S, Truth};

/// One playing of a scenario. The same instance in the same organisation gives the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// Everything that looks random follows from it, and from `n`.
    pub seed: u64,
    /// Tells instances of one load apart, whatever they play.
    pub n: u64,
    /// When the last event happens at the latest, in seconds since the epoch. An hour's border is not straddled: then all
    /// happens before it.
    pub end_s: i64,
    /// Every so many instances, the benign look-alike is played instead; 0 is never.
    pub look_alike_every: u64,
}

/// An instance, played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attack {
    /// Whether this is the look-alike.
    pub look_alike: bool,
    /// The events, by time.
    pub events: Vec<ScenarioEvent>,
    /// The alerts that must follow, and those that must not.
    pub truth: Truth,
}

/// Addresses of one instance.
const BLOCK: u64 = 16;
/// Blocks of 198.18.0.0/15, which is set apart for tests of load.
const BLOCKS: u64 = (1 << 17) / BLOCK;
/// Account numbers behind their first digit.
const ACCOUNTS: u128 = 100_000_000_000;
/// Has no factor in common with them, so every n has another number.
const STEP: u128 = 61_803_398_877;

/// Plays an instance; refuses the name of none.
pub fn attack(instance: &Instance<'_>, org: &Org) -> Result<Attack, OptionsError> {
    let &Instance { n, look_alike_every, .. } = instance;
    let scenario =
        library::named(instance.scenario).ok_or_else(|| OptionsError::unknown_scenario(instance.scenario))?;
    let look_alike = look_alike_every > 0 && n % look_alike_every == look_alike_every - 1;
    let Played { events, truth } = stage(scenario, look_alike, instance, org).play(scenario.part(look_alike));
    Ok(Attack { look_alike, events, truth })
}

fn stage(scenario: &'static Scenario, look_alike: bool, instance: &Instance<'_>, org: &Org) -> Stage {
    let &Instance { seed, n, .. } = instance;
    let part = scenario.part(look_alike);
    let account = account(seed, n);
    let region = usize::try_from(rng::hash(seed ^ 0x4E6, n) >> 32).unwrap_or(0) % org.regions.len();
    Stage {
        scenario: scenario.name(),
        look_alike,
        instance: n,
        addresses: (0..part.addresses).map(|k| address(n, k)).collect(),
        network: network(n),
        region: org.regions[region],
        home: org.regions[0],
        begin_s: begin_s(instance.end_s, part.span_s),
        seed,
        rng: Rng::keyed(seed ^ rng::fold(scenario.name()), 0x11FE, n),
        stream: rng::hash(n, region as u64),
        account,
    }
}

/// The organisation's accounts begin with a digit from 2 to 8; these with 9.
fn account(seed: u64, n: u64) -> Arc<str> {
    let number = (u128::from(n) * STEP + u128::from(rng::mix(seed))) % ACCOUNTS;
    format!("9{number:011}").as_str().into()
}

fn address(n: u64, k: usize) -> String {
    let at = n % BLOCKS * BLOCK + k as u64 + 1;
    format!("198.{}.{}.{}", 18 + (at >> 16), at >> 8 & 0xFF, at & 0xFF)
}

/// Groups without leading zeros, so that they stand as they are read.
fn network(n: u64) -> String {
    format!("2001:db8:{:x}:{:x}", 0x1000 + (n >> 12 & 0x7FFF), 0x1000 + (n & 0xFFF))
}

/// When it begins: as late as its end and the hour allow.
fn begin_s(end_s: i64, span_s: u32) -> i64 {
    let (period_s, span_s) = (i64::from(PERIOD_S), i64::from(span_s));
    let border_s = end_s.div_euclid(period_s) * period_s;
    if end_s - span_s >= border_s { end_s - span_s } else { border_s - 1 - span_s }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{BLOCKS, account, address, begin_s};

    #[test]
    fn an_instance_ends_in_time_and_within_the_hour() {
        for end_s in [7_200, 7_201, 7_250, 7_299, 7_300, 10_799] {
            for span_s in [0, 1, 99, 299] {
                let begin_s = begin_s(end_s, span_s);
                let last_s = begin_s + i64::from(span_s);
                assert!(last_s <= end_s && begin_s / 3_600 == last_s / 3_600, "{end_s} {span_s}");
                assert!(end_s - last_s <= i64::from(span_s), "{end_s} {span_s}");
            }
        }
    }

    #[test]
    fn accounts_and_addresses_are_told_apart() {
        let accounts: HashSet<_> = (0..20_000).map(|n| account(7, n)).collect();
        assert!(accounts.len() == 20_000 && accounts.iter().all(|one| one.len() == 12));
        let addresses: HashSet<_> = (0..BLOCKS).flat_map(|n| (0..14).map(move |k| address(n, k))).collect();
        assert_eq!(addresses.len() as u64, BLOCKS * 14);
        assert!(addresses.contains("198.18.0.1") && addresses.contains("198.19.255.254"));
    }
}
