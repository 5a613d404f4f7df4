//! How long alerts were under way: one HDR histogram for each hop and level, exposed as a classic Prometheus histogram.
//! The same figures feed the summaries that commands print, where buckets would be too coarse.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use hdrhistogram::Histogram;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{self, MetricFamily, MetricType};
use tripline_rules::rule::Level;

use super::Metric;
use crate::alert::Hop;

/// Its row in the table.
pub(super) const METRIC: Metric = Metric {
    name: "tripline_alert_latency_seconds",
    kind: "histogram",
    help: "How long the event that opened an alert took for a hop, by hop and level.",
    labels: &["hop", "level"],
};

/// Hops that came out negative because clocks disagree.
pub(super) const CLAMPED: Metric = Metric {
    name: "tripline_alert_latency_clamped_total",
    kind: "counter",
    help: "Hops that clocks made negative and that count as 0.",
    labels: &["hop"],
};

/// Upper bounds, milliseconds: from our own work to a day of AWS's.
const BOUNDS_MS: &[u64] = &[
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000,
    600_000, 900_000, 1_800_000, 3_600_000, 21_600_000, 86_400_000,
];

/// One hop, summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How many alerts.
    pub count: u64,
    /// Half were faster, milliseconds.
    pub p50_ms: u64,
    /// Nine in ten were faster.
    pub p90_ms: u64,
    /// 99 in 100 were faster.
    pub p99_ms: u64,
    /// The slowest.
    pub max_ms: u64,
}

/// Shared by all who observe.
#[derive(Debug, Clone)]
pub struct Latencies {
    inner: Arc<Mutex<Inner>>,
    descs: Vec<Desc>,
}

#[derive(Debug, Default)]
struct Inner {
    histograms: BTreeMap<(Hop, Level), (Histogram<u64>, u64)>,
    clamped: BTreeMap<Hop, u64>,
}

impl Default for Latencies {
    fn default() -> Self {
        let desc = |metric: &Metric| {
            let labels = metric.labels.iter().map(|label| (*label).to_owned()).collect();
            Desc::new(
                metric.name.to_owned(),
                metric.help.to_owned(),
                labels,
                std::collections::HashMap::new(),
            )
        };
        // Both names are constant and sound; a test gathers them.
        let descs = [desc(&METRIC), desc(&CLAMPED)].into_iter().filter_map(Result::ok).collect();
        Self { inner: Arc::default(), descs }
    }
}

impl Latencies {
    /// An alert of `level` took so long for `hop`.
    pub fn observe(&self, hop: Hop, level: Level, ms: i64) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let clamped = u64::try_from(ms).unwrap_or(0);
        if ms < 0 {
            *inner.clamped.entry(hop).or_default() += 1;
        }
        if let Some((histogram, sum_ms)) = entry(&mut inner.histograms, (hop, level)) {
            // It resizes itself and refuses nothing.
            let _ = histogram.record(clamped);
            *sum_ms = sum_ms.saturating_add(clamped);
        }
    }

    /// A hop over all levels; none when no alert passed it.
    pub fn summary(&self, hop: Hop) -> Option<Summary> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = histogram()?;
        for (_, (one, _)) in inner.histograms.iter().filter(|((of, _), _)| *of == hop) {
            // Both resize themselves.
            let _ = all.add(one);
        }
        (!all.is_empty()).then(|| Summary {
            count: all.len(),
            p50_ms: all.value_at_quantile(0.5),
            p90_ms: all.value_at_quantile(0.9),
            p99_ms: all.value_at_quantile(0.99),
            max_ms: all.max(),
        })
    }
}

/// Three significant digits.
fn histogram() -> Option<Histogram<u64>> {
    Histogram::new(3).ok()
}

type Histograms = BTreeMap<(Hop, Level), (Histogram<u64>, u64)>;

fn entry(histograms: &mut Histograms, key: (Hop, Level)) -> Option<&mut (Histogram<u64>, u64)> {
    match histograms.entry(key) {
        Entry::Occupied(entry) => Some(entry.into_mut()),
        Entry::Vacant(free) => Some(free.insert((histogram()?, 0))),
    }
}

impl Collector for Latencies {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut latency = family(&METRIC, MetricType::HISTOGRAM);
        latency.set_metric(
            inner
                .histograms
                .iter()
                .map(|((hop, level), (histogram, sum_ms))| {
                    let mut metric = labelled(&[("hop", hop.as_str()), ("level", level.as_str())]);
                    metric.set_histogram(classic(histogram, *sum_ms));
                    metric
                })
                .collect(),
        );
        let mut clamped = family(&CLAMPED, MetricType::COUNTER);
        clamped.set_metric(
            Hop::ALL
                .iter()
                .map(|hop| {
                    let mut metric = labelled(&[("hop", hop.as_str())]);
                    let mut counter = proto::Counter::default();
                    counter.set_value(as_f64(inner.clamped.get(hop).copied().unwrap_or(0)));
                    metric.set_counter(counter);
                    metric
                })
                .collect(),
        );
        // The encoder refuses a family without metrics.
        [latency, clamped].into_iter().filter(|family| !family.get_metric().is_empty()).collect()
    }
}

fn classic(histogram: &Histogram<u64>, sum_ms: u64) -> proto::Histogram {
    let mut out = proto::Histogram::default();
    out.set_sample_count(histogram.len());
    out.set_sample_sum(as_f64(sum_ms) / 1000.0);
    let buckets = BOUNDS_MS.iter().map(|bound_ms| {
        let mut bucket = proto::Bucket::default();
        bucket.set_upper_bound(as_f64(*bound_ms) / 1000.0);
        bucket.set_cumulative_count(histogram.count_between(0, *bound_ms));
        bucket
    });
    out.set_bucket(buckets.collect());
    out
}

fn family(of: &Metric, kind: MetricType) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(of.name.to_owned());
    family.set_help(of.help.to_owned());
    family.set_field_type(kind);
    family
}

fn labelled(pairs: &[(&str, &str)]) -> proto::Metric {
    proto::Metric::from_label(
        pairs
            .iter()
            .map(|(name, value)| {
                let mut label = proto::LabelPair::default();
                label.set_name((*name).to_owned());
                label.set_value((*value).to_owned());
                label
            })
            .collect(),
    )
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts in floats")]
fn as_f64(n: u64) -> f64 {
    n as f64
}
