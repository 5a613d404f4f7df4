//! What the scenarios declare holds together: each plants, nothing is declared twice, nothing both ways, every period touches the
//! span, and no scenario straddles an hour, wherever the span begins.

use std::collections::HashSet;

use tripline_loadgen::{Corpus, Options, OptionsError, Origin, Scenarios, Truth, scenarios};

fn scenarios_alone(start_s: i64, span_s: u32, seed: u64) -> Corpus {
    let options =
        Options { events: 0, duplicates_ppm: 0, start_s, span_s, seed, accounts: 4, ..Options::default() };
    Corpus::new(options).unwrap()
}

fn only(name: &str) -> Options {
    let scenarios = Scenarios::Only(vec![name.to_owned()]);
    Options { events: 0, duplicates_ppm: 0, scenarios, ..Options::default() }
}

fn sane(truth: &Truth, start_s: i64, span_s: u32) {
    let mut seen = HashSet::new();
    let end_s = start_s + i64::from(span_s);
    for one in &truth.must {
        assert!(seen.insert((&one.rule_id, &one.group, one.period_start_s)), "twice: {one:?}");
        let period_s = i64::from(one.period_s);
        assert_eq!(one.period_start_s % period_s, 0);
        assert!(one.period_start_s < end_s && one.period_start_s + period_s > start_s, "outside: {one:?}");
        assert!(one.count >= one.needs && one.needs > 0 && !one.group.is_empty() && one.instance == 0);
    }
    for one in &truth.must_not {
        let raised = truth.must.iter().any(|other| other.rule_id == one.rule_id && other.group == one.group);
        assert!(!raised, "both ways: {one:?}");
    }
}

#[test]
fn scenarios_keep_within_an_hour_wherever_the_span_begins() {
    for (n, start_s) in
        [1_767_225_600, 1_767_225_601, 1_767_228_899, 1_767_229_199, 3_333].into_iter().enumerate()
    {
        for span_s in [600, 601, 3_600, 7_333, 86_400] {
            let corpus = scenarios_alone(start_s, span_s, n as u64);
            sane(corpus.truth(), start_s, span_s);
            for event in corpus.log_events() {
                assert!((start_s..start_s + i64::from(span_s)).contains(&event.event_time_s));
            }
        }
    }
}

#[test]
fn every_scenario_plants_and_declares_in_one_hour() {
    assert!(scenarios().count() >= 25);
    let mut all = 0;
    for scenario in scenarios() {
        let name = scenario.name();
        let corpus = Corpus::new(Options { start_s: 1_767_228_000, ..only(name) }).unwrap();
        let planted: Vec<_> = corpus.log_events().collect();
        assert!(planted.len() >= 3 && planted.iter().all(|event| event.origin == Origin::Scenario), "{name}");
        let truth = corpus.truth();
        assert!(
            truth.must.iter().any(|one| one.scenario == name && !one.look_alike),
            "{name} raises nothing"
        );
        assert!(truth.must_not.iter().any(|one| one.scenario == name), "{name} forbids nothing");
        let hours: HashSet<i64> = truth.must.iter().map(|one| one.period_start_s).collect();
        let beyond = planted.iter().filter(|event| !hours.contains(&(event.event_time_s / 3_600 * 3_600)));
        // A look-alike that raises nothing may lie in an hour of its own.
        assert!(hours.len() <= 2 && (hours.len() < 2 || beyond.count() == 0), "{name}");
        assert!(!scenario.title().is_empty() && !scenario.description().is_empty());
        all += planted.len();
    }
    let together = scenarios_alone(1_767_225_600, 3_600, 1);
    assert_eq!(together.log_events().count(), all, "a scenario is as long alone as among others");
}

#[test]
fn a_scenario_is_the_same_alone_and_among_others() {
    let all = Corpus::new(Options { scenarios: Scenarios::All, ..only("") }).unwrap();
    let texts: HashSet<String> = all.log_events().map(|event| event.message).collect();
    for scenario in scenarios() {
        let alone = Corpus::new(only(scenario.name())).unwrap();
        let declared = all.truth().must.iter().filter(|one| one.scenario == scenario.name());
        assert_eq!(alone.truth().must, declared.cloned().collect::<Vec<_>>());
        assert!(alone.log_events().all(|event| texts.contains(&event.message)));
    }
}

#[test]
fn the_seed_picks_one_at_random() {
    let picked = |seed| {
        let options = Options { scenarios: Scenarios::Random, seed, ..only("") };
        let corpus = Corpus::new(options).unwrap();
        let names: HashSet<&str> = corpus.truth().must.iter().map(|one| one.scenario).collect();
        assert_eq!(names.len(), 1);
        names.into_iter().next().unwrap().to_owned()
    };
    assert_eq!(picked(1), picked(1));
    assert!((0..20).map(picked).collect::<HashSet<_>>().len() > 5);
}

#[test]
fn options_that_cannot_be_met_are_refused() {
    let check = |options: Options| Corpus::new(options).map(|_| ()).unwrap_err();
    let ours = Options::default;
    assert_eq!(check(Options { span_s: 599, ..ours() }), OptionsError::SpanShort { given: 599 });
    assert_eq!(check(Options { accounts: 3, ..ours() }), OptionsError::Accounts { given: 3, min: 4 });
    assert_eq!(
        check(Options { accounts: 1, ..only("brute-force") }),
        OptionsError::Accounts { given: 1, min: 2 }
    );
    assert_eq!(check(Options { regions: 17, ..ours() }), OptionsError::Regions { given: 17 });
    assert_eq!(check(Options { start_s: -1, ..ours() }), OptionsError::Year);
    assert_eq!(check(Options { span_s: 0, scenarios: Scenarios::None, ..ours() }), OptionsError::SpanEmpty);
    assert_eq!(check(Options { foreign_ppm: 1_000_001, ..ours() }), OptionsError::Share { given: 1_000_001 });
    assert!(check(only("nothing")).to_string().contains("brute-force"), "{}", check(only("nothing")));
    assert!(Corpus::new(Options { accounts: 1, ..only("root") }).is_ok(), "it needs no account of its own");
    assert!(Corpus::new(Options { accounts: 1, span_s: 1, scenarios: Scenarios::None, ..ours() }).is_ok());
}

#[test]
fn the_ledger_has_a_line_for_each() {
    let corpus = Corpus::new(only("brute-force")).unwrap();
    let mut ledger = Vec::new();
    corpus.truth().write_ledger(&mut ledger).unwrap();
    let lines: Vec<serde_json::Value> = std::str::from_utf8(&ledger)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), corpus.truth().must.len() + corpus.truth().must_not.len());
    assert_eq!(lines[0]["must"], true);
    assert_eq!(lines[0]["scenario"], "brute-force");
    assert_eq!(
        (&lines[0]["count"], &lines[0]["needs"], &lines[0]["instance"]),
        (&12.into(), &5.into(), &0.into())
    );
    let last = lines.last().unwrap();
    assert_eq!((&last["must"], &last["instance"]), (&false.into(), &0.into()));
}
