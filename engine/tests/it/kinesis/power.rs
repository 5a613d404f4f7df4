//! The power fails under load: what the operating system had not yet written to the disk is gone, and the service goes on from
//! what is left. The reference engine judges.
//!
//! The store is on a file system in a file. Copying that file while the service is stopped gives what the disk would hold:
//! pages that nobody synced are in the cache of the mounted system and not in the copy. A file that was not synced proves it.
//! Only root may mount; where even root may not, the test says that it was left out. `TRIPLINE_POWER_LOSSES` makes them more.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tripline::store::{Query, Store};
use tripline_loadgen::Distribution;

use super::emulator::Emulator;
use super::fickle::Fickle;
use super::ledger;
use super::oracle::{facts, judge, records};
use super::service::{Setup, until};
use crate::reference::assert_same;
use crate::rng::Rng;

/// Size of the disk.
const DISK_BYTES: u64 = 64 << 20;
/// What is written to the file that nobody syncs.
const UNSYNCED_BYTES: usize = 64 << 10;

/// Runs a program; true if it succeeds.
fn runs(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// A file system in a file, mounted until it is dropped.
struct Disk {
    folder: PathBuf,
    image: PathBuf,
}

impl Disk {
    /// Makes a file system; none where that is not possible.
    fn new(folder: &Path) -> Option<Self> {
        let image = folder.join("0.img");
        File::create(&image).unwrap().set_len(DISK_BYTES).unwrap();
        let made = runs("mkfs.ext4", &["-q", "-F", image.to_str().unwrap()]);
        made.then(|| Self::mount(folder, image)).flatten()
    }

    fn mount(folder: &Path, image: PathBuf) -> Option<Self> {
        let folder = folder.join("disk");
        fs::create_dir_all(&folder).unwrap();
        // Nothing is written by time alone, so that what is not synced stays unwritten.
        let arguments = ["-o", "loop,commit=300", image.to_str().unwrap(), folder.to_str().unwrap()];
        runs("mount", &arguments).then_some(Self { folder, image })
    }

    /// The power fails and is back: the disk holds what was written to it, and nothing more.
    fn lose_power(self, n: usize, kill: impl FnOnce()) -> Self {
        let (image, parent) = (self.image.with_file_name(format!("{n}.img")), self.folder.parent().unwrap());
        let (parent, unsynced) = (parent.to_owned(), self.folder.join("unsynced"));
        fs::write(&unsynced, vec![b'x'; UNSYNCED_BYTES]).unwrap();
        fs::copy(&self.image, &image).unwrap();
        kill();
        drop(self);
        let disk = Self::mount(&parent, image).unwrap();
        let left = fs::read(&unsynced).unwrap_or_default();
        assert!(!left.contains(&b'x'), "what was not synced survived: no power was lost");
        disk
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        assert!(runs("umount", &[self.folder.to_str().unwrap()]), "{} stays mounted", self.folder.display());
        let _ = fs::remove_file(&self.image);
    }
}

#[test]
fn no_loss_of_power_loses_or_makes_up_an_alert() {
    let losses = std::env::var("TRIPLINE_POWER_LOSSES").map_or(6, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let Some(mut disk) = Disk::new(folder.path()) else {
        let _ =
            writeln!(std::io::stderr(), "power loss: left out, no file system can be made and mounted here");
        return;
    };
    let emulator = Emulator::start();
    let stream = emulator.stream("power", 2);
    let mut rng = Rng(43);
    let records = records(97, 200 * losses as u64 + 2_000, Distribution::Random);
    let (wanted, accounts) = judge(&records);
    let sink = Fickle::start(47);
    let path = disk.folder.join("tripline.db");
    let hook = "[sink.hook]\ntype = \"webhook\"\nurl_env = \"HOOK\"\nallow_private = true\nrate_per_s = 0\ntimeout_s = 1\n";
    let setup = Setup::new(&emulator.url, &stream.name, hook)
        .with("HOOK", &sink.url())
        .with("TRIPLINE__STORE__PATH", path.to_str().unwrap());
    for (n, chunk) in (1..).zip(records.chunks(records.len().div_ceil(losses))) {
        let running = setup.start();
        stream.put(chunk);
        std::thread::park_timeout(Duration::from_millis(rng.next() % 1_500));
        // Nothing moves while the disk is copied.
        running.signal("STOP");
        disk = disk.lose_power(n, || running.kill());
    }
    let running = setup.start();
    let store = Store::open_beside(&path).unwrap();
    let alerts = || -> Vec<_> {
        let stored = store.list(&Query::default()).unwrap().into_iter().map(|stored| stored.alert);
        stored.filter(|alert| !alert.rule.id.starts_with("tripline-")).collect()
    };
    until("all alerts", || (facts(&alerts()) == wanted).then_some(()));
    until("all deliveries", || store.outbox().unwrap().iter().all(|sink| sink.pending == 0).then_some(()));
    let received = || store.accounts().unwrap().iter().map(|(_, all)| all.records).sum::<u64>();
    until("all records", || (received() >= accounts.decode.records_received).then_some(()));
    running.terminate().assert_ok();
    assert_same(&facts(&alerts()), &wanted, "after the losses of power");
    assert_eq!(received(), accounts.decode.records_received, "each record is accounted for once");
    let ledger = ledger::check(&sink.received(), &store, &alerts(), &wanted);
    let _ = writeln!(
        std::io::stderr(),
        "power losses {losses}: {} alerts, {} deliveries, {} requests repeated under their keys",
        wanted.len(),
        ledger.deliveries,
        ledger.repeated
    );
    drop(store);
    drop(disk);
}
