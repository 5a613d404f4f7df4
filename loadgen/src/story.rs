//! The stories that are planted: each an attack, and its benign look-alike, with the alerts that they must and must not raise.
//!
//! Each plays in an hour of the clock, so in one period of every rule; with addresses, and where whole accounts are counted
//! accounts, of its own. So stories never add up, and the background adds nothing.

mod access_key;
mod account_policy;
mod blinded;
mod brute_force;
mod bucket_acl;
mod bucket_policy;
mod group_opened;
mod group_opened_ipv6;
mod key_deleted;
mod network;
mod organization;
mod refused_burst;
mod root;
mod scene;
mod spray;
mod subscription;
mod trail_stopped;
mod without_mfa;

use std::sync::Arc;

use crate::options::{Options, STORY_S};
use crate::org::Org;
use crate::rng::Rng;
use crate::truth::{PERIOD_S, Truth};
use scene::Scene;

/// One story.
struct Story {
    name: &'static str,
    attack: fn(&mut Scene<'_>),
    look_alike: fn(&mut Scene<'_>),
}

/// All stories. Their place in this list decides their accounts and addresses: append, never insert. The first two count
/// failed sign-ins by account.
static STORIES: [Story; 17] = [
    brute_force::STORY,
    spray::STORY,
    root::STORY,
    without_mfa::STORY,
    trail_stopped::STORY,
    access_key::STORY,
    key_deleted::STORY,
    bucket_policy::STORY,
    bucket_acl::STORY,
    refused_burst::STORY,
    group_opened::STORY,
    group_opened_ipv6::STORY,
    blinded::STORY,
    subscription::STORY,
    network::STORY,
    organization::STORY,
    account_policy::STORY,
];

/// An event of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planted {
    pub(crate) time_s: i64,
    /// Tells log streams apart.
    pub(crate) stream: u64,
    pub(crate) account: Arc<str>,
    pub(crate) region: &'static str,
    pub(crate) text: String,
}

/// The names of all stories.
pub fn names() -> impl Iterator<Item = &'static str> {
    STORIES.iter().map(|story| story.name)
}

/// Plays the stories that the options name: their events by time, and what they declare.
pub(crate) fn play(options: &Options, org: &Org) -> (Vec<Planted>, Truth) {
    let stretches = stretches(options);
    let (mut planted, mut truth) = (Vec::new(), Truth::default());
    for (story, k) in STORIES.iter().zip(0_u32..).filter(|(story, _)| options.stories.includes(story.name)) {
        for (act, look_alike) in [(story.attack, false), (story.look_alike, true)] {
            let place = 2 * k + u32::from(look_alike);
            let mut rng = Rng::keyed(options.seed, 0x5709, u64::from(place));
            let begin_s = place_within(&stretches, &mut rng);
            let mut scene = Scene::new(org, options.seed, story.name, place, begin_s, rng);
            act(&mut scene);
            planted.append(&mut scene.planted);
            truth.must.append(&mut scene.truth.must);
            truth.must_not.append(&mut scene.truth.must_not);
        }
    }
    planted.sort_by(|a, b| (a.time_s, &a.text).cmp(&(b.time_s, &b.text)));
    (planted, truth)
}

/// The span cut at the hours: (beginning, seconds in which a story may begin).
fn stretches(options: &Options) -> Vec<(i64, u32)> {
    let period_s = i64::from(PERIOD_S);
    let end_s = options.start_s + i64::from(options.span_s);
    let mut stretches = Vec::new();
    let mut from_s = options.start_s;
    while from_s < end_s {
        let to_s = end_s.min((from_s.div_euclid(period_s) + 1) * period_s);
        let room_s = to_s - from_s - i64::from(STORY_S) + 1;
        if let Some(room_s) = u32::try_from(room_s).ok().filter(|room_s| *room_s > 0) {
            stretches.push((from_s, room_s));
        }
        from_s = to_s;
    }
    stretches
}

/// A second of any stretch, each second as likely as another.
fn place_within(stretches: &[(i64, u32)], rng: &mut Rng) -> i64 {
    let total = stretches.iter().map(|(_, room_s)| room_s).sum();
    let mut at = rng.below(total);
    for (from_s, room_s) in stretches {
        if at < *room_s {
            return from_s + i64::from(at);
        }
        at -= room_s;
    }
    stretches.first().map_or(0, |(from_s, _)| *from_s)
}
