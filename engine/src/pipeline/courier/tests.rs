//! A courier with a real store and a real HTTP receiver, whose health the tests choose.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::{self, JoinHandle};

use tempfile::TempDir;
use tripline_rules::rule::Level;

use super::*;
use crate::pipeline::now_ms;
use crate::sink::{Filter, Format, Target, sample};
use crate::store::{AlertChange, Commit, Resend};

/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers of the receiver to a delivery with this key, or to a digest with these.
type Answers = Box<dyn Fn(&str) -> &'static str + Send>;

/// An HTTP receiver.
struct Receiver {
    url: String,
    answers: Arc<Mutex<Answers>>,
    /// The key of each request, and its answer.
    log: Arc<Mutex<Vec<(String, &'static str)>>>,
}

impl Receiver {
    fn start(answers: impl Fn(&str) -> &'static str + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (answers, log): (Arc<Mutex<Answers>>, _) =
            (Arc::new(Mutex::new(Box::new(answers))), Arc::default());
        let receiver = Self { url, answers: Arc::clone(&answers), log: Arc::clone(&log) };
        // It ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let _ = serve(&stream, &answers, &log);
            }
        });
        receiver
    }

    fn answer(&self, answers: impl Fn(&str) -> &'static str + Send + 'static) {
        *self.answers.lock().unwrap() = Box::new(answers);
    }

    /// Keys that were answered so, in their order.
    fn answered(&self, status: &str) -> Vec<String> {
        let log = self.log.lock().unwrap();
        log.iter().filter(|(_, answer)| *answer == status).map(|(key, _)| key.clone()).collect()
    }
}

