//! Who acts, as meant.

use serde_saphyr::Spanned;

use crate::org::{AGENTS, BROWSER};
use crate::scenario::fault::Fault;
use crate::scenario::part::{Character, Kind, Whence};
use crate::scenario::read::{ADDRESSES_MAX, Refusal, actor, line, named, scope};
use crate::scenario::template::Template;
use crate::scenario::text::{ActorText, AgentText, RootText};

/// The names of all actors, and what they are.
pub(super) fn read(
    written: &[(Spanned<String>, Spanned<ActorText>)],
    names: &[String],
) -> Result<(Vec<String>, Vec<Character>), Refusal> {
    let (mut actors, mut cast) = (Vec::new(), Vec::new());
    for (name, text) in written {
        named(name)?;
        let reader = Reader { name: &name.value, line: line(name), text: &text.value, names };
        cast.push(reader.character(&actors)?);
        actors.push(name.value.clone());
        if addresses(&cast) > ADDRESSES_MAX {
            return Err((line(name), Fault::Addresses));
        }
    }
    Ok((actors, cast))
}

/// How many addresses they have between them.
pub(super) fn addresses(cast: &[Character]) -> usize {
    cast.iter().filter(|one| matches!(one.whence, Whence::Own)).count()
}

struct Reader<'a> {
    name: &'a str,
    line: u64,
    text: &'a ActorText,
    names: &'a [String],
}

impl Reader<'_> {
    fn character(&self, actors: &[String]) -> Result<Character, Refusal> {
        let kind = self.kind(actors)?;
        self.fits(&kind)?;
        let whence = match (&kind, &self.text.shares, &self.text.address) {
            (Kind::Service(_) | Kind::Root(RootText::Invoked | RootText::Internal), ..) => Whence::Inside,
            (_, Some(other), _) => Whence::Shared(self.before(other, actors)?),
            (_, None, Some(address)) => Whence::Written(self.template(address)?),
            (_, None, None) => Whence::Own,
        };
        let network = self.text.network.as_ref().map(|network| self.template(network)).transpose()?;
        let agent = self.text.agent.map_or_else(|| usual(&kind), agent);
        Ok(Character { kind, whence, agent, network })
    }

    fn kind(&self, actors: &[String]) -> Result<Kind, Refusal> {
        let ActorText { user, role, person, visitor, root, service, like, session, set, .. } = self.text;
        let mut kinds = Vec::new();
        if let Some(name) = user {
            kinds.push(Kind::User(self.template(name)?));
        }
        if let Some(name) = role {
            let session = self.template(session.as_deref().unwrap_or("session-1"))?;
            kinds.push(Kind::Role { name: self.template(name)?, session });
        }
        if let Some(name) = person {
            let set = self.template(set.as_deref().unwrap_or("Support"))?;
            kinds.push(Kind::Person { name: self.template(name)?, set });
        }
        if let Some(name) = visitor {
            kinds.push(Kind::Visitor(self.template(name)?));
        }
        kinds.extend(root.map(Kind::Root));
        if let Some(host) = service {
            kinds.push(Kind::Service(self.template(host)?));
        }
        if let Some(other) = like {
            kinds.push(Kind::Like(self.before(other, actors)?));
        }
        match (kinds.pop(), kinds.len()) {
            (Some(kind), 0) => Ok(kind),
            (one, more) => {
                let found = one.map_or("nobody".to_owned(), |_| format!("{} at once", more + 1));
                Err((self.line, Fault::Kind { actor: self.name.to_owned(), found }))
            }
        }
    }

    /// Members that say nothing of such an actor.
    fn fits(&self, kind: &Kind) -> Result<(), Refusal> {
        let ActorText { session, set, shares, address, .. } = self.text;
        let inside = matches!(kind, Kind::Service(_) | Kind::Root(RootText::Invoked | RootText::Internal));
        let misfit = if session.is_some() && !matches!(kind, Kind::Role { .. }) {
            Some(("session", "roles"))
        } else if set.is_some() && !matches!(kind, Kind::Person { .. }) {
            Some(("set", "persons"))
        } else if shares.is_some() && (inside || address.is_some()) {
            Some(("shares", "actors from outside without an `address:` of their own"))
        } else if address.is_some() && inside {
            Some(("address", "actors from outside"))
        } else {
            None
        };
        misfit.map_or(Ok(()), |(member, of)| {
            Err((self.line, Fault::Misfit { actor: self.name.to_owned(), member, of }))
        })
    }

    fn before(&self, other: &str, actors: &[String]) -> Result<usize, Refusal> {
        actor(other, self.line, actors, " before this one")
    }

    fn template(&self, text: &str) -> Result<Template, Refusal> {
        Template::parse(text, &scope(self.names, &[])).map_err(|fault| (self.line, fault))
    }
}

/// What such actors usually call with.
fn usual(kind: &Kind) -> &'static str {
    match kind {
        Kind::User(_) | Kind::Root(RootText::Central) | Kind::Like(_) => agent(AgentText::Cli),
        Kind::Role { .. } => agent(AgentText::Boto),
        Kind::Person { .. } | Kind::Visitor(_) | Kind::Root(_) | Kind::Service(_) => {
            agent(AgentText::Browser)
        }
    }
}

fn agent(text: AgentText) -> &'static str {
    match text {
        AgentText::Browser => BROWSER,
        AgentText::Cli => AGENTS[4],
        AgentText::Boto => AGENTS[1],
        AgentText::Terraform => AGENTS[2],
        AgentText::Go => AGENTS[0],
    }
}
