//! Strings with placeholders: `${account}`, `${hex:16}`, `${actor.arn}`, a name of `let:`. Parsed once, so that a wrong one is
//! found before anything is played.

use crate::actor::Actor;
use crate::rng::Rng;
use crate::scenario::fault::Fault;

/// A string in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Account,
    Region,
    /// An IPv6 network's first half that nobody else has.
    Network,
    /// The how-manieth repetition, from 1 on.
    Turn,
    Service,
    Call,
    Name(usize),
    Acting(Side),
    Of(usize, Side),
    Hex(usize),
    Digits(usize),
    Base32(usize),
    Uuid,
}

/// A side of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Arn,
    Ip,
    Name,
    Principal,
}

/// What a string may name: the names and actors so far, and what its place knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) names: &'a [String],
    pub(super) actors: &'a [String],
    /// Whether `${actor.…}` is somebody.
    pub(super) acting: bool,
    /// In a step there are a call and a turn.
    pub(super) step: bool,
    /// A group matches what was written: nothing in it may be new.
    pub(super) group: bool,
}

/// What the placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sense<'a> {
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) network: &'a str,
    pub(super) names: &'a [String],
    pub(super) actors: &'a [Actor],
    pub(super) acting: Option<&'a Actor>,
    pub(super) turn: u32,
    pub(super) service: &'a str,
    pub(super) call: &'a str,
}

/// Names that mean something already.
pub(super) const RESERVED: [&str; 11] =
    ["account", "region", "network", "actor", "n", "service", "call", "hex", "digits", "base32", "uuid"];
const DIGITS_MAX: usize = 64;

impl Template {
    /// Reads the placeholders of a string.
    pub(super) fn parse(text: &str, scope: &Scope<'_>) -> Result<Self, Fault> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let (name, behind) = after.split_once('}').ok_or(Fault::Unclosed)?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(scope.piece(name)?);
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The string, with everything filled in.
    pub(super) fn fill(&self, sense: &Sense<'_>, rng: &mut Rng) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Account => out.push_str(sense.account),
                Piece::Region => out.push_str(sense.region),
                Piece::Network => out.push_str(sense.network),
                Piece::Turn => out.push_str(&sense.turn.to_string()),
                Piece::Service => out.push_str(sense.service),
                Piece::Call => out.push_str(sense.call),
                Piece::Name(at) => out.push_str(sense.names.get(*at).map_or("", String::as_str)),
                Piece::Acting(side) => out.push_str(sense.acting.map_or("", |actor| side.of(actor))),
                Piece::Of(at, side) => out.push_str(sense.actors.get(*at).map_or("", |actor| side.of(actor))),
                Piece::Hex(digits) => rng.hex(&mut out, *digits),
                Piece::Digits(digits) => rng.decimal(&mut out, *digits),
                Piece::Base32(digits) => rng.base32(&mut out, *digits),
                Piece::Uuid => rng.uuid(&mut out),
            }
        }
        out
    }
}

impl Side {
    fn of(self, actor: &Actor) -> &str {
        match self {
            Self::Arn => &actor.arn,
            Self::Ip => &actor.ip,
            Self::Name => &actor.name,
            Self::Principal => &actor.principal,
        }
    }
}

impl Scope<'_> {
    fn piece(&self, name: &str) -> Result<Piece, Fault> {
        if let Some(at) = self.names.iter().position(|known| known == name) {
            return Ok(Piece::Name(at));
        }
        let piece = match name {
            "account" => Some(Piece::Account),
            "region" => Some(Piece::Region),
            "network" => Some(Piece::Network),
            "n" if self.step => Some(Piece::Turn),
            "service" if self.step => Some(Piece::Service),
            "call" if self.step => Some(Piece::Call),
            _ => self.fresh(name)?.or_else(|| self.side(name)),
        };
        piece.ok_or_else(|| Fault::Placeholder { name: name.to_owned(), known: self.known() })
    }

    /// What is drawn anew wherever it stands.
    fn fresh(&self, name: &str) -> Result<Option<Piece>, Fault> {
        let make = match name.split(':').next() {
            Some("hex") => Piece::Hex,
            Some("digits") => Piece::Digits,
            Some("base32") => Piece::Base32,
            Some("uuid") if name == "uuid" => |_| Piece::Uuid,
            _ => return Ok(None),
        };
        let digits = if name == "uuid" { Some("32") } else { name.split(':').nth(1) };
        let digits = digits.and_then(|digits| digits.parse().ok());
        match digits.filter(|digits| (1..=DIGITS_MAX).contains(digits)) {
            None => Err(Fault::Length { name: name.to_owned() }),
            Some(_) if self.group => Err(Fault::FreshInGroup { name: name.to_owned() }),
            Some(digits) => Ok(Some(make(digits))),
        }
    }

    fn side(&self, name: &str) -> Option<Piece> {
        let (actor, side) = name.rsplit_once('.')?;
        let side = match side {
            "arn" => Side::Arn,
            "ip" => Side::Ip,
            "name" => Side::Name,
            "principal" => Side::Principal,
            _ => return None,
        };
        if actor == "actor" && self.acting {
            return Some(Piece::Acting(side));
        }
        self.actors.iter().position(|known| known == actor).map(|at| Piece::Of(at, side))
    }

    fn known(&self) -> String {
        let mut known = vec!["account", "region", "network"];
        if !self.group {
            known.extend(["hex:N", "digits:N", "base32:N", "uuid"]);
        }
        if self.step {
            known.extend(["n", "service", "call"]);
        }
        if self.acting || !self.actors.is_empty() {
            known.push("ACTOR.arn, .ip, .name, .principal");
        }
        known.extend(self.names.iter().map(String::as_str));
        known.join(", ")
    }
}
