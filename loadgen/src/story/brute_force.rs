//! One address tries passwords of a few users at the console. The look-alike: someone who mistypes four times, then remembers.

use crate::story::Story;
use crate::story::scene::{Act, Scene, group};

pub(super) const STORY: Story = Story { name: "brute-force", attack, look_alike };

const ADDRESS_RULE: &str = "console-sign-in-failures-address";
pub(super) const ACCOUNT_RULE: &str = "console-sign-in-failures-account";

/// A sign-in that the console refuses.
pub(super) fn failed() -> Act {
    let mut act = Act::new("signin", "ConsoleLogin").response(|j| {
        j.str("ConsoleLogin", "Failure");
    });
    act = login(act, "No");
    act.message("Failed authentication")
}

/// A sign-in that succeeds.
pub(super) fn succeeded(mfa: &str) -> Act {
    login(
        Act::new("signin", "ConsoleLogin").response(|j| {
            j.str("ConsoleLogin", "Success");
        }),
        mfa,
    )
}

fn login(act: Act, mfa: &str) -> Act {
    act.additional(|j| {
        j.html("LoginTo", "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true");
        j.str("MobileVersion", "No").str("MFAUsed", mfa);
    })
}

/// Twelve failures in two minutes: five are enough for an address, ten for an account.
fn attack(scene: &mut Scene<'_>) {
    const TRIES: u32 = 12;
    let address = scene.address();
    for n in 0..TRIES {
        let name = ["m.keller", "deploy", "admin"][(n % 3) as usize];
        let visitor = scene.visitor_at(name, &address);
        scene.act(n * 11, &visitor, &failed());
    }
    scene.must(ADDRESS_RULE, group(&[("sourceIPAddress", &address)]), u64::from(TRIES));
    scene.must(ACCOUNT_RULE, scene.of_account(&[]), u64::from(TRIES));
}

fn look_alike(scene: &mut Scene<'_>) {
    let visitor = scene.visitor("s.haddad");
    for n in 0..4 {
        scene.act(n * 25, &visitor, &failed());
    }
    scene.act(140, &visitor, &succeeded("Yes"));
    scene.must_not(ADDRESS_RULE, group(&[("sourceIPAddress", &visitor.ip)]));
    scene.must_not(ACCOUNT_RULE, scene.of_account(&[]));
    scene.must_not("console-sign-in-without-mfa", scene.of_caller(&visitor));
}
