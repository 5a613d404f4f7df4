//! What changes things without harm, and the events that are big: instances with their networks, task definitions,
//! dashboards; and people who sign in as they should.

use std::sync::Arc;

use crate::call::{Ctx, What, body};
use crate::json::Json;
use crate::org;

/// Instances are started: two kilobytes each, eleven levels deep.
pub(super) fn run_instances(j: &mut Json, ctx: &mut Ctx<'_>) {
    let count = if ctx.rng.below(8) == 0 { 3 } else { 1 };
    j.object("requestParameters", |j| {
        j.items("instancesSet", |j| {
            j.item(|j| {
                j.str("imageId", "ami-029eb80bc237bec6f").int("minCount", count).int("maxCount", count);
            });
        });
        j.str("instanceType", "m7g.large").object("blockDeviceMapping", |_| {});
        j.object("monitoring", |j| {
            j.bool("enabled", false);
        });
        j.bool("disableApiTermination", false).bool("ebsOptimized", false);
        j.text("clientToken", |out| ctx.rng.uuid(out));
        tags(j);
    });
    if ctx.failed() {
        j.null("responseElements");
    } else {
        j.object("responseElements", |j| {
            j.text("requestId", |out| ctx.rng.uuid(out));
            j.str("ownerId", &ctx.account.id).object("groupSet", |_| {});
            j.items("instancesSet", |j| (0..count).for_each(|n| instance(j, ctx, n)));
        });
    }
    ctx.ids(j);
}

fn instance(j: &mut Json, ctx: &mut Ctx<'_>, n: i64) {
    // Milliseconds since the epoch: the largest integers in real events, near 2^41.
    let launched_ms = ctx.frame.time_s * 1000;
    j.item(|j| {
        j.text("instanceId", |out| {
            out.push_str("i-0");
            ctx.rng.hex(out, 16);
        });
        j.str("imageId", "ami-029eb80bc237bec6f");
        j.object("instanceState", |j| {
            j.int("code", 0).str("name", "pending");
        });
        j.str("privateDnsName", "ip-10-0-4-17.ec2.internal").int("amiLaunchIndex", n);
        j.object("productCodes", |_| {}).str("instanceType", "m7g.large").int("launchTime", launched_ms);
        j.object("placement", |j| {
            j.str("availabilityZone", &format!("{}a", ctx.frame.region)).str("tenancy", "default");
        });
        j.text("subnetId", |out| body::named(out, What::Vpc, ctx, 3)).str("privateIpAddress", "10.0.4.17");
        j.object("stateReason", |j| {
            j.str("code", "pending").str("message", "pending");
        });
        j.str("architecture", "arm64").str("rootDeviceType", "ebs").str("rootDeviceName", "/dev/xvda");
        j.items("networkInterfaceSet", |j| {
            j.item(|j| {
                j.text("networkInterfaceId", |out| {
                    out.push_str("eni-0");
                    ctx.rng.hex(out, 16);
                });
                j.str("ownerId", &ctx.account.id).str("status", "in-use").bool("sourceDestCheck", true);
                j.object("attachment", |j| {
                    j.int("deviceIndex", 0).str("status", "attaching").int("attachTime", launched_ms);
                    j.bool("deleteOnTermination", true);
                });
                j.items("privateIpAddressesSet", |j| {
                    j.item(|j| {
                        j.str("privateIpAddress", "10.0.4.17").bool("primary", true);
                    });
                });
            });
        });
        j.object("capacityReservationSpecification", |j| {
            j.str("capacityReservationPreference", "open");
        });
    });
}

/// Tags are set, among them one called like a member of an event.
pub(super) fn create_tags(j: &mut Json, ctx: &mut Ctx<'_>) {
    j.object("requestParameters", |j| {
        j.items("resourcesSet", |j| {
            j.item(|j| {
                j.text("resourceId", |out| body::name(out, What::Instance, ctx));
            });
        });
        tags(j);
    });
    j.object("responseElements", |j| {
        j.text("requestId", |out| ctx.rng.uuid(out)).bool("_return", true);
    });
    ctx.ids(j);
}

fn tags(j: &mut Json) {
    j.items("tagSet", |j| {
        for (key, value) in [("eventName", "ConsoleLogin"), ("kubernetes.io/cluster/platform", "owned")] {
            j.item(|j| {
                j.str("key", key).str("value", value);
            });
        }
    });
}

/// A parameter is written; its value is hidden.
pub(super) fn put_parameter(j: &mut Json, ctx: &mut Ctx<'_>) {
    j.object("requestParameters", |j| {
        j.text("name", |out| body::name(out, What::Parameter, ctx));
        j.html("value", "<sensitiveDataRemoved>").str("type", "SecureString").bool("overwrite", true);
        j.str("tier", "Standard");
    });
    if ctx.failed() {
        j.null("responseElements");
    } else {
        let version = i64::from(ctx.rng.below(40));
        j.object("responseElements", |j| {
            j.int("version", version).str("tier", "Standard");
        });
    }
    ctx.ids(j);
}

