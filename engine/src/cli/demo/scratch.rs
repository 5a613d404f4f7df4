//! Where a demo keeps what it writes: a folder of its own, which goes with it; the store may be the user's.

use std::io;
use std::path::{Path, PathBuf};

pub(super) struct Scratch {
    folder: tempfile::TempDir,
    store: PathBuf,
}

impl Scratch {
    pub(super) fn new(store: Option<&Path>) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("tripline-demo-").tempdir()?;
        let store = store.map_or_else(|| folder.path().join("demo.db"), Path::to_path_buf);
        Ok(Self { folder, store })
    }

    pub(super) fn store(&self) -> &Path {
        &self.store
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
