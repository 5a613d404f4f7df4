//! `tripline run` as its operators run it: the binary, a configuration file, signals, the port.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tripline::alert::Alert;
use tripline::store::{Query, Store};

/// How long anything may take here.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);

/// The binary under test: the one that was built with the tests, unless `TRIPLINE_BIN` names another.
fn binary() -> PathBuf {
    std::env::var_os("TRIPLINE_BIN")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_tripline")), PathBuf::from)
}

/// Whether it has no places at which it can be told to die.
pub(super) fn binary_is_released() -> bool {
    std::env::var_os("TRIPLINE_BIN").is_some()
}

/// A folder with a configuration and, sooner or later, a store.
pub(super) struct Setup {
    folder: TempDir,
    endpoint: String,
    environment: Vec<(String, String)>,
    /// Soft and hard limit of descriptors; none to inherit the test's.
    descriptors: Option<(u64, u64)>,
}

/// The service, until it is ended or dropped.
pub(super) struct Running {
    child: Child,
    log: PathBuf,
    pub(super) port: String,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// Its summary.
    pub(super) said: String,
    pub(super) log: String,
}

impl Setup {
    /// Reads `stream` at `endpoint`, quickly; `more` is configuration.
    pub(super) fn new(endpoint: &str, stream: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[kinesis]\nstream = \"{stream}\"\nregion = \"eu-west-1\"\npoll_interval_ms = 250\nlist_interval_s = 1\n\
             call_timeout_s = 2\nstuck_after_s = 10\nlog_group = \"trail\"\n\
             [http]\nlisten = \"127.0.0.1:0\"\n[store]\npath = \"{}\"\n{more}\n",
            folder.path().join("tripline.db").display()
        );
        fs::write(folder.path().join("tripline.toml"), text).unwrap();
        Self { folder, endpoint: endpoint.to_owned(), environment: Vec::new(), descriptors: None }
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs the service with this limit of descriptors, which it cannot raise.
    pub(super) fn with_descriptors(self, limit: u64) -> Self {
        self.with_soft_descriptors(limit, limit)
    }

    /// Runs the service with a soft limit of descriptors that it can raise to the hard one.
    pub(super) fn with_soft_descriptors(mut self, soft: u64, hard: u64) -> Self {
        self.descriptors = Some((soft, hard));
        self
    }

    /// Sets a variable, or sets it anew.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Starts the service with no more than `max` descriptors; none lifts that.
    pub(super) fn limit_descriptors(&mut self, max: Option<u64>) {
        self.descriptors = max.map(|max| (max, max));
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn store(&self) -> PathBuf {
        self.folder.path().join("tripline.db")
    }

    pub(super) fn command(&self) -> Command {
        let mut command = match self.descriptors {
            None => Command::new(binary()),
            Some((soft, hard)) => {
                let script = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" \"$@\"");
                let mut shell = Command::new("sh");
                shell.args(["-c", &script]).arg(binary());
                shell
            }
        };
        command
            .env("AWS_ENDPOINT_URL_KINESIS", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Starts it and waits until it has a port.
    pub(super) fn start(&self) -> Running {
        let running = self.try_start();
        assert!(
            running.is_some(),
            "it ended: {}",
            fs::read_to_string(self.folder.path().join("log")).unwrap()
        );
        running.unwrap()
    }

    /// The same; none when it ends before it has one.
    pub(super) fn try_start(&self) -> Option<Running> {
        let log = self.folder.path().join("log");
        let child = self
            .command()
            .args(["run", "--config"])
            .arg(self.folder.path().join("tripline.toml"))
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut running = Running { child, log, port: String::new() };
        let port = until("a port", || {
            if running.is_dead() {
                return Some(None);
            }
            let log = running.log();
            let line = log.lines().find(|line| line.contains("\"starting\""))?;
            let line: Value = serde_json::from_str(line).ok()?;
            Some(Some(line["port"].as_str().unwrap().to_owned()))
        })?;
        running.port = port;
        Some(running)
    }

    /// What the store holds but the engine's own alerts, by id.
    pub(super) fn alerts(&self) -> Vec<Alert> {
        let stored = Store::open_beside(&self.store()).unwrap().list(&Query::default()).unwrap();
        let mut alerts: Vec<Alert> = stored.into_iter().map(|stored| stored.alert).collect();
        alerts.retain(|alert| !alert.rule.id.starts_with("tripline-"));
        alerts.sort_by(|one, other| one.id.cmp(&other.id));
        alerts
    }
}

impl Running {
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Whether the process has ended.
    pub(super) fn is_dead(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it is ready; not, when it ends before.
    pub(super) fn is_ready_soon(&mut self) -> bool {
        until("readiness or an end", || {
            let ready = self.try_get("/readyz").is_some_and(|(code, _)| code == 200);
            if ready { Some(true) } else { self.is_dead().then_some(false) }
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks the port: status and body.
    pub(super) fn get(&self, path: &str) -> (u16, String) {
        self.try_get(path).unwrap()
    }

    /// The same; none when it breaks off.
    fn try_get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(&self.port).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.port).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// The sum of a metric over its labels.
    pub(super) fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").1;
        let of = |line: &str| {
            let rest = line.strip_prefix(name)?;
            let is_it = rest.starts_with(['{', ' ']);
            is_it.then(|| line.rsplit(' ').next()?.parse::<f64>().ok()).flatten()
        };
        text.lines().filter_map(of).sum()
    }

    pub(super) fn wait_ready(&self) {
        until("readiness", || (self.get("/readyz").0 == 200).then_some(()));
    }

    /// Sends a signal by its name.
    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// SIGTERM, and what it said on its way out.
    pub(super) fn terminate(self) -> Ended {
        self.signal("TERM");
        self.wait()
    }

    pub(super) fn wait(mut self) -> Ended {
        let status = until("its end", || self.child.try_wait().unwrap());
        let mut said = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        Ended { status, said, log: self.log() }
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended long ago, or a test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The numbers of one line of the summary, in their order.
    pub(super) fn numbers(&self, line: &str) -> Vec<u64> {
        let found = self.said.lines().find(|one| one.starts_with(line));
        assert!(found.is_some(), "no `{line}` in {}\n{}", self.said, self.log);
        let words = found.unwrap().split(' ');
        words.filter_map(|word| word.trim_end_matches([':', ',']).parse().ok()).collect()
    }

    #[track_caller]
    pub(super) fn assert_ok(&self) {
        assert_eq!(self.status.code(), Some(0), "{}\n{}", self.said, self.log);
    }
}

/// Asks again until there is an answer.
#[track_caller]
pub(super) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let before = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(before.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}
