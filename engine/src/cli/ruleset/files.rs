//! The rule files and the cases behind `--rules`. What cannot be read is told by itself, and the others load: one
//! unreadable file must not silence a folder of rules. Invariant: a file is read once, however many paths lead to it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tripline_rules::check::{FILE_BYTES_MAX, SourceFile};
use tripline_rules::diagnostic::{Diagnostic, Origin};

use crate::regular_file::{ReadError, read_regular_file};

/// What stands in the files.
#[derive(Debug, Default)]
pub(super) struct RuleFiles {
    pub(super) rules: Vec<SourceFile>,
    pub(super) cases: Vec<SourceFile>,
    /// What could not be read.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Those of them that are something else than a regular file, or larger than a rule file may be.
    pub(super) unfit: HashSet<Arc<str>>,
    /// The files and folders behind all links that were read.
    seen: HashSet<PathBuf>,
}

impl RuleFiles {
    /// Adds a file and the cases beside it, or every rule file below a folder in the order of their names.
    pub(super) fn add(&mut self, path: &Path) {
        self.add_found(path);
        let beside = ["cases.yml", "cases.yaml"].map(|ending| path.with_extension(ending));
        if path.is_file() {
            beside.iter().filter(|cases| cases.is_file()).for_each(|cases| self.add_found(cases));
        }
    }

    fn add_found(&mut self, path: &Path) {
        if let Err(error) = self.try_add(path) {
            let file: Arc<str> = path.to_string_lossy().into();
            if !matches!(error, ReadError::Io(_)) {
                self.unfit.insert(Arc::clone(&file));
            }
            let origin = Origin { file, line: 1, column: 1 };
            let message = format!("the file could not be read: {error}");
            self.diagnostics.push(Diagnostic::error(&origin, message));
        }
    }

    fn try_add(&mut self, path: &Path) -> Result<(), ReadError> {
        // Links may lead back to a folder that is being read.
        if !self.seen.insert(path.canonicalize()?) {
            return Ok(());
        }
        if path.is_dir() {
            let mut entries =
                fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
            entries.sort();
            let ours = entries.iter().filter(|entry| entry.is_dir() || has_rules(entry));
            ours.for_each(|entry| self.add_found(entry));
            return Ok(());
        }
        match SourceFile::from_bytes(&path.to_string_lossy(), read_regular_file(path, FILE_BYTES_MAX as u64)?)
        {
            Ok(file) if file.is_cases() => self.cases.push(file),
            Ok(file) => self.rules.push(file),
            Err(diagnostic) => self.diagnostics.push(diagnostic),
        }
        Ok(())
    }
}

/// The rule files at or below a path. What cannot be listed has none.
pub(super) fn below(path: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    if path.is_dir() {
        folders.push(path.to_path_buf())
    } else {
        found.push(path.to_path_buf())
    }
    while let Some(folder) = folders.pop() {
        if !folder.canonicalize().is_ok_and(|whole| seen.insert(whole)) {
            continue;
        }
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for entry in entries {
            if entry.is_dir() {
                folders.push(entry);
            } else if has_rules(&entry) {
                found.push(entry);
            }
        }
    }
    found
}

fn has_rules(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml")
}
