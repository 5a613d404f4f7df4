//! `TRIPLINE__SECTION__KEY` into [`Raw`], after the file: the environment has the last word.
//!
//! Reads no environment: it is given one. Invariant: a variable with the prefix that sets nothing is an error.

use std::collections::BTreeMap;

use super::error::Origin;
use super::kind::{Fault, quoted};
use super::raw::{Raw, check_sink_name, lookup, unknown_section};
use super::table::SECTIONS;

/// What names of variables that set something begin with.
pub(super) const PREFIX: &str = "TRIPLINE__";

/// Takes every variable with the prefix over.
pub(super) fn read(environment: &BTreeMap<String, String>, raw: &mut Raw) {
    for (variable, text) in environment.iter().filter(|(variable, _)| variable.starts_with(PREFIX)) {
        let origin = Origin::Environment { variable: variable.clone() };
        if let Err((key, faults)) = one(variable, text, &origin, raw) {
            faults.into_iter().for_each(|fault| raw.error(&origin, &key, fault));
        }
    }
}

type Refused = (String, Vec<Fault>);

fn one(variable: &str, text: &str, origin: &Origin, raw: &mut Raw) -> Result<(), Refused> {
    let refuse = |fault: Fault| (String::new(), vec![fault]);
    // One spelling: of two, one would win in silence.
    if variable.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err(refuse(Fault::new(
            "not in capitals",
            format!("write {}", variable.to_ascii_uppercase()),
        )));
    }
    let rest = variable.strip_prefix(PREFIX).unwrap_or_default().to_ascii_lowercase();
    let shape = || refuse(Fault::new("no setting", "TRIPLINE__SECTION__KEY, or TRIPLINE__SINK__NAME__KEY"));
    let (section, rest) = rest.split_once("__").ok_or_else(shape)?;
    if !SECTIONS.iter().any(|(name, _)| *name == section) {
        return Err(refuse(unknown_section(section)));
    }
    let (sink, name) = match (section, rest.rsplit_once("__")) {
        ("sink", None) => return Err(shape()),
        ("sink", Some((sink, name))) => (Some(sink), name),
        _ => (None, rest),
    };
    // The key first: a variable that sets nothing names no new sink.
    let key = lookup(section, name).map_err(refuse)?;
    let path = match sink {
        Some(sink) => format!("sink.{}", sink_name(sink, origin, raw).map_err(refuse)?),
        None => section.to_owned(),
    };
    let full = format!("{path}.{}", key.name);
    match key.kind.plain(text) {
        Ok(value) => raw.set(&path, key, Some(value), origin.clone()),
        Err(faults) => {
            raw.set(&path, key, None, origin.clone());
            return Err((full, faults));
        }
    }
    Ok(())
}

/// The sink that a variable means: names of variables have no `-`, so `_` stands for it. One that the file does not
/// have is a new one.
fn sink_name(name: &str, origin: &Origin, raw: &mut Raw) -> Result<String, Fault> {
    check_sink_name(name)?;
    let same: Vec<&String> = raw.sinks.keys().filter(|sink| sink.replace('-', "_") == name).collect();
    match same.as_slice() {
        [] => {
            raw.sinks.insert(name.to_owned(), origin.clone());
            Ok(name.to_owned())
        }
        [sink] => Ok((*sink).clone()),
        [one, other, ..] => Err(Fault::new(
            format!("means {} and {}", quoted(one), quoted(other)),
            "rename one of them: variables cannot tell `-` from `_`",
        )),
    }
}
