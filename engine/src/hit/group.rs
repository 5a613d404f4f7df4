//! By which values the hits of a rule are told apart.
//!
//! A group is part of an alert's identity, so it is exact: a value too long to keep is replaced by its beginning
//! and the digest of the whole.

use std::net::Ipv6Addr;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tripline_rules::field::{Node, Slots, Value};
use tripline_rules::rule::{GroupBy, GroupField, RuleId};

use super::{Facts, Group};

/// The longest group value kept whole, in bytes: an ARN has at most 2,048 characters and rarely 200, and a group
/// lives in memory, in every row and in the alert.
const VALUE_BYTES_MAX: usize = 1024;

/// Stands for a missing part.
const MISSING: &str = "-";

/// What happens to a hit whose group has a missing or unusable part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is grouped under `-`: a single event must not be lost for a field that it lacks.
    Dash,
    /// It is dropped, and counted: a correlation would otherwise join what has nothing in common.
    Drop,
}

/// The group of a hit of `base` (the event rule that matched); none when the hit is to be dropped.
pub(super) fn of(
    by: &GroupBy,
    base: RuleId,
    facts: &Facts,
    slots: &Slots<'_>,
    missing: Missing,
) -> Option<Group> {
    match by {
        GroupBy::Default => Some(default(facts)),
        GroupBy::Fields(fields) => fields
            .iter()
            .map(|field| Some((field.name.clone(), value(field, base, slots, missing)?)))
            .collect::<Option<Vec<_>>>()
            .map(Arc::from),
    }
}

/// The values that a `value_count` rule counts; none when one is missing: such an event is not counted.
pub(super) fn values(fields: &[GroupField], base: RuleId, slots: &Slots<'_>) -> Option<Arc<[String]>> {
    fields
        .iter()
        .map(|field| value(field, base, slots, Missing::Drop))
        .collect::<Option<Vec<_>>>()
        .map(Arc::from)
}

fn default(facts: &Facts) -> Group {
    let part = |name: &str, value: &str| (name.to_owned(), bounded(value));
    Arc::from([
        part("account", &facts.account),
        part("principal", &facts.principal),
        part("source_ip", &network(&facts.source_ip)),
    ])
}

/// An IPv6 host owns its /64 and may use any address in it, so the network stands for it.
pub(crate) fn network(address: &str) -> String {
    match address.parse::<Ipv6Addr>() {
        Ok(v6) if v6.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        _ => address.to_owned(),
    }
}

fn value(field: &GroupField, base: RuleId, slots: &Slots<'_>, missing: Missing) -> Option<String> {
    let own = field.by_rule.iter().find(|(rule, _)| *rule == base).map(|(_, field)| *field);
    let nodes = slots.get(own.unwrap_or(field.field));
    let mut scalars: Vec<&str> = nodes.iter().filter_map(scalar).collect();
    match (scalars.as_slice(), missing) {
        ([one], _) => Some(bounded(one)),
        (_, Missing::Drop) => None,
        ([], Missing::Dash) => Some(MISSING.to_owned()),
        (_, Missing::Dash) => {
            scalars.sort_unstable();
            scalars.dedup();
            Some(bounded(&scalars.join(", ")))
        }
    }
}

fn scalar<'n>(node: &Node<'n>) -> Option<&'n str> {
    match node.value {
        _ if node.nested => None,
        Value::String(text) | Value::Number(text) => Some(text),
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        Value::Null | Value::Array | Value::Object(_) => None,
    }
}

/// Returns `value`, or the beginning and the digest of one that is too long to keep.
pub(crate) fn bounded(value: &str) -> String {
    if value.len() <= VALUE_BYTES_MAX {
        return value.to_owned();
    }
    let digest = hex(&Sha256::digest(value.as_bytes()));
    format!("{}…sha256:{digest}", &value[..value.floor_char_boundary(VALUE_BYTES_MAX)])
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
