//! The plain bodies: calls that say what they ask for and get nothing back that CloudTrail would write down.

use crate::call::{Body, Ctx, What};
use crate::json::Json;
use crate::org;

/// Writes the middle of an event.
pub(super) fn write(j: &mut Json, body: Body, ctx: &mut Ctx<'_>) {
    if let Body::Own(write) = body {
        write(j, ctx);
        return;
    }
    match body {
        Body::One(key, what) => {
            j.object("requestParameters", |j| {
                j.text(key, |out| name(out, what, ctx));
            });
        }
        Body::Set(set, key, what) => {
            j.object("requestParameters", |j| {
                j.items(set, |j| {
                    j.item(|j| {
                        j.text(key, |out| name(out, what, ctx));
                    });
                });
                j.object("filterSet", |_| {});
            });
        }
        Body::Filters => filters(j, ctx),
        Body::Page(key) => page(j, key, ctx),
        Body::Null | Body::Own(_) => {
            j.null("requestParameters");
        }
    }
    j.null("responseElements");
    ctx.ids(j);
}

/// Appends a name: one of a few dozen of its kind in the account, the first ones more often.
pub(super) fn name(out: &mut String, what: What, ctx: &mut Ctx<'_>) {
    let index = ctx.rng.below(28).min(ctx.rng.below(28)).min(ctx.rng.below(28));
    named(out, what, ctx, index);
}

/// Appends the name of a certain thing.
pub(super) fn named(out: &mut String, what: What, ctx: &Ctx<'_>, index: u32) {
    let account = ctx.account;
    let kind = what as u64;
    let mut id = |prefix: &str, digits: usize| {
        out.push_str(prefix);
        org::owned(out, account, kind, index, digits);
    };
    match what {
        What::Instance => id("i-0", 16),
        What::Vpc => id("vpc-0", 16),
        What::Group => id("sg-0", 16),
        What::Volume => id("vol-0", 16),
        What::Role => out.push_str(org::role_name(index)),
        What::Bucket => id("example-data-", 6),
        What::Function => {
            out.push_str(org::role_name(index));
            out.push_str("-handler");
        }
        What::Parameter => {
            out.push_str("/prod/");
            out.push_str(org::role_name(index));
            out.push_str("/database/password");
        }
        What::Secret => id("prod/database-", 6),
        What::Key => key(out, ctx, index),
        What::Queue => id("https://sqs.eu-west-1.amazonaws.com/", 12),
        What::Table => id("orders-", 4),
        What::Cluster => id("platform-", 4),
        What::LogGroup => {
            out.push_str("/aws/lambda/");
            out.push_str(org::role_name(index));
        }
        What::Stack => id("network-", 6),
        What::Domain => id("search-", 4),
    }
}

/// Appends a KMS key's ARN.
pub(super) fn key(out: &mut String, ctx: &Ctx<'_>, index: u32) {
    for part in ["arn:aws:kms:", ctx.frame.region, ":", &ctx.account.id, ":key/"] {
        out.push_str(part);
    }
    for (digits, mark) in [(8, "-"), (4, "-4"), (3, "-8"), (3, "-"), (12, "")] {
        let what = 0x4B45 + digits as u64 + mark.len() as u64 * 64;
        org::owned(out, ctx.account, what, index % 6, digits);
        out.push_str(mark);
    }
}

fn filters(j: &mut Json, ctx: &mut Ctx<'_>) {
    // One in forty looks for a tag that is called like a member of an event: a decoy for whoever searches text.
    let decoy = ctx.rng.below(40) == 0;
    j.object("requestParameters", |j| {
        if ctx.rng.below(3) == 0 {
            j.int("maxResults", 1000);
        }
        j.items("filterSet", |j| {
            if decoy {
                j.item(|j| {
                    j.str("key", "eventName").str("name", "tag:eventName");
                    j.items("valueSet", |j| {
                        j.item(|j| {
                            j.str("value", "StopLogging");
                        });
                    });
                });
            }
            j.item(|j| {
                j.str("name", "vpc-id");
                j.items("valueSet", |j| {
                    j.item(|j| {
                        j.text("value", |out| name(out, What::Vpc, ctx));
                    });
                });
            });
        });
    });
}

fn page(j: &mut Json, key: &str, ctx: &mut Ctx<'_>) {
    if ctx.rng.below(3) == 0 {
        j.null("requestParameters");
        return;
    }
    j.object("requestParameters", |j| {
        // The services do not agree whether a page's size is a number.
        if ctx.rng.below(2) == 0 {
            j.int(key, 100);
        } else {
            j.str(key, "100");
        }
        if ctx.rng.below(50) == 0 {
            j.text("nextToken", |out| ctx.rng.base64(out, 160));
        }
    });
}
