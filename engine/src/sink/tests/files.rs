//! The file sink against a real disk: whole lines, names that move, a crash in the middle, a disk that is full.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tripline_rules::rule::Level;

use crate::alert::Alert;
use crate::sink::{Delivery, Filter, Format, OpenError, Refusal, Settings, Sink, Target, sample};

const NOW_MS: i64 = 1_767_323_000_000;

struct Room {
    folder: TempDir,
    runtime: tokio::runtime::Runtime,
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, runtime: tokio::runtime::Builder::new_current_thread().build().unwrap() }
    }

    fn open(&self, path: &Path, rotate_bytes: u64, keep: u32) -> Result<Sink, OpenError> {
        let target = Target::File { path: path.to_owned(), rotate_bytes, keep, format: Format::Native };
        self.runtime.block_on(Sink::open(Settings {
            name: "file".to_owned(),
            level_min: Level::Informational,
            filter: Filter::default(),
            rate_per_s: 0.0,
            digest_after: 0,
            timeout: Duration::from_secs(1),
            target,
        }))
    }

    fn deliver(&self, sink: &mut Sink, nth: u32) -> Result<(), Refusal> {
        let alert = Alert { revision: nth, ..sample(NOW_MS) };
        self.runtime.block_on(sink.deliver(&Delivery::new(&alert, NOW_MS)))
    }

    /// The revisions that a file holds; anything that is no alert is 0.
    fn told(&self, name: &str) -> Vec<u32> {
        let text = fs::read_to_string(self.folder.path().join(name)).unwrap();
        assert!(text.ends_with('\n'));
        text.lines()
            .map(|line| serde_json::from_str::<Alert>(line).map_or(0, |alert| alert.revision))
            .collect()
    }
}

#[test]
fn a_full_file_is_set_aside_and_no_line_is_lost() {
    let room = Room::new();
    let path = room.folder.path().join("alerts.ndjson");
    let line = sample(NOW_MS).json().unwrap().len() as u64 + 1;
    let mut sink = room.open(&path, 2 * line, 2).unwrap();
    for nth in 1..=9 {
        room.deliver(&mut sink, nth).unwrap();
    }
    assert_eq!(room.told("alerts.ndjson"), [9]);
    assert_eq!(room.told("alerts.ndjson.1"), [7, 8]);
    assert_eq!(room.told("alerts.ndjson.2"), [5, 6]);
    assert!(!room.folder.path().join("alerts.ndjson.3").exists());
    let mut sink = room.open(&path, 1, 0).unwrap();
    room.deliver(&mut sink, 10).unwrap();
    assert_eq!(room.told("alerts.ndjson"), [10], "a line larger than the file may be has one of its own");
    assert_eq!(room.told("alerts.ndjson.1"), [7, 8]);
}

#[test]
fn a_file_that_somebody_moved_away_is_opened_again() {
    let room = Room::new();
    let path = room.folder.path().join("alerts.ndjson");
    let mut sink = room.open(&path, u64::MAX, 1).unwrap();
    room.deliver(&mut sink, 1).unwrap();
    fs::rename(&path, room.folder.path().join("old")).unwrap();
    room.deliver(&mut sink, 2).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, "").unwrap();
    room.deliver(&mut sink, 3).unwrap();
    assert_eq!((room.told("old"), room.told("alerts.ndjson")), (vec![1], vec![3]));
    fs::OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
    room.deliver(&mut sink, 4).unwrap();
    assert_eq!(room.told("alerts.ndjson"), [4], "copied and emptied, the other habit of log rotation");
}

#[test]
fn a_line_that_a_crash_cut_off_spoils_no_other() {
    let room = Room::new();
    let path = room.folder.path().join("alerts.ndjson");
    fs::write(&path, r#"{"id":"half of an al"#).unwrap();
    let mut sink = room.open(&path, u64::MAX, 1).unwrap();
    room.deliver(&mut sink, 1).unwrap();
    assert_eq!(room.told("alerts.ndjson"), [0, 1]);
}

#[test]
fn what_the_disk_refuses_is_a_refusal_and_passes() {
    let room = Room::new();
    let path = room.folder.path().join("alerts.ndjson");
    let mut sink = room.open(&path, u64::MAX, 1).unwrap();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let refusal = room.deliver(&mut sink, 1).unwrap_err();
    assert_eq!(refusal.label(), "io", "{refusal}");
    fs::remove_dir(&path).unwrap();
    room.deliver(&mut sink, 2).unwrap();
    assert_eq!(room.told("alerts.ndjson"), [2]);
    let missing = room.open(&room.folder.path().join("none/alerts"), 1, 1);
    assert!(matches!(missing, Err(OpenError::File { .. })), "{missing:?}");
    let full = room.open(Path::new("/dev/full"), u64::MAX, 1).map(|mut sink| room.deliver(&mut sink, 1));
    assert!(matches!(full, Ok(Err(Refusal::Io { .. })) | Err(OpenError::File { .. })), "{full:?}");
}
