//! Files, folders (the layout of S3 and any other) and standard input, in the order of their names.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SourceError;
use super::chunks::Chunks;
use crate::record::Record;

/// Endings of files that are read inside folders, each also with `.gz`. A file named by itself is always read.
const ENDINGS: [&str; 4] = ["json", "ndjson", "jsonl", "log"];

/// What the given paths come to.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Files to read, in order; none stands for standard input.
    pub files: Vec<Option<Arc<PathBuf>>>,
    /// Files inside folders that are none of ours, and folders behind links.
    pub skipped: Vec<PathBuf>,
    /// Bytes of all files together, as they lie on the disk.
    pub bytes: u64,
}

/// Finds the files below `paths`; `-` is standard input.
///
/// # Errors
/// A path that is not there, or a folder that cannot be listed.
pub fn find(paths: &[PathBuf]) -> Result<Inputs, SourceError> {
    let mut inputs = Inputs::default();
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.files.push(None);
        } else {
            inputs.add(path).map_err(|error| SourceError { path: path.clone(), error })?;
        }
    }
    Ok(inputs)
}

impl Inputs {
    fn add(&mut self, path: &Path) -> io::Result<()> {
        let metadata = fs::metadata(path)?;
        if metadata.is_dir() {
            return self.add_folder(path);
        }
        self.files.push(Some(Arc::new(path.to_path_buf())));
        self.bytes += metadata.len();
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path) -> io::Result<()> {
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                self.add_folder(&path)?;
            } else if path.is_file() && is_ours(&path) {
                self.add(&path)?;
            } else {
                self.skipped.push(path);
            }
        }
        Ok(())
    }

    /// The records of all files. A file that cannot be read is an error in its place; the others follow.
    pub fn records(&self) -> impl Iterator<Item = Result<Record, SourceError>> {
        self.files.iter().flat_map(|path| {
            let name = || path.as_deref().cloned().unwrap_or_else(|| PathBuf::from("-"));
            let source: Arc<str> = name().display().to_string().into();
            let chunks = match open(path.as_deref()) {
                Ok(reader) => Parts::Open(Chunks::new(reader)),
                Err(error) => Parts::Failed(Some(error)),
            };
            (0..).zip(chunks).map(move |(part, bytes)| match bytes {
                Ok(bytes) => Ok(Record::new(&source, part, bytes)),
                Err(error) => Err(SourceError { path: name(), error }),
            })
        })
    }
}

fn open(path: Option<&PathBuf>) -> io::Result<Box<dyn Read>> {
    Ok(match path {
        Some(path) => Box::new(File::open(path)?),
        None => Box::new(io::stdin().lock()),
    })
}

/// The parts of one file, or the reason why there are none; after an error there is no more.
enum Parts {
    Open(Chunks<Box<dyn Read>>),
    Failed(Option<io::Error>),
}

impl Iterator for Parts {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Parts::Open(chunks) => {
                let part = chunks.next()?;
                if part.is_err() {
                    *self = Parts::Failed(None);
                }
                Some(part)
            }
            Parts::Failed(error) => error.take().map(Err),
        }
    }
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}
