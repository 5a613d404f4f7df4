//! The subscription of CloudTrail's log group is deleted: whatever listens hears nothing more. The look-alike: that of another group.

use crate::story::Story;
use crate::story::scene::{Act, Group, Scene};

pub(super) const STORY: Story = Story { name: "subscription", attack, look_alike };

const RULE: &str = "cloudtrail-subscription-changed";

fn attack(scene: &mut Scene<'_>) {
    let user = scene.user("log-admin");
    let name = format!("aws-cloudtrail-logs-{}-stream", scene.account());
    scene.act(0, &user, &filters(&name));
    scene.act(26, &user, &delete(&name));
    scene.must(RULE, of_group(scene, &name), 1);
    scene.must_not("cloudtrail-log-group-deleted", of_group(scene, &name));
}

fn look_alike(scene: &mut Scene<'_>) {
    let user = scene.user("log-admin");
    let name = "/aws/lambda/search-indexer";
    scene.act(0, &user, &filters(name));
    scene.act(26, &user, &delete(name));
    scene.must_not(RULE, of_group(scene, name));
}

fn filters(log_group: &str) -> Act {
    Act::new("logs", "DescribeSubscriptionFilters").request(|j| {
        j.str("logGroupName", log_group);
    })
}

fn delete(log_group: &str) -> Act {
    Act::new("logs", "DeleteSubscriptionFilter").request(|j| {
        j.str("logGroupName", log_group).str("filterName", "to-security");
    })
}

fn of_group(scene: &Scene<'_>, name: &str) -> Group {
    scene.of_account(&[("awsRegion", scene.region()), ("requestParameters.logGroupName", name)])
}
