//! Who is never silent, and when nobody is: what operators write.

use std::fmt;
use std::str::FromStr;

use super::key::{Key, Name};
use super::profile::day_of_week;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const DAY_MINUTES: i64 = 24 * 60;

/// Times of the week in UTC: days, hours or both, such as `Sat-Sun`, `22:00-06:00` or `Mon-Fri 22:00-06:00`. Hours that go
/// over midnight belong to the day on which they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// The first and the last day; 0 is Monday. May go over Sunday.
    days: (i64, i64),
    /// Minutes of the day: the first, and the first that is not.
    minutes: (i64, i64),
}

/// Not understood as [`QuietHours`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no time of the week, such as `Sat-Sun` or `Mon-Fri 22:00-06:00`")]
pub struct NoQuietHours {
    text: String,
}

impl QuietHours {
    /// Whether a minute since the epoch is one of them.
    pub(super) fn holds(&self, minute: i64) -> bool {
        let (from, to) = self.minutes;
        let of_day = minute.rem_euclid(DAY_MINUTES);
        if from < to {
            (from..to).contains(&of_day) && self.is_day(minute)
        } else {
            (of_day >= from && self.is_day(minute)) || (of_day < to && self.is_day(minute - DAY_MINUTES))
        }
    }

    fn is_day(&self, minute: i64) -> bool {
        let ((first, last), day) = (self.days, day_of_week(minute));
        if first <= last { (first..=last).contains(&day) } else { day >= first || day <= last }
    }
}

impl FromStr for QuietHours {
    type Err = NoQuietHours;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split(' ').collect();
        let read = match parts.as_slice() {
            [one] => match (days(one), minutes(one)) {
                (Some(days), _) => Some((days, (0, DAY_MINUTES))),
                (None, Some(minutes)) => Some(((0, 6), minutes)),
                (None, None) => None,
            },
            [one, two] => days(one).zip(minutes(two)),
            _ => None,
        };
        let (days, minutes) = read.ok_or_else(|| NoQuietHours { text: text.to_owned() })?;
        Ok(Self { days, minutes })
    }
}

fn days(text: &str) -> Option<(i64, i64)> {
    let day = |name: &str| (0..).zip(DAYS).find(|(_, known)| *known == name).map(|(n, _)| n);
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    day(first).zip(day(last))
}

fn minutes(text: &str) -> Option<(i64, i64)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from)?, minute(to)?);
    (from != to && from < DAY_MINUTES).then_some((from, to))
}

/// `00:00` to `24:00`.
fn minute(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| {
        let is_right = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_right.then(|| text.parse::<i64>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= DAY_MINUTES).then_some(minute)
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |n: i64| usize::try_from(n).ok().and_then(|n| DAYS.get(n)).copied().unwrap_or_default();
        let ((first, last), (from, to)) = (self.days, self.minutes);
        if first == last {
            write!(f, "{}", day(first))?
        } else {
            write!(f, "{}-{}", day(first), day(last))?
        }
        if (from, to) == (0, DAY_MINUTES) {
            return Ok(());
        }
        write!(f, " {:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

/// Accounts and regions that may be silent, as `ACCOUNT/REGION`; `*` for all of either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    account: Option<String>,
    region: Option<String>,
}

/// Not understood as [`Ignore`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no ACCOUNT/REGION, such as `123456789012/eu-west-1` or `*/ap-south-1`")]
pub struct NoAccountRegion {
    text: String,
}

impl Ignore {
    /// Whether this key is one of them. The stream never is.
    pub(super) fn holds(&self, key: &Key) -> bool {
        let Key::Place { account, region } = key else { return false };
        let is =
            |wanted: &Option<String>, found: &String| wanted.as_ref().is_none_or(|wanted| wanted == found);
        is(&self.account, account) && is(&self.region, region)
    }
}

impl FromStr for Ignore {
    type Err = NoAccountRegion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |text: &str| (text != "*").then(|| text.to_owned());
        let read = text.split_once('/').and_then(|(account, region)| {
            // Whatever stands for all is checked in its place as anything that is right there.
            let account_like = if account == "*" { "000000000000" } else { account };
            let region_like = if region == "*" { "any" } else { region };
            Name::place(account_like, region_like)?;
            Some(Self { account: part(account), region: part(region) })
        });
        read.ok_or_else(|| NoAccountRegion { text: text.to_owned() })
    }
}

impl fmt::Display for Ignore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".to_owned());
        write!(f, "{}/{}", part(&self.account), part(&self.region))
    }
}
