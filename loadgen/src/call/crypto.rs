//! Credentials and keys: `sts` and `kms`, a quarter of all calls, and the longest random texts of all.

use std::sync::Arc;

use crate::call::body::key;
use crate::call::{Ctx, What, body};
use crate::clock;
use crate::json::Json;
use crate::org;

/// A role is assumed: the response holds a session token of about a thousand characters.
pub(super) fn assume_role(j: &mut Json, ctx: &mut Ctx<'_>) {
    let which = ctx.rng.below(12);
    let role = org::role_name(which);
    let session = if ctx.actor.service { "ServiceSession" } else { "pipeline" };
    let account = Arc::clone(ctx.owner);
    let arn = format!("arn:aws:iam::{account}:role/{role}");
    j.object("requestParameters", |j| {
        j.str("roleArn", &arn).str("roleSessionName", session).int("durationSeconds", 3600);
    });
    respond(j, ctx, role, session);
    ctx.ids(j);
    j.list("resources", |j| {
        j.item(|j| {
            j.str("accountId", &account).str("type", "AWS::IAM::Role").str("ARN", &arn);
        });
    });
}

/// A token of a pipeline or a pod is exchanged for a role.
pub(super) fn assume_role_with_web_identity(j: &mut Json, ctx: &mut Ctx<'_>) {
    let account = Arc::clone(ctx.frame.recipient);
    let role = ctx.actor.name.clone();
    let arn = format!("arn:aws:iam::{account}:role/{role}");
    j.object("requestParameters", |j| {
        j.str("roleArn", &arn).str("roleSessionName", "GitHubActions").int("durationSeconds", 3600);
    });
    respond(j, ctx, &role, "GitHubActions");
    ctx.ids(j);
    j.list("resources", |j| {
        j.item(|j| {
            j.str("accountId", &account).str("type", "AWS::IAM::Role").str("ARN", &arn);
        });
    });
}

fn respond(j: &mut Json, ctx: &mut Ctx<'_>, role: &str, session: &str) {
    if ctx.failed() {
        j.null("responseElements");
        return;
    }
    let id = org::role_id(&mut ctx.rng);
    let account = ctx.owner;
    j.object("responseElements", |j| {
        j.object("credentials", |j| {
            j.text("accessKeyId", |out| {
                out.push_str("ASIA");
                ctx.rng.base32(out, 16);
            });
            j.text("sessionToken", |out| {
                out.push_str("IQoJb3JpZ2luX2VjE");
                let digits = 700 + ctx.rng.below(360) as usize;
                ctx.rng.base64(out, digits);
                // Where tokens are padded, the sign is escaped as by the library that writes this response.
                out.push_str("\\u003d\\u003d");
            });
            j.text("expiration", |out| clock::spoken(out, ctx.frame.time_s + 3600));
        });
        j.object("assumedRoleUser", |j| {
            j.str("assumedRoleId", &format!("{id}:{session}"));
            j.str("arn", &format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"));
        });
    });
}

/// Data is decrypted, nearly always for a service that asks on the caller's behalf.
pub(super) fn decrypt(j: &mut Json, ctx: &mut Ctx<'_>) {
    let index = ctx.rng.below(6);
    j.object("requestParameters", |j| {
        j.object("encryptionContext", |j| context(j, ctx));
        j.str("encryptionAlgorithm", "SYMMETRIC_DEFAULT");
    });
    finish(j, ctx, index);
}

/// A data key is made.
pub(super) fn data_key(j: &mut Json, ctx: &mut Ctx<'_>) {
    let index = ctx.rng.below(6);
    j.object("requestParameters", |j| {
        j.text("keyId", |out| key(out, ctx, index)).str("keySpec", "AES_256");
        j.object("encryptionContext", |j| context(j, ctx));
    });
    finish(j, ctx, index);
}

/// A key is made: its policy, JSON in a string, is most of the event.
pub(super) fn create_key(j: &mut Json, ctx: &mut Ctx<'_>) {
    let account = Arc::clone(ctx.frame.recipient);
    let statements: Vec<String> = (0..9)
        .map(|n| {
            let role = org::role_name(n);
            format!(
                "    {{\n      \"Sid\" : \"Use of {role}\",\n      \"Effect\" : \"Allow\",\n      \"Principal\" : {{ \"AWS\" : \"arn:aws:iam::{account}:role/{role}\" }},\n      \"Action\" : [ \"kms:Decrypt\", \"kms:GenerateDataKey*\" ],\n      \"Resource\" : \"*\"\n    }}"
            )
        })
        .collect();
    let policy = format!(
        "{{\n  \"Version\" : \"2012-10-17\",\n  \"Statement\" : [\n{}\n  ]\n}}",
        statements.join(",\n")
    );
    j.object("requestParameters", |j| {
        j.str("policy", &policy)
            .str("description", "Schlüssel für Bestellungen")
            .str("keyUsage", "ENCRYPT_DECRYPT");
        j.bool("bypassPolicyLockoutSafetyCheck", false).str("keySpec", "SYMMETRIC_DEFAULT");
    });
    let index = ctx.rng.below(6);
    finish(j, ctx, index);
}

/// KMS rotates a key by itself: an event that no call caused.
pub(super) fn rotate_key(j: &mut Json, ctx: &mut Ctx<'_>) {
    let index = ctx.rng.below(6);
    j.null("requestParameters").null("responseElements");
    ctx.ids(j);
    j.object("serviceEventDetails", |j| {
        j.text("keyId", |out| key(out, ctx, index)).str("rotationType", "AUTOMATIC");
    });
}

fn context(j: &mut Json, ctx: &mut Ctx<'_>) {
    if ctx.actor.service {
        j.text("aws:cloudtrail:arn", |out| {
            for part in ["arn:aws:cloudtrail:us-east-1:", &ctx.account.id, ":trail/organization"] {
                out.push_str(part);
            }
        });
        j.text("aws:s3:arn", |out| {
            out.push_str("arn:aws:s3:::example-trail/AWSLogs/");
            body::name(out, What::Bucket, ctx);
        });
    } else if ctx.rng.below(2) == 0 {
        j.text("PARAMETER_ARN", |out| {
            for part in ["arn:aws:ssm:", ctx.frame.region, ":", &ctx.account.id, ":parameter"] {
                out.push_str(part);
            }
            body::name(out, What::Parameter, ctx);
        });
    } else {
        j.text("aws:s3:arn", |out| {
            out.push_str("arn:aws:s3:::");
            body::name(out, What::Bucket, ctx);
        });
    }
}

fn finish(j: &mut Json, ctx: &mut Ctx<'_>, index: u32) {
    j.null("responseElements");
    ctx.ids(j);
    j.list("resources", |j| {
        j.item(|j| {
            j.str("accountId", &ctx.account.id).str("type", "AWS::KMS::Key");
            j.text("ARN", |out| key(out, ctx, index));
        });
    });
}
