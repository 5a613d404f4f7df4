//! From what is written to what is meant: the last checks, out in the world, and then plain types.

use std::collections::BTreeMap;
use std::mem;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use tripline_rules::diagnostic::Severity;

use super::places::{self, World};
use super::raw::{Raw, Section};
use super::{
    Config, ConfigError, Effective, HttpConfig, Loaded, LogConfig, LogFormat, PipelineConfig, RuleChoice,
    StoreConfig, sinks, sorted,
};
use crate::decode::Limits;
use crate::sink::{Secret, Settings};

/// The configuration of `raw`, when everything about it is right.
pub(super) fn checked(
    mut raw: Raw,
    environment: &BTreeMap<String, String>,
) -> Result<Loaded, Vec<ConfigError>> {
    let mut world = World::new(environment);
    let token = places::check(&raw, &mut world);
    let sinks = sinks::settings(&raw, &mut world);
    raw.errors.append(&mut world.errors);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        sorted(mem::take(&mut raw.errors)).into_iter().partition(|error| error.severity == Severity::Error);
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Loaded { config: config(&raw, token, sinks), effective: Effective::of(&raw), warnings })
}

/// The configuration of `raw`, together with what had to be read for it.
pub(super) fn config(raw: &Raw, token: Option<Secret>, sinks: Vec<Settings>) -> Config {
    let (rules, store, limits) = (raw.section("rules"), raw.section("store"), raw.section("limits"));
    Config {
        rules: RuleChoice {
            paths: rules.list("paths").into_iter().map(PathBuf::from).collect(),
            packs: rules.list("packs"),
            strict: rules.flag("strict"),
        },
        store: StoreConfig {
            path: PathBuf::from(store.text("path").unwrap_or_default()),
            quarantine_rows_max: store.count("quarantine_rows_max"),
            busy_timeout: Duration::from_millis(store.count("busy_timeout_ms")),
        },
        http: HttpConfig { listen: listen(&raw.section("http")), token },
        pipeline: pipeline(&raw.section("pipeline")),
        limits: Limits {
            inflated_bytes_max: size(limits.count("inflated_bytes_max")),
            log_events_max: size(limits.count("log_events_max")),
            event_bytes_max: size(limits.count("event_bytes_max")),
        },
        log: log(&raw.section("log")),
        sinks,
    }
}

/// Where `[http]` listens. What is no address was refused; loopback is the harmless reading until that is told.
pub(super) fn listen(http: &Section<'_>) -> SocketAddr {
    let written = http.text("listen").and_then(|text| text.parse().ok());
    written.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

fn pipeline(section: &Section<'_>) -> PipelineConfig {
    let workers = match size(section.count("workers")) {
        0 => thread::available_parallelism().map_or(1, NonZero::get),
        workers => workers,
    };
    PipelineConfig {
        workers,
        queue_batches_max: size(section.count("queue_batches_max")),
        drain_timeout: Duration::from_secs(section.count("drain_timeout_s")),
    }
}

fn log(section: &Section<'_>) -> LogConfig {
    let format = match section.text("format").as_deref() {
        Some("json") => LogFormat::Json,
        Some("text") => LogFormat::Text,
        _ => LogFormat::Auto,
    };
    LogConfig { level: section.text("level").unwrap_or_default(), format }
}

fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
