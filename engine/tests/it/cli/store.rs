//! `tripline store`: damaged rows are named, moved aside, and what they amounted to is folded again.

use rusqlite::Connection;

use super::*;

/// A store that holds what the story amounts to.
fn replayed(name: &str) -> (PathBuf, String) {
    let folder = folder(name);
    let file = write(&folder, "story.ndjson", &ndjson(&story()));
    let store = folder.join("store.db").to_string_lossy().into_owned();
    check(&["replay", &file, "--store", &store], 0);
    (folder, store)
}

fn change(store: &str, statements: &str) {
    Connection::open(store).unwrap().execute_batch(statements).unwrap();
}

#[test]
fn damaged_rows_are_named_and_a_repair_rebuilds_the_alerts() {
    let (_folder, store) = replayed("store-repair");
    let (checked, repair) = (["store", "check", "--store", &store], ["store", "repair", "--store", &store]);
    assert_eq!(check(&checked, 0), "ok\n");
    assert_eq!(check(&repair, 0), "ok: nothing was damaged\n");
    let alerts = check(&["alerts", "list", "--store", &store, "--output", "ndjson"], 0);
    assert!(!alerts.is_empty());
    change(
        &store,
        "UPDATE alerts SET body = substr(body, 1, 50) WHERE seq = 1; UPDATE keys SET rows = rows + 7 WHERE id = 1",
    );
    let said = check(&checked, 1);
    for part in [
        "damaged  alerts seq 1: its body",
        "damaged  keys id 1: its total",
        "2 damaged rows",
        "`tripline store repair`",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // People can list what is left of it meanwhile.
    let listed = check(&["alerts", "list", "--store", &store, "--output", "ndjson"], 0);
    assert_eq!(listed.lines().count(), alerts.lines().count());
    assert!(listed.contains("the stored text of this alert was damaged"), "{listed}");
    let said = check(&repair, 0);
    assert!(said.contains("1 alerts were rebuilt") && said.contains("1 rows were moved"), "{said}");
    assert_eq!(check(&checked, 0), "ok\n");
    assert_eq!(check(&["alerts", "list", "--store", &store, "--output", "ndjson"], 0), alerts);
    assert_eq!(check(&repair, 0), "ok: nothing was damaged\n");
}

#[test]
fn an_alert_whose_events_are_damaged_too_is_said_to_be_incomplete() {
    let (_folder, store) = replayed("store-incomplete");
    change(&store, "UPDATE events SET text = substr(text, 1, 50); UPDATE alerts SET body = '' WHERE seq = 1");
    let said = check(&["store", "check", "--store", &store], 1);
    assert!(said.contains("damaged  events id 1: its checksum"), "{said}");
    let said = check(&["store", "repair", "--store", &store], 0);
    assert!(said.contains("incomplete  alert "), "{said}");
    assert_eq!(check(&["store", "check", "--store", &store], 0), "ok\n");
}

#[test]
fn damaged_pages_are_not_repaired() {
    let (_folder, store) = replayed("store-pages");
    change(&store, "PRAGMA wal_checkpoint(TRUNCATE)");
    let mut bytes = fs::read(&store).unwrap();
    let pages = bytes.len() / 4096;
    bytes[(pages / 2) * 4096..(pages / 2 + 3) * 4096].fill(0xA5);
    fs::write(&store, bytes).unwrap();
    let said = check(&["store", "check", "--store", &store], 1);
    assert!(said.contains("backup"), "{said}");
    let complaint = complaint(&["store", "repair", "--store", &store], 4);
    assert!(complaint.contains("backup"), "{complaint}");
}
