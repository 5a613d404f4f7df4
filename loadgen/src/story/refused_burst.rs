//! A role tries what it may do and is refused again and again. The look-alikes: throttling, which refuses nobody; and a broken job
//! that is refused a dozen times: an alert of low level, but no burst.

use crate::actor::Actor;
use crate::story::Story;
use crate::story::scene::{Act, Group, Scene};

pub(super) const STORY: Story = Story { name: "refused-burst", attack, look_alike };

const BURST_RULE: &str = "refused-calls-burst";
const REFUSED_RULE: &str = "refused-call";

/// What is tried: (service, call).
const TRIED: [(&str, &str); 6] = [
    ("iam", "ListUsers"),
    ("secretsmanager", "ListSecrets"),
    ("ec2", "DescribeInstances"),
    ("s3", "ListBuckets"),
    ("kms", "ListKeys"),
    ("rds", "DescribeDBInstances"),
];

/// Twenty in five minutes are a burst.
fn attack(scene: &mut Scene<'_>) {
    let role = scene.role("image-thumbnailer");
    refuse(scene, &role, 26, 5);
    scene.must(BURST_RULE, of_principal(scene, &role), 26);
    scene.must(REFUSED_RULE, scene.of_caller(&role), 26);
}

fn look_alike(scene: &mut Scene<'_>) {
    let throttled = scene.role("report-builder");
    for n in 0..40 {
        let act = Act::new("ec2", "DescribeInstances")
            .fails("Client.RequestLimitExceeded", "Request limit exceeded.");
        scene.act(n * 3, &throttled, &act);
    }
    let broken = scene.role("nightly-cleanup");
    refuse(scene, &broken, 12, 20);
    scene.must(REFUSED_RULE, scene.of_caller(&broken), 12);
    scene.must_not(REFUSED_RULE, scene.of_caller(&throttled));
    for role in [&throttled, &broken] {
        scene.must_not(BURST_RULE, of_principal(scene, role));
    }
}

fn refuse(scene: &mut Scene<'_>, role: &Actor, times: u32, every_s: u32) {
    for n in 0..times {
        let (service, name) = TRIED[n as usize % TRIED.len()];
        let code = if service == "ec2" { "Client.UnauthorizedOperation" } else { "AccessDenied" };
        let message = format!(
            "User: {} is not authorized to perform: {service}:{name} because no identity-based policy allows the {service}:{name} action",
            role.arn
        );
        scene.act(n * every_s, role, &Act::new(service, name).fails(code, &message));
    }
}

fn of_principal(scene: &Scene<'_>, role: &Actor) -> Group {
    scene.of_account(&[("principal", &role.principal)])
}
