//! The forms of text that settings take: paths, names, addresses. Pure: whether what they name is there is for `places`.
//!
//! Invariant: text that may be a secret is refused without being repeated.

use std::net::SocketAddr;
use std::str::FromStr;

use tripline_rules::packs::Selection;

use super::kind::{Fault, brief, quoted};
use crate::silence::{Ignore, QuietHours};
use crate::source::kinesis::Start;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A file or folder.
    Path,
    /// A file that holds a secret.
    SecretFile,
    /// A variable that holds a secret.
    SecretVariable,
    /// A shipped pack, or a shipped rule.
    Pack,
    /// The id of a rule, or its beginning and `*`.
    Pattern,
    /// An AWS account, or its beginning and `*`.
    Account,
    /// Address and port.
    Listen,
    /// `http:` or `https:`.
    Url,
    /// A topic of SNS.
    TopicArn,
    /// An AWS region.
    Region,
    /// A stream of Kinesis, by name or ARN.
    Stream,
    /// A log group.
    LogGroup,
    /// Where to begin in a stream.
    Start,
    /// Times of the week.
    QuietHours,
    /// Accounts and regions.
    AccountRegion,
}

impl Form {
    /// What it takes, in words.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Path => "a path",
            Self::SecretFile => "the path of a file that holds the secret",
            Self::SecretVariable => "the name of a variable that holds the secret, of A-Z, 0-9 and `_`",
            Self::Pack => "a shipped pack or rule",
            Self::Pattern => "the id of a rule, or its beginning and `*`",
            Self::Account => "twelve digits, or some and `*`",
            Self::Listen => "address:port, such as 127.0.0.1:9464 or [::1]:9464",
            Self::Url => "https://HOST[:PORT][/PATH]",
            Self::TopicArn => "arn:aws:sns:REGION:ACCOUNT:NAME",
            Self::Region => "an AWS region, such as eu-west-1",
            Self::Stream => "the name of a stream, or arn:aws:kinesis:REGION:ACCOUNT:stream/NAME",
            Self::LogGroup => "the name of a log group",
            Self::Start => "TRIM_HORIZON, LATEST, or a time such as 2026-01-02T03:04:05Z",
            Self::QuietHours => "days, hours or both, such as `Sat-Sun` or `Mon-Fri 22:00-06:00`",
            Self::AccountRegion => "ACCOUNT/REGION, either of them `*`",
        }
    }

    /// Its regular expression in the schema, where one says it.
    pub(super) fn pattern(self) -> Option<&'static str> {
        Some(match self {
            Self::Path | Self::SecretFile | Self::Pack | Self::Listen | Self::QuietHours => "^.+$",
            Self::SecretVariable => "^[A-Z_][A-Z0-9_]*$",
            Self::Pattern => "^[^*]*\\*?$",
            Self::Account => "^([0-9]{12}|[0-9]{0,11}\\*)$",
            Self::Url => "^https?://[^@]+$",
            Self::TopicArn => "^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+(\\.fifo)?$",
            Self::Region => "^[a-z0-9-]+$",
            Self::Stream => "^(arn:aws[a-z-]*:kinesis:[a-z0-9-]+:[0-9]{12}:stream/)?[A-Za-z0-9_.-]{1,128}$",
            Self::LogGroup => "^[A-Za-z0-9_./#-]{1,512}$",
            Self::Start => "^(TRIM_HORIZON|LATEST|[0-9]{4}-.+)$",
            Self::AccountRegion => "^([0-9]{12}|\\*)/([a-z0-9-]+|\\*)$",
        })
    }

    pub(super) fn is_secret(self) -> bool {
        matches!(self, Self::SecretFile | Self::SecretVariable)
    }

    pub(super) fn check(self, text: &str) -> Result<(), Fault> {
        let beginning = text.strip_suffix('*');
        let is_right = match self {
            Self::Path => !text.is_empty() && !text.contains('\0'),
            // Somebody who pastes the secret itself here must not read it in a log.
            Self::SecretFile if text.contains("://") || text.starts_with("whsec_") => {
                return Err(Fault::unexpected(
                    "looks like the secret itself, not like a file",
                    self.expected(),
                ));
            }
            Self::SecretFile => !text.is_empty() && !text.contains('\0'),
            Self::SecretVariable => {
                let first = text.bytes().next();
                first.is_some_and(|byte| !byte.is_ascii_digit())
                    && only(text, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            }
            Self::Pack => {
                return match text.parse::<Selection>() {
                    Ok(_) => Ok(()),
                    Err(error) => Err(Fault { problem: brief(&error.to_string(), 512), help: None }),
                };
            }
            Self::Pattern => !text.is_empty() && !beginning.unwrap_or(text).contains('*'),
            Self::Account => match beginning {
                Some(digits) => digits.len() < 12 && only(digits, |byte| byte.is_ascii_digit()),
                None => text.len() == 12 && only(text, |byte| byte.is_ascii_digit()),
            },
            Self::Listen => text.parse::<SocketAddr>().is_ok(),
            Self::Url => return url(text, true),
            Self::TopicArn => is_topic(text),
            Self::Region => {
                !text.is_empty() && only(text, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            }
            Self::Stream => is_stream(text),
            Self::LogGroup => {
                (1..=512).contains(&text.len())
                    && only(text, |byte| byte.is_ascii_alphanumeric() || b"_./#-".contains(&byte))
            }
            Self::Start => Start::from_str(text).is_ok(),
            Self::QuietHours => QuietHours::from_str(text).is_ok(),
            Self::AccountRegion => Ignore::from_str(text).is_ok(),
        };
        let said = if self.is_secret() {
            "not a name that it could have".to_owned()
        } else {
            format!("{} is not right", quoted(text))
        };
        if is_right { Ok(()) } else { Err(Fault::unexpected(said, self.expected())) }
    }
}

/// The outside of an address; whether its host may be called is for the sink to say. Never repeats it.
pub(super) fn url(text: &str, plain: bool) -> Result<(), Fault> {
    let rest = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => rest,
        (None, Some(rest)) if plain => rest,
        (None, Some(_)) => {
            return Err(Fault::new(
                "`http:` is sent in the clear",
                "use `https:`, or set `allow_private = true`",
            ));
        }
        (None, None) => return Err(Fault::unexpected("not an address", Form::Url.expected())),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return Err(Fault::new("holds a user name or a password", "take them out of the address"));
    }
    if host.is_empty() || !text.chars().all(|c| c.is_ascii_graphic()) {
        return Err(Fault::unexpected("not an address", Form::Url.expected()));
    }
    Ok(())
}

fn is_topic(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let &["arn", partition, "sns", region, account, name] = parts.as_slice() else { return false };
    let name = name.strip_suffix(".fifo").unwrap_or(name);
    partition.starts_with("aws")
        && Form::Region.check(region).is_ok()
        && account.len() == 12
        && only(account, |byte| byte.is_ascii_digit())
        && !name.is_empty()
        && only(name, |byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn is_stream(text: &str) -> bool {
    let name = match text.split(':').collect::<Vec<_>>().as_slice() {
        [name] => Some(*name),
        ["arn", partition, "kinesis", region, account, resource]
            if partition.starts_with("aws")
                && Form::Region.check(region).is_ok()
                && account.len() == 12
                && only(account, |byte| byte.is_ascii_digit()) =>
        {
            resource.strip_prefix("stream/")
        }
        _ => None,
    };
    name.is_some_and(|name| {
        let is_right = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        (1..=128).contains(&name.len()) && only(name, is_right)
    })
}

fn only(text: &str, is_right: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(is_right)
}
