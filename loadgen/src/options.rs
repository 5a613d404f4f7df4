//! What a corpus is made of, and what of it is refused.

use thiserror::Error;

use crate::rng;
use crate::scenario;

/// A scenario takes at most this long; every border-free stretch of a span that holds scenarios is at least so long somewhere.
pub(crate) const SCENARIO_S: u32 = 300;
/// The shortest span that holds scenarios: a border of an hour cuts it in two, and one part must hold a scenario.
pub const SCENARIO_SPAN_S_MIN: u32 = 2 * SCENARIO_S;
/// More accounts than the largest organisations have.
pub const ACCOUNTS_MAX: u32 = 10_000;
/// Events stray by so many times a second and a third at most: two minutes.
pub const DISORDER_MAX: u32 = 100;
/// As many regions as are named here.
pub const REGIONS_MAX: u32 = 16;

/// What a corpus is made of. The same options give the same bytes, on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Everything that looks random follows from it.
    pub seed: u64,
    /// Event time of the beginning, in seconds since the epoch.
    pub start_s: i64,
    /// How much event time the corpus spans, in seconds.
    pub span_s: u32,
    /// Background events; scenarios, repeats and foreign lines come on top.
    pub events: u64,
    /// Accounts of the organisation, the first ones busier than the last.
    pub accounts: u32,
    /// Regions in use, the first one (us-east-1) also home of the global services.
    pub regions: u32,
    /// Of a million events, how many CloudTrail hands over twice; of a million messages, how many Kinesis does.
    pub duplicates_ppm: u32,
    /// Lines in the log group that are no CloudTrail at all, a million events.
    pub foreign_ppm: u32,
    /// Of a million batches in which CloudTrail writes, how many it writes late: after 11 minutes to an hour.
    pub late_ppm: u32,
    /// Of a million background events, how many are as large as CloudTrail lets them be.
    pub oversize_ppm: u32,
    /// How far the events of a batch stray from their order: 1 by a second, as CloudTrail has it, 0 not at all.
    pub disorder: u32,
    /// Which scenarios are played.
    pub scenarios: Scenarios,
}

/// Which scenarios are played. A scenario is the same whichever others are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scenarios {
    /// Every one, each with its benign look-alike.
    All,
    /// None: background alone, which must raise nothing.
    None,
    /// One, which the seed picks.
    Random,
    /// Those named.
    Only(Vec<String>),
}

/// Which option cannot be met, and what could.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OptionsError {
    /// No time for anything.
    #[error("the span is empty: give at least one second")]
    SpanEmpty,
    /// Times are written with four digits of the year.
    #[error("the corpus must lie between the years 1970 and 9999")]
    Year,
    /// Too few or too many accounts.
    #[error("{given} accounts: between {min} and {ACCOUNTS_MAX} are possible here")]
    Accounts {
        /// What was asked for.
        given: u32,
        /// The fewest, which scenarios raise.
        min: u32,
    },
    /// Too few or too many regions.
    #[error("{given} regions: between 1 and {REGIONS_MAX} are possible")]
    Regions {
        /// What was asked for.
        given: u32,
    },
    /// Events that stray further than a batch.
    #[error("a disorder of {given}: between 0 and {DISORDER_MAX} are possible")]
    Disorder {
        /// What was asked for.
        given: u32,
    },
    /// More than a million of a million.
    #[error("{given} of a million is more than all")]
    Share {
        /// What was asked for.
        given: u32,
    },
    /// Scenarios must not straddle an hour's border.
    #[error("a span of {given} s holds no scenarios: they need {SCENARIO_SPAN_S_MIN} s (or leave them out)")]
    SpanShort {
        /// What was asked for.
        given: u32,
    },
    /// No such scenario.
    #[error("no scenario is called `{name}`; there are: {known}")]
    UnknownScenario {
        /// What was asked for.
        name: String,
        /// All that there are.
        known: String,
    },
}

impl Default for Options {
    /// An hour of a small organisation: 100,000 events from 2026-01-01T00:00:00Z on, twelve accounts in four regions,
    /// one event in 500 delivered twice, one line in 50,000 foreign, one batch in 2,500 late, all scenarios.
    fn default() -> Self {
        Self {
            seed: 1,
            start_s: 1_767_225_600,
            span_s: 3_600,
            events: 100_000,
            accounts: 12,
            regions: 4,
            duplicates_ppm: 2_000,
            foreign_ppm: 20,
            late_ppm: 400,
            oversize_ppm: 0,
            disorder: 1,
            scenarios: Scenarios::All,
        }
    }
}

impl Options {
    /// The first thing that is wrong.
    pub(crate) fn check(&self) -> Result<(), OptionsError> {
        const YEAR_10000_S: i64 = 253_402_300_800;
        let planted = self.scenarios != Scenarios::None;
        let accounts_min = scenario::accounts_min(|name| self.scenarios.includes(name, self.seed));
        let share = self.duplicates_ppm.max(self.foreign_ppm).max(self.late_ppm).max(self.oversize_ppm);
        if self.span_s == 0 {
            return Err(OptionsError::SpanEmpty);
        }
        if self.start_s < 0 || self.start_s >= YEAR_10000_S - i64::from(self.span_s) {
            return Err(OptionsError::Year);
        }
        if !(accounts_min..=ACCOUNTS_MAX).contains(&self.accounts) {
            return Err(OptionsError::Accounts { given: self.accounts, min: accounts_min });
        }
        if !(1..=REGIONS_MAX).contains(&self.regions) {
            return Err(OptionsError::Regions { given: self.regions });
        }
        if self.disorder > DISORDER_MAX {
            return Err(OptionsError::Disorder { given: self.disorder });
        }
        if share > 1_000_000 {
            return Err(OptionsError::Share { given: share });
        }
        if planted && self.span_s < SCENARIO_SPAN_S_MIN {
            return Err(OptionsError::SpanShort { given: self.span_s });
        }
        self.scenarios.check()
    }
}

impl OptionsError {
    pub(crate) fn unknown_scenario(name: &str) -> Self {
        let known: Vec<&str> = scenario::scenarios().map(scenario::Scenario::name).collect();
        Self::UnknownScenario { name: name.to_owned(), known: known.join(", ") }
    }
}

impl Scenarios {
    /// The scenario that instance `n` of a lasting load plays: one after another, or as the seed will.
    pub fn of_instance(&self, seed: u64, n: u64) -> Option<&'static str> {
        let known = scenario::scenarios().map(scenario::Scenario::name);
        let names: Vec<&'static str> = match self {
            Self::None => Vec::new(),
            Self::All | Self::Random => known.collect(),
            Self::Only(asked) => known.filter(|name| asked.iter().any(|one| one == name)).collect(),
        };
        let draw = if *self == Self::Random { rng::hash(seed ^ 0x91C4, n) } else { n };
        let at = draw.checked_rem(names.len() as u64)?;
        names.get(usize::try_from(at).ok()?).copied()
    }

    pub(crate) fn includes(&self, name: &str, seed: u64) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Random => self.of_instance(seed, 0) == Some(name),
            Self::Only(names) => names.iter().any(|one| one == name),
        }
    }

    fn check(&self) -> Result<(), OptionsError> {
        let Self::Only(names) = self else { return Ok(()) };
        let unknown =
            names.iter().find(|name| !scenario::scenarios().any(|known| known.name() == name.as_str()));
        unknown.map_or(Ok(()), |name| Err(OptionsError::unknown_scenario(name)))
    }
}
