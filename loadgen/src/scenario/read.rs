//! Text to scenario: everything that can be wrong with one is found here, with its line, before anything is played.
//!
//! Invariant: no text can exhaust memory or stack; what is read can be played.

mod cast;
mod declared;
mod steps;

use serde_saphyr::{Error, Spanned};

use crate::scenario::Scenario;
use crate::scenario::fault::{Fault, ScenarioError};
use crate::scenario::part::Part;
use crate::scenario::template::{RESERVED, Scope, Template};
use crate::scenario::text::{FileText, PartText};

/// Bytes of a file; the longest that ships has a tenth of it.
pub(super) const FILE_BYTES_MAX: usize = 64 << 10;
/// Addresses of one part.
pub(super) const ADDRESSES_MAX: usize = 14;
/// Values and keys of one file after aliases are expanded: ten bytes each in a full file.
const NODES_MAX: usize = 6_000;
/// Mappings within mappings. What a service calls a policy nests seven deep, within four of ours.
const DEPTH_MAX: usize = 32;
const ALIASES_MAX: usize = 50;

/// A fault and its line.
type Refusal = (u64, Fault);

/// Reads one file. Its name is the scenario's.
pub(super) fn read(file: &str, text: &str) -> Result<Scenario, ScenarioError> {
    parse(text).and_then(|written| scenario(file, &written)).map_err(|(line, fault)| ScenarioError {
        file: file.to_owned(),
        line,
        fault,
    })
}

fn parse(text: &str) -> Result<FileText, Refusal> {
    if text.len() > FILE_BYTES_MAX {
        return Err((1, Fault::TooLong { bytes: text.len() }));
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: NODES_MAX,
            max_events: 4 * NODES_MAX,
            max_depth: DEPTH_MAX,
            max_aliases: ALIASES_MAX,
            max_anchors: ALIASES_MAX,
            max_documents: 1,
            max_total_scalar_bytes: 2 * FILE_BYTES_MAX,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: NODES_MAX },
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        if let Error::DuplicateMappingKey { key: Some(name), .. } = &error {
            return (line, Fault::Twice { name: name.clone() });
        }
        // The line is said once, in front; what else the parser says of places is its own affair.
        let said = error.to_string();
        let reason = said.split(" at line ").next().unwrap_or_default().replace('\n', " ");
        (line, Fault::Yaml { reason })
    })
}

fn scenario(name: &str, written: &FileText) -> Result<Scenario, Refusal> {
    if written.tags.is_empty() {
        return Err((1, Fault::NoTags));
    }
    for tag in &written.tags {
        if !tag.value.starts_with("attack.") {
            return Err((line(tag), Fault::Tag { tag: tag.value.clone() }));
        }
    }
    let attack = part(&written.attack.value, written.own_account)?;
    let look_alike = part(&written.look_alike.value, written.own_account)?;
    if attack.must.is_empty() {
        return Err((line(&written.attack), Fault::NoMust));
    }
    if attack.must_not.is_empty() && look_alike.must_not.is_empty() {
        return Err((line(&written.look_alike), Fault::NoMustNot));
    }
    Ok(Scenario {
        name: name.to_owned(),
        title: written.title.clone(),
        description: written.description.clone(),
        tags: written.tags.iter().map(|tag| tag.value.clone()).collect(),
        own_account: written.own_account,
        attack,
        look_alike,
    })
}

fn part(written: &PartText, own_account: bool) -> Result<Part, Refusal> {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for (name, text) in &written.names.0 {
        named(name)?;
        let scope = scope(&names, &[]);
        values.push(template(text, &scope)?);
        names.push(name.value.clone());
    }
    let (actors, cast) = cast::read(&written.actors.0, &names)?;
    let scope = scope(&names, &actors);
    let (steps, span_s) = steps::read(&written.steps, &scope)?;
    let (must, must_not) = declared::read(&written.must, &written.must_not, &scope, own_account)?;
    let addresses = cast::addresses(&cast);
    Ok(Part { names: values, cast, steps, must, must_not, addresses, span_s })
}

/// What names and actors alone give: the place adds to it.
fn scope<'a>(names: &'a [String], actors: &'a [String]) -> Scope<'a> {
    Scope { names, actors, acting: false, step: false, group: false }
}

/// Whether this can be the name of something.
fn named(name: &Spanned<String>) -> Result<(), Refusal> {
    let plain = name.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if plain && !name.value.is_empty() && !RESERVED.contains(&name.value.as_str()) {
        return Ok(());
    }
    Err((line(name), Fault::Name { name: name.value.clone(), reserved: RESERVED.join(", ") }))
}

fn template(text: &Spanned<String>, scope: &Scope<'_>) -> Result<Template, Refusal> {
    Template::parse(&text.value, scope).map_err(|fault| (line(text), fault))
}

/// Where an actor stands in the list.
fn actor(name: &str, line: u64, actors: &[String], before: &'static str) -> Result<usize, Refusal> {
    actors.iter().position(|known| known == name).ok_or_else(|| {
        let known = if actors.is_empty() { "none".to_owned() } else { actors.join(", ") };
        (line, Fault::UnknownActor { actor: name.to_owned(), before, known })
    })
}

fn line<T>(written: &Spanned<T>) -> u64 {
    written.referenced.line()
}

#[cfg(test)]
mod tests;
