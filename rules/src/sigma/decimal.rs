//! Numbers compared exactly, from their text: a float would make neighbours beyond 2^53 equal.

use std::cmp::Ordering;

/// Beyond so many digits a number's plain spelling is not worth having: no one writes it.
const PLAIN_DIGITS_MAX: i64 = 40;

/// A decimal number: ± 0.DIGITS × 10^`point`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Decimal {
    negative: bool,
    /// Values 0 to 9, without zeros at either end; empty for zero.
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// A number in the notation of JSON, a leading `+` and a bare point allowed. None for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if all().next().is_none() || !all().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let zeros = all().take_while(|b| *b == b'0').count();
        let mut digits: Vec<u8> = all().skip(zeros).map(|b| b - b'0').collect();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Some(Self { negative: false, digits, point: 0 });
        }
        let shift = i64::try_from(whole.len()).ok()?.saturating_sub(i64::try_from(zeros).ok()?);
        Some(Self { negative, digits, point: exponent.saturating_add(shift) })
    }

    /// The shortest plain spelling: `5` of `5.0`, `0.1` of `1e-1`. None where it would be absurdly long.
    pub(super) fn canonical(&self) -> Option<String> {
        let n_digits = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        if self.point.abs().max(n_digits) > PLAIN_DIGITS_MAX {
            return None;
        }
        let digit = |at: i64| {
            let known = usize::try_from(at).ok().and_then(|at| self.digits.get(at)).copied();
            char::from(b'0' + known.unwrap_or(0))
        };
        let mut text = String::from(if self.negative { "-" } else { "" });
        if self.point <= 0 {
            text.push('0');
        }
        text.extend((0..self.point).map(digit));
        if n_digits > self.point {
            text.push('.');
            text.extend((self.point..n_digits).map(digit));
        }
        Some(text)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |n: &Self| i8::from(!n.digits.is_empty()) * if n.negative { -1 } else { 1 };
        let size = || (self.point, &self.digits).cmp(&(other.point, &other.digits));
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            1 => size(),
            0 => Ordering::Equal,
            _ => size().reverse(),
        })
    }
}

/// An exponent; one beyond any use is as good as the largest.
fn parse_exponent(text: &str) -> Option<i64> {
    const EXPONENT_MAX: i64 = 1 << 40;
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i64>().unwrap_or(EXPONENT_MAX).min(EXPONENT_MAX);
    Some(if negative { -size } else { size })
}
