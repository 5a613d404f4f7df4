//! The stage on which a story plays: who is who, what they do, and what is declared of it.

use std::sync::Arc;

use crate::actor::Actor;
use crate::event::{self, Frame, Kind};
use crate::json::{self, Json};
use crate::options::STORY_S;
use crate::org::{AGENTS, BROWSER, Org};
use crate::rng::Rng;
use crate::story::Planted;
use crate::truth::{Expected, Forbidden, PERIOD_S, Truth};

/// The group of an alert.
pub(super) type Group = Vec<(String, String)>;

/// One attack or one look-alike.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    org: &'a Org,
    seed: u64,
    story: &'static str,
    /// Twice the story's number, plus one for the look-alike: where its addresses and its account come from.
    place: u32,
    begin_s: i64,
    pub(super) rng: Rng,
    addresses: u32,
    pub(super) planted: Vec<Planted>,
    pub(super) truth: Truth,
}

/// One call in a scene.
#[derive(Debug)]
pub(super) struct Act {
    service: &'static str,
    name: &'static str,
    kind: Kind,
    error: Option<(&'static str, String)>,
    request: String,
    response: String,
    additional: Option<String>,
    resources: Option<String>,
}

impl Act {
    pub(super) fn new(service: &'static str, name: &'static str) -> Self {
        let null = || "null".to_owned();
        let kind = match (service, name) {
            ("signin", _) => Kind::SignIn,
            ("s3", "PutObject") => Kind::Data,
            _ => Kind::Management,
        };
        Self {
            service,
            name,
            kind,
            error: None,
            request: null(),
            response: null(),
            additional: None,
            resources: None,
        }
    }

    pub(super) fn request(mut self, write: impl FnOnce(&mut Json)) -> Self {
        self.request = json::object(write);
        self
    }

    pub(super) fn response(mut self, write: impl FnOnce(&mut Json)) -> Self {
        self.response = json::object(write);
        self
    }

    /// `additionalEventData`.
    pub(super) fn additional(mut self, write: impl FnOnce(&mut Json)) -> Self {
        self.additional = Some(json::object(write));
        self
    }

    /// One entry of `resources`.
    pub(super) fn resource(mut self, account: &str, kind: &str, arn: &str) -> Self {
        let one = json::object(|j| {
            j.str("accountId", account).str("type", kind).str("ARN", arn);
        });
        self.resources = Some(format!("[{one}]"));
        self
    }

    pub(super) fn fails(mut self, code: &'static str, message: &str) -> Self {
        self.error = Some((code, message.to_owned()));
        self.response = "null".to_owned();
        self
    }

    /// An error message without a code: how the console says that a sign-in failed.
    pub(super) fn message(mut self, message: &str) -> Self {
        self.error = Some(("", message.to_owned()));
        self
    }

    /// An event that a service wrote by itself.
    pub(super) fn by_service(mut self) -> Self {
        self.kind = Kind::Service;
        self
    }
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        org: &'a Org,
        seed: u64,
        story: &'static str,
        place: u32,
        begin_s: i64,
        rng: Rng,
    ) -> Self {
        let (planted, truth) = (Vec::new(), Truth::default());
        Self { org, seed, story, place, begin_s, rng, addresses: 0, planted, truth }
    }

    /// The account in which this plays.
    pub(super) fn account(&self) -> Arc<str> {
        let at = self.place as usize % self.org.accounts.len();
        Arc::clone(&self.org.accounts[at].id)
    }

