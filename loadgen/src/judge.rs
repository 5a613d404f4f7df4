//! Holds the alerts that an engine raised against the ledger of what was sent to it: what was found, missed, miscounted, raised
//! twice or for nothing, and how long it took.
//!
//! Three steps apart: readers ([`Ledger::read`], [`Alerts::read`]), the judge ([`judge()`]), and what is said of it ([`Report`]).
//! No clock, no network, no files. Invariants: the verdict does not depend on the order of lines; every alert that is due is
//! found, missed or miscounted, and every alert that was raised is in exactly one place of the verdict.
//!
//! ```
//! use tripline_loadgen::judge::{Alerts, Ledger, Report, judge};
//!
//! let due = r#"{"must":true,"scenario":"root","instance":1,"rule_id":"root-usage","group":{"account":"1"},
//!     "period_start_s":0,"period_s":3600,"count":3}"#;
//! let ledger = Ledger::read("ledger", due.replace('\n', "").as_bytes())?;
//! let verdict = judge(&ledger, &Alerts::default());
//! assert_eq!((verdict.must(), verdict.missed.len(), verdict.holds()), (1, 1, false));
//! Report { verdict: &verdict, sent: ledger.sent.as_ref() }.table(&mut std::io::stdout())?;
//! # anyhow::Ok(())
//! ```

mod about;
mod lines;
mod ledger;
mod hop;
mod alerts;
mod verdict;
mod judging;
mod report;
#[cfg(test)]
mod tests;

pub use about::{About, Group, Period};
pub use alerts::{Alert, Alerts};
pub use hop::{Hop, Stamps, Took};
pub use judging::judge;
pub use ledger::{Ledger, May, Must, MustNot, Sent};
pub use lines::ReadError;
pub use report::Report;
pub use verdict::{Case, Duplicate, Forbidden, Miscounted, Play, Raised, Verdict, Worst};
