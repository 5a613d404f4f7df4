//! S3: objects read and written, buckets looked at. Quotes inside `x-amz-expiration`, byte counts with a decimal point, and a
//! random trace id in every event.

use crate::call::{Ctx, What, body};
use crate::json::Json;
use crate::rng::Rng;

/// An object is read or looked at.
pub(super) fn get_object(j: &mut Json, ctx: &mut Ctx<'_>) {
    let (bucket, object) = place(ctx);
    j.object("requestParameters", |j| {
        j.str("bucketName", &bucket)
            .text("Host", |out| host(out, &bucket, ctx.frame.region))
            .str("key", &object);
    });
    j.null("responseElements");
    additional(j, ctx, 0);
    ctx.ids(j);
    resources(j, ctx, &bucket, Some(&object));
}

/// An object is written; its expiry date comes back, in quotes.
pub(super) fn put_object(j: &mut Json, ctx: &mut Ctx<'_>) {
    let (bucket, object) = place(ctx);
    j.object("requestParameters", |j| {
        j.str("bucketName", &bucket);
        if ctx.actor.service {
            j.str("x-amz-acl", "bucket-owner-full-control");
        }
        j.text("Host", |out| host(out, &bucket, ctx.frame.region));
        j.str("x-amz-server-side-encryption", "aws:kms").str("key", &object);
    });
    if ctx.failed() {
        j.null("responseElements");
    } else {
        j.object("responseElements", |j| {
            j.text("x-amz-server-side-encryption-aws-kms-key-id", |out| body::key(out, ctx, 0));
            j.str("x-amz-server-side-encryption", "aws:kms");
            j.str(
                "x-amz-expiration",
                "expiry-date=\"Fri, 01 Jan 2027 00:00:00 GMT\", rule-id=\"keep-a-year\"",
            );
        });
    }
    let bytes = ctx.rng.below(4_000_000);
    additional(j, ctx, bytes);
    ctx.ids(j);
    resources(j, ctx, &bucket, Some(&object));
}

/// A bucket is looked at.
pub(super) fn bucket(j: &mut Json, ctx: &mut Ctx<'_>) {
    let mut bucket = String::new();
    body::name(&mut bucket, What::Bucket, ctx);
    // The query's parameter is a member, empty and sometimes a list: the same call, two types.
    let query = match ctx.frame.name {
        "GetBucketAcl" => "acl",
        "GetBucketVersioning" => "versioning",
        "GetBucketLogging" => "logging",
        "GetBucketPolicy" => "policy",
        _ => "location",
    };
    j.object("requestParameters", |j| {
        j.str("bucketName", &bucket).text("Host", |out| host(out, &bucket, ctx.frame.region));
        if ctx.actor.service {
            j.list(query, |j| {
                j.item_str("");
            });
        } else {
            j.str(query, "");
        }
    });
    j.null("responseElements");
    additional(j, ctx, 0);
    ctx.ids(j);
    resources(j, ctx, &bucket, None);
}

/// A bucket's tags are set: a change that no rule minds.
pub(super) fn tag_bucket(j: &mut Json, ctx: &mut Ctx<'_>) {
    let mut bucket = String::new();
    body::name(&mut bucket, What::Bucket, ctx);
    j.object("requestParameters", |j| {
        j.str("bucketName", &bucket)
            .str("tagging", "")
            .text("Host", |out| host(out, &bucket, ctx.frame.region));
        j.object("Tagging", |j| {
            j.str("xmlns", "http://s3.amazonaws.com/doc/2006-03-01/");
            j.object("TagSet", |j| {
                j.list("Tag", |j| {
                    j.item(|j| {
                        j.str("Key", "eventName").str("Value", "DeleteTrail");
                    });
                    j.item(|j| {
                        j.str("Key", "Équipe").str("Value", "Entrepôt 東京");
                    });
                });
            });
        });
    });
    j.null("responseElements");
    additional(j, ctx, 312);
    ctx.ids(j);
    resources(j, ctx, &bucket, None);
}

fn place(ctx: &mut Ctx<'_>) -> (String, String) {
    let (mut bucket, mut object) = (String::with_capacity(24), String::with_capacity(64));
    body::name(&mut bucket, What::Bucket, ctx);
    if ctx.actor.service {
        object.push_str("AWSLogs/");
        object.push_str(&ctx.account.id);
        object.push_str("/CloudTrail/");
        object.push_str(ctx.frame.region);
        object.push('/');
        ctx.rng.base32(&mut object, 16);
        object.push_str(".json.gz");
    } else {
        object.push_str("year=2026/month=01/part-");
        ctx.rng.hex(&mut object, 8);
        object.push_str(".snappy.parquet");
    }
    (bucket, object)
}

fn host(out: &mut String, bucket: &str, region: &str) {
    for part in [bucket, ".s3.", region, ".amazonaws.com"] {
        out.push_str(part);
    }
}

fn additional(j: &mut Json, ctx: &mut Ctx<'_>, bytes_in: u32) {
    let out_bytes = size(&mut ctx.rng);
    j.object("additionalEventData", |j| {
        j.str("SignatureVersion", "SigV4").str("CipherSuite", "TLS_AES_128_GCM_SHA256");
        // Both spellings of a number are real, seven floats to three integers.
        if ctx.rng.below(10) < 7 {
            j.float("bytesTransferredIn", bytes_in);
        } else {
            j.int("bytesTransferredIn", i64::from(bytes_in));
        }
        j.str("AuthenticationMethod", "AuthHeader").text("x-amz-id-2", |out| {
            ctx.rng.base64(out, 75);
            out.push('=');
        });
        j.float("bytesTransferredOut", out_bytes);
    });
}

fn size(rng: &mut Rng) -> u32 {
    let most = 1 << (6 + rng.below(16));
    rng.below(most)
}

fn resources(j: &mut Json, ctx: &Ctx<'_>, bucket: &str, object: Option<&str>) {
    j.list("resources", |j| {
        if let Some(object) = object {
            j.item(|j| {
                j.str("type", "AWS::S3::Object").text("ARN", |out| {
                    for part in ["arn:aws:s3:::", bucket, "/", object] {
                        out.push_str(part);
                    }
                });
            });
        }
        j.item(|j| {
            j.str("accountId", &ctx.account.id).str("type", "AWS::S3::Bucket").text("ARN", |out| {
                out.push_str("arn:aws:s3:::");
                out.push_str(bucket);
            });
        });
    });
}
