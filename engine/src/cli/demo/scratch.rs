//! Where a demo keeps its store: the user's file, or one in a folder that goes with the demo.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

pub(super) struct Scratch {
    store: PathBuf,
    _folder: Option<TempDir>,
}

impl Scratch {
    pub(super) fn new(store: Option<&Path>) -> io::Result<Self> {
        if let Some(store) = store {
            return Ok(Self { store: store.to_path_buf(), _folder: None });
        }
        let folder = tempfile::Builder::new().prefix("tripline-demo-").tempdir()?;
        Ok(Self { store: folder.path().join("demo.db"), _folder: Some(folder) })
    }

    pub(super) fn store(&self) -> &Path {
        &self.store
    }
}
