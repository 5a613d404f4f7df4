//! The rules that ship, inside the binary, and how a user names some of them.
//!
//! A pack is a folder of `packs/`, a name under a rule's `tripline: {packs: […]}`, or a version of the CIS benchmark, which
//! rules name in their tags (`cis.v5.0.0.4.3`). Files are called `pack:FOLDER/NAME.yml`.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::check;
pub use crate::diagnostic::is_shipped;
use crate::diagnostic::{SHIPPED as PREFIX, nearest};
use crate::document::SourceFile;
use crate::rule::Metadata;

/// (name, text), made by `build.rs`.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// Marks a published form that is not the one of its control.
const VARIANT: &str = "cis.variant";

/// What every shipped rule says of itself.
static SHIPPED: LazyLock<Vec<Metadata>> =
    LazyLock::new(|| check::load(&files(), &|_| true).rules.into_iter().map(|rule| rule.meta).collect());

/// The shipped rule files.
pub fn files() -> Vec<SourceFile> {
    shipped(false)
}

/// The cases beside them.
pub fn cases() -> Vec<SourceFile> {
    shipped(true)
}

fn shipped(cases: bool) -> Vec<SourceFile> {
    let file = |(name, text): &(&str, &str)| SourceFile {
        name: format!("{PREFIX}{name}").into(),
        text: (*text).to_owned(),
    };
    FILES.iter().map(file).filter(|file| file.is_cases() == cases).collect()
}

/// Some of the shipped rules, by a name that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// A pack.
    Pack(String),
    /// A version of the CIS benchmark.
    Cis {
        /// The version in full, `4.0.0`.
        version: String,
        /// Whether the published forms beside the one of each control are wanted, too.
        variants: bool,
    },
    /// One rule, by its id.
    Rule(String),
}

/// No pack, version or shipped rule has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// Neither a pack nor a rule.
    #[error("no pack and no shipped rule is called `{name}`{hint}; packs are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name.
        hint: String,
        /// All packs.
        known: String,
    },
    /// Not a version of the benchmark.
    #[error("no CIS benchmark `{version}` is shipped; versions are {known}")]
    Version {
        /// What was asked for.
        version: String,
        /// All versions.
        known: String,
    },
    /// Only the CIS benchmark has versions.
    #[error("pack `{name}` has no versions; write `{name}`")]
    NoVersions {
        /// The pack.
        name: String,
    },
}

impl Selection {
    /// Whether a shipped rule is among them.
    pub fn selects(&self, meta: &Metadata) -> bool {
        match self {
            Selection::Pack(pack) => packs_of(meta).any(|name| name == pack),
            Selection::Cis { version, variants } => {
                cis_versions_of(meta).any(|named| named == version)
                    && (*variants || !meta.tags.iter().any(|tag| tag == VARIANT))
            }
            Selection::Rule(id) => meta.id == *id,
        }
    }
}

impl FromStr for Selection {
    type Err = SelectionError;

    fn from_str(text: &str) -> Result<Self, SelectionError> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        if name == "cis" || name == "cis-all" {
            return Ok(Self::Cis { version: cis_version(version)?, variants: name == "cis-all" });
        }
        let packs: BTreeSet<&str> = SHIPPED.iter().flat_map(packs_of).collect();
        match version {
            None if packs.contains(name) => Ok(Self::Pack(name.to_owned())),
            None if SHIPPED.iter().any(|meta| meta.id == name) => Ok(Self::Rule(name.to_owned())),
            Some(_) if packs.contains(name) => Err(SelectionError::NoVersions { name: name.to_owned() }),
            _ => {
                let ids = SHIPPED.iter().map(|meta| meta.id.as_str());
                let near = nearest(name, packs.iter().copied().chain(ids));
                let hint = near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
                let known = packs.into_iter().filter(|pack| *pack != "cis");
                let known = known.chain(["cis@VERSION", "cis-all@VERSION"]).collect::<Vec<_>>().join(", ");
                Err(SelectionError::Unknown { name: name.to_owned(), hint, known })
            }
        }
    }
}

