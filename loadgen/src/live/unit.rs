//! What is sent at once and refused at once: a data message to a stream, a run of log events to a group.

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use aws_sdk_kinesis::primitives::Blob;
use tripline_loadgen::{LogEvent, Message, Unusual};

/// One unit, ready before its time comes.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) log_events: u64,
    pub(crate) unusual: Unusual,
    /// What it weighs in a call.
    pub(crate) bytes: usize,
    pub(crate) body: Body,
}

/// What a service takes.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// One Kinesis record.
    Record { partition_key: String, data: Blob },
    /// Log events of one stream, by time.
    Events { log_stream: String, events: Vec<InputLogEvent> },
}

/// What CloudWatch Logs counts for an event beside its text (PutLogEvents).
const LOG_EVENT_BYTES: usize = 26;

impl Unit {
    /// A data message.
    pub(crate) fn record(message: Message) -> Self {
        let Message { bytes, partition_key, log_events, repeat, unusual, .. } = message;
        let log_events = u64::from(log_events);
        Self {
            log_events,
            unusual: if repeat { Unusual { repeats: log_events, ..unusual } } else { unusual },
            bytes: bytes.len() + partition_key.len(),
            body: Body::Record { partition_key, data: Blob::new(bytes) },
        }
    }

    /// Log events of one stream.
    pub(crate) fn events(log_stream: String, mut events: Vec<LogEvent>) -> anyhow::Result<Self> {
        events.sort_by_key(|event| event.logs_time_ms);
        let unusual = events.iter().fold(Unusual::default(), |sum, event| sum + Unusual::of(event));
        let bytes = events.iter().map(|event| event.message.len() + LOG_EVENT_BYTES).sum();
        let input = |event: LogEvent| {
            InputLogEvent::builder().timestamp(event.logs_time_ms).message(event.message).build()
        };
        let log_events = events.len() as u64;
        let events = events.into_iter().map(input).collect::<Result<_, _>>()?;
        Ok(Self { log_events, unusual, bytes, body: Body::Events { log_stream, events } })
    }
}
