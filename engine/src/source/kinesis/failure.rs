//! What a refused or broken call means for the one who made it.

use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};

use crate::aws::Target;

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The iterator was too old: a new one from the same place.
    ExpiredIterator,
    /// Too many calls, or too many bytes: the same again, later.
    Throttled,
    /// What we asked for makes no sense to the service: an iterator or a place that is not of this shard.
    Invalid,
    /// No such stream, or no such shard.
    NotFound,
    /// We may not, or may not decrypt: people must mend it, and then it goes on.
    Denied,
    /// The network, the service's own trouble, an answer that broke off or did not come: the same again, later.
    Broken,
}

impl Kind {
    /// The metric's label.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Kind::ExpiredIterator => "expired_iterator",
            Kind::Throttled => "throttled",
            Kind::Invalid => "invalid",
            Kind::NotFound => "not_found",
            Kind::Denied => "denied",
            Kind::Broken => "broken",
        }
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot call kinesis:{operation} on {said}")]
pub struct Failure {
    /// Which call.
    pub(super) operation: &'static str,
    /// What follows.
    pub(super) kind: Kind,
    /// The resource, the reason, and what to do about it.
    pub(super) said: String,
}

impl Failure {
    pub(super) fn of<E, R>(operation: &'static str, target: &Target, error: &SdkError<E, R>) -> Self
    where
        SdkError<E, R>: std::error::Error + ProvideErrorMetadata,
    {
        let kind = match error {
            SdkError::ServiceError(_) => kind(error.code().unwrap_or_default()),
            // Credentials that cannot be had are among these; they may come yet.
            _ => Kind::Broken,
        };
        Self { operation, kind, said: target.explain(operation, error) }
    }

    /// A call that succeeded and said nothing.
    pub(super) fn nothing(operation: &'static str) -> Self {
        Self {
            operation,
            kind: Kind::Broken,
            said: "the stream: an answer without content; it is tried again".to_owned(),
        }
    }

    /// Whether trying again cannot help until somebody has mended something.
    pub fn needs_people(&self) -> bool {
        matches!(self.kind, Kind::NotFound | Kind::Denied | Kind::Invalid)
    }
}

/// By the codes of the Kinesis API reference, "Common Errors" included.
fn kind(code: &str) -> Kind {
    match code {
        "ExpiredIteratorException" => Kind::ExpiredIterator,
        "ProvisionedThroughputExceededException"
        | "LimitExceededException"
        | "KMSThrottlingException"
        | "ThrottlingException"
        | "Throttling"
        | "RequestLimitExceeded"
        | "ResourceInUseException"
        | "ExpiredNextTokenException" => Kind::Throttled,
        "InvalidArgumentException" | "ValidationException" | "SerializationException" => Kind::Invalid,
        "ResourceNotFoundException" => Kind::NotFound,
        "AccessDeniedException"
        | "KMSAccessDeniedException"
        | "KMSDisabledException"
        | "KMSInvalidStateException"
        | "KMSNotFoundException"
        | "KMSOptInRequired"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "IncompleteSignatureException"
        | "InvalidClientTokenId"
        | "MissingAuthenticationTokenException"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "NotAuthorized"
        | "OptInRequired" => Kind::Denied,
        _ => Kind::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_nobody_knows_are_tried_again() {
        assert_eq!(kind("ExpiredIteratorException"), Kind::ExpiredIterator);
        assert_eq!(kind("InternalFailure"), Kind::Broken);
        assert_eq!(kind("ServiceUnavailable"), Kind::Broken);
        assert_eq!(kind(""), Kind::Broken);
    }
}
