//! Other rules take over between commits: what is the same in both keeps its state, however late a record comes that was
//! matched with the older ones.

use super::*;
use crate::pipeline::live::LiveRules;

/// The same rules in another order, under other numbers, with one more in front and another title.
fn shuffled(rng: &mut Rng, n: u64) -> Arc<Ruleset> {
    let mut documents: Vec<String> = RULES.split("\n---\n").map(str::to_owned).collect();
    rng.shuffle(&mut documents);
    documents.insert(
        0,
        format!(
            "title: Extra {n}\nid: extra-{n}\nlogsource: {{product: aws, service: cloudtrail}}\n\
             detection: {{a: {{eventName: Nobody{n}}}, condition: a}}"
        ),
    );
    testing::ruleset(&documents.join("\n---\n"))
}

#[test]
fn reloads_change_no_alert_of_rules_that_stay() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..30_u64 {
        let mut rng = Rng(seed);
        let records = records(&mut rng);
        let mut judge = Pipeline::new(ruleset(), Limits::STREAM);
        records.iter().for_each(|record| drop(judge.take(record)));
        let mut keeper = open_with(&folder.path().join(format!("{seed}.db")), Some(2));
        let rules = LiveRules::new(ruleset());
        // Two workers; one of them is slow to follow.
        let mut workers = [Matcher::new(ruleset(), Limits::STREAM), Matcher::new(ruleset(), Limits::STREAM)];
        let mut dropped = 0;
        let mut waiting: Vec<Matched> = Vec::new();
        for record in &records {
            if rng.below(4) == 0 {
                let (generation, next) = (rules.generation() + 1, shuffled(&mut rng, seed));
                keeper.adopt(&next, generation).unwrap();
                keeper.settle_reshaped().unwrap();
                rules.publish(generation, &next);
            }
            let worker = &mut workers[rng.index(2)];
            if rng.below(2) == 0 {
                worker.follow(&rules);
            }
            waiting.push(worker.take(record));
            if rng.below(3) > 0 {
                let mut batch = std::mem::take(&mut waiting);
                keeper.load(&mut batch, &mut dropped).unwrap();
                let mut folded = keeper.fold(batch);
                keeper.write(&mut folded, &[], &[], 1).unwrap();
            }
        }
        keeper.load(&mut waiting, &mut dropped).unwrap();
        let mut folded = keeper.fold(waiting);
        keeper.write(&mut folded, &[], &[], 1).unwrap();
        let stored = keeper.store().list(&Query::default()).unwrap();
        let found = facts(stored.into_iter().map(|stored| stored.alert));
        assert_eq!(found, facts(judge.alerts().into_iter()), "seed {seed}");
        assert_eq!(dropped, 0);
        assert!(keeper.accounts().balances());
    }
}

#[test]
fn hits_of_a_rule_that_is_gone_are_counted_and_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let mut keeper = open_with(&folder.path().join("t.db"), Some(2));
    let record = Record::new(&"shard".into(), 0, delivery("198.51.100.1", "111122223333").into_bytes());
    let mut batch = vec![Matcher::new(ruleset(), Limits::STREAM).take(&record)];
    // It looks for something else now: under the same id it is another.
    keeper.adopt(&testing::ruleset(&RULES.replace("StopLogging", "StartLogging")), 1).unwrap();
    let mut dropped = 0;
    keeper.load(&mut batch, &mut dropped).unwrap();
    let mut folded = keeper.fold(batch);
    keeper.write(&mut folded, &[], &[], 1).unwrap();
    assert_eq!((dropped, keeper.store().list(&Query::default()).unwrap().len()), (1, 0));
    let new: Vec<_> =
        keeper.new_rules().iter().map(|id| keeper.state().ruleset().rule(*id).meta.id.clone()).collect();
    assert_eq!(new, ["stopped"]);
}
