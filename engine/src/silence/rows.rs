//! What is learned, written down and read again.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use super::key::{Key, Name};
use super::watch::{Known, Watch};
use super::{LastSeen, Settings};

/// One key as it is stored. The stream's account and region are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `recipientAccountId`.
    pub account: String,
    /// `awsRegion`.
    pub region: String,
    /// When it was heard of first, milliseconds since the epoch.
    pub first_seen_ms: i64,
    /// When it was heard of last.
    pub last_seen_ms: i64,
    /// What is usual for it: JSON that names its version, which alone reads it.
    pub state: String,
}

impl LastSeen {
    /// Goes on with what was written down. A state that cannot be read is learned anew, and nobody is new for that.
    pub fn restore(settings: Settings, rows: Vec<Row>) -> Self {
        let watches = rows.into_iter().filter_map(|row| {
            let Row { account, region, first_seen_ms, last_seen_ms, state } = row;
            let name = if account.is_empty() { Some(Name::STREAM) } else { Name::place(&account, &region) };
            let known = serde_json::from_str::<Known>(&state).ok().filter(Known::is_sound);
            let known = known.unwrap_or_else(|| Known::nothing(last_seen_ms));
            let name = name?;
            Some((name, Watch { key: name.key(), first_seen_ms, last_seen_ms, known, changed: false }))
        });
        Self { watches: watches.collect(), settings, lost: Mutex::default(), dropped: AtomicU64::new(0) }
    }

    /// The rows that have changed since this was asked last, each whole: who was heard, or passed an hour, or fell silent.
    pub fn rows(&self) -> Vec<Row> {
        let changed = self.watches.iter_mut().filter(|watch| watch.changed);
        let rows = changed.map(|mut watch| {
            watch.changed = false;
            let (account, region) = match &watch.key {
                Key::Stream => (String::new(), String::new()),
                Key::Place { account, region } => (account.clone(), region.clone()),
            };
            // A map with whole numbers as keys, and lists: nothing in it can fail to be written.
            let state = serde_json::to_string(&watch.known).unwrap_or_default();
            let Watch { first_seen_ms, last_seen_ms, .. } = *watch;
            Row { account, region, first_seen_ms, last_seen_ms, state }
        });
        rows.collect()
    }
}
