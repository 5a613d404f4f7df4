//! Why something was set aside. The names are metric labels and part of the interface.

/// Why a record, or one log event of a record, was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A record without bytes.
    Empty,
    /// Gzip that ends early.
    GzipTruncated,
    /// Gzip whose header, blocks or checksum are wrong.
    GzipCorrupt,
    /// Inflates beyond the limit: a bomb, or a limit set too low.
    InflatedTooLarge,
    /// Zstandard, which nothing on this path writes.
    Zstd,
    /// Base64 around something: a test harness, or a Lambda event.
    Base64,
    /// A KPL-aggregated Kinesis record whose digest or form is wrong, or one inside another.
    KplAggregated,
    /// A subscription message whose `messageType` is neither data nor control.
    UnknownMessageType,
    /// Begins like an envelope and is none.
    EnvelopeMalformed,
    /// More log events than one record may hold.
    TooManyLogEvents,
    /// Bytes after the last gzip member.
    TrailingBytes,
    /// Not UTF-8.
    InvalidUtf8,
    /// Larger than an event may be.
    EventTooLarge,
    /// Begins like a JSON object and is none.
    Malformed,
    /// Nested too deep.
    TooDeep,
    /// Too many members.
    TooManyKeys,
    /// No `eventTime`, or one that is no time.
    EventTime,
    /// An `eventVersion` whose major version is not 1.
    EventVersion,
}

impl Reason {
    /// Every reason, for tables.
    pub const ALL: [Reason; 18] = [
        Reason::Empty,
        Reason::GzipTruncated,
        Reason::GzipCorrupt,
        Reason::InflatedTooLarge,
        Reason::Zstd,
        Reason::Base64,
        Reason::KplAggregated,
        Reason::UnknownMessageType,
        Reason::EnvelopeMalformed,
        Reason::TooManyLogEvents,
        Reason::TrailingBytes,
        Reason::InvalidUtf8,
        Reason::EventTooLarge,
        Reason::Malformed,
        Reason::TooDeep,
        Reason::TooManyKeys,
        Reason::EventTime,
        Reason::EventVersion,
    ];

    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Empty => "empty",
            Reason::GzipTruncated => "gzip_truncated",
            Reason::GzipCorrupt => "gzip_corrupt",
            Reason::InflatedTooLarge => "inflated_too_large",
            Reason::Zstd => "zstd",
            Reason::Base64 => "base64",
            Reason::KplAggregated => "kpl_aggregated",
            Reason::UnknownMessageType => "unknown_message_type",
            Reason::EnvelopeMalformed => "envelope_malformed",
            Reason::TooManyLogEvents => "too_many_log_events",
            Reason::TrailingBytes => "trailing_bytes",
            Reason::InvalidUtf8 => "invalid_utf8",
            Reason::EventTooLarge => "event_too_large",
            Reason::Malformed => "malformed",
            Reason::TooDeep => "too_deep",
            Reason::TooManyKeys => "too_many_keys",
            Reason::EventTime => "event_time",
            Reason::EventVersion => "event_version",
        }
    }
}
