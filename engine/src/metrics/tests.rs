//! The table is what is exposed, and follows the naming rules of Prometheus.

use std::collections::BTreeSet;

use super::*;
use crate::alert::Hop;
use tripline_rules::rule::Level;

#[test]
fn names_are_unique_prefixed_and_end_in_their_unit() {
    let mut names = BTreeSet::new();
    for metric in TABLE {
        assert!(names.insert(metric.name), "{} twice", metric.name);
        // Figures of the process have the names that Prometheus's client libraries give them everywhere.
        let is_prefixed = metric.name.starts_with("tripline_") || metric.name.starts_with("process_");
        assert!(is_prefixed, "{}", metric.name);
        assert_eq!(metric.kind == "counter", metric.name.ends_with("_total"), "{}", metric.name);
        assert!(metric.help.ends_with('.'), "{}", metric.name);
        if metric.kind == "histogram" {
            assert!(metric.name.ends_with("_seconds"), "{}", metric.name);
        }
    }
}

#[test]
fn a_latency_is_in_its_bucket_and_clocks_that_disagree_are_counted() {
    let metrics = Metrics::new().unwrap();
    for ms in [1, 2, 7, 600_000, -5] {
        metrics.latencies.observe(Hop::ArrivalToAlerted, Level::High, ms);
    }
    let text = metrics.text().unwrap();
    let has = |line: &str| assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    has("tripline_alert_latency_seconds_bucket{hop=\"arrival_to_alerted\",level=\"high\",le=\"0.001\"} 2");
    has("tripline_alert_latency_seconds_bucket{hop=\"arrival_to_alerted\",level=\"high\",le=\"0.01\"} 4");
    has("tripline_alert_latency_seconds_bucket{hop=\"arrival_to_alerted\",level=\"high\",le=\"300\"} 4");
    has("tripline_alert_latency_seconds_bucket{hop=\"arrival_to_alerted\",level=\"high\",le=\"+Inf\"} 5");
    has("tripline_alert_latency_seconds_sum{hop=\"arrival_to_alerted\",level=\"high\"} 600.01");
    has("tripline_alert_latency_clamped_total{hop=\"arrival_to_alerted\"} 1");
    let summary = metrics.latencies.summary(Hop::ArrivalToAlerted).unwrap();
    assert_eq!((summary.count, summary.p50_ms), (5, 2));
    assert!((600_000..=600_600).contains(&summary.max_ms), "{summary:?}");
    assert_eq!(metrics.latencies.summary(Hop::EventToLogs), None);
}
