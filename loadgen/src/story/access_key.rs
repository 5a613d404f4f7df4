//! An access key is made for somebody else. The look-alike: people who rotate their own, named and unnamed.

use crate::story::Story;
use crate::story::scene::{Act, Scene};

pub(super) const STORY: Story = Story { name: "access-key", attack, look_alike };

const RULE: &str = "access-key-for-other-user";

fn attack(scene: &mut Scene<'_>) {
    let user = scene.user("helpdesk");
    let list = Act::new("iam", "ListUsers");
    scene.act(0, &user, &list);
    scene.act(22, &user, &key(Some("billing-admin"), "billing-admin"));
    scene.must(RULE, scene.of_caller(&user), 1);
}

fn look_alike(scene: &mut Scene<'_>) {
    let (named, unnamed) = (scene.user("x.yilmaz"), scene.user("z.arslan"));
    scene.act(0, &named, &key(Some("x.yilmaz"), "x.yilmaz"));
    scene.act(30, &unnamed, &key(None, "z.arslan"));
    let refused = key(Some("billing-admin"), "billing-admin")
        .fails("LimitExceededException", "Cannot exceed quota for AccessKeysPerUser: 2");
    scene.act(60, &named, &refused);
    for actor in [&named, &unnamed] {
        scene.must_not(RULE, scene.of_caller(actor));
    }
}

fn key(asked: Option<&str>, owner: &str) -> Act {
    let act = Act::new("iam", "CreateAccessKey").response(|j| {
        j.object("accessKey", |j| {
            j.str("userName", owner).str("accessKeyId", "AKIAEXAMPLEEXAMPLE01").str("status", "Active");
        });
    });
    match asked {
        Some(name) => act.request(|j| {
            j.str("userName", name);
        }),
        None => act,
    }
}
