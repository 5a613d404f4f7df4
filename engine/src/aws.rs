//! Errors of AWS calls as sentences: what could not be called, why, and what to do about it.
//!
//! Knows none of its siblings. Every client of an AWS service words its failures here. Invariant: no debug text of the SDK
//! reaches a person.

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_kinesis::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// Longest explanation, in characters: a service's own message is part of it.
const CHARS_MAX: usize = 700;
/// Longest part of it that quotes a service, in characters.
const QUOTE_CHARS_MAX: usize = 300;

/// An AWS service that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Kinesis Data Streams.
    Kinesis,
    /// CloudWatch Logs.
    Logs,
    /// Simple Notification Service.
    Sns,
}

impl Service {
    /// The prefix of its IAM actions, which is the first label of its host names, too.
    fn prefix(self) -> &'static str {
        match self {
            Service::Kinesis => "kinesis",
            Service::Logs => "logs",
            Service::Sns => "sns",
        }
    }

    /// The environment variable that names its endpoint.
    fn endpoint_variable(self) -> &'static str {
        match self {
            Service::Kinesis => "AWS_ENDPOINT_URL_KINESIS",
            Service::Logs => "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
            Service::Sns => "AWS_ENDPOINT_URL_SNS",
        }
    }

    /// Settings that name the resource and its region.
    fn settings(self) -> &'static str {
        match self {
            Service::Kinesis => "kinesis.stream and kinesis.region (or AWS_REGION)",
            Service::Logs => "--log-group and kinesis.region (or AWS_REGION)",
            Service::Sns => "topic_arn and region of the sink",
        }
    }
}

/// A resource of a service, and where it is looked for.
#[derive(Debug, Clone)]
pub struct Target {
    service: Service,
    /// A noun and a name: `stream tripline`.
    resource: String,
    region: Option<String>,
    endpoint: Option<String>,
}

impl Target {
    /// A resource, looked for in the region and at the endpoint of `config`.
    pub fn new(service: Service, resource: String, config: &SdkConfig) -> Self {
        let region = config.region().map(|region| region.as_ref().to_owned());
        let variable = std::env::var(service.endpoint_variable()).ok().filter(|url| !url.is_empty());
        let endpoint = variable.or_else(|| config.endpoint_url().map(str::to_owned));
        Self { service, resource, region, endpoint }
    }

    /// The reason of a failed call of `operation`, and advice: the tail of `cannot call SERVICE:OPERATION: …`.
    pub fn explain<E, R>(&self, operation: &str, error: &SdkError<E, R>) -> String
    where
        SdkError<E, R>: Error + ProvideErrorMetadata,
    {
        let region = self.region.as_deref().unwrap_or("(no region)");
        let (reason, advice) = match error {
            SdkError::ServiceError(_) => {
                self.refused(operation, error.code().unwrap_or_default(), error.message().unwrap_or_default())
            }
            SdkError::TimeoutError(_) => {
                (format!("no answer from {} in time", self.url()), self.unreachable().to_owned())
            }
            _ => self.not_sent(error),
        };
        let text = format!("{} in {region}: {reason}; {advice}", self.resource);
        printable(&text, CHARS_MAX)
    }

    /// Where calls go.
    fn url(&self) -> String {
        let region = self.region.as_deref().unwrap_or("REGION");
        self.endpoint
            .clone()
            .unwrap_or_else(|| format!("https://{}.{region}.amazonaws.com", self.service.prefix()))
    }

    /// The service answered with an error.
    fn refused(&self, operation: &str, code: &str, message: &str) -> (String, String) {
        let quote = match (code, message) {
            ("", "") => "an error without a code".to_owned(),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {}", printable(message, QUOTE_CHARS_MAX)),
        };
        let (reason, advice) = match code {
            "ExpiredTokenException" | "ExpiredToken" | "RequestExpired" => (
                "the credentials have expired",
                "renew them (`aws sso login`, or a new session token) and start again; a role attached to the machine renews itself"
                    .to_owned(),
            ),
            "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidSignatureException"
            | "SignatureDoesNotMatch" | "IncompleteSignatureException" | "IncompleteSignature"
            | "MissingAuthenticationTokenException" | "MissingAuthenticationToken" => (
                "AWS does not accept the credentials",
                "check key, secret and session token, that they are of this partition, and this machine's clock".to_owned(),
            ),
            "AccessDeniedException" | "AccessDenied" | "AuthorizationError" | "NotAuthorized" => (
                "access denied",
                format!(
                    "allow {}:{operation} on {} in the policy of the role or user that the engine runs as",
                    self.service.prefix(),
                    self.resource
                ),
            ),
            "ResourceNotFoundException" | "NotFound" | "NotFoundException" => (
                "it does not exist there",
                format!("check name, account and region: {}", self.service.settings()),
            ),
            code if code.starts_with("KMS") => (
                "the key of this resource cannot be used",
                "allow kms:Decrypt (for a topic kms:GenerateDataKey, too) on that key, and check that it is enabled".to_owned(),
            ),
            _ => ("the service refused", "if it goes on, look up this error in the service's API reference".to_owned()),
        };
        (format!("{reason} ({quote})"), advice)
    }

    /// The call did not reach the service, or its answer could not be read.
    fn not_sent<E, R>(&self, error: &SdkError<E, R>) -> (String, String)
    where
        SdkError<E, R>: Error + ProvideErrorMetadata,
    {
        let all = DisplayErrorContext(error).to_string();
        let has = |words: &[&str]| words.iter().any(|word| all.contains(word));
        if has(&["no credentials found in chain", "CredentialsNotLoaded", "no providers in chain"]) {
            return (
                "no AWS credentials found".to_owned(),
                "attach a role to this machine, task or pod, set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY"
                    .to_owned(),
            );
        }
        if has(&["Missing Region", "region must be set"]) {
            return ("no AWS region is set".to_owned(), format!("set it: {}", self.service.settings()));
        }
        if has(&[
            "ExpiredToken",
            "token has expired",
            "token is expired",
            "Session token not found or invalid",
        ]) {
            return (
                "the credentials have expired".to_owned(),
                "renew them (`aws sso login`) and start again".to_owned(),
            );
        }
        if has(&["ProviderError", "CredentialsError", "identity resolver"]) {
            return (
                format!("the AWS credentials could not be loaded ({})", cause(error)),
                "check AWS_PROFILE, the profile's role or SSO session, and the instance's metadata service"
                    .to_owned(),
            );
        }
        match error {
            SdkError::DispatchFailure(_) => {
                (format!("cannot reach {} ({})", self.url(), cause(error)), self.unreachable().to_owned())
            }
            _ => (
                format!("{} gave no answer that can be read ({})", self.url(), cause(error)),
                "a proxy or another service may answer at this address: check it".to_owned(),
            ),
        }
    }

    fn unreachable(&self) -> &'static str {
        match self.endpoint {
            Some(_) => {
                "an endpoint is configured (AWS_ENDPOINT_URL, or the profile's): check it, and that something listens there"
            }
            None => {
                "check the region's name, DNS, and this machine's way to the internet or to the service's VPC endpoint"
            }
        }
    }
}

/// The innermost cause of `error`: what the operating system or the resolver said.
fn cause(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    printable(&innermost.to_string(), QUOTE_CHARS_MAX)
}

/// At most `chars` characters of `text`, on one line.
fn printable(text: &str, chars: usize) -> String {
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    spaced.filter(|c| !c.is_control()).take(chars).collect()
}