fn serve(
    stream: &TcpStream,
    answers: &Mutex<Answers>,
    log: &Mutex<Vec<(String, &'static str)>>,
) -> std::io::Result<()> {
    let mut input = BufReader::new(stream);
    let (mut key, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        match line.trim_end().split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value)) {
            Some((name, value)) if name == "webhook-id" => value.clone_into(&mut key),
            Some((name, value)) if name == "content-length" => length = value.parse().unwrap(),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    if let Some(alerts) = body["alerts"].as_array() {
        key = alerts.iter().map(|alert| alert["key"].as_str().unwrap()).collect::<Vec<_>>().join(" ");
    }
    let status = (answers.lock().unwrap())(&key);
    log.lock().unwrap().push((key, status));
    let mut out = stream;
    write!(out, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

/// Stop signal, wake-up, courier, and the thread that writes.
type Threads = (Arc<Stop>, SyncSender<()>, JoinHandle<()>, JoinHandle<()>);

/// A courier at work, with a thread that writes what it says.
struct World {
    folder: TempDir,
    runtime: tokio::runtime::Runtime,
    metrics: Metrics,
    threads: Option<Threads>,
}

impl World {
    /// Alerts with these ids and levels, one delivery each.
    fn new(alerts: &[(&str, Level)]) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            runtime,
            metrics: Metrics::new().unwrap(),
            threads: None,
        };
        let change = |(id, level): &(&str, Level)| {
            let mut alert = sample(now_ms());
            (alert.id, alert.rule.level) = ((*id).to_owned(), *level);
            AlertChange { alert, sinks: vec!["hook".to_owned()] }
        };
        let changes: Vec<_> = alerts.iter().map(change).collect();
        let mut store = Store::open(&world.file()).unwrap();
        for (change, at_ms) in changes.chunks(1).zip(1..) {
            store.commit(&Commit { alerts: change, now_ms: at_ms, ..Commit::default() }).unwrap();
        }
        world
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("store.db")
    }

    fn start(&mut self, url: &str, digest_after: u64, wall: fn() -> i64) {
        let settings = Settings {
            name: "hook".to_owned(),
            level_min: Level::Informational,
            filter: Filter::default(),
            rate_per_s: 0.0,
            digest_after,
            timeout: Duration::from_secs(2),
            target: Target::Webhook {
                url: url.to_owned(),
                secrets: Vec::new(),
                allow_private: true,
                format: Format::Native,
            },
        };
        let (outbox, inbox) = sync_channel(1);
        let (wake, woken) = sync_channel(1);
        let mut store = Store::open(&self.file()).unwrap();
        store.restart_deliveries().unwrap();
        let stop = Arc::new(Stop::default());
        let courier = Courier {
            sink: self.runtime.block_on(Sink::open(settings.clone())).unwrap(),
            settings,
            reader: Store::open_beside(&self.file()).unwrap(),
            outbox,
            wake: woken,
            stop: Arc::clone(&stop),
            metrics: self.metrics.clone(),
            runtime: self.runtime.handle().clone(),
            clock: EngineClock::start(wall()),
            wall,
        };
        let writer = thread::spawn(move || {
            for message in inbox {
                let Message::Outcomes(outcomes, answer) = message else { panic!("outcomes") };
                store.commit(&Commit { outcomes: &outcomes, ..Commit::default() }).unwrap();
                let _ = answer.send(());
            }
        });
        let courier = thread::spawn(move || courier.run());
        self.threads = Some((stop, wake, courier, writer));
    }

    fn stop(&mut self) {
        let Some((stop, wake, courier, writer)) = self.threads.take() else { return };
        stop.ask();
        let _ = wake.try_send(());
        drop(wake);
        courier.join().unwrap();
        writer.join().unwrap();
    }

    fn sums(&self) -> (u64, u64, u64) {
        let sums = Store::open_beside(&self.file()).unwrap().outbox().unwrap();
        (sums[0].delivered, sums[0].pending, sums[0].dead)
    }

    fn attempts(&self, alert: &str) -> u32 {
        Store::open_beside(&self.file()).unwrap().deliveries(alert).unwrap()[0].attempts
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop();
    }
}

#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let before = Instant::now();
    while !holds() {
        assert!(before.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// Changes what the receiver refused in ways that only a long outage would bring about.
fn pretend(file: &Path, sql: &str) {
    let store = rusqlite::Connection::open(file).unwrap();
    store.busy_timeout(PATIENCE).unwrap();
    store.execute_batch(sql).unwrap();
}

#[test]
fn after_an_outage_everything_is_due_at_once_the_gravest_first() {
    let levels = [Level::Low, Level::Critical, Level::Medium, Level::High, Level::Informational];
    let ids: Vec<String> = (0..40).map(|n| format!("{n:02}")).collect();
    let alerts: Vec<_> =
        ids.iter().zip(levels.into_iter().cycle()).map(|(id, level)| (id.as_str(), level)).collect();
    let mut world = World::new(&alerts);
    let receiver = Receiver::start(|_| "503");
    world.start(&receiver.url, 0, now_ms);
    until("an outage", || receiver.answered("503").len() >= breaker::OUTAGE_AFTER as usize);
    assert_eq!(world.metrics.sink_unavailable.with_label_values(&["hook"]).get(), 1);
    let tried = receiver.answered("503");
    assert!(tried.len() < 12, "it is tried with one delivery at a time, not with all: {tried:?}");
    // Whatever was tried waits for a quarter of an hour, on its own account.
    pretend(&world.file(), "UPDATE outbox SET next_ms = next_ms + 900000 WHERE attempts > 0");
    receiver.answer(|_| "200");
    until("all of them", || world.sums() == (40, 0, 0));
    assert_eq!(world.metrics.sink_unavailable.with_label_values(&["hook"]).get(), 0);
    let rank = |key: &String| {
        let n: usize = key.split('.').next().unwrap().parse().unwrap();
        (std::cmp::Reverse(alerts[n].1), n)
    };
    let taken = receiver.answered("200");
    // The first one found out that the sink is back.
    assert!(taken[1..].is_sorted_by_key(rank), "{taken:?}");
}

static OFFSET_MS: AtomicI64 = AtomicI64::new(0);

fn jumping() -> i64 {
    now_ms() + OFFSET_MS.load(Ordering::SeqCst)
}

#[test]
fn a_wall_clock_that_jumps_kills_nothing_and_holds_up_nothing() {
    let mut world = World::new(&[("a", Level::High), ("b", Level::Low)]);
    let receiver = Receiver::start(|_| "503");
    world.start(&receiver.url, 0, jumping);
    until("refusals", || receiver.answered("503").len() >= 2);
    for hours in [26, -26, 24 * 365] {
        OFFSET_MS.store(hours * 3_600_000, Ordering::SeqCst);
        let before = receiver.answered("503").len();
        until("further attempts", || receiver.answered("503").len() > before);
        assert_eq!(world.sums(), (0, 2, 0), "{hours} hours");
    }
    // Stopped, and started a year before.
    world.stop();
    OFFSET_MS.store(-24 * 365 * 3_600_000, Ordering::SeqCst);
    receiver.answer(|_| "200");
    world.start(&receiver.url, 0, jumping);
    until("both", || world.sums() == (2, 0, 0));
}

#[test]
fn a_delivery_that_is_rejected_or_makes_its_receiver_fail_holds_up_no_other() {
    for status in ["400", "500"] {
        let ids: Vec<String> = (0..60).map(|n| format!("{n:02}")).collect();
        let level = |id: &str| if id.starts_with('0') { Level::Critical } else { Level::Low };
        let alerts: Vec<_> = ids.iter().map(|id| (id.as_str(), level(id))).collect();
        let mut world = World::new(&alerts);
        // The four gravest and oldest.
        let receiver = Receiver::start(move |key| if key < "04" { status } else { "200" });
        world.start(&receiver.url, 0, now_ms);
        until("the others", || world.sums() == (56, 4, 0));
        let refused = receiver.answered(status).len();
        assert!(refused < 40, "{status}: {refused} attempts at four deliveries");
    }
}

#[test]
fn a_rejected_delivery_is_found_within_a_digest() {
    let ids: Vec<String> = (0..64).map(|n| format!("{n:02}")).collect();
    let alerts: Vec<_> = ids.iter().map(|id| (id.as_str(), Level::High)).collect();
    let mut world = World::new(&alerts);
    let receiver = Receiver::start(|keys| if keys.contains("17.1") { "400" } else { "200" });
    world.start(&receiver.url, 4, now_ms);
    until("the others", || world.sums() == (63, 1, 0));
    let requests = receiver.log.lock().unwrap().len();
    // 64, 32, 16, 8, 4, 2 and 1 with it, and the other half of each; it may have been tried again since.
    assert!((13..25).contains(&requests), "{requests}");
    assert!(
        ids.iter().all(|id| id == "17" || world.attempts(id) == 0),
        "a part of a digest that was divided was not refused"
    );
}

#[test]
fn a_sink_that_rejects_everything_is_not_sent_each_delivery_of_a_storm() {
    let ids: Vec<String> = (0..200).map(|n| format!("{n:03}")).collect();
    let alerts: Vec<_> = ids.iter().map(|id| (id.as_str(), Level::High)).collect();
    let mut world = World::new(&alerts);
    let receiver = Receiver::start(|_| "400");
    world.start(&receiver.url, 4, now_ms);
    until("all refused", || ids.iter().all(|id| world.attempts(id) > 0));
    let requests = receiver.log.lock().unwrap().len();
    assert!(requests < 100, "{requests}");
    assert_eq!(world.sums(), (0, 200, 0));
}

#[test]
fn what_a_person_asks_for_is_tried_though_the_sink_is_unavailable() {
    let mut world = World::new(&[("a", Level::High), ("b", Level::Low), ("c", Level::Low)]);
    // A wait that no test outlives.
    let receiver = Receiver::start(|_| "429 Slow\r\nRetry-After: 3600\r\nX-Is:");
    world.start(&receiver.url, 0, now_ms);
    let attempts = |world: &World| ["a", "b", "c"].map(|id| world.attempts(id));
    until("one refusal", || attempts(&world) == [1, 0, 0]);
    let ask = || {
        Store::open_for_triage(&world.file()).unwrap().resend(Resend::Pending, None, None, now_ms()).unwrap()
    };
    assert_eq!(ask(), 3);
    until("one attempt for all requests", || attempts(&world).iter().sum::<u32>() == 2);
    receiver.answer(|_| "200");
    assert_eq!(ask(), 3);
    until("all of them", || world.sums() == (3, 0, 0));
    assert_eq!(attempts(&world).iter().sum::<u32>(), 2);
}
