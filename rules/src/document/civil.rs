//! Dates and times of the proleptic Gregorian calendar, in UTC: enough for `date:` of a rule and `eventTime` of
//! a test case. Not a clock, no zones, no leap seconds.

const DAY_S: i64 = 86_400;

/// Whether a text is `YYYY-MM-DD`, or `YYYY/MM/DD` as old rules have it, and that day exists.
pub(super) fn is_date(text: &str) -> bool {
    let separator = if text.contains('/') { '/' } else { '-' };
    days(text, separator).is_some()
}

/// Unix seconds of `YYYY-MM-DDTHH:MM:SSZ`.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(days(date, '-')? * DAY_S + hour * 3_600 + minute * 60 + second)
}

/// `YYYY-MM-DDTHH:MM:SSZ` of Unix seconds.
pub(crate) fn format_time(unix_s: i64) -> String {
    let (mut year, mut rest) = (1970, unix_s.div_euclid(DAY_S));
    let second = unix_s.rem_euclid(DAY_S);
    while rest < 0 {
        year -= 1;
        rest += year_days(year);
    }
    while rest >= year_days(year) {
        rest -= year_days(year);
        year += 1;
    }
    let mut month = 1;
    while rest >= month_days(year, month) {
        rest -= month_days(year, month);
        month += 1;
    }
    let (day, hour, minute) = (rest + 1, second / 3_600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60)
}

/// Days since 1970-01-01 of a date that exists.
fn days(text: &str, separator: char) -> Option<i64> {
    let [year, month, day] = numbers(text, separator, [4, 2, 2])?;
    if !(1..=12).contains(&month) || day < 1 || day > month_days(year, month) {
        return None;
    }
    let whole_years: i64 =
        (1970..year).map(year_days).sum::<i64>() - (year..1970).map(year_days).sum::<i64>();
    Some(whole_years + (1..month).map(|month| month_days(year, month)).sum::<i64>() + day - 1)
}

fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut out = [0; 3];
    for (number, width) in out.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(out)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn year_days(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
