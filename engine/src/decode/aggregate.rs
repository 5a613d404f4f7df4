//! A Kinesis record that the Kinesis Producer Library packed several user records into.
//!
//! ```text
//! F3 89 9A C2 │ AggregatedRecord, protobuf │ MD5 of that protobuf, 16 bytes
//! ```
//!
//! CloudWatch Logs does not aggregate; whoever forwards its messages through the library, Fluent Bit or Firehose's
//! cousins does. The consumer library takes a record with this magic and a wrong digest for a plain one. No form that
//! is opened here begins with these bytes, so we call it what an operator would: an aggregate, damaged.

use md5::{Digest, Md5};
use prost::Message;
use prost::bytes::Bytes;

use super::Reason;

const MAGIC: [u8; 4] = [0xF3, 0x89, 0x9A, 0xC2];
const DIGEST_BYTES: usize = 16;

/// What the producer library writes, less what is not read: the tables of keys, which route records to shards.
#[derive(Message)]
struct AggregatedRecord {
    #[prost(message, repeated, tag = "3")]
    records: Vec<UserRecord>,
}

#[derive(Message)]
struct UserRecord {
    #[prost(bytes = "bytes", required, tag = "3")]
    data: Bytes,
}

pub(super) fn is_aggregate(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// The user records, in their order. An aggregate among them is not opened again.
pub(super) fn user_records(bytes: &[u8]) -> Result<Vec<Bytes>, Reason> {
    let damaged = Reason::KplAggregated;
    let body = bytes.strip_prefix(&MAGIC).ok_or(damaged)?;
    let (body, digest) = body.split_last_chunk::<DIGEST_BYTES>().ok_or(damaged)?;
    if Md5::digest(body)[..] != digest[..] {
        return Err(damaged);
    }
    // One copy, which the user records share.
    let aggregate = AggregatedRecord::decode(Bytes::copy_from_slice(body)).map_err(|_| damaged)?;
    Ok(aggregate.records.into_iter().map(|record| record.data).collect())
}

/// Packs user records as the producer library does; for tests.
#[cfg(test)]
pub(crate) fn aggregate(records: &[&[u8]]) -> Vec<u8> {
    let mut body = b"\x0a\x03key".to_vec();
    for record in records {
        let mut user = vec![0x08, 0, 0x1a];
        prost::encode_length_delimiter(record.len(), &mut user).unwrap();
        user.extend_from_slice(record);
        body.push(0x1a);
        prost::encode_length_delimiter(user.len(), &mut body).unwrap();
        body.extend(user);
    }
    let digest = Md5::digest(&body);
    [&MAGIC[..], &body, &digest[..]].concat()
}
