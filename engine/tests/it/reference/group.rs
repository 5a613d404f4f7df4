//! By which values the hits of a rule are told apart (docs/RULES.md, design §5).

use std::net::Ipv6Addr;

use sha2::{Digest, Sha256};

use super::event::{Event, hex};
use super::field::reach;
use super::rule::{Rule, Trigger};

/// The longest value kept whole, bytes; beyond it the beginning and a digest are kept.
const VALUE_BYTES_MAX: usize = 1024;

/// Names and values.
pub(crate) type Group = Vec<(String, String)>;

/// The group of a hit of the rule `base`; none if a correlation cannot place it.
pub(super) fn group(rule: &Rule, base: &str, event: &Event) -> Option<Group> {
    let counts = matches!(rule.trigger, Trigger::Rules(_));
    let Some(names) = &rule.group_by else {
        let source = event.word(&["sourceIPAddress"]).unwrap_or("-");
        let parts = [
            ("account", event.account.clone()),
            ("principal", event.principal()),
            ("source_ip", network(source)),
        ];
        return Some(parts.map(|(name, value)| (name.to_owned(), bounded(&value))).into());
    };
    let part = |name: &String| {
        let mut values = values(event, rule.field(name, base));
        let value = match values.as_slice() {
            [one] => one.clone(),
            _ if counts => return None,
            [] => "-".to_owned(),
            _ => {
                values.sort();
                values.dedup();
                values.join(", ")
            }
        };
        Some((name.clone(), bounded(&value)))
    };
    names.iter().map(part).collect()
}

/// The values that a `value_count` rule counts; none if the event lacks one, or has several.
pub(super) fn counted(rule: &Rule, base: &str, event: &Event) -> Option<Vec<String>> {
    let value = |name: &String| match values(event, rule.field(name, base)).as_slice() {
        [one] => Some(bounded(one)),
        _ => None,
    };
    rule.value.iter().flatten().map(value).collect()
}

fn values(event: &Event, field: &str) -> Vec<String> {
    reach(event, field).values.iter().filter_map(|value| value.scalar()).map(str::to_owned).collect()
}

/// An IPv6 address stands for its /64.
pub(super) fn network(address: &str) -> String {
    let Ok(v6) = address.parse::<Ipv6Addr>() else { return address.to_owned() };
    if v6.to_ipv4_mapped().is_some() {
        return address.to_owned();
    }
    let prefix = u128::from(v6) & (u128::MAX << 64);
    format!("{}/64", Ipv6Addr::from(prefix))
}

fn bounded(value: &str) -> String {
    if value.len() <= VALUE_BYTES_MAX {
        return value.to_owned();
    }
    let beginning: String = value
        .char_indices()
        .take_while(|(at, letter)| at + letter.len_utf8() <= VALUE_BYTES_MAX)
        .map(|(_, letter)| letter)
        .collect();
    format!("{beginning}…sha256:{}", hex(&Sha256::digest(value.as_bytes())))
}
