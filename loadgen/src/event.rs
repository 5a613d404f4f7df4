//! The frame of a CloudTrail event: its members in CloudTrail's order. What a call says of itself stands in the middle and is
//! its own affair (`call`, `scenario`).

use std::sync::Arc;

use crate::actor::Actor;
use crate::clock;
use crate::json::Json;
use crate::rng::Rng;

/// What the frame needs to know of a call.
#[derive(Debug, Clone)]
pub(crate) struct Frame<'a> {
    pub(crate) time_s: i64,
    /// The first part of `eventSource`.
    pub(crate) service: &'a str,
    pub(crate) name: &'a str,
    pub(crate) region: &'a str,
    pub(crate) recipient: &'a Arc<str>,
    /// Code and message; console sign-ins fail with a message alone.
    pub(crate) error: Option<(&'a str, String)>,
    pub(crate) kind: Kind,
    pub(crate) shared_id: Option<&'a str>,
    /// The owner's copy of a call: all as in the caller's, but the event id.
    pub(crate) twin: bool,
    pub(crate) endpoint: Option<&'a str>,
    /// Where identities take their session keys from.
    pub(crate) seed: u64,
}

/// What kind of event: its `eventType`, `eventCategory` and `managementEvent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Management,
    Data,
    SignIn,
    Service,
}

/// Everything up to the request.
pub(crate) fn begin(j: &mut Json, frame: &Frame<'_>, actor: &Actor) {
    j.out.push('{');
    j.str("eventVersion", if frame.kind == Kind::SignIn { "1.08" } else { "1.11" });
    actor.identify(j, frame.seed, frame.time_s);
    j.text("eventTime", |out| clock::iso(out, frame.time_s));
    j.text("eventSource", |out| {
        out.push_str(frame.service);
        out.push_str(".amazonaws.com");
    });
    j.str("eventName", frame.name).str("awsRegion", frame.region);
    j.str("sourceIPAddress", &actor.ip);
    // S3 alone writes the user agent in brackets.
    if frame.service == "s3" && actor.outside {
        j.key("userAgent").out.push_str("\"[");
        crate::json::escape(&mut j.out, &actor.agent);
        j.out.push_str("]\"");
    } else {
        j.str("userAgent", &actor.agent);
    }
    if let Some((code, message)) = &frame.error {
        if !code.is_empty() {
            j.str("errorCode", code);
        }
        j.str("errorMessage", message);
    }
}

/// Request id, event id and `readOnly`: they stand between the response and the resources.
pub(crate) fn ids(j: &mut Json, frame: &Frame<'_>, rng: &mut Rng) {
    match frame.kind {
        Kind::SignIn => {}
        Kind::Data => {
            j.text("requestID", |out| rng.base32(out, 16));
        }
        _ => {
            j.text("requestID", |out| rng.uuid(out));
        }
    }
    if frame.twin {
        let _ = rng.next();
    }
    j.text("eventID", |out| rng.uuid(out));
    j.bool("readOnly", reads(frame.name));
}

/// Everything after the resources.
pub(crate) fn end(j: &mut Json, frame: &Frame<'_>, actor: &Actor) {
    j.str(
        "eventType",
        match frame.kind {
            Kind::SignIn => "AwsConsoleSignIn",
            Kind::Service => "AwsServiceEvent",
            _ => "AwsApiCall",
        },
    );
    j.bool("managementEvent", frame.kind != Kind::Data).str("recipientAccountId", frame.recipient);
    if let Some(id) = frame.shared_id {
        j.str("sharedEventID", id);
    }
    if let Some(id) = frame.endpoint {
        j.str("vpcEndpointId", id).str("vpcEndpointAccountId", frame.recipient);
    }
    j.str("eventCategory", if frame.kind == Kind::Data { "Data" } else { "Management" });
    if actor.outside && frame.kind != Kind::Service {
        j.object("tlsDetails", |j| {
            j.str("tlsVersion", "TLSv1.3").str("cipherSuite", "TLS_AES_128_GCM_SHA256");
            j.text("clientProvidedHostHeader", |out| host(out, frame));
        });
    }
    if actor.agent.starts_with("Mozilla") && frame.kind == Kind::Management {
        j.str("sessionCredentialFromConsole", "true");
    }
    j.out.push('}');
}

fn host(out: &mut String, frame: &Frame<'_>) {
    match frame.service {
        "signin" => {
            out.push_str(frame.region);
            out.push_str(".signin.aws.amazon.com");
        }
        "iam" | "organizations" | "cloudfront" => {
            out.push_str(frame.service);
            out.push_str(".amazonaws.com");
        }
        service => {
            out.push_str(service);
            out.push('.');
            out.push_str(frame.region);
            out.push_str(".amazonaws.com");
        }
    }
}

/// Whether CloudTrail calls such a call read-only.
pub(crate) fn reads(name: &str) -> bool {
    const VERBS: [&str; 12] = [
        "Describe",
        "List",
        "Get",
        "Head",
        "Decrypt",
        "Encrypt",
        "Generate",
        "AssumeRole",
        "Lookup",
        "BatchGet",
        "Search",
        "Select",
    ];
    VERBS.iter().any(|verb| name.starts_with(verb))
}
