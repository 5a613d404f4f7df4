//! Who makes a call: identity, address and user agent. An identity is rendered once, with gaps for what changes by session.
//!
//! Knows what a principal is by its own reading of CloudTrail, not by the engine's.

use std::sync::Arc;

use crate::clock;
use crate::json::{self, Json};
use crate::rng::{self, Rng};

/// A caller.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// What names the caller for good: the role's ARN for a session, the user's, or the service.
    pub(crate) principal: String,
    /// The ARN that error messages name: of the session, where there is one.
    pub(crate) arn: String,
    /// The last part of the name: what `userName` says.
    pub(crate) name: String,
    pub(crate) ip: String,
    pub(crate) agent: String,
    /// Calls come over TLS from outside; services call each other without saying how.
    pub(crate) outside: bool,
    /// An AWS service on its own behalf: what it is refused concerns nobody.
    pub(crate) service: bool,
    identity: Identity,
}

/// The text of `userIdentity`. Between the parts stand the session's key and its time.
#[derive(Debug, Clone)]
enum Identity {
    Fixed(String),
    Session { head: String, middle: String, tail: String },
}

/// The gap that a session's key fills; an access key has no such character.
const KEY_GAP: &str = "\u{1}";
const TIME_GAP: &str = "\u{2}";

/// How long a session lasts before its key changes.
const SESSION_S: i64 = 3_600;

impl Actor {
    /// A session of a role.
    pub(crate) fn role(rng: &mut Rng, account: &Arc<str>, name: &str, session: &str) -> Self {
        Self::session(rng, account, &Named { path: "role/", name, session }, false)
    }

    /// A person who came through IAM Identity Center.
    pub(crate) fn sso(rng: &mut Rng, account: &Arc<str>, set: &str, person: &str) -> Self {
        let mut name = format!("AWSReservedSSO_{set}_");
        rng.hex(&mut name, 16);
        let path = "role/aws-reserved/sso.amazonaws.com/eu-west-1/";
        Self::session(rng, account, &Named { path, name: &name, session: person }, true)
    }

    fn session(rng: &mut Rng, account: &Arc<str>, named: &Named<'_>, mfa: bool) -> Self {
        let Named { path, name, session } = *named;
        let id = unique(rng, "AROA");
        let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/{session}");
        let principal = format!("arn:aws:iam::{account}:{path}{name}");
        let text = json::object(|j| {
            j.str("type", "AssumedRole").str("principalId", &format!("{id}:{session}")).str("arn", &arn);
            j.str("accountId", account).text("accessKeyId", |out| out.push_str(KEY_GAP));
            j.object("sessionContext", |j| {
                j.object("sessionIssuer", |j| {
                    j.str("type", "Role").str("principalId", &id).str("arn", &principal);
                    j.str("accountId", account).str("userName", name);
                });
                attributes(j, mfa);
            });
        });
        Self::new(principal, arn, name, Identity::with_gaps(&text))
    }

    /// An IAM user with a long-lived key.
    pub(crate) fn user(rng: &mut Rng, account: &Arc<str>, name: &str) -> Self {
        let arn = format!("arn:aws:iam::{account}:user/{name}");
        let text = json::object(|j| {
            j.str("type", "IAMUser").str("principalId", &unique(rng, "AIDA")).str("arn", &arn);
            j.str("accountId", account).str("accessKeyId", &unique(rng, "AKIA")).str("userName", name);
        });
        Self::new(arn.clone(), arn, name, Identity::Fixed(text))
    }

    /// An IAM user in the console, before a session is there: no access key.
    pub(crate) fn console_user(rng: &mut Rng, account: &Arc<str>, name: &str) -> Self {
        let arn = format!("arn:aws:iam::{account}:user/{name}");
        let text = json::object(|j| {
            j.str("type", "IAMUser").str("principalId", &unique(rng, "AIDA")).str("arn", &arn);
            j.str("accountId", account).str("userName", name);
        });
        Self::new(arn.clone(), arn, name, Identity::Fixed(text))
    }

    /// The account's root user: `session` when it calls from the console, `invoked` when a service acts for it.
    pub(crate) fn root(account: &Arc<str>, session: bool, invoked: Option<&str>) -> Self {
        let arn = format!("arn:aws:iam::{account}:root");
        let text = json::object(|j| {
            j.str("type", "Root").str("principalId", account).str("arn", &arn).str("accountId", account);
            if session {
                j.text("accessKeyId", |out| out.push_str(KEY_GAP));
                j.object("sessionContext", |j| attributes(j, true));
            } else {
                j.str("accessKeyId", "");
            }
            if let Some(service) = invoked {
                j.str("invokedBy", service);
            }
        });
        Self::new(arn.clone(), arn, "root", Identity::with_gaps(&text))
    }

