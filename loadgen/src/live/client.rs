//! The services that a load goes to, by their SDKs: credentials, region and endpoint are found as these find them.

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader};
use aws_sdk_cloudwatchlogs::Client as LogsClient;
use aws_sdk_kinesis::Client as KinesisClient;
use aws_sdk_kinesis::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, PutRecordsResultEntry};
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

/// A call that failed, or units of it that were refused.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Which units, in ascending order; none if all of them.
    units: Option<Vec<usize>>,
    pub(crate) said: String,
    pub(crate) fate: Fate,
}

/// What is known of the units of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// They were not taken, and will not be for as long as nobody mends it.
    Final,
    /// They were not taken: the service said so.
    Refused,
    /// They may have been taken.
    Unknown,
}

impl Client {
    /// For a target that is a service; none for files.
    pub(crate) async fn of(target: &Target) -> Option<Self> {
        Self::with(target, aws_config::defaults(BehaviorVersion::latest())).await
    }

    /// The same, with what else is known of where the service is.
    pub(super) async fn with(target: &Target, config: ConfigLoader) -> Option<Self> {
        // Here is what tries again, and what counts that it did.
        let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_secs(CALL_S_MAX)).build();
        let config = config.retry_config(RetryConfig::disabled()).timeout_config(timeouts);
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

    /// Sends units, once.
    pub(crate) async fn put(&self, units: &[&Unit]) -> Result<(), Failure> {
        match self {
            Self::Kinesis { client, stream } => put_records(client, stream, units).await,
            Self::Logs { client, group } => {
                for unit in units {
                    put_log_events(client, group, unit).await?;
                }
                Ok(())
            }
        }
    }
}

async fn put_records(client: &KinesisClient, stream: &str, units: &[&Unit]) -> Result<(), Failure> {
    let call = client.put_records();
    let mut call =
        if stream.starts_with("arn:") { call.stream_arn(stream) } else { call.stream_name(stream) };
    for unit in units {
        let Body::Record { partition_key, data } = &unit.body else { continue };
        let entry = PutRecordsRequestEntry::builder().partition_key(partition_key).data(data.clone());
        call = call.records(entry.build().map_err(|error| Failure::of_ours(&error))?);
    }
    let answer = call.send().await.map_err(|error| Failure::of("PutRecords", &error))?;
    refused(units.len(), answer.records())
}

/// The answer says of each record in its turn whether it was taken.
fn refused(n_units: usize, records: &[PutRecordsResultEntry]) -> Result<(), Failure> {
    if records.len() != n_units {
        let said = format!("PutRecords: {n_units} records were sent, and {} answered", records.len());
        return Err(Failure { units: None, said, fate: Fate::Unknown });
    }
    let is_refused = |(_, record): &(usize, &PutRecordsResultEntry)| record.error_code().is_some();
    let mut refused = records.iter().enumerate().filter(is_refused).peekable();
    let Some((_, first)) = refused.peek() else { return Ok(()) };
    let (code, message) = (first.error_code().unwrap_or_default(), first.error_message().unwrap_or_default());
    let said = format!("PutRecords: {code}: {message}");
    Err(Failure { units: Some(refused.map(|(n, _)| n).collect()), said, fate: Fate::Refused })
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
            Err(Failure { units: None, said, fate: Fate::Final })
        }
        None => Ok(()),
    }
}

impl Failure {
    /// Whether it is one of this unit.
    pub(crate) fn is_of(&self, unit: usize) -> bool {
        self.units.as_ref().is_none_or(|units| units.binary_search(&unit).is_ok())
    }

    fn of<E>(operation: &str, error: &SdkError<E>) -> Self
    where
        SdkError<E>: std::error::Error + ProvideErrorMetadata,
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
        let fate = match error {
            _ if error.code().is_some_and(|code| FINAL.contains(&code)) => Fate::Final,
            SdkError::ServiceError(said) if said.raw().status().is_client_error() => Fate::Refused,
            _ => Fate::Unknown,
        };
        Self { units: None, said: format!("{operation}: {}", DisplayErrorContext(error)), fate }
    }

    fn of_ours(error: &impl std::error::Error) -> Self {
        Self { units: None, said: error.to_string(), fate: Fate::Final }
    }
}
