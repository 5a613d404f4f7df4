//! A CloudWatch Logs data message as CloudWatch Logs writes it, cut into its log events while they are read.
//!
//! ```text
//! {"messageType":"DATA_MESSAGE",…,"logEvents":[{"id":"…","timestamp":…,"message":"…"},…]}
//! ```
//!
//! Blanks may stand around what is the message's own, and its members in any order but for `logEvents`, which is the last.
//! Whatever else would still be JSON, and whatever is not, is left to the [envelope](super::envelope), which this reader has
//! no opinion of: it is right or it says nothing. Nothing is handed on before the whole message is known to be sound.

use bumpalo::collections::Vec;

use super::split::skip_blanks;
use super::walker::{Seen, Walked, Walks};

/// One log event of a message.
#[derive(Debug)]
pub(super) struct LogEvent<'b> {
    /// When the log received it, milliseconds.
    pub(super) logs_time_ms: Option<i64>,
    /// What it holds; none when it is odd.
    pub(super) walked: Option<Walked<'b>>,
    /// All of it: what its envelope's own reader reads when the message is odd.
    pub(super) whole: &'b [u8],
}

/// The log events of the message in the first `len` bytes of `padded`, `log_events_max` at most; none when it is not written in
/// the usual way. They are kept as long as what was read in them.
pub(super) fn read<'b>(
    padded: &'b [u8],
    len: usize,
    log_events_max: usize,
    walks: &mut Walks<'_, 'b>,
) -> Option<&'b [LogEvent<'b>]> {
    let arena = walks.arena();
    let mut reader = Reader { padded, bytes: &padded[..len], at: 0, walks };
    reader.head()?;
    let mut events = Vec::with_capacity_in(len / EVENT_BYTES_ABOUT + 1, arena);
    if !reader.ate(b']') {
        loop {
            if events.len() == log_events_max {
                return None;
            }
            events.push(reader.log_event()?);
            if !reader.ate(b',') {
                break;
            }
        }
        reader.eat(b']')?;
    }
    reader.eat(b'}')?;
    (skip_blanks(reader.bytes, reader.at) == len).then(|| events.into_bump_slice())
}

/// A log event takes about so much of its message.
const EVENT_BYTES_ABOUT: usize = 1024;

/// Digits of the id that CloudWatch Logs gives a log event.
const ID_DIGITS: usize = 56;

/// Digits of its timestamp, in milliseconds, until the year 2286.
const TIME_DIGITS: usize = 13;

/// What stands between the messages of two log events as CloudWatch Logs writes them, bytes: `"},{"id":"…","timestamp":…,"message":"`.
const BETWEEN: usize = 10 + ID_DIGITS + 14 + TIME_DIGITS + 12;

/// Digits of a timestamp that surely fit.
const DIGITS_MAX: usize = 18;

struct Reader<'b, 's, 'w> {
    padded: &'b [u8],
    /// What of it counts.
    bytes: &'b [u8],
    at: usize,
    walks: &'s mut Walks<'w, 'b>,
}

impl<'b> Reader<'b, '_, '_> {
    /// Whether this byte stands next; if so it is passed, with the blanks around it.
    fn ate(&mut self, byte: u8) -> bool {
        self.at = skip_blanks(self.bytes, self.at);
        let is = self.bytes.get(self.at) == Some(&byte);
        if is {
            self.at = skip_blanks(self.bytes, self.at + 1);
        }
        is
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.ate(byte).then_some(())
    }

