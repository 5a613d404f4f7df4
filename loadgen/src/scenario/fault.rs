//! Why a scenario is refused: file, line, what is wrong, and how to mend it.

use thiserror::Error;

use crate::options::SCENARIO_S;
use crate::scenario::read::{ADDRESSES_MAX, FILE_BYTES_MAX};

/// A fault and its place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("scenarios/{file}.yml:{line}: {fault}")]
pub(super) struct ScenarioError {
    pub(super) file: String,
    pub(super) line: u64,
    pub(super) fault: Fault,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Fault {
    #[error("{reason} (how a scenario is written: scenarios/README.md)")]
    Yaml { reason: String },
    #[error("`{name}` stands here twice: delete one")]
    Twice { name: String },
    #[error("the file has {bytes} bytes, more than {FILE_BYTES_MAX}: make two scenarios of it")]
    TooLong { bytes: usize },
    #[error("tag `{tag}` is not ATT&CK's: write `attack.` and a tactic or a technique, `attack.t1562.008`")]
    Tag { tag: String },
    #[error("no tags: write what this is an attack of, `tags: [attack.persistence]`")]
    NoTags,
    #[error("`{name}` cannot be a name here: write letters, digits, `-` and `_`, and none of {reserved}")]
    Name { name: String, reserved: String },
    #[error(
        "actor `{actor}` is {found}: write exactly one of user, role, person, visitor, root, service, like"
    )]
    Kind { actor: String, found: String },
    #[error("actor `{actor}`: `{member}` belongs to {of}: delete it")]
    Misfit { actor: String, member: &'static str, of: &'static str },
    #[error("no actor `{actor}` is declared{before}: there are {known}")]
    UnknownActor { actor: String, before: &'static str, known: String },
    #[error("more than {ADDRESSES_MAX} addresses: let actors share some, `shares: OTHER`")]
    Addresses,
    #[error("`${{` without its `}}`: close it")]
    Unclosed,
    #[error("nothing is called `${{{name}}}` here: there are {known}")]
    Placeholder { name: String, known: String },
    #[error(
        "`${{{name}}}` is new each time, which no group can match: name it under `let:` and use the name"
    )]
    FreshInGroup { name: String },
    #[error("`${{{name}}}` needs a number from 1 to 64 after the colon")]
    Length { name: String },
    #[error("`{call}` is no call: write the service, a colon and the name, `ec2:DescribeInstances`")]
    Call { call: String },
    #[error("`{text}` is no time: write whole seconds or minutes, `37s`, `2m`")]
    Time { text: String },
    #[error("the steps take {span_s} s: all must lie within {SCENARIO_S} s; shorten `after:` or `every:`")]
    Slow { span_s: u64 },
    #[error("{times} times, but when? Add `every: 11s`")]
    NoEvery { times: u32 },
    #[error("`every:` with nothing to repeat: add `repeat:`, or say `after:`")]
    NoRepeat,
    #[error("nothing happens here: write at least one")]
    Empty,
    #[error("a call that fails answers nothing: delete `response:` or the error's `code:`")]
    FailedResponse,
    #[error("`refused:` writes the error itself: delete `error:`")]
    RefusedError,
    #[error("{what} must be a mapping, or left out")]
    NoMapping { what: &'static str },
    #[error("whose? Add `actor:` for the group of rules that name none, or `group:`")]
    NoGroup,
    #[error("the group is a whole account: add `own_account: true` at the top, or others add to it")]
    OwnAccount,
    #[error("`needs: {needs}` of `count: {count}`: both must be at least 1, and no more needed than counted")]
    Needs { needs: u64, count: u64 },
    #[error("the attack raises nothing: add what it must raise under `must:`")]
    NoMust,
    #[error("nothing is forbidden: add what must not be raised under `must_not:`")]
    NoMustNot,
}
