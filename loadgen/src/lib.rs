//! A load generator for what reads CloudTrail: an organisation's traffic, written as CloudTrail writes it, with attacks planted
//! in it and the list of alerts that must follow.
//!
//! It shares no code with the engine and computes nothing through it: the list is the scenarios' own. Same options, same bytes,
//! on every machine; `tests/it/fingerprints.rs` holds the package to that, and a changed fingerprint is a change of corpus.
//!
//! ```
//! let corpus = tripline_loadgen::Corpus::new(tripline_loadgen::Options { events: 10, ..Default::default() })?;
//! let log_events = corpus.log_events().count();
//! assert!(log_events > 10 && !corpus.truth().must.is_empty());
//! # Ok::<(), tripline_loadgen::OptionsError>(())
//! ```

mod rng;
mod json;
mod clock;
mod options;
mod actor;
mod org;
mod event;
mod call;
mod background;
mod delay;
mod truth;
mod scenario;
mod stream;
mod pack;
mod rate;
pub mod judge;

pub use options::{
    ACCOUNTS_MAX, DISORDER_MAX, Options, OptionsError, REGIONS_MAX, SCENARIO_SPAN_S_MIN, Scenarios,
};
pub use org::Org;
pub use pack::{Distribution, Message, Messages, Packing, Unusual};
pub use rate::{Rate, RateError, Schedule};
pub use scenario::{Attack, Instance, Scenario, ScenarioEvent, attack, scenarios};
pub use stream::{LogEvent, LogEvents, Origin};
pub use truth::{Expected, Forbidden, PERIOD_S, Share, Truth};

use background::Background;
use scenario::Played;

/// A corpus: decided by its options, written on demand, as often as wanted.
#[derive(Debug)]
pub struct Corpus {
    options: Options,
    org: Org,
    background: Background,
    /// The scenarios' events, by time.
    planted: Vec<ScenarioEvent>,
    truth: Truth,
}

impl Corpus {
    /// Decides a corpus, or says what is wrong with its options.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        options.check()?;
        let org = Org::new(&options);
        let background = Background::new(&options);
        let Played { events: planted, truth } = scenario::play(&options, &org);
        Ok(Self { options, org, background, planted, truth })
    }

    /// What it was made of.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The organisation whose traffic it is.
    pub fn org(&self) -> &Org {
        &self.org
    }

    /// The log events, in the order in which CloudTrail hands them to CloudWatch Logs: not that of their event times.
    pub fn log_events(&self) -> LogEvents<'_> {
        LogEvents::new(self)
    }

    /// Number of log events: background, scenarios, repeats and foreign lines.
    pub fn log_events_count(&self) -> u64 {
        self.log_events().count_left()
    }

    /// The same, packed as CloudWatch Logs sends them to Kinesis.
    pub fn messages(&self, packing: Packing) -> Messages<'_> {
        Messages::new(self, packing)
    }

    /// Which alerts must follow, and which must not.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }
}
