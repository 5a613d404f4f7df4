//! The stage on which a scenario plays: who is who, what they do, and what is declared of it.

use std::sync::Arc;

use crate::event::{self, Frame, Kind as EventKind};
use crate::json::{self, Json};
use crate::rng::Rng;
use crate::scenario::cast;
use crate::scenario::part::{Declared, Failure, Part, Step};
use crate::scenario::template::{Sense, Template};
use crate::scenario::value::Value;
use crate::scenario::{Played, ScenarioEvent};
use crate::truth::{Expected, Forbidden, PERIOD_S};

/// Where, when and as whose a part is played.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) scenario: &'static str,
    pub(super) look_alike: bool,
    pub(super) instance: u64,
    pub(super) account: Arc<str>,
    pub(super) region: &'static str,
    /// Where global services write.
    pub(super) home: &'static str,
    /// Addresses that nobody else has: as many as the part needs.
    pub(super) addresses: Vec<String>,
    /// The first half of an IPv6 address that nobody else has.
    pub(super) network: String,
    pub(super) begin_s: i64,
    /// Where identities take their session keys from.
    pub(super) seed: u64,
    pub(super) rng: Rng,
    /// Tells log streams apart.
    pub(super) stream: u64,
}

/// Events of objects, not of buckets.
const DATA: [&str; 6] =
    ["GetObject", "PutObject", "HeadObject", "ListObjects", "DeleteObject", "DeleteObjects"];

/// Services that write to one region wherever they are called from.
const GLOBAL: [&str; 5] = ["iam", "organizations", "signin", "cloudfront", "route53"];

impl Stage {
    /// Plays a part: its events in their order, and what it declares.
    pub(super) fn play(mut self, part: &Part) -> Played {
        let mut rng = self.rng.clone();
        let (account, network) = (Arc::clone(&self.account), self.network.clone());
        let mut sense = Sense {
            account: &account,
            region: self.region,
            network: &network,
            names: &[],
            actors: &[],
            acting: None,
            turn: 1,
            service: "",
            call: "",
        };
        let mut names = Vec::new();
        for name in &part.names {
            let value = name.fill(&Sense { names: &names, ..sense }, &mut rng);
            names.push(value);
        }
        sense.names = &names;
        let (actors, networks) = cast::appear(&part.cast, &account, &self.addresses, &sense, &mut rng);
        sense.actors = &actors;
        self.rng = rng;
        let mut played = Played::default();
        let mut time_s = self.begin_s;
        for (step, n) in part.steps.iter().zip(0_u32..) {
            time_s += if n == 0 { 0 } else { i64::from(step.after_s) };
            for turn in 0..step.times {
                time_s += if turn == 0 { 0 } else { i64::from(step.every_s) };
                played.events.push(self.act(step, turn, time_s, &sense));
            }
        }
        self.declare(part, &sense, &networks, &mut played);
        played
    }

    fn act(&mut self, step: &Step, turn: u32, time_s: i64, sense: &Sense<'_>) -> ScenarioEvent {
        let actor = &sense.actors[step.actors[turn as usize % step.actors.len()]];
        let (service, call) = &step.calls[turn as usize % step.calls.len()];
        let sense = Sense { acting: Some(actor), turn: turn + 1, service, call, ..*sense };
        let region = if GLOBAL.contains(&service.as_str()) { self.home } else { self.region };
        let failure = step.failure.as_ref().map(|failure| self.failure(failure, &sense));
        let frame = Frame {
            time_s,
            service,
            name: call,
            region,
            recipient: &self.account,
            error: failure.as_ref().map(|(code, message)| (code.as_str(), message.clone())),
            kind: kind(step, service, call),
            shared_id: None,
            twin: false,
            endpoint: None,
            seed: self.seed,
        };
        let mut j = Json::with_capacity(2048);
        event::begin(&mut j, &frame, actor);
        let bucket = step.request.text("bucketName", &sense, &mut self.rng).filter(|_| service == "s3");
        written(&mut j, "requestParameters", &step.request, json::escape, &sense, &mut self.rng);
        written(&mut j, "responseElements", &step.response, json::escape, &sense, &mut self.rng);
        match (&step.additional, &bucket) {
            // The sign-in page is of those that escape for HTML too.
            (Some(value), _) if service == "signin" => {
                written(&mut j, "additionalEventData", value, json::escape_html, &sense, &mut self.rng);
            }
            (Some(value), _) => {
                written(&mut j, "additionalEventData", value, json::escape, &sense, &mut self.rng);
            }
            (None, Some(_)) => transferred(&mut j),
            (None, None) => {}
        }
        event::ids(&mut j, &frame, &mut self.rng);
        let mut resources: Vec<(&str, String)> = step
            .resources
            .iter()
            .map(|(kind, arn)| (kind.as_str(), arn.fill(&sense, &mut self.rng)))
            .collect();
        if let Some(bucket) = bucket.filter(|_| resources.is_empty()) {
            resources.push(("AWS::S3::Bucket", format!("arn:aws:s3:::{bucket}")));
        }
        if !resources.is_empty() {
            j.list("resources", |j| {
                for (kind, arn) in &resources {
                    j.item(|j| {
                        j.str("accountId", &self.account).str("type", kind).str("ARN", arn);
                    });
                }
            });
        }
        event::end(&mut j, &frame, actor);
        let (account, stream) = (Arc::clone(&self.account), self.stream);
        ScenarioEvent { message: j.out, event_time_s: time_s, account, region, stream }
    }

