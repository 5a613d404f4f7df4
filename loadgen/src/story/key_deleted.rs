//! A KMS key is disabled and scheduled for deletion. The look-alike: deletion is cancelled, rotation switched on, and a schedule
//! fails because the key is in use already.

use crate::story::Story;
use crate::story::scene::{Act, Group, Scene};

pub(super) const STORY: Story = Story { name: "key-deleted", attack, look_alike };

const RULE: &str = "kms-key-disabled-or-deleted";

fn attack(scene: &mut Scene<'_>) {
    let admin = scene.role("key-admin");
    let key = key(scene);
    scene.act(0, &admin, &on_key(scene, "DisableKey", &key));
    let schedule = Act::new("kms", "ScheduleKeyDeletion")
        .request(|j| {
            j.str("keyId", &key).int("pendingWindowInDays", 7);
        })
        .response(|j| {
            j.str("keyId", &key)
                .str("keyState", "PendingDeletion")
                .str("deletionDate", "Jan 8, 2026, 12:00:00 AM");
            j.int("pendingWindowInDays", 7);
        })
        .resource(&scene.account(), "AWS::KMS::Key", &key);
    scene.act(31, &admin, &schedule);
    scene.must(RULE, of_key(scene, &key), 2);
}

fn look_alike(scene: &mut Scene<'_>) {
    let admin = scene.role("key-admin");
    let key = key(scene);
    for (after_s, name) in
        [(0, "DescribeKey"), (12, "CancelKeyDeletion"), (25, "EnableKey"), (40, "EnableKeyRotation")]
    {
        scene.act(after_s, &admin, &on_key(scene, name, &key));
    }
    let message = format!("{key} is pending deletion.");
    let failed = on_key(scene, "ScheduleKeyDeletion", &key).fails("KMSInvalidStateException", &message);
    scene.act(66, &admin, &failed);
    scene.must_not(RULE, of_key(scene, &key));
}

fn key(scene: &mut Scene<'_>) -> String {
    let mut arn = format!("arn:aws:kms:{}:{}:key/", scene.region(), scene.account());
    scene.rng.uuid(&mut arn);
    arn
}

fn on_key(scene: &Scene<'_>, name: &'static str, key: &str) -> Act {
    Act::new("kms", name)
        .request(|j| {
            j.str("keyId", key);
        })
        .resource(&scene.account(), "AWS::KMS::Key", key)
}

fn of_key(scene: &Scene<'_>, key: &str) -> Group {
    scene.of_account(&[("awsRegion", scene.region()), ("requestParameters.keyId", key)])
}
