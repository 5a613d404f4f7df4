//! Rules that are exchanged while the service reads: by a wish at the port, by SIGHUP, by a file that changes. What runs on
//! loses nothing by it. `TRIPLINE_RELOADS` makes it more of them.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tripline::store::{Query, Store};
use tripline_loadgen::Distribution;

use super::emulator::Emulator;
use super::oracle::{facts, judge, records};
use super::service::{Running, Setup, until};
use super::stream::Put;

/// Asks the port to load the rules again.
fn reload(running: &Running) -> (u16, Value) {
    let mut stream = TcpStream::connect(&running.port).unwrap();
    let port = &running.port;
    write!(
        stream,
        "POST /api/reload HTTP/1.1\r\nHost: {port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

fn rule(id: &str, name: &str) -> String {
    format!(
        "title: {id}\nid: {id}\nlogsource: {{product: aws, service: cloudtrail}}\n\
         detection: {{a: {{eventName: {name}}}, condition: a}}\nlevel: low\n"
    )
}

fn event(name: &str, id: &str) -> Put {
    let event = json!({
        "eventVersion": "1.11", "eventID": id, "eventTime": "2026-01-02T03:04:05Z", "eventSource": "x.amazonaws.com",
        "eventName": name, "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
    });
    (id.to_owned(), event.to_string().into_bytes())
}

/// The rules that have alerts, with how many events.
fn alerts(setup: &Setup) -> Vec<(String, u64)> {
    let stored = Store::open_beside(&setup.store()).unwrap().list(&Query::default()).unwrap();
    let mut alerts: Vec<_> = stored.into_iter().map(|one| (one.alert.rule.id, one.alert.count)).collect();
    alerts.sort();
    alerts
}

fn setup(emulator: &Emulator, stream: &str, rules: &Path, watch_s: u32) -> Setup {
    let chosen = format!("[rules]\npaths = [\"{}\"]\npacks = []\nwatch_s = {watch_s}\n", rules.display());
    Setup::new(&emulator.url, stream, &chosen)
}

#[test]
fn a_set_is_taken_whole_or_refused_whole() {
    let emulator = Emulator::start();
    let stream = emulator.stream("reload", 1);
    let rules = tempfile::tempdir().unwrap();
    let file = |name: &str| rules.path().join(name);
    fs::write(file("one.yml"), rule("one", "One")).unwrap();
    fs::write(file("two.yml"), rule("two", "Two")).unwrap();
    let setup = setup(&emulator, &stream.name, rules.path(), 0);
    let running = setup.start();
    stream.put(&[event("One", "1"), event("Three", "2")]);
    until("the first", || (alerts(&setup) == [("one".to_owned(), 1)]).then_some(()));
    // A new rule, and an edited title: the state of the one stays, the other sees what comes from now on.
    fs::write(file("three.yml"), rule("three", "Three")).unwrap();
    fs::write(file("one.yml"), rule("one", "One").replace("title: one", "title: Another")).unwrap();
    let (code, said) = reload(&running);
    assert_eq!((code, &said["rules"], &said["new"]), (200, &json!(3), &json!(["three"])), "{said}");
    assert!(running.log().contains("tripline backfill --log-group trail --from 20"), "{}", running.log());
    stream.put(&[event("One", "3"), event("Three", "4")]);
    let wanted = [("one".to_owned(), 2), ("three".to_owned(), 1)];
    until("the second", || (alerts(&setup) == wanted).then_some(()));
    // A file that gave a running rule is broken: all that ran runs on, and what else has changed does not run.
    fs::write(file("one.yml"), "title: [").unwrap();
    fs::write(file("four.yml"), rule("four", "Four")).unwrap();
    let (code, said) = reload(&running);
    assert_eq!(code, 409, "{said}");
    assert!(said["problems"][0].as_str().unwrap().contains("one.yml:"), "{said}");
    stream.put(&[event("One", "5"), event("Four", "6")]);
    let wanted = [("one".to_owned(), 3), ("three".to_owned(), 1)];
    until("the third", || (alerts(&setup) == wanted).then_some(()));
    // A file that is gone is a removal; a broken one that gave no rule keeps nobody from running.
    fs::remove_file(file("one.yml")).unwrap();
    fs::write(file("five.yml"), "title: [").unwrap();
    let (code, said) = reload(&running);
    assert_eq!((code, &said["gone"], &said["refused"]), (200, &json!(["one"]), &json!(1)), "{said}");
    assert!(running.get("/readyz").1.contains("\"rules_refused\":1"));
    stream.put(&[event("One", "7"), event("Four", "8")]);
    let wanted = [("four".to_owned(), 1), ("one".to_owned(), 3), ("three".to_owned(), 1)];
    until("the fourth", || (alerts(&setup) == wanted).then_some(()));
    // A folder that is gone has not become empty.
    fs::rename(rules.path(), rules.path().with_extension("away")).unwrap();
    let (code, said) = reload(&running);
    fs::rename(rules.path().with_extension("away"), rules.path()).unwrap();
    assert_eq!(code, 409, "{said}");
    assert_eq!(running.metric("tripline_rules_reloads_total{result=\"taken\"}"), 2.0);
    assert_eq!(running.metric("tripline_rules_reloads_total{result=\"refused\"}"), 2.0);
    running.terminate().assert_ok();
}

#[test]
fn a_signal_and_a_changed_file_are_wishes_too() {
    let emulator = Emulator::start();
    let stream = emulator.stream("reload", 1);
    let rules = tempfile::tempdir().unwrap();
    fs::write(rules.path().join("one.yml"), rule("one", "One")).unwrap();
    let setup = setup(&emulator, &stream.name, rules.path(), 1);
    let running = setup.start();
    running.wait_ready();
    let taken = |n: f64| {
        until("a reload", || {
            (running.metric("tripline_rules_reloads_total{result=\"taken\"}") >= n).then_some(())
        });
    };
    running.signal("HUP");
    taken(1.0);
    fs::write(rules.path().join("two.yml"), rule("two", "Two")).unwrap();
    taken(2.0);
    assert_eq!(running.metric("tripline_rules_loaded"), 2.0);
    running.terminate().assert_ok();
}

#[test]
fn what_is_no_regular_file_refuses_the_reload_and_holds_up_nothing() {
    let emulator = Emulator::start();
    let stream = emulator.stream("pipes", 1);
    let rules = tempfile::tempdir().unwrap();
    let file = |name: &str| rules.path().join(name);
    fs::write(file("one.yml"), rule("one", "One")).unwrap();
    let setup = setup(&emulator, &stream.name, rules.path(), 1);
    let running = setup.start();
    running.wait_ready();
    assert!(running.get("/readyz").1.contains("\"rules_reload\":\"ok\""));
    std::os::unix::fs::symlink("/dev/zero", file("zero.yml")).unwrap();
    let (code, said) = reload(&running);
    assert_eq!((code, said["problems"].as_array().unwrap().len()), (409, 1), "{said}");
    assert!(
        said["problems"][0]
            .as_str()
            .unwrap()
            .contains("zero.yml:1:1: error: the file could not be read: it is a device")
    );
    fs::remove_file(file("zero.yml")).unwrap();
    fs::File::create(file("large.yml")).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(reload(&running).0, 409);
    fs::remove_file(file("large.yml")).unwrap();
    assert_eq!(reload(&running).0, 200);
    // It is seen without being asked for, too.
    let made = std::process::Command::new("mkfifo").arg(file("pipe.yml")).status().unwrap();
    assert!(made.success());
    until("a refusal", || {
        running
            .get("/readyz")
            .1
            .contains("pipe.yml:1:1: error: the file could not be read: it is a pipe")
            .then_some(())
    });
    assert_eq!(running.get("/readyz").0, 200, "detection goes on");
    assert!(running.log().contains("the reload is refused"));
    assert_eq!(running.metric("tripline_rules_reloads_total{result=\"refused\"}"), 3.0);
    stream.put(&[event("One", "1")]);
    until("an alert", || (alerts(&setup) == [("one".to_owned(), 1)]).then_some(()));
    running.terminate().assert_ok();
}

#[test]
fn reloads_under_load_lose_nothing() {
    let reloads = std::env::var("TRIPLINE_RELOADS").map_or(40, |text| text.parse().unwrap());
    let emulator = Emulator::start();
    let stream = emulator.stream("reloads", 3);
    let rules = tempfile::tempdir().unwrap();
    let records = records(81, 10_000, Distribution::Random);
    let (wanted, accounts) = judge(&records);
    let chosen = "[rules]\npacks = [\"baseline\"]\nwatch_s = 0\n";
    let own = format!("{chosen}paths = [\"{}\"]\n", rules.path().display());
    let extra = rules.path().join("extra.yml");
    fs::write(&extra, rule("extra-0", "NobodyCallsThis")).unwrap();
    let setup = Setup::new(&emulator.url, &stream.name, &own);
    let running = setup.start();
    running.wait_ready();
    let mut refused = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for chunk in records.chunks(records.len().div_ceil(100)) {
                stream.put(chunk);
                std::thread::park_timeout(Duration::from_millis(20));
            }
        });
        for n in 1..=reloads {
            // Every twentieth is broken.
            let text = if n % 20 == 0 {
                "title: [".to_owned()
            } else {
                rule(&format!("extra-{n}"), "NobodyCallsThis")
            };
            fs::write(&extra, text).unwrap();
            let (code, said) = reload(&running);
            assert_eq!(code, if n % 20 == 0 { 409 } else { 200 }, "{said}");
            refused += u64::from(code == 409);
        }
    });
    until("all alerts", || (facts(&setup.alerts()) == wanted).then_some(()));
    let received = accounts.decode.records_received;
    until("all records", || {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let all = received as f64;
        (running.metric("tripline_records_received_total") >= all).then_some(())
    });
    let ended = running.terminate();
    ended.assert_ok();
    assert_eq!(ended.numbers("records ")[0], received);
    assert_eq!(facts(&setup.alerts()), wanted);
    assert!(refused > 0);
}
