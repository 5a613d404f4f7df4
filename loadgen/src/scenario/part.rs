//! A scenario as meant: everything checked, names resolved to places in lists.

use crate::scenario::template::Template;
use crate::scenario::text::RootText;
use crate::scenario::value::Value;

/// An attack, or its look-alike.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) names: Vec<Template>,
    pub(super) cast: Vec<Character>,
    pub(super) steps: Vec<Step>,
    pub(super) must: Vec<Must>,
    pub(super) must_not: Vec<Declared>,
    /// So many addresses of its own.
    pub(super) addresses: usize,
    /// From the first event to the last.
    pub(super) span_s: u32,
}

/// Who acts.
#[derive(Debug)]
pub(super) struct Character {
    pub(super) kind: Kind,
    pub(super) whence: Whence,
    pub(super) agent: &'static str,
    pub(super) network: Option<Template>,
}

/// What they are.
#[derive(Debug)]
pub(super) enum Kind {
    User(Template),
    Role { name: Template, session: Template },
    Person { name: Template, set: Template },
    Visitor(Template),
    Root(RootText),
    Service(Template),
    Like(usize),
}

/// Where their address comes from.
#[derive(Debug)]
pub(super) enum Whence {
    /// An address of their own.
    Own,
    /// That of an actor before.
    Shared(usize),
    Written(Template),
    /// Services and AWS itself have names for addresses.
    Inside,
}

/// Calls of one form: each of the actors in turn makes each of the calls in turn.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) after_s: u32,
    pub(super) actors: Vec<usize>,
    /// (service, name).
    pub(super) calls: Vec<(String, String)>,
    pub(super) times: u32,
    pub(super) every_s: u32,
    pub(super) request: Value,
    pub(super) response: Value,
    pub(super) additional: Option<Value>,
    /// (type, ARN).
    pub(super) resources: Vec<(String, Template)>,
    pub(super) failure: Option<Failure>,
    pub(super) service_event: bool,
}

/// How a call fails.
#[derive(Debug)]
pub(super) enum Failure {
    /// The code is empty where the sign-in page says that a sign-in failed.
    Said { code: String, message: Template },
    /// For lack of permission, in the service's own words.
    Refused,
}

/// An alert that must follow.
#[derive(Debug)]
pub(super) struct Must {
    pub(super) about: Declared,
    pub(super) count: u64,
    pub(super) needs: u64,
}

/// Rule and group of an alert. Without a group: that of rules that name none, of the actor.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) rule: String,
    pub(super) actor: Option<usize>,
    pub(super) group: Option<Vec<(String, Template)>>,
}
