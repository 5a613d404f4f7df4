//! The same over IPv6, where it is overlooked: once by a new rule, once by changing one; the caller has IPv6 addresses too. The
//! look-alike: egress to everywhere, which is how groups are born.

use crate::actor::Actor;
use crate::org::AGENTS;
use crate::story::Story;
use crate::story::group_opened::{CHANGED_RULE, OPENED_RULE, authorize, group_id, of_group};
use crate::story::scene::{Act, Scene};

pub(super) const STORY: Story = Story { name: "group-opened-ipv6", attack, look_alike };

/// A host changes its address within its network as it likes: the network stands for it.
const ADDRESSES: [&str; 2] = ["2001:db8:46:7::1f3a", "2001:db8:46:7:a1b2:c3d4:e5f6:1"];
const NETWORK: &str = "2001:db8:46:7::/64";

fn attack(scene: &mut Scene<'_>) {
    let account = scene.account();
    let user = Actor::user(&mut scene.rng, &account, "remote-ops");
    let (added, modified) = (group_id(scene), group_id(scene));
    let first = user.clone().at(ADDRESSES[0], AGENTS[4]);
    scene.act(0, &first, &authorize("AuthorizeSecurityGroupIngress", &added, "::/0"));
    let modify = Act::new("ec2", "ModifySecurityGroupRules")
        .request(|j| {
            j.object("ModifySecurityGroupRulesRequest", |j| {
                j.str("GroupId", &modified).object("SecurityGroupRule", |j| {
                    j.str("SecurityGroupRuleId", "sgr-0ab4202bcd11d93d2").int("tag", 1);
                    j.object("SecurityGroupRule", |j| {
                        j.str("CidrIpv6", "::/0")
                            .str("IpProtocol", "tcp")
                            .int("FromPort", 443)
                            .int("ToPort", 443);
                    });
                });
            });
        })
        .response(|j| {
            j.object("ModifySecurityGroupRulesResponse", |j| {
                j.bool("return", true);
            });
        });
    let second = user.at(ADDRESSES[1], AGENTS[4]);
    scene.act(52, &second, &modify);
    scene.must(OPENED_RULE, of_group(scene, &added, "-"), 1);
    scene.must(OPENED_RULE, of_group(scene, "-", &modified), 1);
    scene.must(CHANGED_RULE, scene.of_caller_at(&first, NETWORK), 2);
}

fn look_alike(scene: &mut Scene<'_>) {
    let role = scene.role("vpc-baseline");
    let id = group_id(scene);
    scene.act(0, &role, &authorize("AuthorizeSecurityGroupEgress", &id, "::/0"));
    scene.must(CHANGED_RULE, scene.of_caller(&role), 1);
    scene.must_not(OPENED_RULE, of_group(scene, &id, "-"));
}
