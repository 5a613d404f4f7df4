//! How the members of an alert that are no plain JSON are written, and read back.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use super::time;

pub(super) mod level {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use tripline_rules::rule::Level;

    // serde fixes the signature.
    pub(in crate::alert) fn serialize<S: Serializer>(level: &Level, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(level.as_str())
    }

    pub(in crate::alert) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Level, D::Error> {
        let word = String::deserialize(from)?;
        Level::of_word(&word).ok_or_else(|| D::Error::custom(format!("no such level: {word}")))
    }
}

/// An object whose members keep the order of the rule's `group-by`.
pub(super) mod group {
    use std::fmt;

    use serde::de::{MapAccess, Visitor};
    use serde::{Deserializer, Serializer};

    use crate::hit::Group;

    pub(in crate::alert) fn serialize<S: Serializer>(group: &Group, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(group.iter().map(|(name, value)| (name, value)))
    }

    pub(in crate::alert) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Group, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Group;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names and values of a group")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Group, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry::<String, String>()? {
                    pairs.push(pair);
                }
                Ok(Group::from(pairs))
            }
        }
        from.deserialize_map(Pairs)
    }
}

pub(super) mod seconds {
    use super::{Deserializer, Serializer, parsed, time};

    pub(in crate::alert) fn serialize<S: Serializer>(s: &i64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&time::seconds(*s))
    }

    pub(in crate::alert) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        Ok(parsed(from)?.as_second())
    }
}

pub(super) mod milliseconds {
    use super::{Deserializer, Serializer, parsed, time};

    pub(in crate::alert) fn serialize<S: Serializer>(ms: &i64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&time::milliseconds(*ms))
    }

    pub(in crate::alert) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        Ok(parsed(from)?.as_millisecond())
    }
}

pub(super) mod maybe_milliseconds {
    use super::{Deserialize, Deserializer, Error, Serializer, time};

    pub(in crate::alert) fn serialize<S: Serializer>(ms: &Option<i64>, to: S) -> Result<S::Ok, S::Error> {
        match ms {
            Some(ms) => to.serialize_str(&time::milliseconds(*ms)),
            None => to.serialize_none(),
        }
    }

    pub(in crate::alert) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| Ok(time::parse(&text).map_err(D::Error::custom)?.as_millisecond())).transpose()
    }
}

fn parsed<'de, D: Deserializer<'de>>(from: D) -> Result<jiff::Timestamp, D::Error> {
    time::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}
