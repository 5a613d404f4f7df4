//! What a corpus is made of, and what of it is refused.

use thiserror::Error;

use crate::story;

/// A story takes at most this long; every border-free stretch of a span that holds stories is at least so long somewhere.
pub(crate) const STORY_S: u32 = 300;
/// The shortest span that holds stories: a border of an hour cuts it in two, and one part must hold a story.
pub const STORY_SPAN_S_MIN: u32 = 2 * STORY_S;
/// The fewest accounts that hold stories: four count failed sign-ins a whole account, and each needs its own.
pub const STORY_ACCOUNTS_MIN: u32 = 4;
/// More accounts than the largest organisations have.
pub const ACCOUNTS_MAX: u32 = 10_000;
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
    /// Background events; stories, repeats and foreign lines come on top.
    pub events: u64,
    /// Accounts of the organisation, the first ones busier than the last.
    pub accounts: u32,
    /// Regions in use, the first one (us-east-1) also home of the global services.
    pub regions: u32,
    /// Of a million events, how many CloudTrail hands over twice; of a million messages, how many Kinesis does.
    pub duplicates_ppm: u32,
    /// Lines in the log group that are no CloudTrail at all, a million events.
    pub foreign_ppm: u32,
    /// Which stories are played.
    pub stories: Stories,
}

/// Which stories are played. A story is the same whichever others are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stories {
    /// Every one, each with its benign look-alike.
    All,
    /// None: background alone, which must raise nothing.
    None,
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
        /// The fewest, which stories raise.
        min: u32,
    },
    /// Too few or too many regions.
    #[error("{given} regions: between 1 and {REGIONS_MAX} are possible")]
    Regions {
        /// What was asked for.
        given: u32,
    },
    /// More than a million of a million.
    #[error("{given} of a million is more than all")]
    Share {
        /// What was asked for.
        given: u32,
    },
    /// Stories must not straddle an hour's border.
    #[error("a span of {given} s holds no stories: they need {STORY_SPAN_S_MIN} s (or leave them out)")]
    SpanShort {
        /// What was asked for.
        given: u32,
    },
    /// No such story.
    #[error("no story is called `{name}`; there are: {known}")]
    UnknownStory {
        /// What was asked for.
        name: String,
        /// All that there are.
        known: String,
    },
}

impl Default for Options {
    /// An hour of a small organisation: 100,000 events from 2026-01-01T00:00:00Z on, twelve accounts in four regions,
    /// one event in 500 delivered twice, one line in 50,000 foreign, all stories.
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
            stories: Stories::All,
        }
    }
}

impl Options {
    /// The first thing that is wrong.
    pub(crate) fn check(&self) -> Result<(), OptionsError> {
        const YEAR_10000_S: i64 = 253_402_300_800;
        let storied = self.stories != Stories::None;
        let accounts_min = if storied { STORY_ACCOUNTS_MIN } else { 1 };
        let share = self.duplicates_ppm.max(self.foreign_ppm);
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
        if share > 1_000_000 {
            return Err(OptionsError::Share { given: share });
        }
        if storied && self.span_s < STORY_SPAN_S_MIN {
            return Err(OptionsError::SpanShort { given: self.span_s });
        }
        self.stories.check()
    }
}

impl Stories {
    pub(crate) fn includes(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Only(names) => names.iter().any(|one| one == name),
        }
    }

    fn check(&self) -> Result<(), OptionsError> {
        let Self::Only(names) = self else { return Ok(()) };
        match names.iter().find(|name| !story::names().any(|known| known == name.as_str())) {
            Some(name) => Err(OptionsError::UnknownStory {
                name: name.clone(),
                known: story::names().collect::<Vec<_>>().join(", "),
            }),
            None => Ok(()),
        }
    }
}
