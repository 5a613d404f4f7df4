//! Who may be silent: as it is told, and as it is looked up.

use std::fmt;

/// Digits of an account.
const ACCOUNT_BYTES: usize = 12;

/// Bytes of a region at most.
const REGION_BYTES_MAX: usize = 32;

/// Who may be silent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Everybody.
    Stream,
    /// One account in one region.
    Place {
        /// `recipientAccountId`.
        account: String,
        /// `awsRegion`.
        region: String,
    },
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream => f.write_str("the whole stream"),
            Self::Place { account, region } => write!(f, "{account}/{region}"),
        }
    }
}

/// A key that allocates nothing, for every record is looked up by it: account, region, and zeros behind. The stream is zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name([u8; ACCOUNT_BYTES + REGION_BYTES_MAX]);

impl Name {
    pub(crate) const STREAM: Self = Self([0; ACCOUNT_BYTES + REGION_BYTES_MAX]);

    /// An account and region as CloudTrail writes them; none for anything else, which attackers may have written.
    pub fn place(account: &str, region: &str) -> Option<Self> {
        let is_account = account.len() == ACCOUNT_BYTES && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_region = (1..=REGION_BYTES_MAX).contains(&region.len())
            && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let mut name = Self::STREAM;
        let bytes = account.bytes().chain(region.bytes());
        name.0.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        (is_account && is_region).then_some(name)
    }

    /// Whether it is that of an account and region. The zeros behind a name are no part of any: attackers may have written some.
    #[inline]
    pub(crate) fn is_place(&self, account: &str, region: &str) -> bool {
        let (own, rest) = self.0.split_at(ACCOUNT_BYTES);
        own == account.as_bytes()
            && region.ends_with(|last| last != '\0')
            && rest.strip_prefix(region.as_bytes()).is_some_and(|behind| behind.iter().all(|byte| *byte == 0))
    }

    pub(super) fn key(&self) -> Key {
        if *self == Self::STREAM {
            return Key::Stream;
        }
        let text = |bytes: &[u8]| -> String {
            bytes.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)).collect()
        };
        let (account, region) = self.0.split_at(ACCOUNT_BYTES);
        Key::Place { account: text(account), region: text(region) }
    }
}
