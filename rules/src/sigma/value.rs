//! One value under a field's operator to one test (`spec/sigma.md` §2.2, §3).

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::leaf::LeafTest;
use super::modifier::{FieldKey, Operator};
use crate::document::Yaml;
use crate::predicate::number::Decimal;
use crate::predicate::regex::{Regex, RegexError, RegexFlags};
use crate::predicate::sigma::glob::{Glob, ONES_SEGMENT_CHARS_MAX, Piece, literal, pieces};
use crate::predicate::sigma::{Compare, Matcher, Meaning, Reach, SigmaTest};

/// Characters of one value; a whole user agent or policy statement is far shorter.
const VALUE_CHARS_MAX: usize = 4_096;

/// Why a value was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum ValueError {
    #[error("the value is {kind}; Sigma wants a string, a number, a boolean or null here")]
    NotScalar { kind: &'static str },
    #[error("`{operator}` cannot be asked of {kind}")]
    WrongKind { operator: &'static str, kind: &'static str },
    #[error("`exists` wants true or false")]
    ExistsNotBool,
    #[error("`{text}` is no network: write an address, a slash and a prefix length, such as 10.0.0.0/8")]
    NotNetwork { text: String },
    #[error("the value is longer than {VALUE_CHARS_MAX} characters")]
    TooLong,
    #[error("the text between two `*` holds `?` and is longer than {ONES_SEGMENT_CHARS_MAX} characters")]
    TooManyOnes,
    #[error("a keyword cannot be held against a network, a number or null: name a field")]
    KeywordWithoutText,
    #[error(transparent)]
    Regex(#[from] RegexError),
}

/// A test, and what its author should look at.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) test: LeafTest,
    pub(super) warning: Option<String>,
}

/// The test of `value` under `key`.
pub(super) fn compile(key: &FieldKey<'_>, value: &Yaml) -> Result<Compiled, ValueError> {
    let written = match value {
        // The operator says it.
        _ if key.operator == Operator::Exists => String::new(),
        Yaml::Null => "null".to_owned(),
        Yaml::Bool(value) => value.to_string(),
        Yaml::Int(text) | Yaml::Float(text) | Yaml::String(text) => text.clone(),
        Yaml::List(_) | Yaml::Map(_) => return Err(ValueError::NotScalar { kind: value.kind() }),
    };
    if written.chars().count() > VALUE_CHARS_MAX {
        return Err(ValueError::TooLong);
    }
    let plain = |(operator, meaning)| Compiled {
        test: LeafTest::Value(SigmaTest::new(operator, written.clone(), meaning)),
        warning: None,
    };
    match key.operator {
        Operator::Exists => exists(value).map(plain),
        Operator::SameAs if key.field.is_empty() => Err(ValueError::KeywordWithoutText),
        Operator::SameAs => same_as(key, value),
        Operator::Cidr if key.field.is_empty() => Err(ValueError::KeywordWithoutText),
        Operator::Cidr => cidr(value, &written),
        Operator::Compare(_) if key.field.is_empty() => Err(ValueError::KeywordWithoutText),
        Operator::Compare(compare) => compares(compare, value).map(plain),
        Operator::Regex(flags) => regex(key, value, &written, flags).map(plain),
        Operator::Equals if !key.field.is_empty() => equals(key, value, &written).map(plain),
        Operator::Equals | Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
            text(key, value, &written).map(plain)
        }
    }
}

fn same_as(key: &FieldKey<'_>, value: &Yaml) -> Result<Compiled, ValueError> {
    match value.as_str().filter(|field| !field.trim().is_empty()) {
        Some(field) => {
            let test = LeafTest::SameAs { field: field.to_owned(), cased: key.cased };
            Ok(Compiled { test, warning: None })
        }
        None => Err(ValueError::WrongKind { operator: "fieldref", kind: value.kind() }),
    }
}

type Meant = (&'static str, Meaning);

fn exists(value: &Yaml) -> Result<Meant, ValueError> {
    let spells = |word: &str| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(word));
    let wanted = if *value == Yaml::Bool(true) || spells("true") || spells("yes") {
        true
    } else if *value == Yaml::Bool(false) || spells("false") || spells("no") {
        false
    } else {
        return Err(ValueError::ExistsNotBool);
    };
    Ok((if wanted { "exists" } else { "not exists" }, Meaning::Exists(wanted)))
}

fn compares(compare: Compare, value: &Yaml) -> Result<Meant, ValueError> {
    let operator = match compare {
        Compare::Less => "<",
        Compare::LessOrEqual => "<=",
        Compare::Greater => ">",
        Compare::GreaterOrEqual => ">=",
    };
    let number = match value {
        Yaml::Int(text) | Yaml::Float(text) => Decimal::parse(text),
        Yaml::Null | Yaml::Bool(_) | Yaml::String(_) | Yaml::List(_) | Yaml::Map(_) => None,
    };
    let number = number.ok_or(ValueError::WrongKind { operator, kind: value.kind() })?;
    Ok((operator, Meaning::Compares(compare, number)))
}

