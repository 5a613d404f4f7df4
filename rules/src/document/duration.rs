//! Durations as rules write them: `<int>` and one of `s m h d`.

/// Why a text is no duration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum DurationError {
    #[error("`{text}` is no duration: write a whole number and s, m, h or d, such as 10m")]
    Form { text: String },
    #[error("`{text}`: a month is not a fixed time: write days, at most {days_max}d")]
    Month { text: String, days_max: u32 },
    #[error("`{text}` is longer than {days_max} days")]
    TooLong { text: String, days_max: u32 },
}

/// The seconds of a duration, which may be 0 and is at most `seconds_max`.
pub(crate) fn seconds(text: &str, seconds_max: u32) -> Result<u32, DurationError> {
    let form = || DurationError::Form { text: text.chars().take(40).collect() };
    let days_max = seconds_max / 86_400;
    let unit = text.chars().last().ok_or_else(form)?;
    let factor: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'M' => return Err(DurationError::Month { text: text.chars().take(40).collect(), days_max }),
        _ => return Err(form()),
    };
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(form());
    }
    let total = digits.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(factor);
    match u32::try_from(total) {
        Ok(total) if total <= seconds_max => Ok(total),
        _ => Err(DurationError::TooLong { text: text.chars().take(40).collect(), days_max }),
    }
}
