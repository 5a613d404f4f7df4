//! An account leaves the organisation, and its guard rails with it. The look-alike: it looks at the organisation, and may not leave.

use crate::story::Story;
use crate::story::scene::{Act, Scene};

pub(super) const STORY: Story = Story { name: "organization", attack, look_alike };

const RULE: &str = "organization-changed";

fn attack(scene: &mut Scene<'_>) {
    let user = scene.user("account-owner");
    scene.act(0, &user, &Act::new("organizations", "DescribeOrganization"));
    scene.act(20, &user, &Act::new("organizations", "LeaveOrganization"));
    scene.must(RULE, scene.of_caller(&user), 1);
}

fn look_alike(scene: &mut Scene<'_>) {
    let user = scene.user("account-owner");
    scene.act(0, &user, &Act::new("organizations", "DescribeOrganization"));
    let failed = Act::new("organizations", "LeaveOrganization").fails(
        "ConstraintViolationException",
        "The member account is missing one or more of the prerequisites required to operate as a standalone account.",
    );
    scene.act(20, &user, &failed);
    scene.must_not(RULE, scene.of_caller(&user));
}
