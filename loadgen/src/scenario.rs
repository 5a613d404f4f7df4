//! The scenarios that are planted: each an attack, and its benign look-alike, with the alerts that they must and must not raise.
//! They are YAML, one a file, in `scenarios/`; what stands there is played as it stands.
//!
//! Each plays in an hour of the clock, so in one period of every rule; with addresses, and where whole accounts are counted
//! accounts, of its own. So scenarios never add up, and the background adds nothing.

mod fault;
mod template;
mod text;
mod value;
mod part;
mod read;
mod library;
mod cast;
mod stage;
mod corpus;
mod live;

use std::sync::Arc;

use crate::truth::Truth;
use part::Part;

pub(crate) use corpus::{accounts_min, play};
pub use live::{Attack, Instance, attack};

/// One scenario.
#[derive(Debug)]
pub struct Scenario {
    name: String,
    title: String,
    description: String,
    tags: Vec<String>,
    /// Whether rules count what happens in the whole account.
    own_account: bool,
    attack: Part,
    look_alike: Part,
}

/// An event of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioEvent {
    /// The text: one CloudTrail event as JSON.
    pub message: String,
    /// `eventTime`, in seconds since the epoch.
    pub event_time_s: i64,
    /// The recipient account.
    pub account: Arc<str>,
    /// The region.
    pub region: &'static str,
    /// Tells log streams apart.
    pub(crate) stream: u64,
}

/// What was played: events, and what they declare.
#[derive(Debug, Default)]
pub(crate) struct Played {
    pub(crate) events: Vec<ScenarioEvent>,
    pub(crate) truth: Truth,
}

/// All scenarios, in the order of their names.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    library::all().iter()
}

impl Scenario {
    /// The name: that of its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What the attacker wants, and how the look-alike differs.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// ATT&CK's tactics and techniques, `attack.t1562.008`.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    fn part(&self, look_alike: bool) -> &Part {
        if look_alike { &self.look_alike } else { &self.attack }
    }
}
