//! A stream to write to, and to split and merge, on any emulator.

use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::Credentials;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, StreamStatus};
use tokio::runtime::Handle;

/// Records to a call, and bytes: less than the service takes, and what every emulator does.
const RECORDS_MAX: usize = 500;
const BYTES_MAX: usize = 1 << 20;

/// One record: partition key and data.
pub(super) type Put = (String, Vec<u8>);

#[derive(Clone)]
pub(super) struct Stream {
    pub(super) name: String,
    client: Client,
    runtime: Handle,
}

impl Stream {
    /// A new stream, ready.
    pub(super) fn create(runtime: &Handle, url: &str, name: &str, shards: i32) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let name = format!("{name}-{}", now.as_nanos());
        let client = runtime.block_on(async {
            let config = aws_config::defaults(BehaviorVersion::latest())
                .region(Region::new("eu-west-1"))
                .endpoint_url(url)
                .credentials_provider(Credentials::new("writer", "secret", None, None, "test"))
                .load()
                .await;
            Client::new(&config)
        });
        let stream = Self { name, client, runtime: runtime.clone() };
        let create = stream.client.create_stream().stream_name(&stream.name).shard_count(shards);
        stream.runtime.block_on(create.send()).unwrap();
        stream.wait_active();
        stream
    }

    pub(super) fn arn(&self) -> String {
        let ask = self.client.describe_stream_summary().stream_name(&self.name);
        self.runtime.block_on(ask.send()).unwrap().stream_description_summary.unwrap().stream_arn
    }

    /// Waits until no change is under way.
    pub(super) fn wait_active(&self) {
        let before = Instant::now();
        loop {
            let ask = self.client.describe_stream_summary().stream_name(&self.name);
            let summary = self.runtime.block_on(ask.send()).unwrap().stream_description_summary.unwrap();
            if summary.stream_status == StreamStatus::Active {
                return;
            }
            assert!(before.elapsed() < Duration::from_secs(30), "{} is not active", self.name);
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Writes records, those that were refused again.
    pub(super) fn put(&self, records: &[Put]) {
        let mut rest = records;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |(key, data): &&Put| {
                bytes += key.len() + data.len();
                bytes <= BYTES_MAX
            };
            let n = rest.iter().take(RECORDS_MAX).take_while(fits).count().max(1);
            self.put_call(&rest[..n]);
            rest = &rest[n..];
        }
    }

    /// In order for each partition key: what follows a refused record waits for it.
    fn put_call(&self, records: &[Put]) {
        let mut open: Vec<&Put> = records.iter().collect();
        while !open.is_empty() {
            let entries = open.iter().map(|(key, data)| {
                let entry = PutRecordsRequestEntry::builder().partition_key(key);
                entry.data(Blob::new(data.clone())).build().unwrap()
            });
            let call = self.client.put_records().stream_name(&self.name).set_records(Some(entries.collect()));
            let answer = self.runtime.block_on(call.send()).unwrap();
            let refused = answer.records().iter().map(|one| one.error_code().is_some());
            open =
                open.into_iter().zip(refused).filter_map(|(put, refused)| refused.then_some(put)).collect();
        }
    }

    /// The shards that records still come to, with the first and the last of their hash keys.
    pub(super) fn open_shards(&self) -> Vec<(String, u128, u128)> {
        let list = self.client.list_shards().stream_name(&self.name);
        let shards = self.runtime.block_on(list.send()).unwrap().shards.unwrap_or_default();
        let mut open: Vec<_> = shards
            .into_iter()
            .filter(|shard| {
                shard
                    .sequence_number_range
                    .as_ref()
                    .is_none_or(|range| range.ending_sequence_number.is_none())
            })
            .map(|shard| {
                let range = shard.hash_key_range.unwrap();
                (
                    shard.shard_id,
                    range.starting_hash_key.parse().unwrap(),
                    range.ending_hash_key.parse().unwrap(),
                )
            })
            .collect();
        open.sort_by_key(|(_, first, _)| *first);
        open
    }

    /// Splits the n-th open shard in its middle.
    pub(super) fn split(&self, n: usize) {
        let (shard, first, last) = self.open_shards().remove(n);
        let middle = first + (last - first) / 2 + 1;
        let call = self.client.split_shard().stream_name(&self.name).shard_to_split(shard);
        self.runtime.block_on(call.new_starting_hash_key(middle.to_string()).send()).unwrap();
        self.wait_active();
    }

    /// Merges the n-th open shard and its neighbour.
    pub(super) fn merge(&self, n: usize) {
        let shards = self.open_shards();
        let call = self.client.merge_shards().stream_name(&self.name);
        let call = call.shard_to_merge(&shards[n].0).adjacent_shard_to_merge(&shards[n + 1].0);
        self.runtime.block_on(call.send()).unwrap();
        self.wait_active();
    }
}
