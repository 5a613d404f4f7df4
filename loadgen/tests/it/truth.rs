//! What the stories declare holds together: each plants, nothing is declared twice, nothing both ways, every period touches the span,
//! and no story straddles an hour, wherever the span begins.

use std::collections::HashSet;

use tripline_loadgen::{Corpus, Options, OptionsError, Origin, Stories, Truth, story_names};

fn stories_alone(start_s: i64, span_s: u32, seed: u64) -> Corpus {
    let options =
        Options { events: 0, duplicates_ppm: 0, start_s, span_s, seed, accounts: 4, ..Options::default() };
    Corpus::new(options).unwrap()
}

fn sane(truth: &Truth, start_s: i64, span_s: u32) {
    let mut seen = HashSet::new();
    let end_s = start_s + i64::from(span_s);
    for one in &truth.must {
        assert!(seen.insert((&one.rule_id, &one.group, one.period_start_s)), "twice: {one:?}");
        let period_s = i64::from(one.period_s);
        assert_eq!(one.period_start_s % period_s, 0);
        assert!(one.period_start_s < end_s && one.period_start_s + period_s > start_s, "outside: {one:?}");
        assert!(one.count > 0 && !one.group.is_empty());
    }
    for one in &truth.must_not {
        let raised = truth.must.iter().any(|other| other.rule_id == one.rule_id && other.group == one.group);
        assert!(!raised, "both ways: {one:?}");
    }
}

#[test]
fn stories_keep_within_an_hour_wherever_the_span_begins() {
    for (n, start_s) in
        [1_767_225_600, 1_767_225_601, 1_767_228_899, 1_767_229_199, 3_333].into_iter().enumerate()
    {
        for span_s in [600, 601, 3_600, 7_333, 86_400] {
            let corpus = stories_alone(start_s, span_s, n as u64);
            sane(corpus.truth(), start_s, span_s);
            for event in corpus.log_events() {
                assert!((start_s..start_s + i64::from(span_s)).contains(&event.event_time_s));
            }
        }
    }
}

#[test]
fn every_story_plants_and_declares_in_one_hour() {
    assert!(story_names().count() >= 12);
    let mut all = 0;
    for name in story_names() {
        let options = Options {
            events: 0,
            duplicates_ppm: 0,
            stories: Stories::Only(vec![name.to_owned()]),
            ..Options::default()
        };
        let corpus = Corpus::new(Options { start_s: 1_767_228_000, ..options }).unwrap();
        let planted: Vec<_> = corpus.log_events().collect();
        assert!(planted.len() >= 3 && planted.iter().all(|event| event.origin == Origin::Story), "{name}");
        let truth = corpus.truth();
        assert!(truth.must.iter().any(|one| one.story == name && !one.look_alike), "{name} raises nothing");
        assert!(truth.must_not.iter().any(|one| one.story == name), "{name} forbids nothing");
        all += planted.len();
    }
    let together = stories_alone(1_767_225_600, 3_600, 1);
    assert_eq!(together.log_events().count(), all, "a story is as long alone as among others");
}

#[test]
fn a_story_is_the_same_alone_and_among_others() {
    let alone = Options { events: 0, stories: Stories::Only(vec!["root".to_owned()]), ..Options::default() };
    let all = Corpus::new(Options { events: 0, ..Options::default() }).unwrap();
    let alone = Corpus::new(alone).unwrap();
    let declared = all.truth().must.iter().filter(|one| one.story == "root").cloned().collect::<Vec<_>>();
    assert_eq!(alone.truth().must, declared);
    let texts: HashSet<String> = all.log_events().map(|event| event.message).collect();
    assert!(alone.log_events().all(|event| texts.contains(&event.message)));
}

#[test]
fn options_that_cannot_be_met_are_refused() {
    let check = |options: Options| Corpus::new(options).map(|_| ()).unwrap_err();
    let ours = Options::default;
    assert_eq!(check(Options { span_s: 599, ..ours() }), OptionsError::SpanShort { given: 599 });
    assert_eq!(check(Options { accounts: 3, ..ours() }), OptionsError::Accounts { given: 3, min: 4 });
    assert_eq!(check(Options { regions: 17, ..ours() }), OptionsError::Regions { given: 17 });
    assert_eq!(check(Options { start_s: -1, ..ours() }), OptionsError::Year);
    assert_eq!(check(Options { span_s: 0, stories: Stories::None, ..ours() }), OptionsError::SpanEmpty);
    assert_eq!(check(Options { foreign_ppm: 1_000_001, ..ours() }), OptionsError::Share { given: 1_000_001 });
    let unknown = check(Options { stories: Stories::Only(vec!["nothing".to_owned()]), ..ours() });
    assert!(unknown.to_string().contains("brute-force"), "{unknown}");
    assert!(Corpus::new(Options { accounts: 1, span_s: 1, stories: Stories::None, ..ours() }).is_ok());
}
