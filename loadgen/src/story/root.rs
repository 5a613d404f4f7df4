//! Root signs in, without a second factor, and acts. The look-alike: services act in root's name, and a user is called root.

use crate::actor::Actor;
use crate::org::{AGENTS, BROWSER};
use crate::story::Story;
use crate::story::brute_force::succeeded;
use crate::story::scene::{Act, Scene};

pub(super) const STORY: Story = Story { name: "root", attack, look_alike };

fn attack(scene: &mut Scene<'_>) {
    let (account, address) = (scene.account(), scene.address());
    let visitor = Actor::root(&account, false, None).at(&address, BROWSER);
    scene.act(0, &visitor, &succeeded("No"));
    let root = Actor::root(&account, true, None).at(&address, BROWSER);
    scene.act(35, &root, &Act::new("iam", "GetAccountSummary"));
    scene.act(61, &root, &Act::new("s3", "ListBuckets"));
    // A key for root itself: no user is named, so it is no key for another.
    scene.act(
        90,
        &root,
        &Act::new("iam", "CreateAccessKey").response(|j| {
            j.object("accessKey", |j| {
                j.str("accessKeyId", "AKIAEXAMPLEEXAMPLE00").str("status", "Active");
            });
        }),
    );
    scene.must("root-console-sign-in", scene.of_caller(&visitor), 1);
    scene.must("console-sign-in-without-mfa", scene.of_caller(&visitor), 1);
    scene.must("root-usage", scene.of_caller(&root), 3);
    scene.must_not("access-key-for-other-user", scene.of_caller(&root));
}

fn look_alike(scene: &mut Scene<'_>) {
    let account = scene.account();
    // A service acts on root's behalf.
    let invoked =
        Actor::root(&account, false, Some("ssm.amazonaws.com")).at("ssm.amazonaws.com", "ssm.amazonaws.com");
    scene.act(0, &invoked, &Act::new("kms", "ListAliases"));
    // An event that nobody's call caused.
    let root = Actor::root(&account, false, None).at("AWS Internal", "AWS Internal");
    scene.act(20, &root, &Act::new("kms", "RotateKey").by_service());
    let user = scene.user("root");
    scene.act(45, &user, &Act::new("iam", "GetAccountSummary"));
    let visitor = scene.visitor_at("root", &user.ip);
    scene.act(70, &visitor, &succeeded("Yes"));
    // Central management of member accounts' root: a session that says so.
    let address = scene.address();
    let central = Actor::central_root(&account).at(&address, AGENTS[4]);
    scene.act(110, &central, &Act::new("iam", "GetAccountSummary"));
    for actor in [&invoked, &root, &user, &central] {
        scene.must_not("root-usage", scene.of_caller(actor));
    }
    scene.must_not("root-console-sign-in", scene.of_caller(&visitor));
}
