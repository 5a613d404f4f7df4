//! One sentence: who did what to which, where, from where, how often.

use serde_json::Value;

use super::clean::shown;
use super::target;
use crate::hit::Facts;
use crate::window::finding::Finding;

/// The sentence for a finding, told by its first event.
pub(super) fn of(finding: &Finding) -> String {
    let first = &finding.evidence.first;
    // An event with a number that this parser refuses is told without its details.
    let event: Value = serde_json::from_str(&first.text).unwrap_or_default();
    let mut sentence = format!("{} {}", actor(&event, first), deed(&event, first));
    sentence.push_str(&place(first));
    if finding.approximate {
        sentence.push_str(", and others like it");
    }
    sentence.push_str(&how_often(finding));
    sentence
}

/// Who, as a person would say it.
fn actor(event: &Value, facts: &Facts) -> String {
    let text = |path: &str| event.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = text("/userIdentity/userName");
    let session = text("/userIdentity/arn").and_then(|arn| arn.rsplit_once('/')).map(|(_, session)| session);
    let who = match text("/userIdentity/type").unwrap_or_default() {
        "Root" => "the root user".to_owned(),
        "IAMUser" => match name {
            Some("HIDDEN_DUE_TO_SECURITY_REASONS") => "an unknown user name".to_owned(),
            Some(name) => format!("IAM user {name}"),
            None => format!("IAM user {}", facts.principal),
        },
        "AssumedRole" => {
            let role = text("/userIdentity/sessionContext/sessionIssuer/userName");
            match (role, session) {
                (Some(role), Some(session)) => format!("role {role} (session {session})"),
                _ => format!("role {}", facts.principal),
            }
        }
        "FederatedUser" => format!("federated user {}", session.unwrap_or(&facts.principal)),
        "IdentityCenterUser" => {
            format!(
                "Identity Center user {}",
                text("/userIdentity/onBehalfOf/userId").unwrap_or(&facts.principal)
            )
        }
        "SAMLUser" | "WebIdentityUser" => {
            format!("{} (signed in elsewhere)", name.unwrap_or(&facts.principal))
        }
        "AWSAccount" => {
            format!("someone of account {}", text("/userIdentity/accountId").unwrap_or(&facts.principal))
        }
        _ if event.get("insightDetails").is_some() => "CloudTrail Insights".to_owned(),
        _ => name.unwrap_or(&facts.principal).to_owned(),
    };
    match text("/userIdentity/invokedBy").filter(|service| who != *service) {
        Some(service) => shown(&format!("{who}, through {service},")),
        None => shown(&who),
    }
}

fn deed(event: &Value, facts: &Facts) -> String {
    if facts.event_name == "ConsoleLogin" {
        return sign_in(event);
    }
    let call = if facts.event_name.is_empty() { "reported an unusual rate" } else { &facts.event_name };
    let on = target::of(event).map(|target| format!(" on {} {}", target.kind, shown(&target.name)));
    let call = format!("{}{}", shown(call), on.unwrap_or_default());
    match facts.error_code.as_str() {
        "" if facts.event_name.is_empty() => call,
        "" => format!("called {call}"),
        error if is_refusal(error) => format!("tried {call} and was refused ({})", shown(error)),
        error => format!("tried {call} and failed ({})", shown(error)),
    }
}

/// Denials come under several names; the network's own is one of them.
fn is_refusal(error: &str) -> bool {
    error.contains("AccessDenied") || error.contains("Unauthorized") || error.contains("AuthorizationError")
}

fn sign_in(event: &Value) -> String {
    let text = |path: &str| event.pointer(path).and_then(Value::as_str);
    if text("/responseElements/ConsoleLogin") == Some("Failure") {
        let reason = text("/errorMessage").map(|reason| format!(" ({})", shown(reason)));
        return format!("failed to sign in to the console{}", reason.unwrap_or_default());
    }
    let mfa = match text("/additionalEventData/MFAUsed") {
        Some(used) if used.eq_ignore_ascii_case("yes") => " with MFA",
        Some(_) => " without MFA",
        None => "",
    };
    format!("signed in to the console{mfa}")
}

fn place(facts: &Facts) -> String {
    let mut place = format!(" in {}", shown(&facts.account));
    if !facts.region.is_empty() {
        place.push_str(&format!(" / {}", shown(&facts.region)));
    }
    if facts.source_ip != "-" {
        place.push_str(&format!(" from {}", shown(&facts.source_ip)));
    }
    place
}

fn how_often(finding: &Finding) -> String {
    let span_s = finding.last_seen_s.saturating_sub(finding.first_seen_s);
    match (finding.count, finding.distinct) {
        (1, _) => String::new(),
        (count, Some(distinct)) => {
            format!("; {count} times in {}, {distinct} distinct values", duration(span_s))
        }
        (count, None) if span_s == 0 => format!("; {count} times in the same second"),
        (count, None) => format!("; {count} times in {}", duration(span_s)),
    }
}

fn duration(seconds: i64) -> String {
    match seconds {
        s @ ..60 => format!("{s} s"),
        s @ 60..3600 if s % 60 == 0 => format!("{} min", s / 60),
        s @ 60..3600 => format!("{} min {} s", s / 60, s % 60),
        s => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}
