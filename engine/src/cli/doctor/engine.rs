//! What the engine says of itself, on its port.

use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

use super::Findings;
use crate::config::Config;

/// How long an engine may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A shard that is further behind its newest record is worth a look; the other limit is a failure.
const LAG_S: f64 = 60.0;
const LAG_LONG_S: f64 = 3_600.0;

/// Whether an engine answers on the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    Yes,
    No,
}

pub(super) fn ask(runtime: &Runtime, config: &Config, findings: &mut Findings) -> Answers {
    let address = config.http.reachable();
    let got = runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let readyz = client.get(format!("http://{address}/readyz")).send().await?.text().await?;
        let metrics = client.get(format!("http://{address}/metrics")).send().await?.text().await?;
        Ok::<_, reqwest::Error>((readyz, metrics))
    });
    let Ok((readyz, metrics)) = got else {
        let mend =
            "start it with `tripline run`, or run this where it runs; what follows is of the store alone";
        findings.warn("engine", format!("nobody answers at {address}"), mend);
        return Answers::No;
    };
    let readiness: Value = serde_json::from_str(&readyz).unwrap_or_default();
    let word = |name: &str| readiness[name].as_str().unwrap_or("?").to_owned();
    findings.require(
        readiness["ready"] == true,
        "engine",
        format!("at {address}: store {}, source {}", word("store"), word("source")),
        "it tries again by itself; its log has the whole story",
    );
    let metrics = Metrics(&metrics);
    lag(&metrics, findings);
    let failed = metrics.sum("tripline_commits_total{result=\"failed\"}");
    if failed > 0.0 {
        findings.warn(
            "commits",
            format!("{failed} failed since the start, and were repeated"),
            "look at the disk",
        );
    }
    let (queue, room) = (metrics.sum("tripline_queue_batches "), metrics.sum("tripline_queue_batches_max "));
    let memory = metrics.sum("tripline_window_bytes ") / f64::from(1 << 20);
    findings.ok(
        "state",
        format!(
            "{} groups in memory, {memory:.0} MiB of {} MiB; {queue} of {room} batches wait",
            metrics.sum("tripline_window_groups "),
            config.pipeline.windows_bytes_max >> 20
        ),
    );
    Answers::Yes
}

fn lag(metrics: &Metrics<'_>, findings: &mut Findings) {
    let shards = metrics.each("tripline_kinesis_behind_latest_seconds{");
    let worst = shards.iter().max_by(|one, other| one.1.total_cmp(&other.1));
    let Some((labels, behind_s)) = worst else { return };
    let says = format!(
        "{} shards; the furthest ({labels}) is {behind_s:.0} s behind its newest record",
        shards.len()
    );
    let mend = "see TriplineShardBehind in the handbook";
    match *behind_s {
        s if s >= LAG_LONG_S => findings.fail("lag", says, mend),
        s if s >= LAG_S => findings.warn("lag", says, mend),
        _ => findings.ok("lag", says),
    }
}

/// The text exposition format, as far as it is needed.
struct Metrics<'m>(&'m str);

impl Metrics<'_> {
    /// Of each line that begins so: what stands between that and its value, and the value.
    fn each(&self, beginning: &str) -> Vec<(String, f64)> {
        let of = |line: &str| {
            let rest = line.strip_prefix(beginning)?;
            let (labels, value) = rest.rsplit_once(' ').unwrap_or(("", rest));
            Some((labels.trim_end_matches('}').to_owned(), value.parse().ok()?))
        };
        self.0.lines().filter_map(of).collect()
    }

    fn sum(&self, beginning: &str) -> f64 {
        self.each(beginning).iter().map(|(_, value)| value).sum()
    }
}
