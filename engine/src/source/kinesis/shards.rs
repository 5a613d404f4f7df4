//! Keeps a reader on every shard whose turn it is: lists, opens, hears of ends, lists again.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::checkpoint::Checkpoint;
use super::feed::Answer;
use super::lineage::{Lineage, Listed};
use super::reader::{Gone, Reader};
use super::{Kinesis, Start, Stored, backoff, stream};
use crate::record::{Gap, Item, Mark, Position, Stage};

/// The readers of a stream.
pub(super) struct Shards {
    kinesis: Kinesis,
    /// What is stored of this stream, by shard.
    stored: BTreeMap<String, Stored>,
    /// What is stored of streams of this name that are no more.
    former: Vec<Stored>,
    workers: Vec<mpsc::Sender<Answer>>,
    /// Readers started so far: the next one takes the next worker.
    started: usize,
    /// What each worker's shards may hold, and what those that failed may, of all.
    answers: Vec<Arc<Semaphore>>,
    suspects: Arc<Semaphore>,
    lineage: Lineage,
    readers: JoinSet<Result<String, Gone>>,
}

impl Shards {
    pub(super) fn new(kinesis: Kinesis, stored: Vec<Stored>, workers: Vec<mpsc::Sender<Answer>>) -> Self {
        let id = &kinesis.described.id;
        let name = id.rsplit_once(':').map_or(id.as_str(), |(name, _)| name);
        let (mut current, mut former) = (BTreeMap::new(), Vec::new());
        for one in stored {
            if let Some(shard) = one.shard(id).map(str::to_owned) {
                current.insert(shard, one);
            } else if one.is_of(name) && !one.is_over() {
                former.push(one);
            }
        }
        let each = kinesis.settings.answers_max.div_ceil(workers.len().max(1));
        let answers = workers.iter().map(|_| Arc::new(Semaphore::new(each))).collect();
        let suspects = Arc::new(Semaphore::new((kinesis.settings.answers_max / 4).max(1)));
        let (lineage, readers) = (Lineage::default(), JoinSet::new());
        Self { kinesis, stored: current, former, workers, started: 0, answers, suspects, lineage, readers }
    }

