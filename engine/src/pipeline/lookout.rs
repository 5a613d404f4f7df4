//! Looks up every now and then: whether the source is read, who is silent, who is new; and says so.
//!
//! Its clock is the stream's: the time up to which everything that had arrived is read. Who lags hears no silence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use super::committer::Message;
use super::live::LiveRules;
use super::own::Own;
use super::service::Shared;
use super::{Matcher, now_ms};
use crate::silence::{Key, Notice, Row};
use crate::source::kinesis::board::Board;
use crate::store::{DamageTotal, Pressure, SeenRow};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Looks between two checks for silence.
const CHECK_LOOKS: u32 = 10;

/// Checks between two times that what was learned is written down.
const WRITE_CHECKS: u32 = 6;

/// Damage that was found before is reported for so long after it, milliseconds: the engine may have died before it was reported.
const REPORTED_AGAIN_MS: i64 = 24 * 3_600_000;

/// The lookout's surroundings.
pub(super) struct Lookout {
    pub(super) board: Arc<Board>,
    /// A shard may fail for so long before the service is not ready.
    pub(super) patience: Duration,
    /// Whether silence is told of.
    pub(super) tells: bool,
    pub(super) rules: Arc<LiveRules>,
    pub(super) matcher: Matcher,
    pub(super) queue: SyncSender<Message>,
    pub(super) shared: Shared,
    /// The pressure that was told of: rule, since when, until when.
    pub(super) told: BTreeSet<(String, i64, Option<i64>)>,
    /// By table, when the last damaged row was found that was reported.
    pub(super) damage_reported: BTreeMap<String, i64>,
}

/// Nobody writes any more.
struct Gone;

impl Lookout {
    /// Runs until the service ends, and leaves nothing unwritten that it learned.
    pub(super) fn run(mut self) {
        let mut looks = 0;
        while !self.shared.stop.wait(EVERY) {
            self.shared.health.source(self.board.trouble(self.patience));
            looks += 1;
            if self.pressure().is_err() || self.report_damage(now_ms()).is_err() {
                return;
            }
            if looks % CHECK_LOOKS == 0 && self.check(looks % (CHECK_LOOKS * WRITE_CHECKS) == 0).is_err() {
                return;
            }
        }
        let _ = self.write();
    }

    /// Tells of pressure that began or ended. What is told again after a restart is the same event.
    fn pressure(&mut self) -> Result<(), Gone> {
        for Pressure { rule, from_ms, to_ms } in self.shared.health.pressures().into_values() {
            if self.told.insert((rule.clone(), from_ms, None)) {
                tracing::warn!(rule, "beyond the budget of rows: new groups are counted approximately");
                self.send(&Own::Pressure { rule: &rule, from_ms, to_ms: None })?;
            }
            if to_ms.is_some() && self.told.insert((rule.clone(), from_ms, to_ms)) {
                tracing::info!(rule, "within the budget of rows again");
                self.send(&Own::Pressure { rule: &rule, from_ms, to_ms })?;
            }
        }
        Ok(())
    }

    /// Reports damaged rows that were moved aside. What is reported again after a restart is the same event.
    fn report_damage(&mut self, now_ms: i64) -> Result<(), Gone> {
        for DamageTotal { table, rows, found_ms } in self.shared.health.damage_totals() {
            let is_old = found_ms < now_ms.saturating_sub(REPORTED_AGAIN_MS);
            if !is_old && self.damage_reported.insert(table.clone(), found_ms) != Some(found_ms) {
                self.send(&Own::Damaged { table: &table, rows, found_ms })?;
            }
        }
        Ok(())
    }

    fn check(&mut self, write: bool) -> Result<(), Gone> {
        let Some(clock_ms) = self.board.clock_ms() else { return Ok(()) };
        let notices = self.shared.last_seen.check(clock_ms);
        for notice in &notices {
            self.tell(notice)?;
        }
        let (all, silent) = (self.shared.last_seen.len(), self.shared.last_seen.silent_keys());
        let metrics = &self.shared.metrics;
        for (state, count) in [("heard", all.saturating_sub(silent)), ("silent", silent)] {
            metrics.silence_keys.with_label_values(&[state]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let dropped = self.shared.last_seen.dropped();
        metrics.silence_dropped.inc_by(dropped.saturating_sub(metrics.silence_dropped.get()));
        // What was told must not be told again.
        if write || !notices.is_empty() { self.write() } else { Ok(()) }
    }

    fn tell(&mut self, notice: &Notice) -> Result<(), Gone> {
        let own = match notice {
            Notice::Silent { key, last_seen_ms, detected_ms, .. } => {
                tracing::warn!(place = %key, since_ms = last_seen_ms, "silent");
                Own::Silent { place: place(key), since_ms: *last_seen_ms, noticed_ms: *detected_ms }
            }
            Notice::Resumed { key, silent_from_ms, resumed_ms } => {
                tracing::info!(place = %key, silent_from_ms, resumed_ms, "heard again");
                return Ok(());
            }
            Notice::New { key, first_seen_ms } => {
                tracing::info!(place = %key, "heard for the first time");
                let Some(place) = place(key) else { return Ok(()) };
                Own::New { place, seen_ms: *first_seen_ms }
            }
        };
        if self.tells { self.send(&own) } else { Ok(()) }
    }

    fn send(&mut self, own: &Own<'_>) -> Result<(), Gone> {
        self.matcher.follow(&self.rules);
        let matched = self.matcher.own(own, &self.shared.about);
        self.shared.metrics.queue_batches.inc();
        self.queue.send(Message::Batch(Box::new(matched), None)).map_err(|_| Gone)
    }

    fn write(&mut self) -> Result<(), Gone> {
        let rows: Vec<SeenRow> = self.shared.last_seen.rows().into_iter().map(SeenRow::from).collect();
        if rows.is_empty() {
            return Ok(());
        }
        self.queue.send(Message::Seen(rows)).map_err(|_| Gone)
    }
}

fn place(key: &Key) -> Option<(&str, &str)> {
    match key {
        Key::Stream => None,
        Key::Place { account, region } => Some((account, region)),
    }
}

impl From<Row> for SeenRow {
    fn from(row: Row) -> Self {
        let Row { account, region, first_seen_ms, last_seen_ms, state } = row;
        Self { account, region, first_ms: first_seen_ms, last_ms: last_seen_ms, state }
    }
}

impl From<SeenRow> for Row {
    fn from(row: SeenRow) -> Self {
        let SeenRow { account, region, first_ms, last_ms, state } = row;
        Self { account, region, first_seen_ms: first_ms, last_seen_ms: last_ms, state }
    }
}
