//! The scenarios that ship, inside the binary.

use std::sync::LazyLock;

use crate::scenario::Scenario;
use crate::scenario::read;

/// (name, text), made by `build.rs`.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// All of them, by name. None is without fault: a test reads each file.
static LIBRARY: LazyLock<Vec<Scenario>> =
    LazyLock::new(|| FILES.iter().filter_map(|(name, text)| read::read(name, text).ok()).collect());

/// All scenarios, in the order of their names.
pub(super) fn all() -> &'static [Scenario] {
    &LIBRARY
}

/// The scenario of that name.
pub(super) fn named(name: &str) -> Option<&'static Scenario> {
    all().iter().find(|scenario| scenario.name == name)
}

#[cfg(test)]
mod tests {
    use super::{FILES, read};

    #[test]
    fn every_file_is_a_scenario_without_fault() {
        let faults: Vec<String> =
            FILES.iter().filter_map(|(name, text)| Some(read::read(name, text).err()?.to_string())).collect();
        assert!(faults.is_empty(), "{faults:#?}");
        assert!(FILES.len() >= 25, "{} files", FILES.len());
    }

    #[test]
    fn the_example_that_explains_them_is_one() {
        let (_, example) = include_str!("../../scenarios/README.md").split_once("```yaml\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        assert_eq!(read::read("example", example).unwrap().attack.span_s, 24);
    }
}
