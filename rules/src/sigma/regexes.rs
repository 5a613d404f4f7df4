//! How many regular expressions a rule file may hold. Each alone is capped where it is compiled; masses of them are
//! refused before any is.

use crate::document::Yaml;

/// Expressions in one file: with 1 MiB of automaton each, a hostile file takes 100 MiB. All public Sigma rules together
/// have 95.
pub(crate) const REGEXES_MAX: usize = 100;

/// How many expressions a document holds, by its keys alone: to know it before any is compiled.
pub(crate) fn n_regexes(document: &Yaml) -> usize {
    let values = |value: &Yaml| value.as_list().map_or(1, <[_]>::len);
    match document {
        Yaml::List(items) => items.iter().map(|item| n_regexes(&item.value)).sum(),
        Yaml::Map(map) => map
            .entries
            .iter()
            .map(|entry| {
                let here = entry.key.split('|').skip(1).any(|modifier| modifier == "re");
                let value = &entry.value.value;
                if here { values(value) } else { n_regexes(value) }
            })
            .sum(),
        Yaml::Null | Yaml::Bool(_) | Yaml::Int(_) | Yaml::Float(_) | Yaml::String(_) => 0,
    }
}
