//! Rule text to compiled rules to hits.
//!
//! The modules stand in the order in which a rule travels: a rule names *fields*; its text is a YAML
//! *document* that holds a CloudWatch filter *pattern* or a *Sigma* detection; both become one `Rule`,
//! a condition over *predicates*; all rules together are checked and compiled into a `Ruleset`, which
//! the *matcher* holds against the slots of an event. *Naive* is the matcher's judge, *explain* its voice.
//!
//! What is not here: files, sockets, clocks, threads, JSON. The decoder fills the slots; the caller owns
//! the scratch; time never enters a rule.

pub mod diagnostic;
mod case;
pub mod field;
pub mod condition;
pub mod predicate;
pub mod rule;
pub mod pattern;
pub mod document;
pub mod sigma;
pub mod check;
pub mod cases;
pub mod packs;
pub mod plan;
pub mod matcher;
pub mod explain;
pub mod naive;

#[cfg(test)]
mod testing;
