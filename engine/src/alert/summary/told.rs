//! What one event says for the sentence: who called what on which, from where, and how that ended. Raw text: it is cleaned
//! where it is written.

use serde_json::Value;

use crate::alert::evidence::Read;
use crate::hit::{Facts, Target};

/// How a call ended, with the reason of one that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Done,
    Refused(String),
    Failed(String),
}

/// One event, told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// Who, as a person would say it, and the principal that this is.
    pub(super) who: (String, String),
    /// The session of a role.
    pub(super) session: Option<String>,
    /// The service that called for them.
    pub(super) through: Option<String>,
    /// `eventName`; empty for an Insight.
    pub(super) name: String,
    /// The object that the call acted on.
    pub(super) target: Option<Target>,
    pub(super) outcome: Outcome,
    /// Whether the event is a sign-in to the console.
    pub(super) signs_in: bool,
    /// How somebody signed in.
    pub(super) with: &'static str,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) address: String,
}

impl Told {
    pub(super) fn of(Read { facts, json: event }: &Read<'_>) -> Self {
        let signs_in = facts.event_name == "ConsoleLogin";
        let (who, session) = who(event, facts);
        let through = text(event, "/userIdentity/invokedBy").filter(|service| who != *service);
        Self {
            session: session.map(str::to_owned),
            through: through.map(str::to_owned),
            who: (who, facts.principal.clone()),
            name: facts.event_name.clone(),
            target: facts.target.clone().filter(|_| !signs_in),
            outcome: if signs_in { sign_in(event) } else { outcome(&facts.error_code) },
            signs_in,
            with: match text(event, "/additionalEventData/MFAUsed") {
                Some(used) if used.eq_ignore_ascii_case("yes") => " with MFA",
                Some(_) => " without MFA",
                None => "",
            },
            account: facts.account.clone(),
            region: facts.region.clone(),
            address: facts.source_ip.clone(),
        }
    }
}

fn text<'e>(event: &'e Value, path: &str) -> Option<&'e str> {
    event.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Who, and in which session of a role.
fn who<'e>(event: &'e Value, facts: &Facts) -> (String, Option<&'e str>) {
    let text = |path: &str| text(event, path);
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
            return match (text("/userIdentity/sessionContext/sessionIssuer/userName"), session) {
                (Some(role), Some(session)) => (format!("role {role}"), Some(session)),
                _ => (format!("role {}", facts.principal), None),
            };
        }
        "FederatedUser" => format!("federated user {}", session.unwrap_or(&facts.principal)),
        "IdentityCenterUser" => {
            let user = text("/userIdentity/onBehalfOf/userId").unwrap_or(&facts.principal);
            format!("Identity Center user {user}")
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
    (who, None)
}

fn sign_in(event: &Value) -> Outcome {
    match text(event, "/responseElements/ConsoleLogin") {
        Some("Failure") => Outcome::Failed(text(event, "/errorMessage").unwrap_or_default().to_owned()),
        _ => Outcome::Done,
    }
}

/// Denials come under several names; the network's own is one of them.
fn outcome(error: &str) -> Outcome {
    if error.is_empty() {
        return Outcome::Done;
    }
    let refusals = ["AccessDenied", "Unauthorized", "AuthorizationError"];
    if refusals.iter().any(|refusal| error.contains(refusal)) {
        Outcome::Refused(error.to_owned())
    } else {
        Outcome::Failed(error.to_owned())
    }
}
