//! A log group of CloudWatch Logs, read back through `FilterLogEvents`: for what the stream no longer has.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use serde_json::json;
use tokio::time::{Interval, MissedTickBehavior};

use crate::aws::{Service, Target};
use crate::record::Record;

/// Attempts of one call; the SDK waits between them, longer each time.
const ATTEMPTS: u32 = 12;

/// The most that it waits.
const BACKOFF_MAX: Duration = Duration::from_secs(20);

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(30);

/// The log group could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot call logs:FilterLogEvents on {explanation}")]
pub struct LogsError {
    /// The log group, the reason, and what to do about it.
    explanation: String,
}

/// A log group, open for reading at a rate.
#[derive(Debug)]
pub struct LogGroup {
    client: Client,
    target: Target,
    name: String,
    source: Arc<str>,
    pace: Interval,
    /// Pages so far: the parts of the source.
    pages: u64,
}

impl LogGroup {
    /// By name; credentials, region and endpoint are found as the SDK finds them. Calls at most so often in a second: the
    /// service grants an account and region five, to all who ask.
    pub async fn open(name: &str, region: Option<&str>, calls_per_s: u32) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(BACKOFF_MAX))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build());
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        let config = loader.load().await;
        let target = Target::new(Service::Logs, format!("log group {name}"), &config);
        let client = Client::new(&config);
        let mut pace = tokio::time::interval(Duration::from_secs(1) / calls_per_s.max(1));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { client, target, name: name.to_owned(), source: format!("logs:{name}").into(), pace, pages: 0 }
    }

    /// One page of what was written to the log from `from_ms` up to and with `to_ms`, milliseconds since the epoch, and the
    /// token of the next page. A page may be empty and have a next one.
    ///
    /// # Errors
    /// The service refused, or could not be reached for long.
    pub async fn page(
        &mut self,
        from_ms: i64,
        to_ms: i64,
        token: Option<String>,
    ) -> Result<(Option<Record>, Option<String>), LogsError> {
        self.pace.tick().await;
        let call = self.client.filter_log_events().log_group_name(&self.name).set_next_token(token);
        let answer = call
            .start_time(from_ms)
            .end_time(to_ms)
            .send()
            .await
            .map_err(|error| LogsError { explanation: self.target.explain("FilterLogEvents", &error) })?;
        let events = answer.events.unwrap_or_default();
        let record = (!events.is_empty()).then(|| {
            self.pages += 1;
            Record::new(&self.source, self.pages, self.message(&events).into_bytes())
        });
        Ok((record, answer.next_token))
    }

    /// The page as a subscription would have sent it: the same decoder reads both.
    fn message(&self, events: &[FilteredLogEvent]) -> String {
        let events: Vec<_> = events
            .iter()
            .map(
                |event| json!({"id": event.event_id, "timestamp": event.timestamp, "message": event.message}),
            )
            .collect();
        json!({
            "messageType": "DATA_MESSAGE", "owner": "", "logGroup": self.name, "logStream": "",
            "subscriptionFilters": [], "logEvents": events,
        })
        .to_string()
    }
}