    /// Root of a member account in a session that the organisation's central management opened.
    pub(crate) fn central_root(account: &Arc<str>) -> Self {
        let arn = format!("arn:aws:iam::{account}:root");
        let text = json::object(|j| {
            j.str("type", "Root").str("principalId", account).str("arn", &arn).str("accountId", account);
            j.text("accessKeyId", |out| out.push_str(KEY_GAP));
            j.object("sessionContext", |j| {
                attributes(j, false);
                j.str("assumedRoot", "true");
            });
        });
        Self::new(arn.clone(), arn, "root", Identity::with_gaps(&text))
    }

    /// An AWS service on its own behalf.
    pub(crate) fn service(host: &str) -> Self {
        let text = json::object(|j| {
            j.str("type", "AWSService").str("invokedBy", host);
        });
        let mut actor =
            Self::new(host.to_owned(), host.to_owned(), host, Identity::Fixed(text)).at(host, host);
        actor.outside = false;
        actor.service = true;
        actor
    }

    /// Someone of another account, as the owner of the resource sees them.
    pub(crate) fn foreign(rng: &mut Rng, other: &str) -> Self {
        let id = format!("{}:partner", unique(rng, "AROA"));
        let text = json::object(|j| {
            j.str("type", "AWSAccount").str("principalId", &id).str("accountId", other);
        });
        Self::new(id.clone(), id, "partner", Identity::Fixed(text))
    }

    /// A caller whose identity is written as given.
    pub(crate) fn other(principal: &str, name: &str, identity: &str) -> Self {
        Self::new(principal.to_owned(), principal.to_owned(), name, Identity::with_gaps(identity))
    }

    fn new(principal: String, arn: String, name: &str, identity: Identity) -> Self {
        Self {
            principal,
            arn,
            name: name.to_owned(),
            ip: String::new(),
            agent: String::new(),
            outside: true,
            service: false,
            identity,
        }
    }

    /// The same caller, from an address, with a user agent.
    pub(crate) fn at(mut self, ip: &str, agent: &str) -> Self {
        ip.clone_into(&mut self.ip);
        agent.clone_into(&mut self.agent);
        self
    }

    /// Writes `userIdentity` as it is at a time: keys change with the session.
    pub(crate) fn identify(&self, j: &mut Json, seed: u64, time_s: i64) {
        j.key("userIdentity");
        match &self.identity {
            Identity::Fixed(text) => j.out.push_str(text),
            Identity::Session { head, middle, tail } => {
                // Each actor's sessions begin at another minute of the hour.
                let offset =
                    i64::from(u32::from(self.principal.as_bytes().last().copied().unwrap_or(0))) * 37;
                let session = (time_s + offset).div_euclid(SESSION_S);
                let begun_s = (session * SESSION_S - offset).max(0);
                let mut rng =
                    Rng::keyed(seed ^ rng::fold(&self.arn), 0x5E55, u64::try_from(session).unwrap_or(0));
                j.out.push_str(head);
                j.out.push_str("ASIA");
                rng.base32(&mut j.out, 16);
                j.out.push_str(middle);
                clock::iso(&mut j.out, begun_s + i64::from(rng.below(30)).min(time_s - begun_s));
                j.out.push_str(tail);
            }
        }
    }
}

struct Named<'a> {
    path: &'a str,
    name: &'a str,
    session: &'a str,
}

impl Identity {
    /// JSON text whose gaps, if it has them, are filled by session.
    fn with_gaps(text: &str) -> Self {
        let parts =
            text.split_once(KEY_GAP).and_then(|(head, rest)| Some((head, rest.split_once(TIME_GAP)?)));
        match parts {
            None => Self::Fixed(text.to_owned()),
            Some((head, (middle, tail))) => {
                Self::Session { head: head.to_owned(), middle: middle.to_owned(), tail: tail.to_owned() }
            }
        }
    }
}

fn attributes(j: &mut Json, mfa: bool) {
    j.object("attributes", |j| {
        j.text("creationDate", |out| out.push_str(TIME_GAP));
        // A string, as CloudTrail has it.
        j.str("mfaAuthenticated", if mfa { "true" } else { "false" });
    });
}

/// An identifier of IAM: four letters for its kind, then sixteen for itself, or seventeen.
pub(crate) fn unique(rng: &mut Rng, kind: &str) -> String {
    let mut id = kind.to_owned();
    rng.base32(&mut id, if kind == "AKIA" { 16 } else { 17 });
    id
}
