//! How times are taken: one thread on one core, contenders in turn (A B C, A B C, …), medians.

use std::io::Read;
use std::time::{Duration, Instant};

use anyhow::Context;
use flate2::bufread::MultiGzDecoder;
use libdeflater::Decompressor;

/// Keeps this thread on one core, so that no cache is left behind. Where that may not be chosen it stays where it is put: ratios
/// of one run suffer little.
pub(crate) fn pin(core: usize) {
    let mut only = rustix::thread::CpuSet::new();
    only.set(core);
    let _ = rustix::thread::sched_setaffinity(None, &only);
}

/// What this thread has taken of its core so far; what it waits for a disk is not in it.
pub(crate) fn core_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// One thing to time.
pub(crate) type Contender<'c> = Box<dyn FnMut() -> anyhow::Result<()> + 'c>;

/// The median time of each contender over so many rounds, one round before them not counted.
pub(crate) fn medians(rounds: usize, contenders: &mut [Contender<'_>]) -> anyhow::Result<Vec<Duration>> {
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..=rounds {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let start = Instant::now();
            contender()?;
            if round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    Ok(times.iter_mut().map(|times| median(times)).collect())
}

/// The middle one.
pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The floor: inflates one record after the other into one buffer, by the fastest library there is.
pub(crate) struct Floor {
    decompressor: Decompressor,
    buffer: Vec<u8>,
}

impl Floor {
    /// A floor for these records.
    pub(crate) fn new(records: &[Vec<u8>]) -> anyhow::Result<Self> {
        let mut most = 0;
        for record in records {
            most = most.max(inflated(record)?.len());
        }
        Ok(Self { decompressor: Decompressor::new(), buffer: vec![0; most] })
    }

    pub(crate) fn inflate(&mut self, records: &[Vec<u8>]) -> anyhow::Result<()> {
        for record in records {
            self.decompressor.gzip_decompress(record, &mut self.buffer)?;
            std::hint::black_box(&self.buffer);
        }
        Ok(())
    }
}

/// What a record inflates to.
pub(crate) fn inflated(record: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    MultiGzDecoder::new(record).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What this process holds in memory, bytes.
pub(crate) fn resident_bytes() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? << 10)
}
