//! One line of JSON an alert at the end of a file, set aside when it is full.
//!
//! A line is accepted when the disk has it (`fdatasync` after each: alerts are few, and a line that only the cache has is
//! lost with the machine). Others may move the file away, as logrotate does: it is opened again where it should be.
//! Invariant: a line begins at a line's beginning, also after a crash in the middle of one.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{Delivery, Format, OpenError, Refusal, body};

/// Alerts quote events: for the owner and its group.
const MODE: u32 = 0o640;

#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    rotate_bytes: u64,
    keep: u32,
    format: Format,
    /// None after a failure: what stands at the end is then looked at anew.
    open: Option<fs::File>,
}

impl File {
    pub(super) fn open(
        path: PathBuf,
        rotate_bytes: u64,
        keep: u32,
        format: Format,
    ) -> Result<Self, OpenError> {
        match open(&path) {
            Ok(file) => Ok(Self { path, rotate_bytes, keep, format, open: Some(file) }),
            Err(source) => Err(OpenError::File { path, source }),
        }
    }

    pub(super) fn deliver(&mut self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        let line = body::line(delivery, self.format)? + "\n";
        self.append(line.as_bytes()).map_err(|source| Refusal::Io { source })
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let mut file = match self.open.take() {
            Some(file) if is_at(&file, &self.path) => file,
            _ => open(&self.path)?,
        };
        let size = file.metadata()?.len();
        let full = size > 0 && size.saturating_add(line.len() as u64) > self.rotate_bytes;
        if full {
            set_aside(&self.path, self.keep)?;
            file = open(&self.path)?;
        }
        let start = file.metadata()?.len();
        if let Err(error) = file.write_all(line).and_then(|()| file.sync_data()) {
            // Half a line says less than none. If the disk refuses this too, the half line is ended when next opened.
            let _ = file.set_len(start);
            return Err(error);
        }
        if full {
            // The names are on disk when the folder is.
            fs::File::open(folder(&self.path))?.sync_all()?;
        }
        self.open = Some(file);
        Ok(())
    }
}

/// The file at its end; a line that a crash cut off is ended.
fn open(path: &Path) -> io::Result<fs::File> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(MODE).open(path)?;
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

/// Whether the open file still stands at its path.
fn is_at(file: &fs::File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// `path` becomes `path.1`, that `path.2`, and the oldest is overwritten.
fn set_aside(path: &Path, keep: u32) -> io::Result<()> {
    if keep == 0 {
        return fs::remove_file(path);
    }
    for n in (1..keep).rev() {
        match fs::rename(numbered(path, n), numbered(path, n + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, numbered(path, 1))
}

fn numbered(path: &Path, n: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{n}"));
    PathBuf::from(name)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}
