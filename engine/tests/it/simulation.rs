//! Simulated worlds, in one thread each: records in any order, repeated and broken; shards that split and merge; a store that
//! fails; a sink that refuses; and an engine that dies between any two of its steps. First anything may happen, and what is
//! said must be true; then nothing fails any more, and everything must be said. The reference engine judges.
//!
//! `TRIPLINE_WORLDS` makes them more, `TRIPLINE_WORLD` plays one of them again.

mod traffic;
mod world;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tripline::alert::gain;
use tripline_rules::check::{self, SourceFile};
use tripline_rules::plan::Ruleset;

use crate::reference;
use world::{Counts, PATIENCE, World};

/// Steps of a world's first phase.
const STEPS: usize = 120;

fn play(seed: u64, rules: &Arc<Ruleset>, folder: &std::path::Path) -> Counts {
    let began = Instant::now();
    let mut world = World::new(seed, rules, folder);
    world.live(STEPS);
    let so_far = reference::found(&world.alerts());
    let wanted = reference::alerts(&[reference::RULES], world.records());
    for (name, facts) in &so_far {
        let truth = wanted.get(name);
        assert!(
            truth.is_some_and(|truth| facts.count <= truth.count),
            "a phantom: {name:?} {facts:?}, truth {truth:?}"
        );
    }
    world.settle();
    let alerts = world.alerts();
    reference::assert_same(&reference::found(&alerts), &wanted, &format!("seed {seed}"));
    world.assert_accounts();
    for alert in &alerts {
        let key = format!("{}.1", alert.id);
        assert!(world.ledger.contains_key(&key), "{key} was never told");
        let (revision, notified) = &world.notified[&alert.id];
        assert!(gain::covers(notified, alert), "revision {revision} of {} left out a gain", alert.id);
    }
    for key in world.ledger.keys() {
        let (id, revision) = key.split_once('.').unwrap();
        let known =
            alerts.iter().any(|alert| alert.id == id && revision.parse::<u32>().unwrap() <= alert.revision);
        assert!(known, "{key} was told and is no alert's");
    }
    assert!(began.elapsed() < PATIENCE, "seed {seed} took {:?}", began.elapsed());
    world.counts.alerts = alerts.len();
    world.counts
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn in_no_world_is_an_alert_lost_or_made_up() {
    let files = [SourceFile { name: "rules.yml".into(), text: reference::RULES.to_owned() }];
    let loaded = check::load(&files, &|_| true);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    let rules = Arc::new(Ruleset::new(loaded.rules, loaded.fields));
    let seeds = match number("TRIPLINE_WORLD") {
        Some(seed) => seed..seed + 1,
        None => 0..number("TRIPLINE_WORLDS").unwrap_or(60),
    };
    let next = AtomicU64::new(seeds.start);
    let played: Vec<Counts> = std::thread::scope(|scope| {
        let player = || {
            let folder = tempfile::tempdir().unwrap();
            let mut counts = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::SeqCst);
                if seed >= seeds.end {
                    return counts;
                }
                let played = catch_unwind(AssertUnwindSafe(|| play(seed, &rules, folder.path())));
                assert!(played.is_ok(), "TRIPLINE_WORLD={seed} plays this one again");
                counts.extend(played);
                for file in std::fs::read_dir(folder.path()).unwrap() {
                    std::fs::remove_file(file.unwrap().path()).unwrap();
                }
            }
        };
        let players: Vec<_> = (0..2).map(|_| scope.spawn(player)).collect();
        players.into_iter().flat_map(|player| player.join().unwrap()).collect()
    });
    let sum = |of: fn(&Counts) -> usize| played.iter().map(of).sum::<usize>();
    let _ = writeln!(
        std::io::stderr(),
        "worlds {}: {} records, {} reshards, {} crashes, {} failed commits, {} refused deliveries, {} records read again, {} \
         alerts, {} deliveries repeated under their keys",
        played.len(),
        sum(|counts| counts.records),
        sum(|counts| counts.reshards),
        sum(|counts| counts.crashes),
        sum(|counts| counts.store_faults),
        sum(|counts| counts.refusals),
        sum(|counts| counts.rereads),
        sum(|counts| counts.alerts),
        sum(|counts| counts.repeated_deliveries)
    );
    let blunt =
        played.len() > 20 && (sum(|counts| counts.crashes) == 0 || sum(|counts| counts.store_faults) == 0);
    assert!(!blunt, "nothing happened");
}
