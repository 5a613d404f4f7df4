//! The scope of an alert: distinct event names, source networks and regions of its events, and whether any call succeeded.
//! Targets are not compared: which member names one is a table of the engine's.

use std::collections::BTreeMap;

use tripline::alert::{self, Values};

use super::event::Event;
use super::group::network;
use super::window::Hit;

/// The most values of a kind that an alert names, and that it counts.
const NAMED_MAX: usize = 10;
const COUNTED_MAX: usize = 1_000;

/// The parts of a scope that are compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scope {
    event_names: (u64, Vec<String>),
    source_ips: (u64, Vec<String>),
    regions: (u64, Vec<String>),
    succeeded: bool,
}

impl Scope {
    /// Computes the scope of the events of a period.
    pub(super) fn of_hits(hits: &[&Hit]) -> Self {
        let kind = |of: &dyn Fn(&Event) -> Option<String>| {
            let mut first_s: BTreeMap<String, i64> = BTreeMap::new();
            for event in hits.iter().flat_map(|hit| &hit.deliveries) {
                if let Some(value) = of(event).filter(|value| value != "-") {
                    let at_s = first_s.entry(value).or_insert(event.time_s);
                    *at_s = event.time_s.min(*at_s);
                }
            }
            let mut in_order: Vec<(i64, String)> =
                first_s.into_iter().map(|(value, at_s)| (at_s, value)).collect();
            in_order.sort();
            let count = in_order.len().min(COUNTED_MAX) as u64;
            (count, in_order.into_iter().take(NAMED_MAX).map(|(_, value)| value).collect())
        };
        let text = |event: &Event, key: &str| event.word(&[key]).map(str::to_owned);
        Self {
            event_names: kind(&|event| text(event, "eventName")),
            source_ips: kind(&|event| text(event, "sourceIPAddress").map(|address| network(&address))),
            regions: kind(&|event| text(event, "awsRegion")),
            succeeded: hits.iter().flat_map(|hit| &hit.deliveries).any(|event| succeeded(event)),
        }
    }

    /// Reads the scope of an alert of the engine.
    pub(super) fn of_alert(scope: &alert::Scope) -> Self {
        let kind = |values: &Values| (values.count, values.first.clone());
        Self {
            event_names: kind(&scope.event_names),
            source_ips: kind(&scope.source_ips),
            regions: kind(&scope.regions),
            succeeded: scope.succeeded,
        }
    }
}

fn succeeded(event: &Event) -> bool {
    let failed_sign_in = event.word(&["eventName"]) == Some("ConsoleLogin")
        && event.word(&["responseElements", "ConsoleLogin"]) == Some("Failure");
    event.word(&["errorCode"]).is_none() && !failed_sign_in
}
