//! One shard, read from a checkpoint to its end.
//!
//! A read that fails moves nothing: the same place is read again. The checkpoint moves only when records are handed on, and
//! handing on waits for as long as the worker does.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::ShardIteratorType;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::answer::InOnePass;
use super::board::Board;
use super::checkpoint::Checkpoint;
use super::failure::{Failure, Kind};
use super::feed::Answer;
use super::stream::Stream;
use super::{Settings, backoff};
use crate::failpoint;
use crate::metrics::Metrics;
use crate::record::{Gap, Item, Mark, Position, Record, Stage, Stamps};

/// An empty shard is idle after so long of successful reads at its tip (design §5).
const IDLE: Duration = Duration::from_secs(60);

/// After so many broken reads in a row the iterator itself is under suspicion.
const BROKEN_MAX: u32 = 3;

/// Records that a read asks for at most; the service gives no more, nor more than 10 MB.
const RECORDS_MAX: i32 = 10_000;

/// How wrong the service may be about how far behind an empty answer is.
const BEHIND_MS: i64 = 60_000;

/// Where a time stands for a place, it is so much earlier: clocks differ, and what is read twice changes nothing.
const MARGIN_MS: i64 = 60 * 60 * 1000;

/// What a reader works with.
pub(super) struct Reader {
    pub(super) settings: Arc<Settings>,
    pub(super) stream: Stream,
    pub(super) shard: String,
    pub(super) source: Arc<str>,
    /// What is handed on, answer by answer.
    pub(super) worker: mpsc::Sender<Answer>,
    /// One permit an answer that is held: what bounds the memory. Each worker has its own, so that a slow one holds up no other.
    pub(super) answers: Arc<Semaphore>,
    /// The same for shards whose last read failed: one that hangs must not hold up those that answer.
    pub(super) suspects: Arc<Semaphore>,
    pub(super) board: Arc<Board>,
    pub(super) metrics: Metrics,
    pub(super) retention: Duration,
    pub(super) now_ms: fn() -> i64,
}

/// Where a reader stands.
struct At {
    checkpoint: Checkpoint,
    iterator: Option<String>,
    /// Everything that had arrived by then is handed on.
    seen_ms: Option<i64>,
    /// Failures in a row.
    failures: u32,
    /// Records to ask for: fewer while answers do not come through, more again when they do.
    limit: i32,
    /// Times in a row that it was opened again without getting on.
    reopened: u32,
    /// When it last got on, and how far behind it was.
    progress: (Instant, i64),
    /// Since when there has been nothing to read, once that is told; before, when it was first so.
    idle_since: Option<Instant>,
}

impl At {
    /// Goes on by the time up to which everything is known to be handed on, rather than by a number: a little of it again, and
    /// nothing missed.
    fn go_by_time(&mut self) {
        if matches!(self.checkpoint, Checkpoint::After(_)) {
            let from_ms = self.seen_ms.map(|seen_ms| seen_ms.saturating_sub(MARGIN_MS));
            self.checkpoint = from_ms.map_or(Checkpoint::TrimHorizon, Checkpoint::AtTimestamp);
            self.iterator = None;
        }
    }
}

/// Nobody takes what is read: the service ends.
pub(super) struct Gone;

impl Reader {
    /// Reads from `checkpoint` on until the shard ends, and that is written; `seen_ms` is what is known of how far that is.
    pub(super) async fn run(mut self, checkpoint: Checkpoint, seen_ms: Option<i64>) -> Result<String, Gone> {
        self.board.opened(&self.shard, seen_ms, (self.now_ms)());
        tracing::info!(shard = self.shard, %checkpoint, "the shard is read");
        let progress = (Instant::now(), i64::MAX);
        let mut at = At {
            checkpoint,
            iterator: None,
            seen_ms,
            failures: 0,
            limit: RECORDS_MAX,
            reopened: 0,
            progress,
            idle_since: None,
        };
        self.open_at(&mut at).await?;
        let mut next_call = Instant::now();
        loop {
            tokio::time::sleep_until(next_call.into()).await;
            let asked = Instant::now();
            let permits = if at.failures == 0 { &self.answers } else { &self.suspects };
            let permit = permits.acquire().await;
            // Who waits for others is not stuck.
            at.progress.0 += asked.elapsed();
            next_call = Instant::now() + self.settings.poll_interval;
            let called_ms = (self.now_ms)();
            // From the horizon on, what goes before it is read was told of.
            if at.iterator.is_none() && at.checkpoint != Checkpoint::TrimHorizon {
                self.look_for_gap(&mut at).await?;
            }
            match self.read(&mut at).await {
                Ok(answer) => {
                    let ended = self.hand_on(&mut at, answer, called_ms).await?;
                    drop(permit);
                    if ended {
                        return self.end(&mut at, None).await;
                    }
                }
                Err(failure) => {
                    drop(permit);
                    if self.is_gone(&at, &failure).await {
                        let gap = self.gap(at.seen_ms, true);
                        return self.end(&mut at, gap).await;
                    }
                    next_call = next_call.max(Instant::now() + self.after(&mut at, &failure).await?);
                }
            }
            self.watch(&mut at).await;
        }
    }

