//! A user is made administrator, and the trail is told to look at less. The look-alike: both are looked at.

use crate::story::Story;
use crate::story::scene::{Act, Group, Scene};

pub(super) const STORY: Story = Story { name: "account-policy", attack, look_alike };

const POLICY_RULE: &str = "iam-policy-changed";
const TRAIL_RULE: &str = "trail-changed";

fn attack(scene: &mut Scene<'_>) {
    let user = scene.user("build-bot");
    let attach = Act::new("iam", "AttachUserPolicy").request(|j| {
        j.str("userName", "build-bot").str("policyArn", "arn:aws:iam::aws:policy/AdministratorAccess");
    });
    scene.act(0, &user, &attach);
    let trail = "organization-audit";
    let select = Act::new("cloudtrail", "PutEventSelectors").request(|j| {
        j.str("trailName", trail).list("eventSelectors", |j| {
            j.item(|j| {
                j.str("readWriteType", "ReadOnly").bool("includeManagementEvents", false);
                j.list("dataResources", |_| {}).list("excludeManagementEventSources", |_| {});
            });
        });
    });
    scene.act(33, &user, &select);
    scene.must(POLICY_RULE, scene.of_caller(&user), 1);
    scene.must(TRAIL_RULE, of_trail(scene, trail), 1);
}

fn look_alike(scene: &mut Scene<'_>) {
    let role = scene.role("access-review");
    let list = Act::new("iam", "ListAttachedUserPolicies").request(|j| {
        j.str("userName", "build-bot");
    });
    scene.act(0, &role, &list);
    let trail = "organization-review";
    let selectors = Act::new("cloudtrail", "GetEventSelectors").request(|j| {
        j.str("trailName", trail);
    });
    scene.act(15, &role, &selectors);
    scene.must_not(POLICY_RULE, scene.of_caller(&role));
    scene.must_not(TRAIL_RULE, of_trail(scene, trail));
}

fn of_trail(scene: &Scene<'_>, name: &str) -> Group {
    scene.of_account(&[("requestParameters.name", "-"), ("requestParameters.trailName", name)])
}
