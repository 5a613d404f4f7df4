//! The service at a steady load with a Prometheus scraping it: the dashboard's queries say what the service's own summary
//! does, and neither memory nor descriptors grow. `TRIPLINE_SOAK_SECONDS` makes it longer, `TRIPLINE_SOAK_RATE` faster.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tripline_loadgen::Distribution;

use super::emulator::Emulator;
use super::oracle::{facts, judge, records};
use super::service::{Ended, Setup, until};
use super::stream::{Put, Stream};
use crate::moto::run;
use crate::shared::variable;

/// The rated load, events a second.
const RATE: u64 = 1_000;
const DASHBOARD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/grafana/tripline.json");

/// What happens in no healthy run: these queries may find nothing.
const MAY_BE_EMPTY: &[&str] =
    &["rejected", "dead", "oldest_open", "clamped", "quarantine", "heartbeat", "level=\"critical\""];

/// A Prometheus of the test's own.
struct Prometheus {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Prometheus {
    fn start(binary: &str, target: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: tripline\n  static_configs: [{{targets: [\"{target}\"]}}]\n"
        );
        fs::write(folder.path().join("prometheus.yml"), config).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(binary)
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let prometheus = Self { child, url: format!("http://{address}"), _folder: folder };
        until("Prometheus", || prometheus.ask("up == 1").filter(|found| !found.is_empty()));
        prometheus
    }

    /// What a query finds now: each series' labels and value. None when there is no answer.
    fn ask(&self, query: &str) -> Option<Vec<(Value, f64)>> {
        let mut url = reqwest::Url::parse(&format!("{}/api/v1/query", self.url)).unwrap();
        url.query_pairs_mut().append_pair("query", query);
        let text = run(async {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            http.get(url).send().await.ok()?.text().await.ok()
        })?;
        let answer: Value = serde_json::from_str(&text).ok()?;
        assert_eq!(answer["status"], "success", "{query}: {text}");
        let series = answer["data"]["result"].as_array().unwrap().iter();
        let value = |one: &Value| one["value"][1].as_str().unwrap().parse().unwrap();
        Some(series.map(|one| (one["metric"].clone(), value(one))).collect())
    }

    fn sum(&self, query: &str) -> f64 {
        self.ask(query).unwrap().iter().map(|(_, value)| value).sum()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // A test failed, or it is over.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The dashboard's queries by the title of their panel, over the whole run.
fn queries(range: &str) -> BTreeMap<String, Vec<String>> {
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(Path::new(DASHBOARD)).unwrap()).unwrap();
    let text = |target: &Value| {
        let query = target["expr"].as_str().unwrap().replace("$job", ".*").replace("$instance", ".*");
        query
            .replace("$__rate_interval", range)
            .replace("$__range", range)
            .replace("[30m]", &format!("[{range}]"))
    };
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let with_title = panels.filter_map(|panel| {
        let targets = panel["targets"].as_array()?.iter().map(text).collect();
        Some((panel["title"].as_str().unwrap().to_owned(), targets))
    });
    with_title.collect()
}

/// Writes records all along, five times a second, and looks up each second.
fn steadily(stream: &Stream, records: &[Put], duration: Duration, mut look: impl FnMut()) {
    let began = Instant::now();
    let steps = usize::try_from(duration.as_millis() / 200).unwrap();
    let upto = |step: usize| records.len() * step / steps;
    for step in 0..steps {
        stream.put(&records[upto(step)..upto(step + 1)]);
        if step % 5 == 0 {
            look();
        }
        let next = Duration::from_millis(200) * u32::try_from(step + 1).unwrap();
        std::thread::park_timeout(next.saturating_sub(began.elapsed()));
    }
}

#[test]
fn the_dashboard_says_what_the_summary_does() {
    let Some(binary) = variable("soak", "TRIPLINE_PROMETHEUS") else { return };
    let seconds = std::env::var("TRIPLINE_SOAK_SECONDS").map_or(20, |text| text.parse().unwrap());
    let rate = std::env::var("TRIPLINE_SOAK_RATE").map_or(RATE, |text| text.parse().unwrap());
    let records = records(51, rate * seconds, Distribution::Random);
    let (wanted, accounts) = judge(&records);
    let emulator = Emulator::start();
    let stream = emulator.stream("soak", 4);
    let setup = Setup::new(&emulator.url, &stream.name, "[sink.file]\ntype = \"file\"\n");
    let path = setup.folder().join("alerts.ndjson");
    let setup = setup.with("TRIPLINE__SINK__FILE__PATH", path.to_str().unwrap());
    let running = setup.start();
    let began = Instant::now();
    let prometheus = Prometheus::start(&binary, &running.port);
    // Counters are there, at nothing, before anything comes.
    until("a scrape", || (prometheus.sum("tripline_ready") > 0.0).then_some(()));
    let mut footprint = Footprint::default();
    steadily(&stream, &records, Duration::from_secs(seconds), || footprint.take(running.pid()));
    say(&footprint.to_string());
    until("all alerts", || (facts(&setup.alerts()) == wanted).then_some(()));
    let received = accounts.decode.records_received;
    until("all records, scraped", || {
        (whole(prometheus.sum("tripline_records_received_total")) == received).then_some(())
    });
    until("all deliveries, scraped", || {
        let pending = prometheus.sum("tripline_outbox_deliveries{state=\"pending\"}");
        (whole(pending) == 0 && prometheus.sum("tripline_outbox_deliveries{state=\"created\"}") > 0.0)
            .then_some(())
    });
    let range = format!("{}s", began.elapsed().as_secs() + 5);
    let queries = queries(&range);
    for query in queries.values().flatten() {
        let found = prometheus.ask(query).unwrap();
        let may_be_empty = MAY_BE_EMPTY.iter().any(|word| query.contains(word));
        assert!(may_be_empty || !found.is_empty(), "finds nothing: {query}");
    }
    let told = Told::of(&prometheus, &queries, &range);
    let ended = running.terminate();
    ended.assert_ok();
    say(&ended.said);
    told.assert_is(&ended);
    footprint.assert_flat();
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of a test")]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

/// For whoever runs it to see figures.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// What the process holds of memory and descriptors, second by second.
#[derive(Default)]
struct Footprint {
    began: Option<Instant>,
    /// Seconds since the beginning, resident KiB, descriptors.
    seen: Vec<(f64, f64, f64)>,
}

impl Footprint {
    fn take(&mut self, pid: u32) {
        let began = *self.began.get_or_insert_with(Instant::now);
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        if let Some(kib) = kib {
            let descriptors = f64::from(u32::try_from(descriptors).unwrap());
            self.seen.push((began.elapsed().as_secs_f64(), kib, descriptors));
        }
    }

    /// What came after the first half: by then caches are full.
    fn second_half(&self) -> &[(f64, f64, f64)] {
        &self.seen[self.seen.len() / 2..]
    }

    /// By how much something grows in a second, by least squares.
    fn slope(&self, of: fn(&(f64, f64, f64)) -> f64) -> f64 {
        let half = self.second_half();
        let n = f64::from(u32::try_from(half.len()).unwrap());
        let mean = |of: &dyn Fn(&(f64, f64, f64)) -> f64| half.iter().map(of).sum::<f64>() / n;
        let (mid, level) = (mean(&|one| one.0), mean(&of));
        let above: f64 = half.iter().map(|one| (one.0 - mid) * (of(one) - level)).sum();
        above / half.iter().map(|one| (one.0 - mid).powi(2)).sum::<f64>().max(f64::EPSILON)
    }

    fn most(&self, of: fn(&(f64, f64, f64)) -> f64) -> f64 {
        self.seen.iter().map(of).fold(0.0, f64::max)
    }

    /// Descriptors are as many at the end as in the middle; memory is for whoever reads the figures.
    fn assert_flat(&self) {
        let half = self.second_half();
        let (first, last) = (half.first().map_or(0.0, |one| one.2), half.last().map_or(0.0, |one| one.2));
        assert!((first - last).abs() <= 8.0, "{first} descriptors, then {last}");
    }
}

impl std::fmt::Display for Footprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "memory at most {:.0} MiB, {:+.1} MiB an hour over the second half; descriptors at most {:.0}, {:+.1} an hour",
            self.most(|one| one.1) / 1024.0,
            self.slope(|one| one.1) * 3600.0 / 1024.0,
            self.most(|one| one.2),
            self.slope(|one| one.2) * 3600.0
        )
    }
}

/// What Prometheus says of the run.
struct Told {
    /// Line of the summary, which number of it, what the metric says.
    counts: Vec<(&'static str, usize, f64)>,
    /// The sums that the dashboard shows for [`Told::counts`] of the same line and number, over the run.
    shown: Vec<(&'static str, usize, f64)>,
    unaccounted: f64,
    /// The bounds of the p99 of `arrival_to_alerted`, in milliseconds: what the dashboard shows is within its bucket.
    p99_ms: f64,
}

impl Told {
    fn of(prometheus: &Prometheus, queries: &BTreeMap<String, Vec<String>>, range: &str) -> Self {
        let counts = [
            ("records ", 0, "tripline_records_received_total"),
            ("records ", 1, "tripline_records_decoded_total"),
            ("records ", 2, "tripline_records_control_total"),
            ("log events ", 0, "tripline_log_events_total"),
            ("log events ", 1, "tripline_events_evaluated_total"),
            ("log events ", 2, "tripline_events_not_cloudtrail_total"),
            ("hits ", 0, "tripline_hits_total"),
            ("alerts ", 0, "tripline_alerts_opened_total"),
            ("deliveries ", 0, "tripline_outbox_deliveries{state=\"created\"}"),
            ("deliveries ", 1, "tripline_outbox_deliveries{state=\"delivered\"}"),
        ];
        // A rate over the run, times the run, is what came in it.
        let shown = [
            ("records ", 1, "Records", 0),
            ("records ", 2, "Records", 1),
            ("log events ", 1, "Log events", 0),
            ("log events ", 2, "Log events", 1),
            ("alerts ", 0, "Alerts opened", 0),
        ];
        let over_the_run =
            |title: &str, n: usize| prometheus.sum(&queries[title][n].replace("(rate(", "(increase("));
        let p99 = &queries["Of it ours"][2];
        assert!(p99.contains("0.99") && p99.contains(range), "{p99}");
        Self {
            counts: counts.map(|(line, n, metric)| (line, n, prometheus.sum(metric))).into(),
            shown: shown.map(|(line, n, title, target)| (line, n, over_the_run(title, target))).into(),
            unaccounted: queries["Unaccounted for"].iter().map(|query| prometheus.sum(query)).sum(),
            p99_ms: prometheus.sum(p99) * 1000.0,
        }
    }

    fn assert_is(&self, ended: &Ended) {
        for (line, n, counted) in &self.counts {
            assert_eq!(whole(*counted), ended.numbers(line)[*n], "{line} {n}: {}", ended.said);
        }
        for (line, n, shown) in &self.shown {
            #[expect(clippy::cast_precision_loss, reason = "counts of a test")]
            let said = ended.numbers(line)[*n] as f64;
            // Prometheus guesses what came before the first scrape and after the last: up to a second of each.
            say(&format!("{line} {n}: shown {shown:.1}, said {said}"));
            assert!((shown - said).abs() <= 1.0 + said / 10.0, "{line} {n}: shown {shown}, said {said}");
        }
        assert_eq!(whole(self.unaccounted), 0, "unaccounted for");
        // Count, then p50, p90, p99 and the largest; a bucket is at most two and a half times the one before.
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a test")]
        let said = ended.numbers("            arrival_to_alerted")[3] as f64;
        assert!((said / 2.6..=said * 2.6).contains(&self.p99_ms), "p99: shown {}, said {said}", self.p99_ms);
    }
}
