//! A file that is deleted, replaced or overwritten under its writer is noticed before anything is written to it.

use super::*;

/// A store with a commit, and a copy of its file from an earlier opening.
fn with_backup(folder: &Folder) -> (Store, PathBuf) {
    let mut store = Store::open(&folder.file()).unwrap();
    commit(&mut store, &change("a", 1));
    assert!(store.empty_log().unwrap());
    drop(store);
    let backup = folder.join("backup.db");
    fs::copy(folder.file(), &backup).unwrap();
    let mut store = Store::open(&folder.file()).unwrap();
    commit(&mut store, &change("b", 1));
    (store, backup)
}

#[track_caller]
fn refused(store: &mut Store) -> String {
    let error = store.commit(&Commit { alerts: &change("c", 1), ..Commit::default() }).unwrap_err();
    assert!(matches!(error, StoreError::Replaced { .. }), "{error}");
    assert!(!error.is_damaged_row());
    error.to_string()
}

#[test]
fn a_deleted_file_is_noticed_and_one_that_is_put_back_is_the_same() {
    let folder = Folder::new();
    let (mut store, _) = with_backup(&folder);
    fs::rename(folder.file(), folder.join("elsewhere")).unwrap();
    assert!(refused(&mut store).contains("was deleted"));
    assert!(matches!(store.empty_log(), Err(StoreError::Replaced { .. })));
    fs::rename(folder.join("elsewhere"), folder.file()).unwrap();
    commit(&mut store, &change("c", 1));
}

#[test]
fn a_file_that_is_renamed_into_its_place_is_noticed() {
    let folder = Folder::new();
    let (mut store, backup) = with_backup(&folder);
    fs::rename(backup, folder.file()).unwrap();
    assert!(refused(&mut store).contains("another file"));
}

#[test]
fn a_file_that_is_overwritten_in_place_is_noticed() {
    let folder = Folder::new();
    let (mut store, backup) = with_backup(&folder);
    let right = fs::read(folder.file()).unwrap();
    let overwrite = |bytes: &[u8]| fs::write(folder.file(), bytes).unwrap();
    overwrite(&fs::read(backup).unwrap());
    assert!(refused(&mut store).contains("an older copy"));
    let other = folder.join("other.db");
    drop(Store::open(&other).unwrap());
    overwrite(&fs::read(&other).unwrap());
    assert!(refused(&mut store).contains("another store"));
    overwrite(b"");
    assert!(refused(&mut store).contains("something else"));
    overwrite(&right);
    commit(&mut store, &change("c", 1));
}

#[test]
fn a_copy_of_this_very_opening_is_noticed() {
    let folder = Folder::new();
    let (mut store, _) = with_backup(&folder);
    assert!(store.empty_log().unwrap());
    let copy = fs::read(folder.file()).unwrap();
    commit(&mut store, &change("c", 1));
    assert!(store.empty_log().unwrap());
    commit(&mut store, &change("d", 1));
    fs::write(folder.file(), copy).unwrap();
    assert!(refused(&mut store).contains("an older copy"));
}

/// Checkpoints of the writer and of others change the file: that is no reason to refuse anything.
#[test]
fn checkpoints_are_nothing_to_notice() {
    let folder = Folder::new();
    let (mut store, _) = with_backup(&folder);
    let mut beside = Store::open_for_triage(&folder.file()).unwrap();
    for n in 0..20 {
        commit(&mut store, &change(&format!("c{n}"), 1));
        beside.acknowledge(&format!("c{n}"), 5_000).unwrap();
        if n % 3 == 0 {
            beside.connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)").unwrap();
        }
        if n % 5 == 0 {
            assert!(store.empty_log().unwrap());
        }
    }
}

#[test]
fn after_an_emptied_log_the_one_file_is_a_backup_unless_a_reader_prevents_it() {
    let folder = Folder::new();
    let (mut store, _) = with_backup(&folder);
    store.set_busy_timeout(Duration::from_millis(1)).unwrap();
    let reader = Store::open_beside(&folder.file()).unwrap();
    let mut reading = reader.connection.prepare("SELECT id FROM alerts").unwrap();
    let mut rows = reading.query(()).unwrap();
    rows.next().unwrap();
    commit(&mut store, &change("c", 1));
    assert!(!store.empty_log().unwrap(), "a reader needs the log");
    drop(rows);
    assert!(store.empty_log().unwrap());
    let copy = folder.join("copy.db");
    fs::copy(folder.file(), &copy).unwrap();
    let wal = folder.join("store.db-wal");
    assert_eq!(fs::metadata(wal).unwrap().len(), 0);
    assert_eq!(Store::open_beside(&copy).unwrap().list(&Query::default()).unwrap().len(), 3);
}
