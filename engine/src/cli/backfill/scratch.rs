//! What a backfill has read so far: a store of its own, which goes when the backfill is done.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tripline_rules::plan::Ruleset;

use super::Range;
use crate::cli::Failure;
use crate::hit::hex;
use crate::pipeline::keeper::{Keeper, Route};
use crate::pipeline::{Accounts, Matched, now_ms};
use crate::store::{Commit, Store, StoredPosition};

/// The name under which it says how far it has read.
const PROGRESS: &str = "backfill";

pub(super) struct Scratch {
    path: PathBuf,
    keeper: Keeper,
    /// How far it is read: milliseconds of log time.
    read_ms: Option<i64>,
    /// For what the keeper does not write: how far it is read.
    progress: Store,
}

impl Scratch {
    /// The store of this range under these rules, beside `store`; what an earlier one has left, when there is one.
    pub(super) fn open(
        store: &Path,
        log_group: &str,
        range: Range,
        ruleset: &Arc<Ruleset>,
    ) -> Result<Self, Failure> {
        let mut digest = Sha256::new();
        // Other rules, another backfill: what was read under them is not what these would have kept.
        let Range { from_ms, to_ms, .. } = range;
        digest.update(format!("{log_group}\n{from_ms} {to_ms}\n{}\n", env!("CARGO_PKG_VERSION")));
        for rule in ruleset.rules() {
            digest.update(format!("{rule:?}\n"));
        }
        let mut name = store.file_name().unwrap_or_default().to_owned();
        name.push(format!(".backfill-{}", hex(&digest.finalize()[..8])));
        let path = store.with_file_name(name);
        let to_nobody: Route = Arc::new(|_| Vec::new());
        let keeper = Keeper::open(Store::open(&path)?, ruleset, to_nobody)?;
        let known = keeper.positions()?.into_iter().find(|position| position.source == PROGRESS);
        let read_ms = known.and_then(|position| position.position.parse().ok());
        let progress = Store::open_for_triage(&path)?;
        Ok(Self { path, keeper, read_ms, progress })
    }

    pub(super) fn read_ms(&self) -> Option<i64> {
        self.read_ms
    }

    pub(super) fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    pub(super) fn accounts(&self) -> Accounts {
        self.keeper.accounts()
    }

    pub(super) fn take(&mut self, matched: Matched) -> Result<(), Failure> {
        let mut folded = self.keeper.fold(vec![matched]).without_progress();
        self.keeper.write(&mut folded, &[], &[], now_ms())?;
        Ok(())
    }

    /// Everything up to then is read, and kept.
    pub(super) fn is_read(&mut self, end_ms: i64) -> Result<(), Failure> {
        let position = StoredPosition {
            source: PROGRESS.to_owned(),
            position: end_ms.to_string(),
            low_s: None,
            seen_ms: None,
        };
        self.progress.commit(&Commit { positions: &[position], now_ms: now_ms(), ..Commit::default() })?;
        self.read_ms = Some(end_ms);
        Ok(())
    }

    /// Goes, for everything of it is in the service's store. Returns where everything of this run went.
    pub(super) fn finish(self) -> Result<Accounts, Failure> {
        let accounts = self.keeper.accounts();
        let Self { path, keeper, progress, .. } = self;
        drop((keeper, progress));
        for ending in ["", "-wal", "-shm", ".lock"] {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            match fs::remove_file(PathBuf::from(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(accounts)
    }
}