    fn failure(&mut self, failure: &Failure, sense: &Sense<'_>) -> (String, String) {
        match failure {
            Failure::Said { code, message } => (code.clone(), message.fill(sense, &mut self.rng)),
            Failure::Refused => {
                let (service, call) = (sense.service, sense.call);
                let code = if service == "ec2" { "Client.UnauthorizedOperation" } else { "AccessDenied" };
                let arn = sense.acting.map_or("", |actor| &actor.arn);
                let message = format!(
                    "User: {arn} is not authorized to perform: {service}:{call} because no identity-based policy allows the {service}:{call} action"
                );
                (code.to_owned(), message)
            }
        }
    }

    fn declare(&mut self, part: &Part, sense: &Sense<'_>, networks: &[String], played: &mut Played) {
        let period_s = i64::from(PERIOD_S);
        for must in &part.must {
            played.truth.must.push(Expected {
                scenario: self.scenario,
                instance: self.instance,
                look_alike: self.look_alike,
                rule_id: must.about.rule.clone(),
                group: self.group(&must.about, sense, networks),
                // All of a part lies in one hour of the clock.
                period_start_s: self.begin_s.div_euclid(period_s) * period_s,
                period_s: PERIOD_S,
                count: must.count,
                needs: must.needs,
                sent_ms: None,
            });
        }
        for about in &part.must_not {
            played.truth.must_not.push(Forbidden {
                scenario: self.scenario,
                instance: self.instance,
                rule_id: about.rule.clone(),
                group: self.group(about, sense, networks),
            });
        }
    }

    /// The group as an alert shows it. Rules that name none have account, principal and address.
    fn group(&mut self, about: &Declared, sense: &Sense<'_>, networks: &[String]) -> Vec<(String, String)> {
        let acting = about.actor.and_then(|at| sense.actors.get(at));
        let sense = Sense { acting, ..*sense };
        let mut fill = |text: &Template| text.fill(&sense, &mut self.rng);
        match (&about.group, about.actor, acting) {
            (Some(fields), ..) => fields.iter().map(|(name, value)| (name.clone(), fill(value))).collect(),
            (None, Some(at), Some(actor)) => vec![
                ("account".to_owned(), sense.account.to_owned()),
                ("principal".to_owned(), actor.principal.clone()),
                ("source_ip".to_owned(), networks.get(at).cloned().unwrap_or_default()),
            ],
            _ => Vec::new(),
        }
    }
}

fn kind(step: &Step, service: &str, call: &str) -> EventKind {
    match service {
        _ if step.service_event => EventKind::Service,
        "signin" => EventKind::SignIn,
        "s3" if DATA.contains(&call) => EventKind::Data,
        _ => EventKind::Management,
    }
}

fn written(
    j: &mut Json,
    key: &str,
    value: &Value,
    escape: fn(&mut String, &str),
    sense: &Sense<'_>,
    rng: &mut Rng,
) {
    value.write(&mut j.key(key).out, escape, sense, rng);
}

/// What S3 adds to every event of a bucket.
fn transferred(j: &mut Json) {
    j.object("additionalEventData", |j| {
        j.str("SignatureVersion", "SigV4")
            .str("CipherSuite", "TLS_AES_128_GCM_SHA256")
            .float("bytesTransferredIn", 243);
        j.str("AuthenticationMethod", "AuthHeader").float("bytesTransferredOut", 0);
    });
}
