//! Background calls: what an organisation does all day. None of them may raise an alert of the pack `baseline`.
//!
//! A call is a row of the table and a body: the middle of its event, from the request to the resources.

mod body;
mod compute;
mod crypto;
mod data;
mod table;

use std::sync::Arc;

use crate::actor::Actor;
use crate::event::{self, Frame, Kind};
use crate::json::Json;
use crate::org::Account;
use crate::rng::Rng;

pub(crate) use table::{CALLS, Mix};

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    /// Of ten thousand.
    pub(crate) weight: u16,
    /// Of a hundred such calls, how many a service makes on its own behalf, and which of the account's services.
    pub(crate) by_service: (u32, usize),
    pub(crate) body: Body,
}

/// What the middle of an event looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body {
    /// No parameters.
    Null,
    /// One parameter: its name, and what it names.
    One(&'static str, What),
    /// One parameter that is a list of one: EC2's set, the member's name, and what it names.
    Set(&'static str, &'static str, What),
    /// EC2's filters, sometimes those of someone who looks for an event's name.
    Filters,
    /// A page of a listing.
    Page(&'static str),
    /// Written by a function of its own.
    Own(fn(&mut Json, &mut Ctx<'_>)),
}

/// What a parameter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Instance,
    Vpc,
    Group,
    Volume,
    Role,
    Bucket,
    Function,
    Parameter,
    Secret,
    Key,
    Queue,
    Table,
    Cluster,
    LogGroup,
    Stack,
    Domain,
}

/// One event in the making.
#[derive(Debug)]
pub(crate) struct Ctx<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) actor: &'a Actor,
    pub(crate) account: &'a Account,
    /// Whose role is assumed: another account's where the owner gets a copy of the event.
    pub(crate) owner: &'a Arc<str>,
    pub(crate) rng: Rng,
}

impl Ctx<'_> {
    pub(crate) fn failed(&self) -> bool {
        self.frame.error.is_some()
    }

    /// Request id, event id, `readOnly`.
    pub(crate) fn ids(&mut self, j: &mut Json) {
        event::ids(j, &self.frame, &mut self.rng);
    }
}

impl Call {
    /// Global services write to one region wherever they are called from.
    pub(crate) fn is_global(&self) -> bool {
        matches!(self.service, "iam" | "organizations" | "cloudfront" | "route53")
    }

    /// S3's objects, and nothing else here, are data events.
    pub(crate) fn kind(&self) -> Kind {
        match self.name {
            "GetObject" | "PutObject" | "HeadObject" | "ListObjects" | "DeleteObject" => Kind::Data,
            "RotateKey" => Kind::Service,
            "ConsoleLogin" => Kind::SignIn,
            _ => Kind::Management,
        }
    }

    /// What such calls fail with, when they fail. A refusal would be an alert, so only a service on its own behalf,
    /// which no rule minds, is ever refused.
    pub(crate) fn error(&self, actor: &Actor, rng: &mut Rng) -> (&'static str, String) {
        if actor.service {
            return ("AccessDenied", "Access Denied".to_owned());
        }
        let list: &[(&str, &str)] = match self.service {
            "s3" => &[
                ("NoSuchKey", "The specified key does not exist."),
                ("NoSuchBucketPolicy", "The bucket policy does not exist"),
                (
                    "ServerSideEncryptionConfigurationNotFoundError",
                    "The server side encryption configuration was not found",
                ),
            ],
            "ec2" => &[
                ("Client.RequestLimitExceeded", "Request limit exceeded."),
                ("Client.InvalidParameterValue", "Value (default) for parameter groupName is invalid."),
            ],
            "iam" => &[("NoSuchEntityException", "The role with name \"orders-legacy\" cannot be found.")],
            "ssm" => &[("ParameterNotFound", ""), ("ThrottlingException", "Rate exceeded")],
            "kms" => &[
                ("NotFoundException", "Alias alias/legacy is not found."),
                ("ThrottlingException", "Rate exceeded"),
            ],
            _ => &[
                ("ThrottlingException", "Rate exceeded"),
                ("ResourceNotFoundException", "Requested resource not found"),
                (
                    "ValidationException",
                    "1 validation error detected: Value at 'maxResults' failed to satisfy constraint",
                ),
            ],
        };
        let (code, message) = *rng.pick(list);
        (code, message.to_owned())
    }
}

/// Writes the event whole.
pub(crate) fn write(j: &mut Json, call: &Call, ctx: &mut Ctx<'_>) {
    event::begin(j, &ctx.frame, ctx.actor);
    body::write(j, call.body, ctx);
    event::end(j, &ctx.frame, ctx.actor);
}
