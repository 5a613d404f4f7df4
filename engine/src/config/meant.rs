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
    Config, ConfigError, Effective, HeartbeatConfig, HttpConfig, Loaded, LogConfig, LogFormat,
    PipelineConfig, RuleChoice, StoreConfig, sinks, sorted,
};
use crate::decode;
use crate::pipeline::keeper::Budget;
use crate::pipeline::service::Room;
use crate::port::Limits;
use crate::silence;
use crate::sink::{Secret, Settings};
use crate::source::kinesis;
use crate::store::Retention;

/// The configuration of `raw`, when everything about it is right.
pub(super) fn checked(
    mut raw: Raw,
    environment: &BTreeMap<String, String>,
) -> Result<Loaded, Vec<ConfigError>> {
    let mut world = World::new(environment);
    let token = places::check(&raw, &mut world);
    let heartbeat = sinks::heartbeat(&raw, &mut world);
    let sinks = sinks::settings(&raw, &mut world);
    raw.errors.append(&mut world.errors);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        sorted(mem::take(&mut raw.errors)).into_iter().partition(|error| error.severity == Severity::Error);
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Loaded { config: config(&raw, token, heartbeat, sinks), effective: Effective::of(&raw), warnings })
}

/// The configuration of `raw`, together with what had to be read for it.
pub(super) fn config(
    raw: &Raw,
    token: Option<Secret>,
    heartbeat: Option<HeartbeatConfig>,
    sinks: Vec<Settings>,
) -> Config {
    let (rules, store, limits) = (raw.section("rules"), raw.section("store"), raw.section("limits"));
    Config {
        rules: RuleChoice {
            paths: rules.list("paths").into_iter().map(PathBuf::from).collect(),
            packs: rules.list("packs"),
            strict: rules.flag("strict"),
            watch: Some(Duration::from_secs(rules.count("watch_s"))).filter(|watch| !watch.is_zero()),
        },
        kinesis: kinesis(&raw.section("kinesis")),
        log_group: raw.section("kinesis").text("log_group"),
        silence: silence(&raw.section("silence")),
        heartbeat,
        store: StoreConfig {
            path: PathBuf::from(store.text("path").unwrap_or_default()),
            quarantine_rows_max: store.count("quarantine_rows_max"),
            busy_timeout: Duration::from_millis(store.count("busy_timeout_ms")),
            retention: retention(&store),
            budget: Budget {
                rule_bytes_max: store.count("rule_rows_mib_max") << 20,
                bytes_max: store.count("rows_mib_max") << 20,
            },
        },
        http: http(&raw.section("http"), token),
        pipeline: pipeline(&raw.section("pipeline")),
        limits: decode::Limits {
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

fn http(section: &Section<'_>, token: Option<Secret>) -> HttpConfig {
    let seconds = |name| Duration::from_secs(section.count(name));
    let limits = Limits {
        connections_max: size(section.count("connections_max")),
        connections_per_peer_max: size(section.count("connections_per_peer_max")),
        header_timeout: seconds("header_timeout_s"),
        idle_timeout: seconds("idle_timeout_s"),
        request_timeout: seconds("request_timeout_s"),
    };
    HttpConfig { listen: listen(section), token, limits }
}

fn kinesis(section: &Section<'_>) -> Option<kinesis::Settings> {
    let seconds = |name| Duration::from_secs(section.count(name));
    Some(kinesis::Settings {
        stream: section.text("stream")?,
        region: section.text("region"),
        // What is no place to begin was refused; the oldest is the harmless reading until that is told.
        start: section
            .text("start")
            .and_then(|text| text.parse().ok())
            .unwrap_or(kinesis::Start::TrimHorizon),
        poll_interval: Duration::from_millis(section.count("poll_interval_ms")),
        list_interval: seconds("list_interval_s"),
        call_timeout: seconds("call_timeout_s"),
        stuck_after: seconds("stuck_after_s"),
        answers_max: size(section.count("answers_max")),
    })
}

fn retention(section: &Section<'_>) -> Retention {
    let count = |name| i64::try_from(section.count(name)).unwrap_or(i64::MAX);
    let days =
        |name| Some(count(name)).filter(|days| *days > 0).map(|days| days.saturating_mul(24 * 3_600_000));
    Retention {
        late_s: count("late_h").saturating_mul(3_600),
        closed_alerts_ms: days("closed_alerts_d"),
        alerts_ms: days("alerts_d"),
    }
}

fn silence(section: &Section<'_>) -> Option<silence::Settings> {
    let ms = |name| i64::try_from(section.count(name)).unwrap_or(i64::MAX).saturating_mul(1000);
    section.flag("enabled").then(|| silence::Settings {
        after_ms: ms("after_s"),
        stream_after_ms: ms("stream_after_s"),
        // What is neither was refused.
        quiet: section.list("quiet_hours").iter().filter_map(|text| text.parse().ok()).collect(),
        ignore: section.list("ignore").iter().filter_map(|text| text.parse().ok()).collect(),
        keys_max: size(section.count("keys_max")),
        ..silence::Settings::default()
    })
}

fn pipeline(section: &Section<'_>) -> PipelineConfig {
    let workers = match size(section.count("workers")) {
        0 => thread::available_parallelism().map_or(1, NonZero::get),
        workers => workers,
    };
    PipelineConfig {
        workers,
        windows_bytes_max: size(section.count("windows_mib_max") << 20),
        room: Room {
            batches_max: size(section.count("queue_batches_max")),
            bytes_max: size(section.count("queue_mib_max") << 20),
        },
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
