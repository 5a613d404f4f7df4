//! A security group is opened to the world for SSH. The look-alike: one is opened to a private network.

use crate::json::Json;
use crate::story::Story;
use crate::story::scene::{Act, Group, Scene};

pub(super) const STORY: Story = Story { name: "group-opened", attack, look_alike };

pub(super) const OPENED_RULE: &str = "security-group-opened-to-world";
pub(super) const CHANGED_RULE: &str = "security-group-changed";

fn attack(scene: &mut Scene<'_>) {
    let user = scene.user("contractor");
    let id = group_id(scene);
    scene.act(0, &user, &Act::new("ec2", "DescribeSecurityGroups"));
    scene.act(37, &user, &authorize("AuthorizeSecurityGroupIngress", &id, "0.0.0.0/0"));
    scene.must(OPENED_RULE, of_group(scene, &id, "-"), 1);
    scene.must(CHANGED_RULE, scene.of_caller(&user), 1);
}

fn look_alike(scene: &mut Scene<'_>) {
    let role = scene.role("network-automation");
    let id = group_id(scene);
    scene.act(0, &role, &authorize("AuthorizeSecurityGroupIngress", &id, "10.20.0.0/16"));
    scene.must(CHANGED_RULE, scene.of_caller(&role), 1);
    scene.must_not(OPENED_RULE, of_group(scene, &id, "-"));
}

/// A rule for one network, IPv4 or IPv6.
pub(super) fn authorize(name: &'static str, id: &str, network: &str) -> Act {
    let v6 = network.contains(':');
    let range = move |j: &mut Json, key: &str, inner: &str, this: bool| {
        if this {
            j.items(key, |j| {
                j.item(|j| {
                    j.str(inner, network);
                });
            });
        } else {
            j.object(key, |_| {});
        }
    };
    Act::new("ec2", name)
        .request(|j| {
            j.str("groupId", id).items("ipPermissions", |j| {
                j.item(|j| {
                    j.str("ipProtocol", "tcp").int("fromPort", 22).int("toPort", 22).object("groups", |_| {});
                    range(j, "ipRanges", "cidrIp", !v6);
                    range(j, "ipv6Ranges", "cidrIpv6", v6);
                    j.object("prefixListIds", |_| {});
                });
            });
        })
        .response(|j| {
            j.str("requestId", "e5c178b5-7d64-4bd8-97b2-2f6e4b77513a").bool("_return", true);
            j.items("securityGroupRuleSet", |j| {
                j.item(|j| {
                    j.str("groupId", id).bool("isEgress", name.ends_with("Egress")).str("ipProtocol", "tcp");
                    j.int("fromPort", 22).int("toPort", 22);
                    j.str(if v6 { "cidrIpv6" } else { "cidrIpv4" }, network);
                });
            });
        })
}

pub(super) fn group_id(scene: &mut Scene<'_>) -> String {
    let mut id = "sg-0".to_owned();
    scene.rng.hex(&mut id, 16);
    id
}

/// The group of the rule: which of its names the security group has depends on the call.
pub(super) fn of_group(scene: &Scene<'_>, id: &str, modified: &str) -> Group {
    scene.of_account(&[
        ("requestParameters.groupId", id),
        ("requestParameters.groupName", "-"),
        ("requestParameters.ModifySecurityGroupRulesRequest.GroupId", modified),
    ])
}
