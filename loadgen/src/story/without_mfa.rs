//! A user signs in without a second factor. The look-alikes: with one; and through identity providers, which ask for it elsewhere.

use crate::actor::Actor;
use crate::org::BROWSER;
use crate::story::Story;
use crate::story::brute_force::succeeded;
use crate::story::scene::{Act, Scene};

pub(super) const STORY: Story = Story { name: "without-mfa", attack, look_alike };

const RULE: &str = "console-sign-in-without-mfa";

fn attack(scene: &mut Scene<'_>) {
    let visitor = scene.visitor("p.quist");
    scene.act(0, &visitor, &succeeded("No"));
    scene.must(RULE, scene.of_caller(&visitor), 1);
    scene.must_not("root-console-sign-in", scene.of_caller(&visitor));
}

fn look_alike(scene: &mut Scene<'_>) {
    let careful = scene.visitor("r.silva");
    scene.act(0, &careful, &succeeded("Yes"));
    let (account, address) = (scene.account(), scene.address());
    let center = Actor::sso(&mut scene.rng, &account, "Support", "t.ueda@example.com").at(&address, BROWSER);
    scene.act(40, &center, &succeeded("No"));
    let address = scene.address();
    let saml = Actor::role(&mut scene.rng, &account, "corporate-login", "v.weber").at(&address, BROWSER);
    let provider = format!("arn:aws:iam::{account}:saml-provider/corporate");
    let federated = Act::new("signin", "ConsoleLogin")
        .response(|j| {
            j.str("ConsoleLogin", "Success");
        })
        .additional(|j| {
            j.html("LoginTo", "https://console.aws.amazon.com/console/home").str("MobileVersion", "No");
            j.str("MFAUsed", "No").str("SamlProviderArn", &provider);
        });
    scene.act(80, &saml, &federated);
    for actor in [&careful, &center, &saml] {
        scene.must_not(RULE, scene.of_caller(actor));
    }
}
