//! A producer that is not ours: moto's CloudWatch Logs, its subscription, its Kinesis; and behind us its SNS and SQS.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tripline::alert::Alert;
use tripline_loadgen::{Corpus, Options};

use super::oracle::{facts, judge};
use super::service::{Setup, until};
use super::stream::Stream;
use crate::moto::{LogGroup, Topic, now_ms, run};
use crate::shared::variable;

/// The log of a small organisation with every scenario in it, up to now: each line with the time at which it was written.
pub(super) fn log(seed: u64, events: u64, span_s: u32) -> Vec<(i64, String)> {
    // CloudTrail takes up to a quarter of an hour.
    let start_s = now_ms() / 1000 - i64::from(span_s) - 900;
    let corpus = Corpus::new(Options { seed, events, span_s, start_s, ..Options::default() }).unwrap();
    corpus.log_events().map(|event| (event.logs_time_ms, event.message)).collect()
}

/// As one record.
pub(super) fn lines(log: &[(i64, String)]) -> Vec<(String, Vec<u8>)> {
    let lines: Vec<&str> = log.iter().map(|(_, message)| message.as_str()).collect();
    vec![(String::new(), lines.join("\n").into_bytes())]
}

#[test]
fn what_is_written_to_a_log_group_is_an_alert_in_a_queue() {
    let Some(moto) = variable("subscription", "TRIPLINE_MOTO_URL") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let stream = Stream::create(runtime.handle(), &moto, "trail", 2);
    let log = log(31, 3_000, 3_600);
    let (wanted, accounts) = judge(&lines(&log));
    let arn = stream.arn();
    let (topic, group) = run(async {
        let topic = Topic::new(&moto, "alerts").await;
        let group = LogGroup::new(&moto).await;
        group.subscribe(&arn).await;
        (topic, group)
    });
    let sink = format!(
        "[sink.queue]\ntype = \"sns\"\ntopic_arn = \"{}\"\nrate_per_s = 1000\n\
         rules_except = [\"tripline-*\"]\n",
        topic.arn
    );
    let setup = Setup::new(&moto, &stream.name, &sink).with("AWS_ENDPOINT_URL_SNS", &moto);
    let running = setup.start();
    run(group.put(&log));
    until("all alerts", || (facts(&setup.alerts()) == wanted).then_some(()));
    // What opens is told, and what has grown tenfold since is told again: the first of each is waited for.
    let mut told: BTreeMap<String, Alert> = BTreeMap::new();
    run(async {
        while told.len() < wanted.len() {
            let message = topic.receive().await;
            let envelope: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            let alert: Alert = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
            told.insert(alert.id.clone(), alert);
        }
    });
    let ended = running.terminate();
    ended.assert_ok();
    let ids: BTreeSet<&String> = wanted.values().map(|facts| &facts.id).collect();
    assert!(told.keys().eq(ids));
    let [log_events, evaluated, ..] = ended.numbers("log events ")[..] else { panic!("{}", ended.said) };
    assert_eq!((log_events, evaluated), (accounts.decode.events_in, accounts.decode.events_evaluated));
    for alert in told.values() {
        let latency = &alert.latency;
        assert!(latency.arrival_ms.is_some() && latency.received_ms.is_some(), "{latency:?}");
    }
}