fn cidr(value: &Yaml, written: &str) -> Result<Compiled, ValueError> {
    if value.as_str().is_none() {
        return Err(ValueError::WrongKind { operator: "cidr", kind: value.kind() });
    }
    let parsed = written.parse::<IpNet>().or_else(|_| written.parse::<IpAddr>().map(IpNet::from));
    let network = parsed.map_err(|_| ValueError::NotNetwork { text: written.to_owned() })?;
    let truncated = network.trunc();
    let warning = (truncated != network)
        .then(|| format!("`{written}` has bits beyond its prefix; it is read as {truncated}"));
    let meaning = Meaning::Cidr(unmapped(truncated));
    let test = LeafTest::Value(SigmaTest::new("cidr", written.to_owned(), meaning));
    Ok(Compiled { test, warning })
}

/// IPv4 written as IPv6 (`::ffff:10.0.0.0/104`) is IPv4: events are read so as well.
fn unmapped(network: IpNet) -> IpNet {
    const MAPPED_PREFIX: u8 = 96;
    let IpNet::V6(v6) = network else { return network };
    let v4 = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(MAPPED_PREFIX));
    v4.and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok()).map_or(network, IpNet::V4)
}

fn regex(key: &FieldKey<'_>, value: &Yaml, written: &str, flags: RegexFlags) -> Result<Meant, ValueError> {
    if matches!(value, Yaml::Null) {
        return Err(ValueError::WrongKind { operator: "re", kind: value.kind() });
    }
    let matcher = Matcher::Regex(Regex::new(written, flags)?);
    Ok(("re", Meaning::Text(matcher, reach(key))))
}

fn equals(key: &FieldKey<'_>, value: &Yaml, written: &str) -> Result<Meant, ValueError> {
    let meaning = match value {
        Yaml::Null => Meaning::Null,
        Yaml::Bool(wanted) => Meaning::Bool(*wanted),
        Yaml::Int(text) | Yaml::Float(text) => match Decimal::parse(text) {
            Some(number) => {
                let mut spellings = vec![text.clone()];
                spellings.extend(number.canonical().filter(|canonical| canonical != text));
                Meaning::Equals { number, spellings }
            }
            None => return Err(ValueError::WrongKind { operator: "=", kind: value.kind() }),
        },
        Yaml::String(_) | Yaml::List(_) | Yaml::Map(_) => {
            let pieces = pieces(written);
            let wild = pieces.iter().any(|piece| matches!(piece, Piece::One | Piece::Run));
            // Equality is of the value itself; a pattern is a text operator and looks below objects.
            let (operator, reach) = if wild { ("like", Reach::Tree) } else { ("=", Reach::Values) };
            return Ok((operator, Meaning::Text(glob(&pieces, key.cased)?, reach)));
        }
    };
    Ok(("=", meaning))
}

fn text(key: &FieldKey<'_>, value: &Yaml, written: &str) -> Result<Meant, ValueError> {
    let operator = match key.operator {
        Operator::StartsWith => "startswith",
        Operator::EndsWith => "endswith",
        // A keyword is found anywhere inside a value.
        Operator::Contains
        | Operator::Equals
        | Operator::Regex(_)
        | Operator::Cidr
        | Operator::Exists
        | Operator::SameAs
        | Operator::Compare(_) => "contains",
    };
    let mut pieces = match value {
        Yaml::Null if key.field.is_empty() => return Err(ValueError::KeywordWithoutText),
        Yaml::Null => return Err(ValueError::WrongKind { operator, kind: value.kind() }),
        Yaml::String(_) => pieces(written),
        Yaml::Bool(_) | Yaml::Int(_) | Yaml::Float(_) | Yaml::List(_) | Yaml::Map(_) => literal(written),
    };
    if operator != "startswith" && pieces.first() != Some(&Piece::Run) {
        pieces.insert(0, Piece::Run);
    }
    if operator != "endswith" && pieces.last() != Some(&Piece::Run) {
        pieces.push(Piece::Run);
    }
    Ok((operator, Meaning::Text(glob(&pieces, key.cased)?, reach(key))))
}

fn glob(pieces: &[Piece], cased: bool) -> Result<Matcher, ValueError> {
    let glob = Glob::new(pieces, cased);
    if glob.is_bounded() { Ok(Matcher::Glob(glob)) } else { Err(ValueError::TooManyOnes) }
}

fn reach(key: &FieldKey<'_>) -> Reach {
    if key.field.is_empty() { Reach::Leaves } else { Reach::Tree }
}
