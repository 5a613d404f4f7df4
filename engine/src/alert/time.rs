//! Times as RFC 3339 in UTC; what the calendar cannot hold is shown as its nearest end.

use jiff::Timestamp;

/// Seconds since the epoch as RFC 3339.
pub fn seconds(s: i64) -> String {
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(s.clamp(first, last)).unwrap_or_default().to_string()
}

/// Milliseconds since the epoch as RFC 3339.
pub fn milliseconds(ms: i64) -> String {
    let (first, last) = (Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
    Timestamp::from_millisecond(ms.clamp(first, last)).unwrap_or_default().to_string()
}

pub(super) fn parse(text: &str) -> Result<Timestamp, jiff::Error> {
    text.parse()
}