    /// A string of printable ASCII without escapes; what follows its quote is next.
    fn plain(&mut self) -> Option<&'b [u8]> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return None;
        }
        let rest = &self.bytes[self.at + 1..];
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'"' && *byte != b'\\';
        let len = rest.iter().position(|byte| !is_plain(byte))?;
        if rest[len] != b'"' {
            return None;
        }
        self.at += len + 2;
        Some(&rest[..len])
    }

    /// Everything up to the first log event.
    fn head(&mut self) -> Option<()> {
        let mut is_data = false;
        self.eat(b'{')?;
        loop {
            let key = self.plain()?;
            self.eat(b':')?;
            match key {
                b"logEvents" => {
                    self.eat(b'[')?;
                    return is_data.then_some(());
                }
                b"messageType" if is_data || self.plain()? != b"DATA_MESSAGE" => return None,
                b"messageType" => is_data = true,
                _ => self.value()?,
            }
            self.eat(b',')?;
        }
    }

    /// A plain string, or an array of such.
    fn value(&mut self) -> Option<()> {
        if !self.ate(b'[') {
            return self.plain().map(|_| ());
        }
        if self.ate(b']') {
            return Some(());
        }
        loop {
            self.plain()?;
            if !self.ate(b',') {
                return self.eat(b']');
            }
        }
    }

    /// A log event as CloudWatch Logs writes it, up to its message; the reader stands where it stood when it is not.
    fn usual(&mut self) -> Option<i64> {
        let rest = self.bytes.get(self.at..)?;
        let rest = rest.strip_prefix(b"{\"id\":\"")?;
        let (id, rest) = rest.split_first_chunk::<ID_DIGITS>()?;
        let rest = rest.strip_prefix(b"\",\"timestamp\":")?;
        let (time, rest) = rest.split_first_chunk::<TIME_DIGITS>()?;
        let rest = rest.strip_prefix(b",\"message\":")?;
        if !all_digits(id) || !all_digits(time) || time[0] == b'0' {
            return None;
        }
        self.at = self.bytes.len() - rest.len();
        Some(number(time))
    }

    fn log_event(&mut self) -> Option<LogEvent<'b>> {
        let start = skip_blanks(self.bytes, self.at);
        let Some(logs_time_ms) = self.usual() else { return self.any_log_event() };
        let Seen { walked, .. } = self.message()?;
        self.eat(b'}')?;
        let whole = &self.bytes[start..self.end_of(b'}')];
        Some(LogEvent { logs_time_ms: Some(logs_time_ms), walked, whole })
    }

    fn any_log_event(&mut self) -> Option<LogEvent<'b>> {
        let (mut logs_time_ms, mut message) = (None, None);
        let start = skip_blanks(self.bytes, self.at);
        self.eat(b'{')?;
        loop {
            let key = self.plain()?;
            self.eat(b':')?;
            match key {
                b"id" => {
                    self.plain()?;
                }
                b"timestamp" if logs_time_ms.is_none() => logs_time_ms = Some(self.digits()?),
                b"message" if message.is_none() => message = Some(self.message()?),
                _ => return None,
            }
            if !self.ate(b',') {
                break;
            }
        }
        self.eat(b'}')?;
        let whole = &self.bytes[start..self.end_of(b'}')];
        Some(LogEvent { logs_time_ms, walked: message?.walked, whole })
    }

    /// One past the byte that was passed last, without the blanks behind it.
    fn end_of(&self, byte: u8) -> usize {
        self.bytes[..self.at].iter().rposition(|found| *found == byte).map_or(self.at, |at| at + 1)
    }

    fn digits(&mut self) -> Option<i64> {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().position(|byte| !byte.is_ascii_digit())?;
        if len == 0 || len > DIGITS_MAX || len > 1 && rest[0] == b'0' {
            return None;
        }
        self.at += len;
        Some(number(&rest[..len]))
    }

    fn message(&mut self) -> Option<Seen<'b>> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return None;
        }
        let start = self.at + 1;
        let seen = self.walks.read(&self.padded[start..], self.bytes.len() - start, BETWEEN)?;
        self.at = start + seen.bytes.len() + 1;
        Some(seen)
    }
}

fn all_digits<const N: usize>(bytes: &[u8; N]) -> bool {
    bytes.iter().fold(true, |all, byte| all & byte.is_ascii_digit())
}

fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
}
