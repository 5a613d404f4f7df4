//! A way out is built: a gateway, a route to it, a peering accepted, an ACL entry that lets it through. The look-alike: the same calls
//! as dry runs and look-ups.

use crate::story::Story;
use crate::story::scene::{Act, Scene};

pub(super) const STORY: Story = Story { name: "network", attack, look_alike };

/// (call, the rule that it trips).
const STEPS: [(&str, &str); 4] = [
    ("AttachInternetGateway", "gateway-changed"),
    ("CreateRoute", "route-table-changed"),
    ("AcceptVpcPeeringConnection", "vpc-changed"),
    ("CreateNetworkAclEntry", "network-acl-changed"),
];

fn attack(scene: &mut Scene<'_>) {
    let user = scene.user("lab-builder");
    for ((name, rule), n) in STEPS.iter().zip(0_u32..) {
        scene.act(n * 17, &user, &step(name));
        scene.must(rule, scene.of_caller(&user), 1);
    }
}

fn look_alike(scene: &mut Scene<'_>) {
    let role = scene.role("network-planner");
    for ((name, rule), n) in STEPS.iter().zip(0_u32..) {
        let act = step(name);
        let message = "Request would have succeeded, but DryRun flag is set.";
        scene.act(n * 17, &role, &act.fails("Client.DryRunOperation", message));
        scene.must_not(rule, scene.of_caller(&role));
    }
    scene.act(90, &role, &Act::new("ec2", "DescribeRouteTables"));
}

fn step(name: &'static str) -> Act {
    Act::new("ec2", name)
        .request(|j| match name {
            "AttachInternetGateway" => {
                j.str("internetGatewayId", "igw-0a1b2c3d4e5f60718").str("vpcId", "vpc-06fe1a64761a0f720");
            }
            "CreateRoute" => {
                j.str("routeTableId", "rtb-0123456789abcdef0").str("destinationCidrBlock", "0.0.0.0/0");
                j.str("gatewayId", "igw-0a1b2c3d4e5f60718");
            }
            "CreateNetworkAclEntry" => {
                j.str("networkAclId", "acl-0fedcba9876543210").int("ruleNumber", 90).str("aclProtocol", "-1");
                j.str("ruleAction", "allow").bool("egress", true).str("cidrBlock", "0.0.0.0/0");
                j.int("fromPort", -1).int("toPort", -1);
            }
            _ => {
                j.str("vpcPeeringConnectionId", "pcx-00112233445566778");
            }
        })
        .response(|j| {
            j.str("requestId", "afd64578-422c-4e0d-a7d7-3f71b13b0692").bool("_return", true);
        })
}