/// A task definition is registered: a handful of containers, rarely very many.
pub(super) fn register_task(j: &mut Json, ctx: &mut Ctx<'_>) {
    let containers = if ctx.rng.below(100) == 0 { 40 } else { 2 + ctx.rng.below(5) };
    j.object("requestParameters", |j| {
        j.text("family", |out| body::name(out, What::Role, ctx)).str("networkMode", "awsvpc");
        j.list("containerDefinitions", |j| {
            for n in 0..containers {
                let name = org::role_name(n);
                j.item(|j| {
                    j.str("name", name).int("cpu", 256).int("memory", 512).bool("essential", n == 0);
                    j.text("image", |out| {
                        out.push_str(&ctx.account.id);
                        out.push_str(".dkr.ecr.eu-west-1.amazonaws.com/");
                        out.push_str(name);
                        out.push_str("@sha256:");
                        ctx.rng.hex(out, 64);
                    });
                    j.list("environment", |j| {
                        for (key, value) in [("eventName", "PutBucketPolicy"), ("LOG_LEVEL", "info")] {
                            j.item(|j| {
                                j.str("name", key).str("value", value);
                            });
                        }
                    });
                });
            }
        });
    });
    j.null("responseElements");
    ctx.ids(j);
}

/// A dashboard is stored: JSON in a string.
pub(super) fn put_dashboard(j: &mut Json, ctx: &mut Ctx<'_>) {
    let widgets: Vec<String> = (0..4 + ctx.rng.below(12))
        .map(|n| {
            let function = org::role_name(n);
            format!("{{\"type\":\"metric\",\"properties\":{{\"metrics\":[[\"AWS/Lambda\",\"Errors\",\"FunctionName\",\"{function}\"]],\"period\":300}}}}")
        })
        .collect();
    j.object("requestParameters", |j| {
        j.str("dashboardName", "Übersicht")
            .str("dashboardBody", &format!("{{\"widgets\":[{}]}}", widgets.join(",")));
    });
    j.null("responseElements");
    ctx.ids(j);
}

/// Someone asks CloudTrail who did what: names of events as values.
pub(super) fn lookup_events(j: &mut Json, ctx: &mut Ctx<'_>) {
    j.object("requestParameters", |j| {
        j.list("lookupAttributes", |j| {
            j.item(|j| {
                j.str("attributeKey", "EventName").str("attributeValue", "ScheduleKeyDeletion");
            });
        });
        j.int("maxResults", 50);
    });
    j.null("responseElements");
    ctx.ids(j);
}

/// A person signs in through Identity Center: no password of AWS, so no MFA of AWS either.
pub(super) fn console_login(j: &mut Json, ctx: &mut Ctx<'_>) {
    j.null("requestParameters").object("responseElements", |j| {
        j.str("ConsoleLogin", "Success");
    });
    j.object("additionalEventData", |j| {
        j.html(
            "LoginTo",
            "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&state=hashArgsFromTB",
        );
        j.str("MobileVersion", "No").str("MFAUsed", "No");
    });
    ctx.ids(j);
}

/// A function's code is replaced: a name with an API's date.
pub(super) fn update_function(j: &mut Json, ctx: &mut Ctx<'_>) {
    let account = Arc::clone(&ctx.account.id);
    j.object("requestParameters", |j| {
        j.text("functionName", |out| body::name(out, What::Function, ctx))
            .bool("publish", true)
            .bool("dryRun", false);
    });
    if ctx.failed() {
        j.null("responseElements");
    } else {
        j.object("responseElements", |j| {
            j.text("codeSha256", |out| {
                ctx.rng.base64(out, 43);
                out.push_str("\\u003d");
            });
            j.int("codeSize", i64::from(ctx.rng.below(50_000_000)))
                .str("runtime", "java21")
                .int("timeout", 30);
            j.str("role", &format!("arn:aws:iam::{account}:role/orders-api"))
                .text("revisionId", |out| ctx.rng.uuid(out));
            j.str("lastModified", "2026-01-01T00:00:00.000+0000");
        });
    }
    ctx.ids(j);
}

/// A role is made, with the policy that says who may assume it: JSON in a string, URL-encoded in the response.
pub(super) fn create_role(j: &mut Json, ctx: &mut Ctx<'_>) {
    const TRUST: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"ecs-tasks.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}]\n}";
    const ENCODED: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ecs-tasks.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    let name = org::role_name(ctx.rng.below(12));
    j.object("requestParameters", |j| {
        j.str("roleName", name)
            .str("assumeRolePolicyDocument", TRUST)
            .str("path", "/")
            .int("maxSessionDuration", 3600);
    });
    if ctx.failed() {
        j.null("responseElements");
    } else {
        let id = org::role_id(&mut ctx.rng);
        j.object("responseElements", |j| {
            j.object("role", |j| {
                j.str("path", "/").str("roleName", name).str("roleId", &id);
                j.str("arn", &format!("arn:aws:iam::{}:role/{name}", ctx.account.id));
                j.text("createDate", |out| crate::clock::spoken(out, ctx.frame.time_s));
                j.str("assumeRolePolicyDocument", ENCODED);
            });
        });
    }
    ctx.ids(j);
}
