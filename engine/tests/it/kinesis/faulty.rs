//! Everything goes wrong at once, and nothing is lost, nothing is told twice, and the accounts add up.

use std::time::Duration;

use ferrokinesis::store::StoreOptions;
use tripline_loadgen::Distribution;

use super::emulator::Emulator;
use super::faults::Fault;
use super::oracle::{facts, judge, records};
use super::service::{Setup, until};

#[test]
fn throttles_errors_delays_and_broken_answers_lose_nothing() {
    // Iterators of a second: a reader that waited for a slow answer finds its own expired.
    let emulator = Emulator::with(StoreOptions { iterator_ttl_seconds: 1, ..StoreOptions::default() });
    let stream = emulator.stream("faults", 4);
    let records = records(3, 12_000, Distribution::Random);
    let (wanted, accounts) = judge(&records);
    // A part is there before: the first answers are large.
    let (before, after) = records.split_at(records.len() / 2);
    stream.put(before);
    emulator.faults.set(11, 400);
    let setup = Setup::new(&emulator.url, &stream.name, "");
    let running = setup.start();
    stream.put(after);
    let received = accounts.decode.records_received;
    until("all records", || {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let all = received as f64;
        (running.metric("tripline_records_received_total") >= all).then_some(())
    });
    until("every fault", || emulator.faults.all_happened(3).then_some(()));
    let reads =
        |outcome: &str| running.metric(&format!("tripline_kinesis_reads_total{{outcome=\"{outcome}\"}}"));
    for outcome in ["ok", "throttled", "broken", "expired_iterator"] {
        until(outcome, || (reads(outcome) > 0.0).then_some(()));
    }
    emulator.faults.set(0, 0);
    running.wait_ready();
    let ended = running.terminate();
    ended.assert_ok();
    // What failed was read again, and nothing was handed on twice.
    let decode = &accounts.decode;
    let rejected = decode.records_rejected.values().sum::<u64>();
    let line = [received, decode.records_decoded, decode.records_control, rejected];
    assert_eq!(ended.numbers("records "), line, "{}", ended.said);
    let rejected = decode.events_rejected.values().sum::<u64>();
    let line = [decode.events_in, decode.events_evaluated, decode.events_not_cloudtrail, rejected];
    assert_eq!(ended.numbers("log events ")[..4], line, "{}", ended.said);
    assert_eq!(facts(&setup.alerts()), wanted);
    assert_eq!(emulator.faults.too_many(), 0, "five reads a second and shard");
    assert!(emulator.faults.happened()[&Fault::HalfOpen] > 0);
}

#[test]
fn a_shard_that_hangs_starves_no_other_and_is_opened_again() {
    let emulator = Emulator::start();
    let stream = emulator.stream("hang", 2);
    let records = records(5, 3_000, Distribution::Random);
    let (wanted, accounts) = judge(&records);
    let setup = Setup::new(&emulator.url, &stream.name, "");
    let running = setup.start();
    running.wait_ready();
    emulator.faults.hang(true);
    stream.put(&records);
    until("the truth", || (running.get("/readyz").0 == 503).then_some(()));
    let (_, said) = running.get("/readyz");
    assert!(said.contains("2 of 2 shards cannot be read"), "{said}");
    until("a second try", || (running.metric("tripline_kinesis_reopened_total") >= 2.0).then_some(()));
    emulator.faults.hang(false);
    running.wait_ready();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let all = accounts.decode.records_received as f64;
    until("all records", || (running.metric("tripline_records_received_total") >= all).then_some(()));
    let ended = running.terminate();
    ended.assert_ok();
    assert!(ended.log.contains("the shard is stuck: it is opened again"), "{}", ended.log);
    assert_eq!(facts(&setup.alerts()), wanted);
}

/// Six of eight shards hang, and there are permits for four reads at a time: the other two are read as if nothing were.
#[test]
fn many_shards_that_hang_starve_none_that_answers() {
    let emulator = Emulator::start();
    let stream = emulator.stream("many", 8);
    let setup = Setup::new(&emulator.url, &stream.name, "").with("TRIPLINE__KINESIS__ANSWERS_MAX", "4");
    let shards: Vec<String> = stream.open_shards().into_iter().map(|(shard, ..)| shard).collect();
    emulator.faults.hang_shards(shards[2..].to_vec());
    let running = setup.start();
    let reads =
        |outcome: &str| running.metric(&format!("tripline_kinesis_reads_total{{outcome=\"{outcome}\"}}"));
    // Each of the six has been found out.
    until("the first failures", || (reads("broken") >= 6.0).then_some(()));
    let (ok, broken) = (reads("ok"), reads("broken"));
    until("more reads", || (reads("ok") >= ok + 30.0).then_some(()));
    let (ok, broken) = (reads("ok") - ok, reads("broken") - broken);
    // Two shards, four reads a second; one hung read at a time, two seconds each.
    assert!(ok >= 5.0 * broken, "{ok} reads were answered, {broken} were not");
    emulator.faults.hang_shards(Vec::new());
    running.wait_ready();
    running.terminate().assert_ok();
}

#[test]
fn a_stream_that_is_not_there_or_cannot_be_reached_is_said_at_once() {
    let emulator = Emulator::start();
    let setup = Setup::new(&emulator.url, "nobody", "");
    let out =
        setup.command().args(["run", "--config"]).arg(setup.folder().join("tripline.toml")).output().unwrap();
    assert_eq!(out.status.code(), Some(4));
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    let (call, reason) =
        ("kinesis:DescribeStreamSummary", "it does not exist there (ResourceNotFoundException");
    assert!(said.contains(call) && said.contains(reason), "{said}");
    let before = std::time::Instant::now();
    let setup = Setup::new("http://127.0.0.1:9", "nobody", "");
    let out =
        setup.command().args(["run", "--config"]).arg(setup.folder().join("tripline.toml")).output().unwrap();
    assert_eq!(out.status.code(), Some(4), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(before.elapsed() < Duration::from_secs(60));
}
