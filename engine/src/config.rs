//! The configuration: what was written, held against one table of settings, becomes [`Config`], what is meant.
//!
//! A TOML file, and over it the environment (`TRIPLINE__SECTION__KEY`), which is an argument here. Everything is
//! checked that can be checked without a network, and every error is reported at once. Paths are as the process sees
//! them. Invariant: nothing is half loaded, and no secret is in an error, a warning or what is shown.

mod effective;
mod environment;
mod error;
mod example;
mod file;
mod form;
mod kind;
mod meant;
mod places;
mod raw;
mod relations;
mod schema;
mod sinks;
pub mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tripline_rules::diagnostic::Severity;

pub use effective::{Effective, Setting};
pub use error::{ConfigError, Origin};
pub use example::example;
pub use form::Form;
pub use kind::{Kind, Value};
pub use schema::schema;

use crate::decode::Limits;
use crate::pipeline::keeper::Budget;
use crate::pipeline::service::Room;
use crate::port;
use crate::regular_file::{ReadError, read_regular_file};
use crate::silence;
use crate::sink::{Secret, Settings};
use crate::source::kinesis;
use crate::store::Retention;
use kind::Fault;
use raw::Raw;

/// A file beyond this is no configuration.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The configuration as it is meant: checked, secrets read. Every limit that an operator may set is in here.
#[derive(Debug, Clone)]
pub struct Config {
    /// Which rules run.
    pub rules: RuleChoice,
    /// The stream; none when it is not named.
    pub kinesis: Option<kinesis::Settings>,
    /// The log group behind it.
    pub log_group: Option<String>,
    /// When silence is told of; none when never.
    pub silence: Option<silence::Settings>,
    /// The dead man's switch; none when no address is named.
    pub heartbeat: Option<HeartbeatConfig>,
    /// The store.
    pub store: StoreConfig,
    /// The port.
    pub http: HttpConfig,
    /// Threads and queues.
    pub pipeline: PipelineConfig,
    /// What one record may hold.
    pub limits: Limits,
    /// What the service says of itself.
    pub log: LogConfig,
    /// Where alerts go: the enabled sinks, by name.
    pub sinks: Vec<Settings>,
}

/// Which rules run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleChoice {
    /// Files and folders; they exist.
    pub paths: Vec<PathBuf>,
    /// Shipped packs and rules; they exist.
    pub packs: Vec<String>,
    /// Whether a refused rule refuses the start.
    pub strict: bool,
    /// Between two looks whether a file has changed; none for never.
    pub watch: Option<Duration>,
}

/// A dead man's switch.
#[derive(Debug, Clone)]
pub struct HeartbeatConfig {
    /// What is called.
    pub url: Secret,
    /// Whether that may be a private address.
    pub allow_private: bool,
    /// Between two calls.
    pub every: Duration,
    /// How long a delivery may wait before it keeps the heartbeat back.
    pub sink_patience: Duration,
}

/// The store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// The file; its folder exists.
    pub path: PathBuf,
    /// Rejects that are kept.
    pub quarantine_rows_max: u64,
    /// How long a commit waits for another process that writes.
    pub busy_timeout: Duration,
    /// How long what is kept.
    pub retention: Retention,
    /// What window rows may cost.
    pub budget: Budget,
}

/// The port.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What /api asks for; always there beyond loopback.
    pub token: Option<Secret>,
    /// Limits of connections.
    pub limits: port::Limits,
}

impl HttpConfig {
    /// Where to reach, from this machine, what listens there: everywhere is here, too.
    pub fn reachable(&self) -> SocketAddr {
        let ip = match self.listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        SocketAddr::new(ip, self.listen.port())
    }
}

/// Threads and queues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineConfig {
    /// Threads that decode and match, at least one.
    pub workers: usize,
    /// What window state in memory may cost.
    pub windows_bytes_max: usize,
    /// What may wait for the state thread.
    pub room: Room,
    /// How long a drain may take.
    pub drain_timeout: Duration,
}

/// What the service says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// How.
    pub format: LogFormat,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// One object a line.
    Json,
    /// For people.
    Text,
}

/// A configuration, and what was said of it on the way.
#[derive(Debug)]
pub struct Loaded {
    /// As it is meant.
    pub config: Config,
    /// As it is shown.
    pub effective: Effective,
    /// What its author should look at.
    pub warnings: Vec<ConfigError>,
}

impl Config {
    /// Reads a file, or none, and the environment; checks them against each other and against the file system.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the file.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Loaded, Vec<ConfigError>> {
        let environment: BTreeMap<String, String> = environment.into_iter().collect();
        meant::checked(written(file, &environment), &environment)
    }
}

/// What holds when nothing is written.
impl Default for Config {
    fn default() -> Self {
        meant::config(&Raw::default(), None, None, Vec::new())
    }
}

impl Effective {
    /// Reads a file, or none, and the environment, and opens nothing that they name: for a look from elsewhere.
    ///
    /// # Errors
    /// Everything that is wrong with what is written.
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<ConfigError>> {
        let environment = environment.into_iter().collect();
        let mut raw = written(file, &environment);
        raw.errors.retain(|error| error.severity == Severity::Error);
        if raw.errors.is_empty() { Ok(Self::of(&raw)) } else { Err(sorted(raw.errors)) }
    }
}

/// What is written, and everything that is wrong with it as such.
fn written(file: Option<&Path>, environment: &BTreeMap<String, String>) -> Raw {
    held(file.map(|path| (Arc::from(path.to_string_lossy().as_ref()), text_of(path))), environment)
}

/// The text of a file, by its name, and the environment, held against the table.
fn held(file: Option<(Arc<str>, Result<String, Fault>)>, environment: &BTreeMap<String, String>) -> Raw {
    let mut raw = Raw::default();
    let mut is_sound = true;
    if let Some((name, text)) = file {
        let whole = Origin::File { file: Arc::clone(&name), line: 0, column: 0 };
        match text {
            Ok(text) => is_sound = file::read(&name, &text, &mut raw),
            Err(fault) => {
                raw.error(&whole, "", fault);
                is_sound = false;
            }
        }
        raw.file = Some(whole);
    }
    environment::read(environment, &mut raw);
    // What a broken line was to say is not known: nothing is missing then.
    if is_sound {
        relations::check(&mut raw);
    }
    raw
}

fn text_of(path: &Path) -> Result<String, Fault> {
    let unreadable =
        |error: ReadError| Fault::new(format!("cannot be read: {error}"), "name it with --config");
    let bytes = read_regular_file(path, FILE_BYTES_MAX).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Fault::new(format!("line {line} is not UTF-8"), "save the file as UTF-8")
    })
}

fn sorted(mut errors: Vec<ConfigError>) -> Vec<ConfigError> {
    errors.sort_by(|one, other| one.origin.cmp(&other.origin));
    errors
}
