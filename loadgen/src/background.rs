//! Event number n of the background: when, where, who and what, as pure functions of the seed and n. So nothing needs to be
//! kept between an event's turn and its writing, and memory does not grow with the corpus.

use std::sync::Arc;

use crate::actor::Actor;
use crate::call::{self, Call, Ctx, Mix};
use crate::event::{Frame, Kind};
use crate::json::Json;
use crate::options::Options;
use crate::org::{Account, Org};
use crate::rng::{self, Rng};

/// Every so many events may be a burst: one caller's, in a few seconds.
const BLOCK: u64 = 128;
/// One block in so many is a burst: software that lists, refreshes or copies, the same few calls again and again.
const BURST_ONE_IN: u64 = 3;
/// So many different calls a burst.
const BURST_CALLS: u32 = 6;
/// For so many events the same few of an account's callers are at work.
const SHIFT: u64 = 8_192;
/// So many callers at a time.
const SHIFT_CALLERS: u32 = 4;
/// A burst is so much denser than the rest.
const BURST_DENSITY: u64 = 16;
/// Calls that fail, of a million.
const FAILED_PPM: u32 = 15_000;
/// Events that are the owner's copy of the caller's event before them, of a million.
const TWIN_PPM: u32 = 2_500;
/// The span is cut into so many stretches, some busier than others.
const STRETCHES: u64 = 64;

/// The background of a corpus.
#[derive(Debug)]
pub(crate) struct Background {
    seed: u64,
    start_s: i64,
    span_s: u64,
    pub(crate) events: u64,
    mix: Mix,
    /// How many events precede each stretch, in shares of the last entry.
    loads: Vec<u64>,
}

/// Where an event happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) account: usize,
    pub(crate) region: usize,
    pub(crate) time_s: i64,
}

/// Everything of an event that is decided before it is written.
struct Draft<'a> {
    place: Place,
    call: &'static Call,
    actor: &'a Actor,
    rng: Rng,
}

impl Background {
    pub(crate) fn new(options: &Options) -> Self {
        let mut rng = Rng::keyed(options.seed, 0x10AD, 0);
        let mut loads = vec![0];
        let mut sum = 0;
        for _ in 0..STRETCHES {
            // One stretch in ten is three times as busy.
            sum += (4 + u64::from(rng.below(5))) * if rng.below(10) == 0 { 3 } else { 1 };
            loads.push(sum);
        }
        Self {
            seed: options.seed,
            start_s: options.start_s,
            span_s: u64::from(options.span_s),
            events: options.events,
            mix: Mix::new(),
            loads,
        }
    }

    /// When event n happens. Never before event n - 1.
    pub(crate) fn time_s(&self, n: u64) -> i64 {
        let n = if self.is_burst(n) { n / BLOCK * BLOCK + n % BLOCK / BURST_DENSITY } else { n };
        let total = u128::from(self.loads.last().copied().unwrap_or(1));
        let events = u128::from(self.events.max(1));
        // The position in the span is where the load so far is n's share of the whole, all in integers.
        let load = u128::from(n) * total * 1_000 / events;
        let stretch =
            self.loads.partition_point(|before| u128::from(*before) * 1_000 <= load).saturating_sub(1);
        let before = u128::from(self.loads[stretch]) * 1_000;
        let width = u128::from(self.loads.get(stretch + 1).copied().unwrap_or(0)) * 1_000;
        let inside = (load - before) * 1_000_000 / width.saturating_sub(before).max(1);
        let micro = stretch as u128 * 1_000_000 + inside;
        let offset = u128::from(self.span_s) * micro / (u128::from(STRETCHES) * 1_000_000);
        self.start_s + i64::try_from(offset).unwrap_or(0)
    }

    /// Where event n happens: what is needed to know when it is written.
    pub(crate) fn place(&self, org: &Org, n: u64) -> Place {
        let time_s = self.time_s(n);
        let Some(origin) = self.origin(n) else { return self.draft(org, n, time_s).place };
        let place = self.draft(org, origin, time_s).place;
        Place { account: (place.account + 1) % org.accounts.len(), ..place }
    }

    /// Writes event n.
    pub(crate) fn write(&self, org: &Org, n: u64, j: &mut Json) {
        match self.origin(n) {
            Some(origin) => self.write_twin(org, origin, n, j),
            None => self.write_own(org, n, j),
        }
    }

    fn write_own(&self, org: &Org, n: u64, j: &mut Json) {
        let Draft { place, call, actor, mut rng } = self.draft(org, n, self.time_s(n));
        let account = &org.accounts[place.account];
        let twin = self.has_twin(n);
        let failed =
            rng.chance(FAILED_PPM) && !twin && call.kind() != Kind::SignIn && call.kind() != Kind::Service;
        let error = failed.then(|| call.error(actor, &mut rng));
        let (mut shared_id, mut endpoint) = (String::new(), String::new());
        if actor.service || twin {
            Rng::keyed(self.seed, 0x5A4E, n).uuid(&mut shared_id);
        }
        if call.service == "s3" && actor.outside && rng.below(3) == 0 {
            endpoint.push_str("vpce-0");
            crate::org::owned(&mut endpoint, account, 0xE4D, 0, 16);
        }
        let frame = Frame {
            time_s: place.time_s,
            service: call.service,
            name: call.name,
            region: org.regions[place.region],
            recipient: &account.id,
            error,
            kind: call.kind(),
            shared_id: Some(shared_id.as_str()).filter(|id| !id.is_empty()),
            twin: false,
            endpoint: Some(endpoint.as_str()).filter(|id| !id.is_empty()),
            seed: self.seed,
        };
        let owner = if twin { &org.other(place.account).id } else { &account.id };
        call::write(j, call, &mut Ctx { frame, actor, account, owner, rng });
    }

