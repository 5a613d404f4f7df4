//! A trail is stopped and deleted, then the log group that it wrote to. The look-alike: the trail is looked at, a stop of a trail
//! that is not there fails, another log group goes, and the trail's is kept for longer.

use crate::story::Story;
use crate::story::scene::{Act, Scene};

pub(super) const STORY: Story = Story { name: "trail-stopped", attack, look_alike };

const TRAIL_RULE: &str = "trail-stopped";
const GROUP_RULE: &str = "cloudtrail-log-group-deleted";

fn attack(scene: &mut Scene<'_>) {
    let admin = scene.role("platform-admin");
    let trail = format!("arn:aws:cloudtrail:{}:{}:trail/audit", scene.region(), scene.account());
    let log_group = format!("aws-cloudtrail-logs-{}-audit", scene.account());
    for (after_s, name) in [(0, "StopLogging"), (48, "DeleteTrail")] {
        let act = Act::new("cloudtrail", name).request(|j| {
            j.str("name", &trail);
        });
        scene.act(after_s, &admin, &act);
    }
    scene.act(75, &admin, &on_group("DeleteLogGroup", &log_group));
    let of_trail =
        scene.of_account(&[("requestParameters.name", &trail), ("requestParameters.eventDataStore", "-")]);
    scene.must(TRAIL_RULE, of_trail, 2);
    let of_group =
        scene.of_account(&[("awsRegion", scene.region()), ("requestParameters.logGroupName", &log_group)]);
    scene.must(GROUP_RULE, of_group.clone(), 1);
    scene.must_not("cloudtrail-subscription-changed", of_group);
}

fn look_alike(scene: &mut Scene<'_>) {
    let auditor = scene.role("security-audit");
    let trail = "retired-trail";
    scene.act(0, &auditor, &Act::new("cloudtrail", "DescribeTrails"));
    let status = Act::new("cloudtrail", "GetTrailStatus").request(|j| {
        j.str("name", trail);
    });
    scene.act(15, &auditor, &status);
    let stop = Act::new("cloudtrail", "StopLogging").request(|j| {
        j.str("name", trail);
    });
    scene.act(30, &auditor, &stop.fails("TrailNotFoundException", "Unknown trail: retired-trail"));
    scene.act(50, &auditor, &on_group("DeleteLogGroup", "/aws/lambda/image-resizer"));
    let log_group = format!("aws-cloudtrail-logs-{}-kept", scene.account());
    let keep = Act::new("logs", "PutRetentionPolicy").request(|j| {
        j.str("logGroupName", &log_group).int("retentionInDays", 365);
    });
    scene.act(70, &auditor, &keep);
    let of_trail =
        scene.of_account(&[("requestParameters.name", trail), ("requestParameters.eventDataStore", "-")]);
    scene.must_not(TRAIL_RULE, of_trail);
    for name in [log_group.as_str(), "/aws/lambda/image-resizer"] {
        let of_group =
            scene.of_account(&[("awsRegion", scene.region()), ("requestParameters.logGroupName", name)]);
        scene.must_not(GROUP_RULE, of_group);
    }
}

fn on_group(name: &'static str, log_group: &str) -> Act {
    Act::new("logs", name).request(|j| {
        j.str("logGroupName", log_group);
    })
}
