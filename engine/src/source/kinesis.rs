//! A Kinesis stream, every shard of it, in one process.
//!
//! ```text
//! stream ──ListShards──▶ lineage ──ready──▶ reader (one a shard) ──answers──▶ feed (one a worker)
//! ```
//!
//! *Stream* asks, *lineage* knows whose turn it is, a *reader* walks one shard and never past what it handed on, a *board*
//! says how each is doing, *feed* is the worker's end. Everything of a shard goes to one worker, in its order. Invariant: a
//! checkpoint is behind every record that was not handed on; what is handed on and not written is read again.

pub mod answer;
mod backoff;
pub mod board;
mod checkpoint;
mod failure;
mod feed;
mod lineage;
mod reader;
mod shards;
mod stream;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::metrics::Metrics;
use board::Board;
pub use checkpoint::{Checkpoint, NoCheckpoint};
pub use failure::Failure;
pub use feed::Feed;
use shards::Shards;
use stream::Stream;
pub use stream::{Described, is_shard};

/// How a stream is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name, or its ARN.
    pub stream: String,
    /// Its region; by the ARN or as the SDK finds it when there is none.
    pub region: Option<String>,
    /// Where to begin when nothing is stored.
    pub start: Start,
    /// Between two reads of one shard. The service takes five a second, of all who read it together.
    pub poll_interval: Duration,
    /// Between two looks at which shards there are.
    pub list_interval: Duration,
    /// How long one call may take.
    pub call_timeout: Duration,
    /// A shard that has not got on for so long is opened again.
    pub stuck_after: Duration,
    /// Answers that are held at a time, of up to 10 MB each.
    pub answers_max: usize,
}

/// Where to begin when nothing is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the oldest record that the stream has.
    TrimHorizon,
    /// With what comes from now on.
    Latest,
    /// With what arrived then or later, milliseconds since the epoch.
    At(i64),
}

/// Text that is no place to begin.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no place to begin: TRIM_HORIZON, LATEST, or a time as in RFC 3339")]
pub struct NoStart {
    text: String,
}

impl FromStr for Start {
    type Err = NoStart;

    fn from_str(text: &str) -> Result<Self, NoStart> {
        match text {
            "TRIM_HORIZON" => Ok(Self::TrimHorizon),
            "LATEST" => Ok(Self::Latest),
            _ => match text.parse::<jiff::Timestamp>() {
                Ok(at) => Ok(Self::At(at.as_millisecond())),
                Err(_) => Err(NoStart { text: text.to_owned() }),
            },
        }
    }
}

/// A source that was read before, and how far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The source: the stream's id and the shard's.
    pub source: String,
    /// How far it was read.
    pub checkpoint: Checkpoint,
    /// Everything that had arrived by then is stored, milliseconds since the epoch.
    pub seen_ms: Option<i64>,
}

impl Stored {
    /// Whether it is a shard of this stream.
    pub fn is_of(&self, stream: &str) -> bool {
        self.shard(stream).is_some()
    }

    /// Whether it was read to its end.
    pub fn is_over(&self) -> bool {
        self.checkpoint == Checkpoint::ShardEnd
    }

    /// Its shard, when it is one of this stream, or of this name of a stream.
    fn shard(&self, stream: &str) -> Option<&str> {
        self.source.strip_prefix(stream)?.strip_prefix(':')
    }
}

/// A stream that is there and may be read.
#[derive(Debug)]
pub struct Kinesis {
    settings: Arc<Settings>,
    stream: Stream,
    described: Described,
    metrics: Metrics,
    board: Arc<Board>,
    now_ms: fn() -> i64,
}

/// A stream that is being read.
#[derive(Debug)]
pub struct Reading {
    stop: watch::Sender<bool>,
    shards: JoinHandle<()>,
}

impl Settings {
    /// The region: as written, or that of an ARN; else it is found as the SDK finds it.
    pub fn region(&self) -> Option<&str> {
        let of_arn = || self.stream.strip_prefix("arn:")?.split(':').nth(2);
        self.region.as_deref().or_else(of_arn)
    }

    async fn stream(&self) -> Stream {
        Stream::new(&self.stream, self.region(), self.call_timeout).await
    }
}

impl Kinesis {
    /// Asks the stream what it is.
    ///
    /// # Errors
    /// It is not there, may not be asked, or could not be reached in `attempts` attempts.
    pub async fn open(
        settings: Settings,
        attempts: u32,
        metrics: Metrics,
        now_ms: fn() -> i64,
    ) -> Result<Self, Failure> {
        let stream = settings.stream().await;
        let mut failures = 0;
        let described = loop {
            match stream.describe().await {
                Ok(described) => break described,
                Err(failure) if failure.needs_people() || failures + 1 >= attempts => return Err(failure),
                Err(failure) => {
                    failures += 1;
                    tracing::warn!(%failure, "the stream cannot be reached");
                    tokio::time::sleep(backoff::wait(failures, u64::from(failures))).await;
                }
            }
        };
        let board = Arc::new(Board::new(metrics.clone()));
        Ok(Self { settings: Arc::new(settings), stream, described, metrics, board, now_ms })
    }

    /// What the stream says of itself.
    pub fn described(&self) -> &Described {
        &self.described
    }

    /// How its shards are doing.
    pub fn board(&self) -> Arc<Board> {
        Arc::clone(&self.board)
    }

    /// Begins to read, for so many workers, from what is stored.
    pub fn read(self, stored: Vec<Stored>, workers: usize, runtime: &Handle) -> (Vec<Feed>, Reading) {
        let (senders, feeds) = (0..workers.max(1)).map(|_| feed::new(&self.board)).unzip();
        let (stop, stopped) = watch::channel(false);
        let shards = runtime.spawn(Shards::new(self, stored, senders).run(stopped));
        (feeds, Reading { stop, shards })
    }
}

impl Reading {
    /// Asks for no more. What was handed on is still in the feeds, and they end after it.
    pub fn stop(&self) {
        // Nobody left to hear it: it has ended.
        let _ = self.stop.send(true);
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.shards.is_finished()
    }
}
