//! What `run` and `demo` set up alike: the shared things of a service, and its port.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::sync::mpsc::Sender;
use tripline_rules::plan::Ruleset;

use super::Failure;
use crate::metrics::Metrics;
use crate::pipeline::health::{Health, Stop};
use crate::pipeline::live::Wish;
use crate::pipeline::now_ms;
use crate::pipeline::own::About;
use crate::pipeline::service::Shared;
use crate::port::{self, Access, Limits, Told};
use crate::silence::LastSeen;

/// Metrics that say what runs; nothing else has happened yet.
pub(super) fn metrics(ruleset: &Ruleset, refused: usize) -> Result<Metrics, Failure> {
    let metrics = Metrics::new().map_err(Failure::bug)?;
    metrics.build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    for result in ["taken", "refused"] {
        metrics.rules_reloads.with_label_values(&[result]);
    }
    announce(&metrics, ruleset, refused);
    Ok(metrics)
}

/// Says which rules run, and that nothing has come of them yet.
pub(super) fn announce(metrics: &Metrics, ruleset: &Ruleset, refused: usize) {
    metrics.rules_refused.set(i64::try_from(refused).unwrap_or(i64::MAX));
    for (kind, alone) in [("event", true), ("correlation", false)] {
        let count = ruleset.rules().iter().filter(|rule| rule.is_event() == alone).count();
        metrics.rules_loaded.with_label_values(&[kind]).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    // A counter that is first seen at one has grown by nothing, to Prometheus.
    for meta in ruleset.rules().iter().map(|rule| &rule.meta) {
        metrics.rule_hits.with_label_values(&[&meta.id]);
        metrics.alerts_opened.with_label_values(&[meta.id.as_str(), meta.level.as_str()]);
    }
    #[expect(clippy::cast_precision_loss, reason = "Prometheus counts time in floats")]
    metrics.rules_reloaded.set(now_ms() as f64 / 1000.0);
}

pub(super) fn shared(runtime: &Runtime, metrics: Metrics, last_seen: LastSeen, about: About) -> Shared {
    Shared {
        metrics,
        health: Arc::new(Health::default()),
        stop: Arc::new(Stop::default()),
        runtime: runtime.handle().clone(),
        last_seen: Arc::new(last_seen),
        about: Arc::new(about),
    }
}

/// Opens the port.
pub(super) fn serve(
    runtime: &Runtime,
    address: SocketAddr,
    (access, limits): (Access, Limits),
    shared: &Shared,
    store: &Path,
    reload: Option<Sender<Wish>>,
) -> Result<SocketAddr, Failure> {
    let told = Told {
        metrics: shared.metrics.clone(),
        health: Arc::clone(&shared.health),
        store: store.to_path_buf(),
        access,
        limits,
        started_ms: now_ms(),
        reload,
    };
    runtime.block_on(port::open(address, told)).map_err(Failure::upstream)
}