    /// Says that the shard will be read, and what was lost before that.
    async fn open_at(&self, at: &mut At) -> Result<(), Gone> {
        if self.look_for_gap(at).await? { Ok(()) } else { self.mark(at, Stage::Opens, None, None).await }
    }

    /// Whether what follows the checkpoint is gone; then that is told, and it goes on with the oldest that there is. A number that
    /// the stream no longer knows can be answered with nothing for ever.
    async fn look_for_gap(&self, at: &mut At) -> Result<bool, Gone> {
        let Some(gap) = self.gap(at.seen_ms, false) else { return Ok(false) };
        at.checkpoint = Checkpoint::TrimHorizon;
        at.seen_ms = Some(gap.to_ms);
        self.mark(at, Stage::Opens, Some(gap), None).await?;
        Ok(true)
    }

    /// One read; opens an iterator first when there is none.
    async fn read(&self, at: &mut At) -> Result<GetRecordsOutput, Failure> {
        let iterator = match &at.iterator {
            Some(iterator) => iterator.clone(),
            None => at.iterator.insert(self.iterator(&at.checkpoint).await?).clone(),
        };
        let call = self.stream.client.get_records().shard_iterator(iterator).limit(at.limit);
        let call = call.set_stream_arn(self.stream.arn.clone());
        let call = call.customize().interceptor(InOnePass);
        call.send().await.map_err(|error| Failure::of("GetRecords", &self.stream.target, &error))
    }

    async fn iterator(&self, checkpoint: &Checkpoint) -> Result<String, Failure> {
        let call = self.stream.client.get_shard_iterator().shard_id(&self.shard);
        let call = call.set_stream_name(self.stream.name.clone()).set_stream_arn(self.stream.arn.clone());
        let call = match checkpoint {
            Checkpoint::AtTimestamp(ms) => {
                call.shard_iterator_type(ShardIteratorType::AtTimestamp).timestamp(DateTime::from_millis(*ms))
            }
            Checkpoint::After(number) => call
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(number.as_ref()),
            // A shard that has ended is not read; its reader would find nothing.
            Checkpoint::TrimHorizon | Checkpoint::ShardEnd => {
                call.shard_iterator_type(ShardIteratorType::TrimHorizon)
            }
        };
        let answer = call
            .send()
            .await
            .map_err(|error| Failure::of("GetShardIterator", &self.stream.target, &error))?;
        answer.shard_iterator.ok_or_else(|| Failure::nothing("GetShardIterator"))
    }

    /// Hands an answer on; only then has the reader got on. Returns whether the shard has ended: it then names no next
    /// iterator, with or without naming its children.
    async fn hand_on(&self, at: &mut At, answer: GetRecordsOutput, called_ms: i64) -> Result<bool, Gone> {
        failpoint::die("source.received");
        let received_ms = (self.now_ms)();
        let behind_ms = answer.millis_behind_latest.unwrap_or(0).max(0);
        self.board.answered(&self.shard, behind_ms);
        at.failures = 0;
        at.limit = at.limit.saturating_mul(2).min(RECORDS_MAX);
        at.iterator = answer.next_shard_iterator;
        if answer.records.is_empty() {
            // Only an empty answer at the tip says that there is nothing more; some services say 0 too soon.
            let come_to_ms = if behind_ms == 0 { called_ms } else { called_ms - behind_ms - BEHIND_MS };
            at.seen_ms = at.seen_ms.max(Some(come_to_ms));
            self.got_on(at, behind_ms, behind_ms == 0);
            self.idle(at, behind_ms).await?;
            return Ok(at.iterator.is_none());
        }
        let (mut items, mut bytes) = (Vec::with_capacity(answer.records.len()), 0);
        for record in answer.records {
            let arrival = record.approximate_arrival_timestamp.and_then(|at| at.to_millis().ok());
            at.seen_ms = at.seen_ms.max(arrival);
            at.checkpoint = Checkpoint::After(record.sequence_number.into());
            let stamps = Stamps { arrival_ms: arrival, received_ms: Some(received_ms), decoded_ms: None };
            let bytes_of = record.data.into_inner();
            bytes += bytes_of.len() as u64;
            items.push(Item::Record(Record { bytes: bytes_of, position: self.position(at), stamps }));
        }
        let records = items.len() as u64;
        let sent = Instant::now();
        self.send(items).await?;
        at.progress.0 += sent.elapsed();
        self.metrics.kinesis_records.inc_by(records);
        self.metrics.kinesis_bytes.inc_by(bytes);
        at.idle_since = None;
        self.got_on(at, behind_ms, true);
        Ok(at.iterator.is_none())
    }

    fn got_on(&self, at: &mut At, behind_ms: i64, surely: bool) {
        if surely || behind_ms < at.progress.1 {
            at.progress = (Instant::now(), behind_ms);
            at.reopened = 0;
            if let Some(seen_ms) = at.seen_ms {
                self.board.progressed(&self.shard, seen_ms, (self.now_ms)());
            }
        }
    }

