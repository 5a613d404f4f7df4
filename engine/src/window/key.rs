//! What makes two deliveries one hit: 128-bit digests that nobody can steer into each other.

use sha2::{Digest, Sha256};

use crate::hit::{Group, Hit};

/// Identity of a hit within its second.
pub(super) type Key = u128;

/// A hit: its value, when that is what counts, else its event.
pub(super) fn of(hit: &Hit) -> Key {
    match &hit.value {
        Some(values) => of_values(values),
        None => of_event(&hit.event.account, &hit.event.event_id),
    }
}

/// Stands for the n-th hit before this one that has no row.
pub(super) fn carried(key: Key, n: u32) -> Key {
    digest([key.to_string().as_str(), "carried", n.to_string().as_str()])
}

/// A group of a rule, for the sketch.
pub(super) fn of_group(rule: &str, group: &Group) -> Key {
    let parts = group.iter().flat_map(|(name, value)| [name.as_str(), value]);
    digest(std::iter::once(rule).chain(parts))
}

/// An event: recipient account and event id.
fn of_event(account: &str, event_id: &str) -> Key {
    digest([account, event_id])
}

/// A tuple of values.
fn of_values(values: &[String]) -> Key {
    digest(values.iter().map(String::as_str))
}

/// One value of an event, for counting distinct ones.
pub(super) fn of_value(value: &str) -> Key {
    digest([value])
}

/// Lengths stand before the parts, so that ("ab", "c") and ("a", "bc") differ.
fn digest<'p>(parts: impl IntoIterator<Item = &'p str>) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    digest.iter().take(16).fold(0, |key, byte| key << 8 | Key::from(*byte))
}
