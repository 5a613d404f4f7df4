//! The services that a load goes to, by their SDKs: credentials, region and endpoint are found as these find them.

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_cloudwatchlogs::Client as LogsClient;
use aws_sdk_kinesis::Client as KinesisClient;
use aws_sdk_kinesis::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use std::time::Duration;

use super::unit::{Body, Unit};
use crate::target::Target;

/// A call that takes longer has failed.
const CALL_S_MAX: u64 = 10;
/// Units of one call, and their bytes: a fifth of what Kinesis takes, and what every emulator does.
const UNITS_MAX: usize = 500;
const BYTES_MAX: usize = 1 << 20;

/// One of the services.
#[derive(Debug, Clone)]
pub(crate) enum Client {
    Kinesis { client: KinesisClient, stream: String },
    Logs { client: LogsClient, group: String },
}

/// A call that failed whole.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) said: String,
    /// Whether it fails again for as long as nobody mends it.
    pub(crate) is_final: bool,
}

impl Client {
    /// For a target that is a service; none for files.
    pub(crate) async fn of(target: &Target) -> Option<Self> {
        // Here is what tries again, and what counts that it did.
        let config = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder().operation_timeout(Duration::from_secs(CALL_S_MAX)).build(),
            );
        match target {
            Target::Kinesis(stream) => {
                let client = KinesisClient::new(&config.load().await);
                Some(Self::Kinesis { client, stream: stream.clone() })
            }
            Target::Logs(group) => {
                let client = LogsClient::new(&config.load().await);
                Some(Self::Logs { client, group: group.clone() })
            }
            Target::Folder(_) | Target::Lines => None,
        }
    }

    /// Whether one more unit fits into a call of so many, which weigh so much.
    pub(crate) fn takes(&self, units: usize, bytes: usize, more: &Unit) -> bool {
        match self {
            Self::Kinesis { .. } => units < UNITS_MAX && bytes + more.bytes <= BYTES_MAX,
            // A call is of one log stream.
            Self::Logs { .. } => false,
        }
    }

    /// Sends units; says which of them were refused.
    pub(crate) async fn put(&self, units: &[&Unit]) -> Result<Vec<usize>, Failure> {
        match self {
            Self::Kinesis { client, stream } => put_records(client, stream, units).await,
            Self::Logs { client, group } => {
                for unit in units {
                    put_log_events(client, group, unit).await?;
                }
                Ok(Vec::new())
            }
        }
    }
}

async fn put_records(client: &KinesisClient, stream: &str, units: &[&Unit]) -> Result<Vec<usize>, Failure> {
    let call = client.put_records();
    let mut call =
        if stream.starts_with("arn:") { call.stream_arn(stream) } else { call.stream_name(stream) };
    for unit in units {
        let Body::Record { partition_key, data } = &unit.body else { continue };
        let entry = PutRecordsRequestEntry::builder().partition_key(partition_key).data(data.clone());
        call = call.records(entry.build().map_err(|error| Failure::of_ours(&error))?);
    }
    let answer = call.send().await.map_err(|error| Failure::of("PutRecords", &error))?;
    let refused = answer.records().iter().enumerate().filter(|(_, record)| record.error_code().is_some());
    Ok(refused.map(|(n, _)| n).collect())
}

async fn put_log_events(client: &LogsClient, group: &str, unit: &Unit) -> Result<(), Failure> {
    let Body::Events { log_stream, events } = &unit.body else { return Ok(()) };
    let put = || {
        let call = client.put_log_events().log_group_name(group).log_stream_name(log_stream);
        call.set_log_events(Some(events.clone())).send()
    };
    let mut answer = put().await;
    if answer.as_ref().is_err_and(|error| error.code() == Some("ResourceNotFoundException")) {
        let create = client.create_log_stream().log_group_name(group).log_stream_name(log_stream);
        if let Err(error) = create.send().await
            && error.code() != Some("ResourceAlreadyExistsException")
        {
            return Err(Failure::of("CreateLogStream", &error));
        }
        answer = put().await;
    }
    let answer = answer.map_err(|error| Failure::of("PutLogEvents", &error))?;
    match answer.rejected_log_events_info() {
        Some(rejected) => {
            let said = format!("PutLogEvents: {log_stream}: events too old or too new: {rejected:?}");
            Err(Failure { said, is_final: true })
        }
        None => Ok(()),
    }
}

impl Failure {
    fn of<E, R>(operation: &str, error: &SdkError<E, R>) -> Self
    where
        SdkError<E, R>: std::error::Error + ProvideErrorMetadata,
    {
        const FINAL: [&str; 7] = [
            "ResourceNotFoundException",
            "AccessDeniedException",
            "UnrecognizedClientException",
            "InvalidSignatureException",
            "InvalidArgumentException",
            "InvalidParameterException",
            "ValidationException",
        ];
        let is_final = error.code().is_some_and(|code| FINAL.contains(&code));
        Self { said: format!("{operation}: {}", DisplayErrorContext(error)), is_final }
    }

    fn of_ours(error: &impl std::error::Error) -> Self {
        Self { said: error.to_string(), is_final: true }
    }
}
