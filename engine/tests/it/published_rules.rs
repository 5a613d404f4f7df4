//! Rules that others publish, read in place.

use std::path::{Path, PathBuf};

use tripline_rules::check::{Loaded, SourceFile, load};
use tripline_rules::diagnostic::Severity;

use crate::shared;

fn read_all(folder: &Path, out: &mut Vec<SourceFile>) {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_all(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            let bytes = std::fs::read(&path).unwrap();
            out.push(SourceFile::from_bytes(&path.to_string_lossy(), bytes).unwrap());
        }
    }
}

fn load_folder(folder: &Path) -> (usize, Loaded, Vec<String>) {
    let mut files = Vec::new();
    read_all(folder, &mut files);
    let loaded = load(&files, &|_| true);
    let errors = loaded.diagnostics.iter().filter(|one| one.severity == Severity::Error);
    let errors: Vec<String> = errors.map(ToString::to_string).collect();
    (files.len(), loaded, errors)
}

#[test]
fn every_sigmahq_rule_loads() {
    let Some(shared) = shared::folder("published_rules") else { return };
    let (n_files, loaded, errors) = load_folder(&shared.join("rules/sigmahq-aws/rules"));
    assert!(n_files > 40);
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(loaded.rules.len(), n_files);
}

#[test]
fn unsupported_rules_are_skipped_and_others_refused_for_what_they_are() {
    let Some(shared) = shared::folder("published_rules") else { return };
    let (n_files, loaded, errors) = load_folder(&shared.join("rules/sigmahq-aws/unsupported"));
    assert_eq!((n_files, errors.len(), loaded.rules.len()), (8, 0, 0), "{errors:#?}");
    assert!(loaded.diagnostics.iter().all(|one| one.to_string().contains("change the status")));
    let (_, placeholders, errors) = load_folder(&shared.join("rules/sigmahq-aws/rules-placeholder"));
    assert!(placeholders.rules.is_empty() && errors.iter().all(|error| error.contains("`expand`")));
}

#[test]
fn published_correlations_load_by_title() {
    let Some(shared) = shared::folder("published_rules") else { return };
    let (_, loaded, errors) = load_folder(&shared.join("rules/sigma-correlation-samples"));
    // Three count; two are temporal.
    assert_eq!(loaded.rules.len(), 6, "three correlations and their rules");
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(errors.iter().all(|error| error.contains("temporal_ordered")));
}
