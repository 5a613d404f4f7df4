//! The same guessing spread over a dozen addresses, one try each. The look-alike: a Monday on which nine people mistype once.

use crate::story::Story;
use crate::story::brute_force::{ACCOUNT_RULE, failed};
use crate::story::scene::{Scene, group};

pub(super) const STORY: Story = Story { name: "spray", attack, look_alike };

/// Users that exist; one guess each.
const USERS: [&str; 12] = [
    "a.berg",
    "b.costa",
    "c.dubois",
    "d.evans",
    "e.fischer",
    "f.garcia",
    "g.hansen",
    "h.ivanova",
    "i.jensen",
    "j.kowalski",
    "k.larsen",
    "l.meyer",
];

fn attack(scene: &mut Scene<'_>) {
    guess(scene, &USERS);
    scene.must(ACCOUNT_RULE, scene.of_account(&[]), 12);
}

fn look_alike(scene: &mut Scene<'_>) {
    guess(scene, &USERS[..9]);
    scene.must_not(ACCOUNT_RULE, scene.of_account(&[]));
}

fn guess(scene: &mut Scene<'_>, users: &[&str]) {
    for (user, n) in users.iter().zip(0_u32..) {
        let visitor = scene.visitor(user);
        scene.act(n * 23, &visitor, &failed());
        scene.must_not("console-sign-in-failures-address", group(&[("sourceIPAddress", &visitor.ip)]));
    }
}
