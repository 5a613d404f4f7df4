//! Numbers compared by their decimal texts, exactly: `12.0` equals `12`, 2^64 does not equal 2^64 + 1, and an exponent
//! of a billion costs nothing.

use std::cmp::Ordering;

/// Beyond so many digits a number's plain spelling is not worth having: no one writes it.
const PLAIN_DIGITS_MAX: i64 = 40;

/// A number's sign, digits without zeros around them, and the power of ten of the digit before the point.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    /// Significant digits; empty for zero.
    digits: Vec<u8>,
    /// The number is 0.DIGITS × 10^exponent.
    exponent: i64,
}

impl Decimal {
    /// Reads JSON's, YAML's and the pattern language's spelling: sign, digits, decimals, exponent. None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, clamped(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + decimals.len() == 0 || !digits(whole) || !digits(decimals) {
            return None;
        }
        let all: Vec<u8> = whole.bytes().chain(decimals.bytes()).collect();
        let Some(first) = all.iter().position(|digit| *digit != b'0') else {
            return Some(Self { negative: false, digits: Vec::new(), exponent: 0 });
        };
        let last = all.iter().rposition(|digit| *digit != b'0').unwrap_or(first);
        let point = i64::try_from(whole.len()).ok()? - i64::try_from(first).ok()?;
        Some(Self { negative, digits: all[first..=last].to_vec(), exponent: exponent.saturating_add(point) })
    }

    /// The shortest plain spelling: `5` of `5.0`, `0.1` of `1e-1`. None where it would be absurdly long.
    pub(crate) fn canonical(&self) -> Option<String> {
        let count = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        if self.exponent.abs().max(count) > PLAIN_DIGITS_MAX {
            return None;
        }
        let digit = |at: i64| {
            let known = usize::try_from(at).ok().and_then(|at| self.digits.get(at)).copied();
            char::from(known.unwrap_or(b'0'))
        };
        let mut text = String::from(if self.negative { "-" } else { "" });
        if self.exponent <= 0 {
            text.push('0');
        }
        text.extend((0..self.exponent).map(digit));
        if count > self.exponent {
            text.push('.');
            text.extend((self.exponent..count).map(digit));
        }
        Some(text)
    }
}

/// An exponent beyond any use saturates: two such numbers may then compare as equal, and none is refused.
fn clamped(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let limit = 1_000_000_000_000_000;
    let size = unsigned.parse::<i64>().unwrap_or(limit).min(limit);
    Some(if text.starts_with('-') { -size } else { size })
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = |one: &Self, other: &Self| match (one.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => one.exponent.cmp(&other.exponent).then_with(|| one.digits.cmp(&other.digits)),
        };
        match (self.negative, other.negative) {
            (false, false) => size(self, other),
            (true, true) => size(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