    /// The owner's copy of a call from another account: the same call with another event id, the caller reduced to an account.
    fn write_twin(&self, org: &Org, origin: u64, n: u64, j: &mut Json) {
        let Draft { place, call, mut rng, .. } = self.draft(org, origin, self.time_s(n));
        // The same draws as for the origin, so that both tell of one call.
        let _ = rng.chance(FAILED_PPM);
        let (account, owner) = (&org.accounts[place.account], org.other(place.account));
        let mut own = Rng::keyed(self.seed, 0x7312, n);
        let actor = Actor::foreign(&mut own, &account.id).at("198.51.100.77", crate::org::AGENTS[0]);
        let mut shared_id = String::new();
        Rng::keyed(self.seed, 0x5A4E, origin).uuid(&mut shared_id);
        let frame = Frame {
            time_s: place.time_s,
            service: call.service,
            name: call.name,
            region: org.regions[place.region],
            recipient: &owner.id,
            error: None,
            kind: call.kind(),
            shared_id: Some(&shared_id),
            twin: true,
            endpoint: None,
            seed: self.seed,
        };
        call::write(j, call, &mut Ctx { frame, actor: &actor, account: owner, owner: &owner.id, rng });
    }

    fn draft<'a>(&self, org: &'a Org, n: u64, time_s: i64) -> Draft<'a> {
        let burst = self.is_burst(n);
        let mut who = Rng::keyed(self.seed, 0x3A0, if burst { n / BLOCK } else { n | 1 << 63 });
        let mut rng = Rng::keyed(self.seed, 0xE7E, n);
        let accounts = u32::try_from(org.accounts.len()).unwrap_or(u32::MAX);
        let regions = u32::try_from(org.regions.len()).unwrap_or(u32::MAX);
        // The lower of two draws: the first accounts and regions are busier.
        let account = who.below(accounts).min(who.below(accounts)) as usize;
        let region = who.below(regions).min(who.below(regions)) as usize;
        let (call, actor) = if self.has_twin(n) {
            (&call::CALLS[0], &org.accounts[account].callers[who.below(4) as usize])
        } else {
            let call = if burst {
                let which = u64::from(rng.below(BURST_CALLS));
                self.mix.draw(&mut Rng::keyed(self.seed, 0xCA11 + which, n / BLOCK))
            } else {
                self.mix.draw(&mut rng)
            };
            (call, actor(&org.accounts[account], call, &mut who, &mut rng, n / SHIFT))
        };
        let region = if call.is_global() { 0 } else { region };
        Draft { place: Place { account, region, time_s }, call, actor, rng }
    }

    fn is_burst(&self, n: u64) -> bool {
        rng::hash(self.seed ^ 0xB0B5, n / BLOCK).is_multiple_of(BURST_ONE_IN)
    }

    /// The event whose copy n is.
    fn origin(&self, n: u64) -> Option<u64> {
        let before = n.checked_sub(1)?;
        (self.is_twin(n) && !self.is_twin(before)).then_some(before)
    }

    fn has_twin(&self, n: u64) -> bool {
        n + 1 < self.events && self.is_twin(n + 1) && !self.is_twin(n)
    }

    fn is_twin(&self, n: u64) -> bool {
        rng::scale(rng::hash(self.seed ^ 0x7717, n), 1_000_000) < TWIN_PPM
    }
}

/// Who makes a call: a service for what services do, the right kind of identity for what only it does, else software
/// or a person of the account.
fn actor<'a>(account: &'a Account, call: &Call, who: &mut Rng, rng: &mut Rng, shift: u64) -> &'a Actor {
    let (percent, service) = call.by_service;
    if rng.below(100) < percent {
        return &account.services[service];
    }
    let at = match call.name {
        "ConsoleLogin" => 4,
        "AssumeRoleWithWebIdentity" => 8,
        "ListApplications" => 9,
        "Decrypt" if rng.below(400) == 0 => 11,
        "DescribeInstances" if rng.below(8) == 0 => 10,
        _ => {
            let one = u64::from(who.below(SHIFT_CALLERS).min(who.below(SHIFT_CALLERS)));
            let mut turn = Rng::keyed(account.seed, one, shift);
            turn.below(8).min(turn.below(8))
        }
    };
    &account.callers[at as usize]
}

/// Makes an event as large as CloudTrail lets it be, 256 KB: what some service says beside it is long.
pub(crate) fn enlarge(j: &mut Json) {
    const EVENT_BYTES: usize = 256 << 10;
    const SAID: &str = "arn:aws:s3:::a-bucket-of-many/with/a/long/key/";
    let room = EVENT_BYTES.saturating_sub(j.out.len() + 64);
    // Behind the last member.
    j.out.pop();
    j.out.push_str(",\"addendum\":{\"updatedFields\":\"");
    j.out.push_str(&SAID.repeat(room / SAID.len()));
    j.out.push_str("\"}}");
}

/// A line in the log group that is no CloudTrail: an application wrote to the wrong place.
pub(crate) fn foreign(seed: u64, n: u64, j: &mut Json) {
    let mut rng = Rng::keyed(seed, 0xF02E, n);
    j.item(|j| {
        j.str("level", "info").str("msg", "request served").int("status", 200);
        j.text("traceId", |out| rng.hex(out, 32));
    });
}

/// Names of accounts are shared with whoever reads them.
pub(crate) fn account_id(org: &Org, place: Place) -> Arc<str> {
    Arc::clone(&org.accounts[place.account].id)
}
