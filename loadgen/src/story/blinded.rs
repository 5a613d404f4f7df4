//! Flow logs, the threat detector and the configuration recorder are switched off, one after another. The look-alike: they are looked
//! at, switched on, and one attempt fails.

use crate::story::Story;
use crate::story::scene::{Act, Scene};

pub(super) const STORY: Story = Story { name: "blinded", attack, look_alike };

const RULES: [&str; 3] = ["flow-logs-deleted", "detector-disabled", "config-changed"];

fn attack(scene: &mut Scene<'_>) {
    let admin = scene.role("ops-breakglass");
    scene.act(0, &admin, &delete_flow_logs());
    scene.act(24, &admin, &detector(false));
    scene.act(51, &admin, &recorder("StopConfigurationRecorder"));
    for rule in RULES {
        scene.must(rule, scene.of_caller(&admin), 1);
    }
}

fn look_alike(scene: &mut Scene<'_>) {
    let auditor = scene.role("posture-check");
    scene.act(0, &auditor, &Act::new("ec2", "DescribeFlowLogs"));
    let failed = delete_flow_logs().fails("Client.InvalidFlowLogId.NotFound", "The flow log does not exist");
    scene.act(11, &auditor, &failed);
    scene.act(33, &auditor, &detector(true));
    scene.act(52, &auditor, &Act::new("config", "DescribeConfigurationRecorders"));
    scene.act(70, &auditor, &recorder("StartConfigurationRecorder"));
    for rule in RULES {
        scene.must_not(rule, scene.of_caller(&auditor));
    }
}

fn delete_flow_logs() -> Act {
    Act::new("ec2", "DeleteFlowLogs")
        .request(|j| {
            j.object("DeleteFlowLogsRequest", |j| {
                j.object("FlowLogId", |j| {
                    j.int("tag", 1).str("content", "fl-0f1e2d3c4b5a69788");
                });
            });
        })
        .response(|j| {
            j.object("DeleteFlowLogsResponse", |j| {
                j.str("unsuccessful", "").str("requestId", "0c897921-eded-4cdf-ac2a-c0e5ed5f397d");
            });
        })
}

fn detector(enable: bool) -> Act {
    Act::new("guardduty", "UpdateDetector").request(|j| {
        j.str("detectorId", "12abc34d567e8fa901bc2d34e56789f0").bool("enable", enable);
    })
}

fn recorder(name: &'static str) -> Act {
    Act::new("config", name).request(|j| {
        j.str("configurationRecorderName", "default");
    })
}