/// The version in full: `4.0` is 4.0.0 as there is no other, and so is `4.0.1`; without one the newest is meant.
fn cis_version(asked: Option<&str>) -> Result<String, SelectionError> {
    let versions: BTreeSet<&str> = SHIPPED.iter().flat_map(cis_versions_of).collect();
    let Some(asked) = asked else { return Ok(versions.last().copied().unwrap_or_default().to_owned()) };
    let plain = asked.strip_prefix('v').unwrap_or(asked);
    let begun = versions.iter().filter(|version| {
        version.strip_prefix(plain).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    let mut begun: Vec<_> = begun.collect();
    // A correction of a version has the controls of that version: 4.0.1 is 4.0.0.
    let parts: Vec<&str> = plain.split('.').collect();
    if let ([major, minor, patch], true) = (parts.as_slice(), begun.is_empty())
        && patch.parse::<u16>().is_ok()
    {
        begun = versions.iter().filter(|version| version.starts_with(&format!("{major}.{minor}."))).collect();
    }
    match begun.as_slice() {
        [version] => Ok((**version).to_owned()),
        _ => Err(SelectionError::Version {
            version: asked.to_owned(),
            known: versions.into_iter().collect::<Vec<_>>().join(", "),
        }),
    }
}

/// The folder that holds the rule, and the packs that it names.
fn packs_of(meta: &Metadata) -> impl Iterator<Item = &str> {
    let folder = meta.origin.file.strip_prefix(PREFIX).and_then(|path| path.split('/').next());
    folder.into_iter().chain(meta.packs.iter().map(String::as_str))
}

/// `5.0.0` of `cis.v5.0.0.4.3`.
fn cis_versions_of(meta: &Metadata) -> impl Iterator<Item = &str> {
    meta.tags.iter().filter_map(|tag| {
        let rest = tag.strip_prefix("cis.v").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))?;
        rest.match_indices('.').nth(2).map(|(end, _)| &rest[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(name: &str) -> Vec<&'static str> {
        let selection: Selection = name.parse().unwrap();
        SHIPPED.iter().filter(|meta| selection.selects(meta)).map(|meta| meta.id.as_str()).collect()
    }

    #[test]
    fn the_shipped_rules_are_without_fault() {
        let loaded = check::load(&files(), &|_| true);
        let errors: Vec<String> = loaded
            .diagnostics
            .iter()
            .filter(|one| one.severity == crate::diagnostic::Severity::Error)
            .map(ToString::to_string)
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert!(loaded.rules.iter().all(|rule| rule.meta.author.as_deref() == Some("Tripline")));
    }

    #[test]
    fn a_version_has_one_rule_a_control_and_cis_all_every_form() {
        for (version, controls, forms) in [
            ("1.1", 14, 14),
            ("1.2.0", 14, 14),
            ("1.3.0", 15, 16),
            ("1.4.0", 15, 17),
            ("1.5.0", 15, 17),
            ("2.0.0", 15, 18),
            ("3.0.0", 15, 19),
            ("4.0", 15, 18),
            ("4.0.0", 15, 18),
            ("4.0.1", 15, 18),
            ("v4.0.1", 15, 18),
            ("5.0.0", 15, 18),
            ("6.0.0", 15, 18),
            ("7.0.0", 15, 18),
        ] {
            assert_eq!(selected(&format!("cis@{version}")).len(), controls, "cis@{version}");
            assert_eq!(selected(&format!("cis-all@{version}")).len(), forms, "cis-all@{version}");
        }
        assert_eq!(selected("cis"), selected("cis@7.0.0"));
    }

    #[test]
    fn the_pattern_that_matches_everything_is_in_no_plain_pack() {
        let everything = "cis-01b-unauthorized-calls";
        assert!(selected("cis-all@1.4.0").contains(&everything));
        for pack in ["baseline", "threats", "integrity", "cis@1.3.0", "cis@1.4.0", "cis@1.5.0", "cis@2.0.0"] {
            assert!(!selected(pack).contains(&everything), "{pack}");
        }
        assert_eq!(selected(everything), [everything]);
    }

    #[test]
    fn names_that_do_not_exist_are_answered_with_those_that_do() {
        let refused = |name: &str| name.parse::<Selection>().unwrap_err().to_string();
        assert!(refused("basline").contains("did you mean `baseline`"));
        assert!(refused("cis@9.9.9").contains("1.1.0, 1.2.0"));
        assert!(refused("cis@4.1.0").contains("4.0.0"));
        assert!(refused("cis@4.0.x").contains("4.0.0"));
        assert!(refused("cis@1").contains("7.0.0"), "five versions begin so");
        assert!(refused("baseline@2").contains("no versions"));
    }
}
