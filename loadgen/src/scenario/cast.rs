//! The actors of a part as they appear in an account.

use std::sync::Arc;

use crate::actor::Actor;
use crate::rng::Rng;
use crate::scenario::part::{Character, Kind, Whence};
use crate::scenario::template::Sense;
use crate::scenario::text::RootText;

/// The service that acts in root's name.
const INVOKER: &str = "ssm.amazonaws.com";
/// How AWS calls itself.
const INTERNAL: &str = "AWS Internal";

/// All actors, and for each what stands for the address in groups.
pub(super) fn appear(
    cast: &[Character],
    account: &Arc<str>,
    addresses: &[String],
    sense: &Sense<'_>,
    rng: &mut Rng,
) -> (Vec<Actor>, Vec<String>) {
    let (mut actors, mut networks): (Vec<Actor>, Vec<String>) = (Vec::new(), Vec::new());
    let mut addresses = addresses.iter();
    for one in cast {
        let address = match &one.whence {
            Whence::Own => addresses.next().cloned().unwrap_or_default(),
            Whence::Shared(other) => actors[*other].ip.clone(),
            Whence::Written(address) => address.fill(sense, rng),
            Whence::Inside => String::new(),
        };
        let actor = identity(&one.kind, account, &actors, sense, rng);
        // Who calls from inside AWS has an address already.
        let actor =
            if actor.ip.is_empty() || !address.is_empty() { actor.at(&address, one.agent) } else { actor };
        networks
            .push(one.network.as_ref().map_or_else(|| actor.ip.clone(), |network| network.fill(sense, rng)));
        actors.push(actor);
    }
    (actors, networks)
}

fn identity(kind: &Kind, account: &Arc<str>, actors: &[Actor], sense: &Sense<'_>, rng: &mut Rng) -> Actor {
    match kind {
        Kind::User(name) => {
            let name = name.fill(sense, rng);
            Actor::user(rng, account, &name)
        }
        Kind::Role { name, session } => {
            let (name, session) = (name.fill(sense, rng), session.fill(sense, rng));
            Actor::role(rng, account, &name, &session)
        }
        Kind::Person { name, set } => {
            let (name, set) = (name.fill(sense, rng), set.fill(sense, rng));
            Actor::sso(rng, account, &set, &name)
        }
        Kind::Visitor(name) => {
            let name = name.fill(sense, rng);
            Actor::console_user(rng, account, &name)
        }
        Kind::Root(RootText::Visitor) => Actor::root(account, false, None),
        Kind::Root(RootText::Session) => Actor::root(account, true, None),
        Kind::Root(RootText::Central) => Actor::central_root(account),
        Kind::Root(RootText::Invoked) => Actor::root(account, false, Some(INVOKER)).at(INVOKER, INVOKER),
        Kind::Root(RootText::Internal) => Actor::root(account, false, None).at(INTERNAL, INTERNAL),
        Kind::Service(host) => Actor::service(&host.fill(sense, rng)),
        Kind::Like(other) => actors[*other].clone(),
    }
}
