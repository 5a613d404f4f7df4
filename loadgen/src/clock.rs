//! Seconds since the epoch, written in the ways in which CloudTrail and its services write times. No clock is read here.

const DAY_S: i64 = 86_400;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Appends `2026-01-02T03:04:05Z`.
pub(crate) fn iso(out: &mut String, time_s: i64) {
    let (year, month, day) = civil(time_s.div_euclid(DAY_S));
    let second = time_s.rem_euclid(DAY_S);
    two(out, year / 100);
    two(out, year % 100);
    for (mark, value) in
        [('-', month), ('-', day), ('T', second / 3600), (':', second / 60 % 60), (':', second % 60)]
    {
        out.push(mark);
        two(out, value);
    }
    out.push('Z');
}

/// Appends `Jan 2, 2026, 3:04:05 AM`, the space before AM as the escape of U+202F that newer services send.
pub(crate) fn spoken(out: &mut String, time_s: i64) {
    let (year, month, day) = civil(time_s.div_euclid(DAY_S));
    let second = time_s.rem_euclid(DAY_S);
    let (hour, half) = (second / 3600 % 12, if second < DAY_S / 2 { "AM" } else { "PM" });
    out.push_str(usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or("Jan"));
    out.push(' ');
    number(out, day);
    out.push_str(", ");
    number(out, year);
    out.push_str(", ");
    number(out, if hour == 0 { 12 } else { hour });
    out.push(':');
    two(out, second / 60 % 60);
    out.push(':');
    two(out, second % 60);
    out.push_str("\\u202f");
    out.push_str(half);
}

/// Year, month and day of a day counted from the epoch (the era method: 400 years have 146,097 days).
fn civil(day: i64) -> (i64, i64, i64) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

fn two(out: &mut String, value: i64) {
    let value = u8::try_from(value).unwrap_or(0) % 100;
    out.push(char::from(b'0' + value / 10));
    out.push(char::from(b'0' + value % 10));
}

fn number(out: &mut String, value: i64) {
    if value >= 100 {
        two(out, value / 100);
        two(out, value % 100);
    } else if value >= 10 {
        two(out, value);
    } else {
        out.push(char::from(b'0' + u8::try_from(value).unwrap_or(0)));
    }
}

#[cfg(test)]
mod tests {
    use super::{iso, spoken};

    #[test]
    fn times_are_those_of_a_calendar() {
        for time_s in [0, 951_782_400, 1_767_225_599, 1_767_225_600, 4_102_444_799, 1_709_208_000] {
            let mut text = String::new();
            iso(&mut text, time_s);
            assert_eq!(text, jiff::Timestamp::from_second(time_s).unwrap().to_string());
        }
    }

    #[test]
    fn dates_for_people_are_spoken() {
        let mut text = String::new();
        spoken(&mut text, 1_767_225_600 + 16 * 3600 + 11 * 60 + 47);
        assert_eq!(text, "Jan 1, 2026, 4:11:47\\u202fPM");
    }
}
