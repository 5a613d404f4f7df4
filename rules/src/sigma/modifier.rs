//! `field|modifier|modifier` (`spec/sigma.md` §3). What contradicts itself is refused; what Sigma has and we
//! have not yet is refused by its name.

use crate::predicate::regex::RegexFlags;
use crate::predicate::sigma::Compare;

/// A key of a detection, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldKey<'k> {
    /// The field's dotted name; empty for keywords.
    pub(super) field: &'k str,
    pub(super) operator: Operator,
    /// `cased`.
    pub(super) cased: bool,
    /// `all`: every value of the list must match.
    pub(super) all: bool,
    /// `neq`: no value of the item may match.
    pub(super) neq: bool,
}

/// How a value is held against the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equals,
    Contains,
    StartsWith,
    EndsWith,
    Regex(RegexFlags),
    Cidr,
    Exists,
    /// `fieldref`: the value names another field.
    SameAs,
    Compare(Compare),
}

/// Why the modifiers of a key were refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum ModifierError {
    #[error("unknown modifier `{name}`")]
    Unknown { name: String },
    #[error("not supported yet: modifier `{name}`")]
    NotYet { name: String },
    #[error("`{first}` and `{second}` contradict each other")]
    Contradiction { first: String, second: String },
    #[error("`{name}` stands only after `re`")]
    NotAfterRegex { name: String },
    #[error("`{name}` stands twice")]
    Twice { name: String },
}

/// Sigma's modifiers that are still to come.
const NOT_YET: [&str; 14] = [
    "base64",
    "base64offset",
    "utf16",
    "utf16le",
    "utf16be",
    "wide",
    "windash",
    "expand",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "year",
];
/// Those that we have.
const OURS: [&str; 20] = [
    "fieldref",
    "contains",
    "startswith",
    "endswith",
    "all",
    "cased",
    "exists",
    "neq",
    "re",
    "i",
    "m",
    "s",
    "ignorecase",
    "multiline",
    "dotall",
    "cidr",
    "lt",
    "lte",
    "gt",
    "gte",
];

/// Every modifier of Sigma that is more than a letter, for suggestions.
pub(super) fn known() -> impl Iterator<Item = &'static str> {
    OURS.into_iter().chain(NOT_YET).filter(|name| name.len() > 1)
}

/// Reads a key.
pub(super) fn parse(key: &str) -> Result<FieldKey<'_>, ModifierError> {
    let mut names = key.split('|');
    let field = names.next().unwrap_or_default();
    let mut out = FieldKey { field, operator: Operator::Equals, cased: false, all: false, neq: false };
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if seen.contains(&name) {
            return Err(ModifierError::Twice { name: name.to_owned() });
        }
        seen.push(name);
        match name {
            "all" => out.all = true,
            "neq" => out.neq = true,
            "cased" => out.cased = true,
            "i" | "ignorecase" | "m" | "multiline" | "s" | "dotall" => flag(&mut out.operator, name)?,
            _ => operator(&mut out.operator, name, &seen)?,
        }
    }
    refuse_contradictions(&out, &seen)?;
    Ok(out)
}

fn operator(current: &mut Operator, name: &str, seen: &[&str]) -> Result<(), ModifierError> {
    let next = match name {
        "contains" => Operator::Contains,
        "startswith" => Operator::StartsWith,
        "endswith" => Operator::EndsWith,
        "re" => Operator::Regex(RegexFlags { unicode: true, ..RegexFlags::default() }),
        "cidr" => Operator::Cidr,
        "exists" => Operator::Exists,
        "fieldref" => Operator::SameAs,
        "lt" => Operator::Compare(Compare::Less),
        "lte" => Operator::Compare(Compare::LessOrEqual),
        "gt" => Operator::Compare(Compare::Greater),
        "gte" => Operator::Compare(Compare::GreaterOrEqual),
        _ if NOT_YET.contains(&name) => return Err(ModifierError::NotYet { name: name.to_owned() }),
        _ => {
            return Err(ModifierError::Unknown { name: name.to_owned() });
        }
    };
    if *current != Operator::Equals {
        let first = seen.iter().find(|name| is_operator(name)).copied().unwrap_or_default();
        return Err(ModifierError::Contradiction { first: first.to_owned(), second: name.to_owned() });
    }
    *current = next;
    Ok(())
}

fn flag(operator: &mut Operator, name: &str) -> Result<(), ModifierError> {
    let Operator::Regex(flags) = operator else {
        return Err(ModifierError::NotAfterRegex { name: name.to_owned() });
    };
    match name {
        "i" | "ignorecase" => flags.ignore_case = true,
        "m" | "multiline" => flags.multi_line = true,
        _ => flags.dot_all = true,
    }
    Ok(())
}

fn is_operator(name: &str) -> bool {
    !matches!(name, "all" | "neq" | "cased" | "i" | "ignorecase" | "m" | "multiline" | "s" | "dotall")
}

/// `exists` stands alone; case means something for text only, and a regex says `i` for itself.
fn refuse_contradictions(key: &FieldKey<'_>, seen: &[&str]) -> Result<(), ModifierError> {
    let contradicts = |name: &str| match key.operator {
        Operator::Exists => name != "exists",
        Operator::SameAs => !matches!(name, "fieldref" | "cased" | "neq"),
        Operator::Regex(_) | Operator::Cidr | Operator::Compare(_) => name == "cased",
        Operator::Equals | Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    };
    let operator = seen.iter().find(|name| is_operator(name)).copied().unwrap_or_default();
    match seen.iter().find(|name| contradicts(name)) {
        Some(name) => {
            Err(ModifierError::Contradiction { first: operator.to_owned(), second: (*name).to_owned() })
        }
        None => Ok(()),
    }
}
