//! Keeps a reader on every shard whose turn it is: lists, opens, hears of ends, lists again.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

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
    answers: Arc<Semaphore>,
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
        let answers = Arc::new(Semaphore::new(kinesis.settings.answers_max));
        let (lineage, readers) = (Lineage::default(), JoinSet::new());
        Self { kinesis, stored: current, former, workers, started: 0, answers, lineage, readers }
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
        let listed = self.list().await;
        if self.stored.is_empty() {
            self.begin(&listed).await?;
        }
        self.mourn(&listed).await?;
        self.open(&listed);
        loop {
            let list_interval = self.kinesis.settings.list_interval;
            tokio::select! {
                Some(ended) = self.readers.join_next() => match ended {
                    Ok(shard) => self.lineage.done(&shard?),
                    // A reader's panic is a bug of ours and goes on here.
                    Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                    Err(_) => return Err(Gone),
                },
                () = tokio::time::sleep(list_interval) => {}
            }
            let listed = self.list().await;
            self.open(&listed);
        }
    }

    /// What the stream lists, however long it takes to be told.
    async fn list(&mut self) -> Vec<Listed> {
        let mut failures = 0;
        loop {
            match self.kinesis.stream.shards().await {
                Ok(listed) => {
                    self.kinesis.board.listed(None, self.lineage.counts());
                    return listed;
                }
                Err(failure) => {
                    failures += 1;
                    tracing::warn!(%failure, failures, "the shards cannot be listed");
                    self.kinesis.board.listed(Some(&failure), self.lineage.counts());
                    let wait = backoff::wait(failures, RandomState::new().hash_one(failures));
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// A first start: where each shard begins is written before any is read. `LATEST` is a time from here on, so that a
    /// restart finds what came meanwhile.
    async fn begin(&mut self, listed: &[Listed]) -> Result<(), Gone> {
        let now_ms = (self.kinesis.now_ms)();
        let retention_ms = i64::try_from(self.kinesis.described.retention.as_millis()).unwrap_or(i64::MAX);
        let kept_from_ms = now_ms.saturating_sub(retention_ms);
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

    /// Shards that were not read to their ends and are no more: their streams were deleted, or their records are past
    /// retention.
    async fn mourn(&mut self, listed: &[Listed]) -> Result<(), Gone> {
        let is_listed = |shard: &str| listed.iter().any(|one| one.id == shard);
        let unlisted = self.stored.iter().filter(|(shard, stored)| !stored.is_over() && !is_listed(shard));
        let lost: Vec<_> = unlisted.map(|(_, stored)| stored.clone()).chain(self.former.drain(..)).collect();
        for stored in lost {
            let to_ms = (self.kinesis.now_ms)();
            let gap = Gap { from_ms: stored.seen_ms.unwrap_or(to_ms), to_ms };
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

    /// Opens every shard whose turn it is.
    fn open(&mut self, listed: &[Listed]) {
        let stored = &self.stored;
        // A shard that nothing is stored of came by a split or a merge: all of it is new.
        let checkpoint = |shard: &Listed| {
            stored.get(&shard.id).map_or(Checkpoint::TrimHorizon, |one| one.checkpoint.clone())
        };
        self.lineage.list(listed, checkpoint);
        for (shard, checkpoint) in self.lineage.ready() {
            let seen_ms = self.stored.get(&shard).and_then(|stored| stored.seen_ms);
            let worker = self.workers[self.started % self.workers.len()].clone();
            self.started += 1;
            let reader = Reader {
                settings: Arc::clone(&self.kinesis.settings),
                stream: self.kinesis.stream.clone(),
                source: stream::source(&self.kinesis.described.id, &shard),
                shard,
                worker,
                answers: Arc::clone(&self.answers),
                board: Arc::clone(&self.kinesis.board),
                metrics: self.kinesis.metrics.clone(),
                retention: self.kinesis.described.retention,
                now_ms: self.kinesis.now_ms,
            };
            self.readers.spawn(reader.run(checkpoint, seen_ms));
        }
        self.kinesis.board.listed(None, self.lineage.counts());
    }
}
