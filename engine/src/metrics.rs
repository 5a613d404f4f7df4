//! Every Prometheus metric, in one table: name, help, labels. No label comes from an event; rule ids and sink names come from
//! files that the operator wrote. Knows what is counted, not when.

mod latency;
#[cfg(test)]
mod tests;

use prometheus::core::Collector;
use prometheus::{
    Counter, Encoder, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec,
    IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

pub use latency::Latencies;

/// Upper bounds of histograms of our own work, seconds.
const WORK_SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// A metric, as documents and dashboards name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// With the prefix, and the unit last.
    pub name: &'static str,
    /// counter, gauge, histogram.
    pub kind: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
}

/// Declares the table and, from it, a typed field for each row.
macro_rules! table {
    ($($field:ident: $type:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        /// Every metric, registered.
        #[derive(Debug, Clone)]
        pub struct Metrics {
            registry: Registry,
            /// How long alerts were under way, by hop and level.
            pub latencies: Latencies,
            $(#[doc = $help] pub $field: $type,)*
        }

        /// The table.
        pub const TABLE: &[Metric] = &[
            latency::METRIC,
            latency::CLAMPED,
            $(Metric { name: $name, kind: <$type as Make>::KIND, help: $help, labels: &[$($label),*] },)*
        ];

        impl Metrics {
            /// All metrics at zero, in a registry of their own.
            ///
            /// # Errors
            /// Two rows of the table with one name: a bug of ours that any test finds.
            pub fn new() -> Result<Self, prometheus::Error> {
                let registry = Registry::new();
                let latencies = Latencies::default();
                registry.register(Box::new(latencies.clone()))?;
                $(let $field = <$type as Make>::make($name, $help, &[$($label),*])?;
                  registry.register(Box::new($field.clone()))?;)*
                Ok(Self { registry, latencies, $($field,)* })
            }
        }
    };
}

table! {
    build_info: IntGaugeVec "tripline_build_info" ["version"] "Always 1; the version is in the label.";
    ready: IntGauge "tripline_ready" [] "1 when /readyz answers 200.";
    rules_loaded: IntGaugeVec "tripline_rules_loaded" ["kind"] "Rules that run, by kind (event, correlation).";
    rules_refused: IntGauge "tripline_rules_refused" [] "Errors in the rule files: each keeps a rule from running.";
    kinesis_shards: IntGaugeVec "tripline_kinesis_shards" ["state"] "Shards that are known: reading, waiting for their parents, or done.";
    kinesis_reads: IntCounterVec "tripline_kinesis_reads_total" ["outcome"] "Reads of shards: ok, or what went wrong; a read that failed is repeated.";
    kinesis_records: IntCounter "tripline_kinesis_records_total" [] "Kinesis records handed to the workers.";
    kinesis_bytes: IntCounter "tripline_kinesis_bytes_total" [] "Bytes of those records.";
    kinesis_behind_latest: GaugeVec "tripline_kinesis_behind_latest_seconds" ["shard"] "How far the last read of a shard was behind its newest record (MillisBehindLatest).";
    kinesis_last_progress: GaugeVec "tripline_kinesis_last_progress_timestamp_seconds" ["shard"] "When a shard last got on: records were handed on, or there were none, since the epoch.";
    kinesis_reopened: IntCounter "tripline_kinesis_reopened_total" [] "Shards that were stuck and were opened again.";
    kinesis_gaps: IntCounter "tripline_kinesis_gaps_total" [] "Stretches of a shard that were gone before they were read.";
    silence_keys: IntGaugeVec "tripline_account_regions" ["state"] "Accounts and regions that were heard of: heard, silent; the whole stream is one more.";
    silence_dropped: IntCounter "tripline_account_regions_dropped_total" [] "Times that an account and region beyond the limit was heard of and not watched.";
    bytes_received: IntCounter "tripline_received_bytes_total" [] "Bytes of records as they came.";
    records_received: IntCounter "tripline_records_received_total" [] "Records that came: decoded, control or rejected.";
    records_decoded: IntCounter "tripline_records_decoded_total" [] "Records that were opened.";
    records_aggregated: IntCounter "tripline_records_aggregated_total" [] "Those of the opened records that were KPL aggregates.";
    records_scanned: IntCounter "tripline_records_scanned_total" [] "Those of the opened records that were scanned: data messages as CloudWatch Logs writes them. The pull parser reads the others, about six times as slowly.";
    records_control: IntCounter "tripline_records_control_total" [] "Control messages of CloudWatch Logs.";
    records_rejected: IntCounterVec "tripline_records_rejected_total" ["reason"] "Records set aside whole, by reason.";
    events_in: IntCounter "tripline_log_events_total" [] "Log events of decoded records: evaluated, not CloudTrail or rejected.";
    events_evaluated: IntCounter "tripline_events_evaluated_total" [] "CloudTrail events held against the rules.";
    events_not_cloudtrail: IntCounter "tripline_events_not_cloudtrail_total" [] "Log events of other logs.";
    events_rejected: IntCounterVec "tripline_events_rejected_total" ["reason"] "Log events set aside, by reason.";
    events_without_id: IntCounter "tripline_events_without_id_total" [] "Evaluated events that have no eventID and are known by their digest.";
    events_odd: IntCounter "tripline_events_odd_total" [] "Log events of scanned records that were left to the pull parser.";
    events_known: IntCounter "tripline_events_known_total" [] "Log events of scanned records whose opening was known from others: eventVersion and who did it, to the byte.";
    events_outlined: IntCounter "tripline_events_outlined_total" [] "Those of them that fit an outline which was known from others: what an event looks like behind its opening, but for its strings and numbers.";
    events_omitted: IntCounter "tripline_events_omitted_total" [] "Evaluated events of which CloudTrail left out something that a rule looks at.";
    hits: IntCounter "tripline_hits_total" [] "Hits that came to the windows: counted, duplicate, too late or over budget.";
    hits_counted: IntCounter "tripline_hits_counted_total" [] "Hits that were new.";
    hits_duplicate: IntCounter "tripline_hits_duplicate_total" [] "Hits that were there already.";
    hits_over_budget: IntCounter "tripline_hits_over_budget_total" [] "Hits of rules under pressure that only a sketch or a shared alert counted.";
    hits_ungrouped: IntCounter "tripline_hits_ungrouped_total" [] "Matches that a correlation could not group or count for lack of a field.";
    hits_of_no_rule: IntCounter "tripline_hits_of_no_rule_total" [] "Hits of rules that a reload took away before they were counted.";
    rules_reloads: IntCounterVec "tripline_rules_reloads_total" ["result"] "Reloads of the rules: taken, refused.";
    rules_reloaded: Gauge "tripline_rules_last_reload_timestamp_seconds" [] "When the rules that run were loaded, since the epoch.";
    hits_too_late: IntCounter "tripline_hits_too_late_total" [] "Hits of window rules that came too late to be counted with others.";
    rule_hits: IntCounterVec "tripline_rule_hits_total" ["rule"] "Hits by rule.";
    alerts_opened: IntCounterVec "tripline_alerts_opened_total" ["rule", "level"] "Alerts that opened.";
    alerts: IntGaugeVec "tripline_alerts" ["status", "level"] "Alerts in the store.";
    alert_oldest_open: GaugeVec "tripline_alert_oldest_open_seconds" ["level"] "Age of the oldest alert that nobody has taken.";
    digests: IntCounterVec "tripline_digests_total" ["sink", "result"] "Attempts to tell a storm in one message: delivered, refused.";
    heartbeats: IntCounterVec "tripline_heartbeats_total" ["result"] "Heartbeats: sent, or what kept them back (source, rule, commit, sink, store, refused).";
    heartbeat_last: Gauge "tripline_heartbeat_last_timestamp_seconds" [] "When the last heartbeat was taken by its address, since the epoch; 0: never.";
    deliveries: IntCounterVec "tripline_deliveries_total" ["sink", "outcome"] "Attempts to deliver: delivered, dead, or what the sink answered.";
    delivery_seconds: HistogramVec "tripline_delivery_seconds" ["sink"] "How long attempts to deliver took.";
    sink_unavailable: IntGaugeVec "tripline_sink_unavailable" ["sink"] "1 while a sink is unavailable and one delivery at a time is tried (circuit breaker open or half-open).";
    outbox: IntGaugeVec "tripline_outbox_deliveries" ["sink", "state"] "Deliveries: created = delivered + pending + dead.";
    outbox_oldest: GaugeVec "tripline_outbox_oldest_seconds" ["sink"] "How long the oldest pending delivery has waited.";
    worker_busy: Counter "tripline_worker_busy_seconds_total" [] "Time that workers spent on decode and match.";
    queue_batches: IntGauge "tripline_queue_batches" [] "Record batches that wait for the state thread.";
    queue_bytes: IntGauge "tripline_queue_bytes" [] "What those batches hold in memory, about; when it is pipeline.queue_mib_max, the workers wait.";
    queue_batches_max: IntGauge "tripline_queue_batches_max" [] "How many may wait before the workers do.";
    commits: IntCounterVec "tripline_commits_total" ["result"] "Commits of the store (ok, failed); a failed one is repeated.";
    commit_seconds: Histogram "tripline_commit_seconds" [] "How long commits took.";
    last_commit: Gauge "tripline_last_commit_timestamp_seconds" [] "When the last commit succeeded, since the epoch.";
    store_bytes: IntGauge "tripline_store_bytes" [] "Size of the store's file, its log included.";
    store_swept: IntCounterVec "tripline_store_swept_total" ["what"] "What was old and was taken away: window_row, alert.";
    store_damaged_rows: IntGaugeVec "tripline_store_damaged_rows" ["table"] "Damaged rows of the store that were moved aside, by table, until `tripline store repair`.";
    store_unusable: IntGaugeVec "tripline_store_unusable" ["reason"] "1 when the store cannot be written until a person acts: pages (of the file are damaged), file (was deleted or replaced).";
    quarantine_rows: IntGaugeVec "tripline_quarantine_rows" ["reason"] "What is kept of what was set aside, by reason.";
    window_groups: IntGauge "tripline_window_groups" [] "Groups that have window state.";
    window_bytes: IntGauge "tripline_window_bytes" [] "What window state in memory costs, about.";
    rules_pressed: IntGauge "tripline_rules_under_pressure" [] "Rules whose window rows are beyond their budget: new groups of theirs are counted approximately.";
    unaccounted: IntGaugeVec "tripline_unaccounted" ["source", "identity"] "How much of what a source brought (records, log_events, hits) is in none of its accounts, or in two: 0.";
    watermark: Gauge "tripline_watermark_timestamp_seconds" [] "Event time that every source has passed, since the epoch.";
    http_requests: IntCounterVec "tripline_http_requests_total" ["path", "code"] "Requests to the port; unknown paths are one.";
    http_connections: IntGauge "tripline_http_connections" [] "Open connections of the HTTP server.";
    http_connections_max: IntGauge "tripline_http_connections_max" [] "Limit of open connections: http.connections_max, or less where the limit of descriptors demands it.";
    http_connections_dropped: IntCounterVec "tripline_http_connections_dropped_total" ["reason"] "Connections that the HTTP server closed or refused, by the limit that was reached.";
    http_accept_errors: IntCounter "tripline_http_accept_errors_total" [] "Connections that could not be accepted.";
    process_open_fds: IntGauge "process_open_fds" [] "Number of open file descriptors.";
    process_max_fds: Gauge "process_max_fds" [] "Maximum number of open file descriptors.";
    process_resident_memory: IntGauge "process_resident_memory_bytes" [] "Resident memory size in bytes.";
    process_virtual_memory: IntGauge "process_virtual_memory_bytes" [] "Virtual memory size in bytes.";
    process_cpu: Counter "process_cpu_seconds_total" [] "Total user and system CPU time spent in seconds.";
    process_start_time: Gauge "process_start_time_seconds" [] "Start time of the process since the Unix epoch in seconds.";
}

impl Metrics {
    /// The text exposition format.
    ///
    /// # Errors
    /// A family that the encoder refuses: none that we make.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// How a row of the table becomes a metric.
trait Make: Collector + Clone + Sized + 'static {
    const KIND: &'static str;
    fn make(name: &str, help: &str, labels: &[&str]) -> Result<Self, prometheus::Error>;
}

macro_rules! make {
    ($($type:ident $kind:literal |$opts:ident, $labels:pat_param| $make:expr;)*) => {
        $(impl Make for $type {
            const KIND: &'static str = $kind;
            fn make(name: &str, help: &str, labels: &[&str]) -> Result<Self, prometheus::Error> {
                let ($opts, $labels) = (Opts::new(name, help), labels);
                $make
            }
        })*
    };
}

make! {
    Counter "counter" |opts, _| Counter::with_opts(opts);
    IntCounter "counter" |opts, _| IntCounter::with_opts(opts);
    IntCounterVec "counter" |opts, labels| IntCounterVec::new(opts, labels);
    IntGauge "gauge" |opts, _| IntGauge::with_opts(opts);
    IntGaugeVec "gauge" |opts, labels| IntGaugeVec::new(opts, labels);
    Gauge "gauge" |opts, _| Gauge::with_opts(opts);
    GaugeVec "gauge" |opts, labels| GaugeVec::new(opts, labels);
    Histogram "histogram" |opts, _| Histogram::with_opts(HistogramOpts::from(opts).buckets(WORK_SECONDS.to_vec()));
    HistogramVec "histogram" |opts, labels| HistogramVec::new(HistogramOpts::from(opts).buckets(WORK_SECONDS.to_vec()), labels);
}
