//! How each shard is doing: written by its reader, read by whoever asks. Every figure about shards is set here.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::failure::Failure;
use crate::metrics::Metrics;

/// The shards that are being read.
#[derive(Debug)]
pub struct Board {
    metrics: Metrics,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    shards: BTreeMap<String, Life>,
    /// The first of the failures in a row to list the stream, and what the last one said.
    listing: Option<(Instant, String)>,
}

#[derive(Debug)]
struct Life {
    /// Everything that had arrived by then is handed on, milliseconds since the epoch.
    read_ms: Option<i64>,
    /// And a worker is done with it.
    done_ms: Option<i64>,
    /// Answers that were handed on and that no worker is done with.
    answers: usize,
    /// The first of the failures in a row, and what the last one said.
    failing: Option<(Instant, String)>,
}

impl Board {
    /// Nothing known yet.
    pub fn new(metrics: Metrics) -> Self {
        Self { metrics, inner: Mutex::default() }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A shard is about to be read.
    pub(super) fn opened(&self, shard: &str, seen_ms: Option<i64>, now_ms: i64) {
        // One that never gets on must look like one that has not for long.
        self.metrics.kinesis_last_progress.with_label_values(&[shard]).set(seconds(now_ms));
        self.with(|inner| {
            inner.shards.insert(
                shard.to_owned(),
                Life { read_ms: seen_ms, done_ms: seen_ms, answers: 0, failing: None },
            )
        });
    }

    /// A shard was read to its end.
    pub(super) fn closed(&self, shard: &str) {
        self.with(|inner| inner.shards.remove(shard));
        // A shard that is over must not look like one that lags.
        let _ = self.metrics.kinesis_behind_latest.remove_label_values(&[shard]);
        let _ = self.metrics.kinesis_last_progress.remove_label_values(&[shard]);
    }

    /// A read was answered; `behind_ms` is what the service says.
    pub(super) fn answered(&self, shard: &str, behind_ms: i64) {
        self.metrics.kinesis_reads.with_label_values(&["ok"]).inc();
        self.metrics.kinesis_behind_latest.with_label_values(&[shard]).set(seconds(behind_ms));
        self.with(|inner| {
            if let Some(life) = inner.shards.get_mut(shard) {
                life.failing = None;
            }
        });
    }

    /// Everything that had arrived by `seen_ms` is handed on.
    pub(super) fn progressed(&self, shard: &str, seen_ms: i64, now_ms: i64) {
        self.metrics.kinesis_last_progress.with_label_values(&[shard]).set(seconds(now_ms));
        self.with(|inner| {
            if let Some(life) = inner.shards.get_mut(shard) {
                life.read_ms = life.read_ms.max(Some(seen_ms));
                life.settle();
            }
        });
    }

    /// An answer is being handed to a worker.
    pub(super) fn handing(&self, shard: &str) {
        self.with(|inner| inner.shards.get_mut(shard).into_iter().for_each(|life| life.answers += 1));
    }

    /// A worker is done with an answer.
    pub(super) fn done(&self, shard: &str) {
        self.with(|inner| {
            if let Some(life) = inner.shards.get_mut(shard) {
                life.answers = life.answers.saturating_sub(1);
                life.settle();
            }
        });
    }

    /// A call for a shard failed.
    pub(super) fn failed(&self, shard: &str, failure: &Failure) {
        self.metrics.kinesis_reads.with_label_values(&[failure.kind.as_str()]).inc();
        self.with(|inner| {
            if let Some(life) = inner.shards.get_mut(shard) {
                let since = life.failing.as_ref().map_or_else(Instant::now, |(since, _)| *since);
                life.failing = Some((since, failure.to_string()));
            }
        });
    }

    /// How listing the shards went.
    pub(super) fn listed(&self, failure: Option<&Failure>) {
        self.with(|inner| {
            let since = inner.listing.as_ref().map_or_else(Instant::now, |(since, _)| *since);
            inner.listing = failure.map(|failure| (since, failure.to_string()));
        });
    }

    /// How many shards are in which state.
    pub(super) fn counted(&self, counts: [(&'static str, usize); 3]) {
        for (state, count) in counts {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.metrics.kinesis_shards.with_label_values(&[state]).set(count);
        }
    }

    /// What is wrong with the source, when something has been for longer than `patience`.
    pub fn trouble(&self, patience: Duration) -> Option<String> {
        self.with(|inner| {
            let failing: Vec<_> = inner
                .shards
                .iter()
                .filter_map(|(shard, life)| Some((shard, life.failing.as_ref()?)))
                .filter(|(_, (since, _))| since.elapsed() >= patience)
                .collect();
            match (failing.as_slice(), inner.shards.len()) {
                ([(shard, (since, said)), ..], shards) => Some(format!(
                    "{} of {shards} shards cannot be read; {shard} for {} s: {said}",
                    failing.len(),
                    since.elapsed().as_secs()
                )),
                // Without a list nothing is read; with an old one, what a split has made is not.
                ([], shards) => inner
                    .listing
                    .as_ref()
                    .filter(|(since, _)| shards == 0 || since.elapsed() >= patience)
                    .map(|(_, said)| said.clone()),
            }
        })
    }

    /// The time up to which the workers are done with everything that had arrived in any shard; none before every shard has
    /// got on. It stands still for as long as they lag.
    pub fn clock_ms(&self) -> Option<i64> {
        self.with(|inner| inner.shards.values().map(|life| life.done_ms).min().flatten())
    }
}

impl Life {
    fn settle(&mut self) {
        if self.answers == 0 {
            self.done_ms = self.read_ms;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts time in floats")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}
