//! How far a shard was read, as the store keeps it. The words are those of the Kinesis Client Library's lease table.

use std::fmt;
use std::str::FromStr;

use crate::record::Place;

/// A place in a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checkpoint {
    /// Before its oldest record.
    TrimHorizon,
    /// Before its first record that arrived then or later, milliseconds since the epoch.
    AtTimestamp(i64),
    /// After the record with this sequence number.
    After(Box<str>),
    /// After its last record, and there will be none.
    ShardEnd,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Checkpoint::TrimHorizon => f.write_str("TRIM_HORIZON"),
            Checkpoint::AtTimestamp(ms) => write!(f, "AT_TIMESTAMP:{ms}"),
            Checkpoint::After(sequence_number) => f.write_str(sequence_number),
            Checkpoint::ShardEnd => f.write_str("SHARD_END"),
        }
    }
}

/// Text that is no checkpoint.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no checkpoint: TRIM_HORIZON, AT_TIMESTAMP:MS, SHARD_END or a sequence number")]
pub struct NoCheckpoint {
    text: String,
}

impl FromStr for Checkpoint {
    type Err = NoCheckpoint;

    fn from_str(text: &str) -> Result<Self, NoCheckpoint> {
        let unknown = || NoCheckpoint { text: text.to_owned() };
        match text {
            "TRIM_HORIZON" => Ok(Self::TrimHorizon),
            "SHARD_END" => Ok(Self::ShardEnd),
            _ => match text.strip_prefix("AT_TIMESTAMP:") {
                Some(ms) => Ok(Self::AtTimestamp(ms.parse().map_err(|_| unknown())?)),
                None if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Ok(Self::After(text.into()))
                }
                None => Err(unknown()),
            },
        }
    }
}

impl From<&Checkpoint> for Place {
    fn from(checkpoint: &Checkpoint) -> Self {
        Self::Named(checkpoint.to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let number = "49590338271490256608559692538361571095921575989136588898";
        for checkpoint in [
            Checkpoint::TrimHorizon,
            Checkpoint::AtTimestamp(1_767_323_000_123),
            Checkpoint::After(number.into()),
            Checkpoint::ShardEnd,
        ] {
            assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        }
        for text in ["", "LATEST", "AT_TIMESTAMP:", "AT_TIMESTAMP:x", "12a", "-1", "shard_end"] {
            assert!(text.parse::<Checkpoint>().is_err(), "{text}");
        }
    }
}