    /// Reads until told to stop, or until nobody takes what is read.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        tokio::select! {
            // The sender is gone only together with whoever would have asked.
            _ = stopped.wait_for(|stop| *stop) => {}
            Err(Gone) = self.read() => {}
        }
        // What was not handed on is dropped with the readers, and read again another time.
        self.readers.shutdown().await;
    }

    async fn read(&mut self) -> Result<(), Gone> {
        let mut failures = 0;
        let mut listed = loop {
            match self.list(&mut failures).await {
                Ok(listed) => break listed,
                Err(wait) => tokio::time::sleep(wait).await,
            }
        };
        if self.stored.is_empty() {
            self.begin(&listed).await?;
        }
        self.mourn(&listed).await?;
        self.open(&listed);
        let mut next_list = Instant::now() + self.kinesis.settings.list_interval;
        loop {
            tokio::select! {
                Some(ended) = self.readers.join_next() => match ended {
                    Ok(shard) => self.lineage.done(&shard?),
                    // A reader's panic is a bug of ours and goes on here.
                    Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                    Err(_) => return Err(Gone),
                },
                () = tokio::time::sleep_until(next_list.into()) => {}
            }
            // Its children may be known already.
            self.open(&listed);
            match self.list(&mut failures).await {
                Ok(now) => {
                    self.refuse_another().await?;
                    listed = now;
                    self.open(&listed);
                    next_list = Instant::now() + self.kinesis.settings.list_interval;
                }
                Err(wait) => next_list = Instant::now() + wait,
            }
        }
    }

    /// What the stream lists, or how long to wait before it is asked again.
    async fn list(&self, failures: &mut u32) -> Result<Vec<Listed>, Duration> {
        match self.kinesis.stream.shards().await {
            Ok(listed) => {
                *failures = 0;
                self.kinesis.board.listed(None);
                Ok(listed)
            }
            Err(failure) => {
                *failures += 1;
                tracing::warn!(%failure, failures, "the shards cannot be listed");
                self.kinesis.board.listed(Some(&failure));
                Err(backoff::wait(*failures, RandomState::new().hash_one(*failures)))
            }
        }
    }

    /// A stream that was deleted and made again has shards of the same names, and is another one: nothing of it may be taken for
    /// a part of this. It ends, and the next start begins with the new one.
    async fn refuse_another(&self) -> Result<(), Gone> {
        match self.kinesis.stream.describe().await {
            Ok(described) if described.id != self.kinesis.described.id => {
                tracing::error!(
                    was = self.kinesis.described.id,
                    is = described.id,
                    "the stream was deleted and made again: start the engine again"
                );
                Err(Gone)
            }
            _ => Ok(()),
        }
    }

    /// A first start: where each shard begins is written before any is read. `LATEST` is a time from here on, so that a
    /// restart finds what came meanwhile.
    async fn begin(&mut self, listed: &[Listed]) -> Result<(), Gone> {
        let (now_ms, kept_from_ms) = ((self.kinesis.now_ms)(), self.kept_from_ms());
        let mut answers = Vec::new();
        let mut marks = Vec::new();
        for shard in listed {
            // What the stream was about to forget when we came was never promised: it is no gap.
            let (checkpoint, seen_ms) = match self.kinesis.settings.start {
                Start::TrimHorizon => (Checkpoint::TrimHorizon, None),
                Start::Latest if !shard.open => (Checkpoint::ShardEnd, Some(now_ms)),
                Start::Latest => (Checkpoint::AtTimestamp(now_ms), Some(now_ms)),
                Start::At(ms) => (Checkpoint::AtTimestamp(ms), Some(ms).filter(|ms| *ms > kept_from_ms)),
            };
            let stage = if checkpoint == Checkpoint::ShardEnd { Stage::Ends } else { Stage::Opens };
            let source = stream::source(&self.kinesis.described.id, &shard.id);
            let stored = Stored { source: source.to_string(), checkpoint: checkpoint.clone(), seen_ms };
            self.stored.insert(shard.id.clone(), stored);
            let position = Position { source, place: (&checkpoint).into() };
            let (answer, written) = oneshot::channel();
            marks.push(Item::Mark(Mark { position, seen_ms, stage, gap: None }, Some(answer)));
            answers.push(written);
        }
        self.workers[0].send(Answer { items: marks, ..Answer::default() }).await.map_err(|_| Gone)?;
        for written in answers {
            written.await.map_err(|_| Gone)?;
        }
        Ok(())
    }

    /// The oldest that the stream still keeps.
    fn kept_from_ms(&self) -> i64 {
        let retention_ms = i64::try_from(self.kinesis.described.retention.as_millis()).unwrap_or(i64::MAX);
        (self.kinesis.now_ms)().saturating_sub(retention_ms)
    }

    /// Shards that were not read to their ends and are no more: their streams were deleted, or their records are past
    /// retention.
    async fn mourn(&mut self, listed: &[Listed]) -> Result<(), Gone> {
        let is_listed = |shard: &str| listed.iter().any(|one| one.id == shard);
        let unlisted = self.stored.iter().filter(|(shard, stored)| !stored.is_over() && !is_listed(shard));
        let lost: Vec<_> = unlisted.map(|(_, stored)| stored.clone()).chain(self.former.drain(..)).collect();
        for stored in lost {
            let to_ms = (self.kinesis.now_ms)();
            let gap =
                Gap { from_ms: stored.seen_ms.unwrap_or_else(|| self.kept_from_ms()).min(to_ms), to_ms };
            tracing::error!(
                source = stored.source,
                from_ms = gap.from_ms,
                to_ms,
                "a shard is no more: records were lost"
            );
            self.kinesis.metrics.kinesis_gaps.inc();
            let position = Position { source: stored.source.into(), place: (&Checkpoint::ShardEnd).into() };
            let mark = Mark { position, seen_ms: Some(to_ms), stage: Stage::Ends, gap: Some(gap) };
            let answer = Answer { items: vec![Item::Mark(mark, None)], ..Answer::default() };
            self.workers[0].send(answer).await.map_err(|_| Gone)?;
        }
        Ok(())
    }

    /// Up to when everything that had arrived in a shard is stored. Of one that was never read that is when its parents ended.
    fn seen_ms(&self, shard: &str, listed: &[Listed]) -> Option<i64> {
        if let Some(stored) = self.stored.get(shard) {
            return stored.seen_ms;
        }
        let parents = listed.iter().find(|one| one.id == shard).map(|one| one.parents.as_slice());
        let ends = parents.unwrap_or_default().iter().map(|parent| self.stored.get(parent)?.seen_ms);
        ends.min().flatten()
    }

    /// Opens every shard whose turn it is.
    fn open(&mut self, listed: &[Listed]) {
        let stored = &self.stored;
        // A shard that nothing is stored of came by a split or a merge: all of it is new.
        let checkpoint = |shard: &Listed| {
            stored.get(&shard.id).map_or(Checkpoint::TrimHorizon, |one| one.checkpoint.clone())
        };
        self.lineage.list(listed, checkpoint);
        for (shard, checkpoint) in self.lineage.ready() {
            let seen_ms = self.seen_ms(&shard, listed);
            let n = self.started % self.workers.len();
            self.started += 1;
            let reader = Reader {
                settings: Arc::clone(&self.kinesis.settings),
                stream: self.kinesis.stream.clone(),
                source: stream::source(&self.kinesis.described.id, &shard),
                shard,
                worker: self.workers[n].clone(),
                answers: Arc::clone(&self.answers[n]),
                suspects: Arc::clone(&self.suspects),
                board: Arc::clone(&self.kinesis.board),
                metrics: self.kinesis.metrics.clone(),
                retention: self.kinesis.described.retention,
                now_ms: self.kinesis.now_ms,
            };
            self.readers.spawn(reader.run(checkpoint, seen_ms));
        }
        self.kinesis.board.counted(self.lineage.counts());
    }
}