    /// The region in which this plays; global services play at home.
    pub(super) fn region(&self) -> &'static str {
        self.org.regions[self.place as usize % self.org.regions.len()]
    }

    /// An address that nobody else has: attacks and look-alikes use a block of documentation addresses each.
    pub(super) fn address(&mut self) -> String {
        let block = if self.place.is_multiple_of(2) { "203.0.113" } else { "192.0.2" };
        let address = format!("{block}.{}", 1 + self.place / 2 * ADDRESSES_MAX + self.addresses);
        self.addresses += 1;
        debug_assert!(self.addresses <= ADDRESSES_MAX, "{} has no more addresses", self.story);
        address
    }

    pub(super) fn user(&mut self, name: &str) -> Actor {
        let (account, address) = (self.account(), self.address());
        Actor::user(&mut self.rng, &account, name).at(&address, AGENTS[4])
    }

    pub(super) fn role(&mut self, name: &str) -> Actor {
        let (account, address) = (self.account(), self.address());
        Actor::role(&mut self.rng, &account, name, "session-1").at(&address, AGENTS[1])
    }

    /// A person at the sign-in page.
    pub(super) fn visitor(&mut self, name: &str) -> Actor {
        let address = self.address();
        self.visitor_at(name, &address)
    }

    /// The same from an address that others have too.
    pub(super) fn visitor_at(&mut self, name: &str, address: &str) -> Actor {
        let account = self.account();
        Actor::console_user(&mut self.rng, &account, name).at(address, BROWSER)
    }

    /// Something happens so many seconds into the scene.
    pub(super) fn act(&mut self, after_s: u32, actor: &Actor, act: &Act) {
        debug_assert!(after_s < STORY_S, "{} runs over its time", self.story);
        let account = self.account();
        let region = match act.service {
            "iam" | "organizations" | "signin" => self.org.regions[0],
            _ => self.region(),
        };
        let time_s = self.begin_s + i64::from(after_s);
        let frame = Frame {
            time_s,
            service: act.service,
            name: act.name,
            region,
            recipient: &account,
            error: act.error.clone(),
            kind: act.kind,
            shared_id: None,
            twin: false,
            endpoint: None,
            seed: self.seed,
        };
        let mut j = Json::with_capacity(2048);
        event::begin(&mut j, &frame, actor);
        j.raw("requestParameters", &act.request).raw("responseElements", &act.response);
        if let Some(additional) = &act.additional {
            j.raw("additionalEventData", additional);
        }
        event::ids(&mut j, &frame, &mut self.rng);
        if let Some(resources) = &act.resources {
            j.raw("resources", resources);
        }
        event::end(&mut j, &frame, actor);
        let stream = u64::from(self.place);
        self.planted.push(Planted { time_s, stream, account, region, text: j.out });
    }

    /// This alert must follow, with so many distinct events.
    pub(super) fn must(&mut self, rule: &str, group: Group, count: u64) {
        let period_s = i64::from(PERIOD_S);
        self.truth.must.push(Expected {
            story: self.story,
            look_alike: !self.place.is_multiple_of(2),
            rule_id: rule.to_owned(),
            group,
            // All of a scene lies in one hour of the clock.
            period_start_s: self.begin_s.div_euclid(period_s) * period_s,
            period_s: PERIOD_S,
            count,
        });
    }

    /// This alert must not follow.
    pub(super) fn must_not(&mut self, rule: &str, group: Group) {
        self.truth.must_not.push(Forbidden { story: self.story, rule_id: rule.to_owned(), group });
    }

    /// The group of rules that name none: account, principal and address.
    pub(super) fn of_caller(&self, actor: &Actor) -> Group {
        self.of_caller_at(actor, &actor.ip)
    }

    /// The same for an address that stands for more than itself.
    pub(super) fn of_caller_at(&self, actor: &Actor, network: &str) -> Group {
        group(&[("account", &self.account()), ("principal", &actor.principal), ("source_ip", network)])
    }

    /// A group of a rule that names its fields: the account first.
    pub(super) fn of_account(&self, fields: &[(&str, &str)]) -> Group {
        let mut whole = group(&[("recipientAccountId", &self.account())]);
        whole.extend(group(fields));
        whole
    }
}

/// Addresses of one scene.
const ADDRESSES_MAX: u32 = 14;

/// A group of named values.
pub(super) fn group(fields: &[(&str, &str)]) -> Group {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
