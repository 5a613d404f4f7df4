//! `eventTime`: whole seconds, UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Seconds since the epoch. CloudTrail writes `YYYY-MM-DDThh:mm:ssZ`; fractions, offsets and a blank in place of the `T`,
/// which it does not write but tools around it do, are read too, fractions cut. Without an offset it is UTC.
pub(super) fn parse(text: &str) -> Option<i64> {
    fixed(text.as_bytes()).or_else(|| {
        let time = text.parse::<Timestamp>().ok().or_else(|| civil(text))?;
        i64::try_from(time.as_nanosecond().div_euclid(1_000_000_000)).ok()
    })
}

fn civil(text: &str) -> Option<Timestamp> {
    // A date alone is no time.
    let time = text.parse::<DateTime>().ok().filter(|_| text.contains(':'))?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// The one form that matters.
const FORM: &[u8; 20] = b"0000-00-00T00:00:00Z";

/// It, without the calendar library. Anything odd is left to that.
fn fixed(text: &[u8]) -> Option<i64> {
    let text: &[u8; FORM.len()] = text.try_into().ok()?;
    // Of a digit its value, and nothing of what stands between them.
    let mut digits = [0; FORM.len()];
    let mut is_odd = false;
    for ((digit, byte), form) in digits.iter_mut().zip(text).zip(FORM) {
        *digit = byte ^ form;
        is_odd |= *digit > if *form == b'0' { 9 } else { 0 };
    }
    if is_odd {
        return None;
    }
    let two = |at: usize| i64::from(digits[at]) * 10 + i64::from(digits[at + 1]);
    let (year, month, day) = (two(0) * 100 + two(2), two(5), two(8));
    let (hour, minute, second) = (two(11), two(14), two(17));
    if year == 0 || !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if day == 0 || day > month_days(year, month) {
        return None;
    }
    Some(((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

fn month_days(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, years counted from March so that the leap day is last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_cloudtrail_writes_and_its_neighbours() {
        assert_eq!(parse("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse("2023-07-10T11:42:18Z"), Some(1_688_989_338));
        assert_eq!(parse("2024-02-29T00:00:00Z"), Some(1_709_164_800));
        assert_eq!(parse("2023-07-10T11:42:18.999Z"), Some(1_688_989_338));
        assert_eq!(parse("2023-07-10T13:42:18+02:00"), Some(1_688_989_338));
        assert_eq!(parse("2023-07-10 11:42:18"), Some(1_688_989_338));
        assert_eq!(parse("2023-07-10 11:42:18.123000000"), Some(1_688_989_338));
        for not_a_time in
            ["", "yesterday", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-07-10", "1688989338"]
        {
            assert_eq!(parse(not_a_time), None, "{not_a_time}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_calendar_library(second in -62_000_000_000_i64..250_000_000_000) {
            let text = Timestamp::from_second(second).unwrap().to_string();
            prop_assert_eq!(fixed(text.as_bytes()), Some(second), "{}", text);
        }

        #[test]
        fn refuses_and_accepts_what_the_calendar_library_does(
            y in 0..10_000u32, mo in 0..14u32, d in 0..33u32, h in 0..26u32, mi in 0..62u32, s in 0..60u32
        ) {
            let text = format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}Z");
            prop_assert_eq!(parse(&text), text.parse::<Timestamp>().ok().map(|time| time.as_second()), "{}", text);
        }
    }
}
