//! One sentence about all events of a finding: who did what to which, where, from where, how often. *told* is what one
//! event says. Invariant: what the events do not share is not said of all of them.

mod told;

use std::iter;

use tripline_rules::rule::{Count, Window};

use super::clean::shown;
use super::evidence::Read;
use crate::window::finding::Finding;
use told::{Outcome, Told};

/// Calls after the first, and reasons, that are named; the rest is a number.
const NAMED_MAX: usize = 3;

/// The sentence for a finding. `more` are the events of that name in its evidence, read.
pub(super) fn of(finding: &Finding, more: &[Read<'_>]) -> String {
    let evidence = &finding.evidence;
    let first = Read::of(&evidence.first);
    let latest = (finding.count > 1).then(|| Read::of(&evidence.latest));
    if let Some(sentence) = first.own_sentence() {
        let again =
            if finding.count > 1 { format!("; {} such events", finding.count) } else { String::new() };
        return format!("{}{again}", shown(sentence));
    }
    let events = || iter::once(&first).chain(more).chain(&latest);
    let times: Vec<i64> = events().map(|event| event.facts.time_s).collect();
    let told: Vec<Told> = events().map(Told::of).collect();
    let mut sentence = format!("{} {}{}", actor(&told), deed(&told, &times), place(&told));
    if finding.approximate {
        sentence.push_str(", and others like it");
    }
    sentence.push_str(&how_often(finding, &told));
    sentence
}

/// What it takes to make an alert, for a rule that counts.
pub(super) fn threshold(window: &Window) -> String {
    let values = if window.count == Count::Events { "" } else { " distinct values" };
    match window.threshold {
        0 | 1 => String::new(),
        n => format!(" ({n}{values} within {} make an alert)", duration(i64::from(window.within_s))),
    }
}

/// The distinct ones, in the order of the events.
fn distinct<'t, T: PartialEq>(told: &'t [Told], of: impl Fn(&'t Told) -> T) -> Vec<T> {
    let mut found = Vec::new();
    for one in told.iter().map(of) {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

fn actor(told: &[Told]) -> String {
    let mut actor = shown(&told[0].who.0);
    match distinct(told, |one| &one.session).as_slice() {
        [Some(session)] => actor.push_str(&format!(" (session {})", shown(session))),
        [Some(session), ..] if distinct(told, |one| &one.who).len() > 1 => {
            actor.push_str(&format!(" (session {})", shown(session)));
        }
        [Some(_), rest @ ..] => actor.push_str(&format!(" ({} sessions)", rest.len() + 1)),
        _ => {}
    }
    if let [Some(service)] = distinct(told, |one| &one.through).as_slice() {
        actor.push_str(&format!(", through {},", shown(service)));
    }
    if distinct(told, |one| &one.who).len() > 1 {
        actor.push_str(" and others");
    }
    actor
}

fn deed(told: &[Told], times: &[i64]) -> String {
    let first = &told[0];
    let names = distinct(told, |one| one.name.as_str());
    let signs_in = first.signs_in && names.len() == 1;
    let call = calls(told, &names, times);
    let reasons = reasons(told);
    let each_time = if names.len() > 1 { " each time" } else { "" };
    // A list has an `and` of its own.
    let and = if names.len() > 1 || call.contains(" and ") { ", and" } else { " and" };
    let was = if distinct(told, |one| &one.who).len() > 1 { "were" } else { "was" };
    let all = |is: fn(&Outcome) -> bool| told.iter().all(|one| is(&one.outcome));
    if all(|outcome| *outcome == Outcome::Done) {
        return match distinct(told, |one| one.with).as_slice() {
            [with] if signs_in => format!("signed in to the console{with}"),
            _ if signs_in => "signed in to the console".to_owned(),
            _ if names == [""] => call,
            _ => format!("called {call}"),
        };
    }
    if all(|outcome| matches!(outcome, Outcome::Refused(_))) {
        return format!("tried {call}{and} {was} refused{each_time}{reasons}");
    }
    if all(|outcome| matches!(outcome, Outcome::Failed(_))) {
        return match signs_in {
            true => format!("failed to sign in to the console{reasons}"),
            false => format!("tried {call}{and} failed{each_time}{reasons}"),
        };
    }
    // How many ended how is said at the end.
    match signs_in {
        true => "tried to sign in to the console".to_owned(),
        false if told.iter().any(|one| one.outcome == Outcome::Done) => format!("called {call}"),
        false => format!("tried {call}"),
    }
}

/// The first call and what it was aimed at, then the names of the others.
fn calls(told: &[Told], names: &[&str], times: &[i64]) -> String {
    let name = |name: &str| if name.is_empty() { "reported an unusual rate".to_owned() } else { shown(name) };
    let mut call = name(names[0]);
    if let Some(target) = &told[0].target {
        call.push_str(&format!(" on {} {}", target.kind, shown(&target.name)));
        let same_name = told.iter().filter(|one| one.name == names[0]);
        let mut others: Vec<_> = same_name.filter_map(|one| one.target.as_ref()).collect();
        others.sort();
        others.dedup();
        match others.len() - 1 {
            0 => {}
            1 => call.push_str(" and 1 other"),
            n => call.push_str(&format!(" and {n} others")),
        }
    }
    let Some(second) = told.iter().position(|one| one.name != names[0]) else { return call };
    let rest: Vec<String> = names[1..].iter().map(|one| name(one)).collect();
    // Within a second nobody knows which came first.
    let then = if times[second] > times[0] { ", then " } else { " as well as " };
    let list = match rest.as_slice() {
        rest if rest.len() > NAMED_MAX => {
            let named = &rest[..NAMED_MAX - 1];
            format!("{} and {} other calls", named.join(", "), rest.len() - named.len())
        }
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        rest => rest.concat(),
    };
    format!("{call}{then}{list}")
}

/// Why calls did not succeed.
fn reasons(told: &[Told]) -> String {
    let reason = |one: &Told| match &one.outcome {
        Outcome::Done => String::new(),
        Outcome::Refused(reason) | Outcome::Failed(reason) => shown(reason),
    };
    let mut reasons = distinct(told, reason);
    reasons.retain(|reason| !reason.is_empty());
    if reasons.len() > NAMED_MAX {
        reasons.truncate(NAMED_MAX);
        reasons.push("…".to_owned());
    }
    if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) }
}

fn place(told: &[Told]) -> String {
    let others = |n: usize, what: &str| match n {
        0 | 1 => String::new(),
        2 => format!(" and 1 other {what}"),
        n => format!(" and {} other {what}s", n - 1),
    };
    let first = &told[0];
    let accounts = distinct(told, |one| &one.account).len();
    let mut place = format!(" in {}{}", shown(&first.account), others(accounts, "account"));
    if !first.region.is_empty() {
        let regions = distinct(told, |one| &one.region).len();
        place.push_str(&format!(" / {}{}", shown(&first.region), others(regions, "region")));
    }
    if first.address != "-" {
        place.push_str(&format!(" from {}", shown(&first.address)));
        if distinct(told, |one| &one.address).len() > 1 {
            place.push_str(" and others");
        }
    }
    place
}

/// `; 12 times in 11 s` of events that are alike, else `; 12 events by 12 principals from 12 addresses in 11 s`.
fn how_often(finding: &Finding, told: &[Told]) -> String {
    let count = finding.count;
    if count == 1 {
        return String::new();
    }
    let known = told.len() as u64;
    let span = match finding.last_seen_s.saturating_sub(finding.first_seen_s) {
        0 => "the same second".to_owned(),
        span_s => duration(span_s),
    };
    let values = finding.distinct.map(|n| format!(", {n} distinct values")).unwrap_or_default();
    if count <= known && told.iter().all(|one| *one == told[0]) {
        return format!("; {count} times in {span}{values}");
    }
    let at_least = if count > known { "at least " } else { "" };
    let many = |n: usize, before: &str, what: &str| match n {
        1 => String::new(),
        n => format!(" {before} {at_least}{n} {what}"),
    };
    let by = many(distinct(told, |one| &one.who).len(), "by", "principals");
    let from = many(distinct(told, |one| &one.address).len(), "from", "addresses");
    let n = |is: fn(&Outcome) -> bool| told.iter().filter(|one| is(&one.outcome)).count();
    let refused = n(|outcome| matches!(outcome, Outcome::Refused(_)));
    let failed = n(|outcome| matches!(outcome, Outcome::Failed(_)));
    let ended = |n: usize, how: &str| match n {
        0 => String::new(),
        n if n == told.len() => String::new(),
        n => format!(", {at_least}{n} {how}"),
    };
    let (refused, failed) = (ended(refused, "refused"), ended(failed, "failed"));
    let looked_at = match count.checked_sub(known) {
        Some(1..) => format!(", told from {known} of them"),
        _ => String::new(),
    };
    format!("; {count} events{by}{from} in {span}{refused}{failed}{values}{looked_at}")
}

fn duration(seconds: i64) -> String {
    match seconds {
        s @ ..60 => format!("{s} s"),
        s @ 60..3600 if s % 60 == 0 => format!("{} min", s / 60),
        s @ 60..3600 => format!("{} min {} s", s / 60, s % 60),
        s if s % 3600 == 0 => format!("{} h", s / 3600),
        s => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}
