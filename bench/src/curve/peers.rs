//! Everybody in a load but the load: a Kinesis server in this process, the service and the load generator as their users run them.
//! All on loopback.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_kinesis::config::Credentials;
use ferrokinesis::create_app;
use ferrokinesis::store::StoreOptions;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tripline::store::Store;

use super::Load;
use crate::children::{self, REGION};
use crate::cpu;

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The Kinesis server.
pub(super) struct Server {
    url: String,
    runtime: Option<Runtime>,
}

impl Server {
    pub(super) fn start() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let options = StoreOptions {
            create_stream_ms: 10,
            shard_limit: 500,
            aws_region: REGION.to_owned(),
            ..StoreOptions::default()
        };
        let url = runtime.block_on(async move {
            let (app, _) = create_app(options);
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            let url = format!("http://{}", listener.local_addr()?);
            tokio::spawn(async move { axum::serve(listener, app).await });
            anyhow::Ok(url)
        })?;
        Ok(Self { url, runtime: Some(runtime) })
    }

    /// Makes a stream, and waits for it.
    pub(super) fn stream(&self, name: &str, shards: i32) -> anyhow::Result<String> {
        // Not on the server's threads: when these wait for one another, nobody would be left to run out of time.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let timeouts = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
            let config = aws_config::defaults(BehaviorVersion::latest())
                .region(Region::new(REGION))
                .endpoint_url(&self.url)
                .timeout_config(timeouts)
                .credentials_provider(Credentials::new("bench", "secret", None, None, "bench"))
                .load()
                .await;
            let client = aws_sdk_kinesis::Client::new(&config);
            client.create_stream().stream_name(name).shard_count(shards).send().await?;
            let began = Instant::now();
            loop {
                let described = client.describe_stream_summary().stream_name(name).send().await?;
                let status = described.stream_description_summary.map(|summary| summary.stream_status);
                if status == Some(aws_sdk_kinesis::types::StreamStatus::Active) {
                    return Ok(name.to_owned());
                }
                ensure!(began.elapsed() < PATIENCE, "the stream {name} is not made");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its threads may wait for a lock for ever: they end with the process.
        let _ = self.runtime.take().map(Runtime::shutdown_background);
    }
}

/// The service's store.
const STORE: &str = "tripline.db";
/// Nothing new in that for so many looks: there is no more.
const LOOKS: u32 = 10;
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The service, until it is dropped.
pub(super) struct Engine {
    child: Child,
    url: String,
    folder: TempDir,
}

impl Engine {
    /// Starts it on a stream, with a new store, and waits until it serves.
    pub(super) fn start(server: &Server, stream: &str, poll_interval_ms: u64) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("tripline.toml");
        let text = format!(
            "[kinesis]\nstream = \"{stream}\"\npoll_interval_ms = {poll_interval_ms}\nlist_interval_s = 3600\n\
             [http]\nlisten = \"127.0.0.1:0\"\n[silence]\nenabled = false\n[store]\npath = \"{}\"\n",
            folder.path().join(STORE).display()
        );
        std::fs::write(&config, text)?;
        let mut child = children::command("tripline", &server.url)?
            .args(["run", "--config"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = BufReader::new(child.stderr.take().context("no log")?);
        let mut engine = Self { child, url: String::new(), folder };
        engine.url = engine.serve(log)?;
        Ok(engine)
    }

    /// The address that its log names; the log is read on, or it would stand still.
    fn serve(&mut self, log: BufReader<std::process::ChildStderr>) -> anyhow::Result<String> {
        let mut lines = log.lines();
        let mut said = String::new();
        for line in lines.by_ref() {
            let line = line?;
            if let Some(address) = address(&line) {
                std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
                return Ok(format!("http://{address}"));
            }
            said = line;
        }
        bail!("the service ended: {said}")
    }

    /// What it has taken of the cores so far, seconds.
    pub(super) fn cpu_s(&self) -> anyhow::Result<f64> {
        cpu::of_s(self.child.id())
    }

    /// Records of the stream that are in its accounts: so many, or fewer when for a while no more come.
    pub(super) fn records(&self, wanted: u64) -> anyhow::Result<u64> {
        let store = Store::open_beside(&self.folder.path().join(STORE))?;
        let (mut records, mut looks) = (0, 0);
        while records < wanted && looks < LOOKS {
            std::thread::park_timeout(LOOK_EVERY);
            let now: u64 = store.accounts()?.iter().map(|(_, of_shard)| of_shard.records).sum();
            looks = if now > records { 0 } else { looks + 1 };
            records = now;
        }
        Ok(records)
    }

    /// Sends a load to its stream, and returns what the load generator says of it. That a load is judged badly is a result.
    pub(super) fn drive(
        &self,
        server: &Server,
        stream: &str,
        rate: u64,
        load: &Load,
    ) -> anyhow::Result<Value> {
        let output = children::command("tripline-loadgen", &server.url)?
            .args(["drive", "--target", &format!("kinesis:{stream}"), "--rate", &rate.to_string()])
            .args(["--duration", &format!("{}s", load.seconds), "--distribution", "random"])
            .args(["--attacks-per-minute", &load.attacks_per_minute.to_string(), "--scenario", "all"])
            .args(["--alerts-from", &self.url, "--settle", "30s", "--output", "json"])
            .stderr(Stdio::piped())
            .output()?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("the load generator: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// Where a line of the log says that the port is.
fn address(line: &str) -> Option<String> {
    let at = line.find("127.0.0.1:")?;
    let rest = &line[at..];
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':')).unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
