//! The stream: what it is called, what it says of itself, which shards it lists.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::Shard;

use super::failure::Failure;
use super::lineage::Listed;
use crate::aws::{Service, Target};

/// A stream, as every call names it: by its name, or by its ARN when that is what the operator wrote (the only way into
/// another account).
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) client: Client,
    pub(super) name: Option<String>,
    pub(super) arn: Option<String>,
    /// What the messages about failed calls name.
    pub(super) target: Target,
}

/// What a stream says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// `ACCOUNT:NAME:CREATED`, as the Kinesis Client Library names streams: a stream that was deleted and made again is
    /// another one, and its sequence numbers mean nothing to the first.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// How long it keeps records.
    pub retention: Duration,
}

impl Stream {
    /// A stream by name or ARN. Credentials, region and endpoint are found as the SDK finds them; it tries once, for here is
    /// what tries again.
    pub(super) async fn new(named: &str, region: Option<&str>, timeout: Duration) -> Self {
        let is_arn = named.starts_with("arn:");
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::standard().with_max_attempts(1))
            .timeout_config(TimeoutConfig::builder().operation_timeout(timeout).build());
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        let config = loader.load().await;
        let target = Target::new(Service::Kinesis, format!("stream {named}"), &config);
        let client = Client::new(&config);
        let (name, arn) =
            if is_arn { (None, Some(named.to_owned())) } else { (Some(named.to_owned()), None) };
        Self { client, name, arn, target }
    }

    pub(super) async fn describe(&self) -> Result<Described, Failure> {
        let call = self.client.describe_stream_summary();
        let call = call.set_stream_name(self.name.clone()).set_stream_arn(self.arn.clone());
        let answer =
            call.send().await.map_err(|error| Failure::of("DescribeStreamSummary", &self.target, &error))?;
        // The answer is there whenever the call succeeds; the SDK does not know that.
        let Some(summary) = answer.stream_description_summary else {
            return Err(Failure::nothing("DescribeStreamSummary"));
        };
        let account = summary.stream_arn.split(':').nth(4).unwrap_or_default();
        Ok(Described {
            arn: summary.stream_arn.clone(),
            id: format!("{account}:{}:{}", summary.stream_name, summary.stream_creation_timestamp.secs()),
            retention: Duration::from_secs(
                3600 * u64::try_from(summary.retention_period_hours).unwrap_or(24),
            ),
        })
    }

    /// Every shard that it lists, page by page.
    pub(super) async fn shards(&self) -> Result<Vec<Listed>, Failure> {
        let mut listed = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let call = self.client.list_shards();
            // A token says which stream it is of, and the service wants it said once.
            let call = match token.take() {
                Some(token) => call.next_token(token),
                None => call.set_stream_name(self.name.clone()).set_stream_arn(self.arn.clone()),
            };
            let answer =
                call.send().await.map_err(|error| Failure::of("ListShards", &self.target, &error))?;
            listed.extend(answer.shards.unwrap_or_default().into_iter().map(Listed::from));
            match answer.next_token {
                Some(next) => token = Some(next),
                None => return Ok(listed),
            }
        }
    }
}

impl From<Shard> for Listed {
    fn from(shard: Shard) -> Self {
        let parents = [shard.parent_shard_id, shard.adjacent_parent_shard_id];
        // A closed shard has an end, whatever its number: emulators write numbers that are none.
        let open = shard.sequence_number_range.is_none_or(|range| range.ending_sequence_number.is_none());
        Self { id: shard.shard_id, parents: parents.into_iter().flatten().collect(), open }
    }
}

/// Whether a source is a shard of some stream.
pub fn is_shard(source: &str) -> bool {
    source.rsplit(':').next().is_some_and(|last| last.starts_with("shardId-")) && source.contains(':')
}

/// The name of a shard among all sources.
pub(super) fn source(stream: &str, shard: &str) -> Arc<str> {
    format!("{stream}:{shard}").into()
}
