//! Everything that a path can lead to.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::*;

const BYTES_MAX: u64 = 1_000;

fn error(path: &Path) -> String {
    read_regular_file(path, BYTES_MAX).unwrap_err().to_string()
}

#[test]
fn a_regular_file_is_read_through_links_up_to_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    symlink("file", &link).unwrap();
    for length in [0, 1, 999, 1_000] {
        fs::write(&file, vec![b'x'; length]).unwrap();
        assert_eq!(read_regular_file(&link, BYTES_MAX).unwrap().len(), length);
    }
    fs::write(&file, vec![b'x'; 1_001]).unwrap();
    assert_eq!(error(&link), "it has more than 1000 bytes; make it smaller, or split it");
    // Nothing of it is read: it would not fit into memory.
    File::create(&file).unwrap().set_len(1 << 40).unwrap();
    assert!(error(&file).contains("more than 1000 bytes"));
    // A regular file whose size says nothing.
    assert!(matches!(read_regular_file(Path::new("/proc/self/maps"), 100), Err(ReadError::TooLarge { .. })));
    assert!(!read_regular_file(Path::new("/proc/self/stat"), BYTES_MAX).unwrap().is_empty());
}

#[test]
fn nothing_else_is_opened_or_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    symlink("fifo", at("to-fifo")).unwrap();
    symlink("/dev/zero", at("to-zero")).unwrap();
    let _socket = UnixListener::bind(at("socket")).unwrap();
    for (name, kind) in [
        ("fifo", "a pipe"),
        ("to-fifo", "a pipe"),
        ("to-zero", "a device"),
        ("socket", "a socket"),
        ("", "a folder"),
    ] {
        let error = error(&at(name));
        assert!(error.starts_with(&format!("it is {kind}")), "{name}: {error}");
        assert!(error.contains("put a regular file there"), "{error}");
    }
    // As if it had taken the place of a file between the two looks: opening does not wait for a writer.
    assert!(!open(&at("fifo")).unwrap().metadata().unwrap().is_file());
}

#[test]
fn what_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    symlink("nowhere", at("dangling")).unwrap();
    symlink("two", at("one")).unwrap();
    symlink("one", at("two")).unwrap();
    assert!(error(&at("dangling")).contains("No such file"));
    assert!(error(&at("one")).contains("symbolic link"), "{}", error(&at("one")));
    fs::write(at("closed"), "secret").unwrap();
    fs::set_permissions(at("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything.
    match read_regular_file(&at("closed"), BYTES_MAX) {
        Err(error) => assert!(error.to_string().contains("Permission denied"), "{error}"),
        Ok(bytes) => assert_eq!(bytes, b"secret"),
    }
}