    /// Tells once a minute that nobody need wait for this shard.
    async fn idle(&self, at: &mut At, behind_ms: i64) -> Result<(), Gone> {
        if behind_ms > 0 {
            at.idle_since = None;
            return Ok(());
        }
        let since = *at.idle_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= IDLE {
            at.idle_since = Some(Instant::now());
            self.mark(at, Stage::Idles, None, None).await?;
        }
        Ok(())
    }

    /// What follows a failure: how long to wait, and whether to take a new iterator.
    async fn after(&self, at: &mut At, failure: &Failure) -> Result<Duration, Gone> {
        self.board.failed(&self.shard, failure);
        at.failures += 1;
        at.idle_since = None;
        match failure.kind {
            Kind::ExpiredIterator if at.failures == 1 => {
                at.iterator = None;
                tracing::debug!(shard = self.shard, "the iterator expired");
                return Ok(Duration::ZERO);
            }
            // The place is not of this shard, or older than the shard says it knows.
            Kind::Invalid if at.iterator.is_none() && matches!(at.checkpoint, Checkpoint::After(_)) => {
                tracing::error!(shard = self.shard, checkpoint = %at.checkpoint, error = %failure, "the checkpoint is refused");
                at.go_by_time();
            }
            Kind::Throttled => {}
            Kind::Broken => {
                // A line that is too slow for all of an answer gets on with a part of it.
                at.limit = (at.limit / 4).max(1);
                if at.failures >= BROKEN_MAX {
                    at.iterator = None;
                }
            }
            _ => at.iterator = None,
        }
        let wait = backoff::wait(at.failures, RandomState::new().hash_one(at.failures));
        // A single one is weather; what lasts is worth a line.
        if at.failures.is_power_of_two() && at.failures > 1 {
            tracing::warn!(shard = self.shard, failures = at.failures, error = %failure, "the shard cannot be read");
        }
        Ok(wait)
    }

    /// Whether the shard is no more, while the stream still is.
    async fn is_gone(&self, at: &At, failure: &Failure) -> bool {
        let asked = failure.kind == Kind::NotFound && at.iterator.is_none();
        asked && self.stream.shards().await.is_ok_and(|shards| shards.iter().all(|one| one.id != self.shard))
    }

    /// Opens the shard again, by a connection of its own, when it has not got on for long.
    async fn watch(&mut self, at: &mut At) {
        let stood = at.progress.0.elapsed();
        if stood < self.settings.stuck_after {
            return;
        }
        tracing::warn!(
            shard = self.shard,
            stood_s = stood.as_secs(),
            checkpoint = %at.checkpoint,
            "the shard is stuck: it is opened again"
        );
        self.metrics.kinesis_reopened.inc();
        self.stream = self.settings.stream().await;
        at.iterator = None;
        at.reopened += 1;
        if at.reopened > 1 && at.failures == 0 {
            // It answers, and never with anything: the number may be one that it has forgotten.
            at.go_by_time();
        }
        at.progress = (Instant::now(), i64::MAX);
    }

    /// What was lost when everything up to `seen_ms` was read: nothing as long as the stream still keeps what followed.
    /// `surely` is said when the service itself no longer knows the place.
    fn gap(&self, seen_ms: Option<i64>, surely: bool) -> Option<Gap> {
        let retention_ms = i64::try_from(self.retention.as_millis()).unwrap_or(i64::MAX);
        let kept_from_ms = (self.now_ms)().saturating_sub(retention_ms);
        let from_ms = seen_ms.unwrap_or(kept_from_ms);
        let to_ms = if surely { (self.now_ms)() } else { kept_from_ms };
        (from_ms < to_ms).then_some(Gap { from_ms, to_ms })
    }

    /// Says that there will be no more, and waits until that is written: children are read only then.
    async fn end(&self, at: &mut At, gap: Option<Gap>) -> Result<String, Gone> {
        at.checkpoint = Checkpoint::ShardEnd;
        let (answer, written) = oneshot::channel();
        failpoint::die("source.ended");
        self.mark(at, Stage::Ends, gap, Some(answer)).await?;
        written.await.map_err(|_| Gone)?;
        self.board.closed(&self.shard);
        tracing::info!(shard = self.shard, "the shard was read to its end");
        Ok(self.shard.clone())
    }

    async fn mark(
        &self,
        at: &At,
        stage: Stage,
        gap: Option<Gap>,
        answer: Option<oneshot::Sender<()>>,
    ) -> Result<(), Gone> {
        if let Some(gap) = &gap {
            self.metrics.kinesis_gaps.inc();
            tracing::error!(
                shard = self.shard,
                from_ms = gap.from_ms,
                to_ms = gap.to_ms,
                "records were lost"
            );
        }
        let mark = Mark { position: self.position(at), seen_ms: at.seen_ms, stage, gap };
        self.send(vec![Item::Mark(mark, answer)]).await
    }

    async fn send(&self, items: Vec<Item>) -> Result<(), Gone> {
        self.board.handing(&self.shard);
        self.worker.send(Answer { shard: self.shard.clone(), items }).await.map_err(|_| Gone)
    }

    fn position(&self, at: &At) -> Position {
        Position { source: Arc::clone(&self.source), place: (&at.checkpoint).into() }
    }
}
