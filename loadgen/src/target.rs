//! Where a load goes. Nothing is sent anywhere else.

use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

/// Where a load goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Files in a folder: `dir:PATH`.
    Folder(PathBuf),
    /// NDJSON on standard output: `-`.
    Lines,
    /// Data messages into a stream, by its name or ARN: `kinesis:STREAM`.
    Kinesis(String),
    /// Log events into a log group, so that its own subscription packs them: `logs:GROUP`.
    Logs(String),
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{given}` is no target: write `dir:PATH`, `-`, `kinesis:STREAM` or `logs:GROUP`")]
pub(crate) struct TargetError {
    given: String,
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if text == "-" {
            return Ok(Self::Lines);
        }
        match text.split_once(':') {
            Some(("dir", path)) if !path.is_empty() => Ok(Self::Folder(path.into())),
            Some(("kinesis", stream)) if !stream.is_empty() => Ok(Self::Kinesis(stream.to_owned())),
            Some(("logs", group)) if !group.is_empty() => Ok(Self::Logs(group.to_owned())),
            _ => Err(TargetError { given: text.to_owned() }),
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "dir:{}", path.display()),
            Self::Lines => f.write_str("-"),
            Self::Kinesis(stream) => write!(f, "kinesis:{stream}"),
            Self::Logs(group) => write!(f, "logs:{group}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_and_said_again() {
        for text in
            ["-", "dir:/tmp/x", "kinesis:trail", "kinesis:arn:aws:kinesis:eu-west-1:1:stream/s", "logs:/a/b"]
        {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        for wrong in ["", "dir:", "trail", "s3:bucket", "kinesis:"] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }
}
