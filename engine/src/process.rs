//! The engine's own process: its limit of open descriptors, and the resources that it uses.
//!
//! The figures come from `/proc/self`, so they exist on Linux only; elsewhere they are absent.

use std::fs;
use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Position of `utime` in `/proc/self/stat`, counted from the first field after the program's name.
const STAT_UTIME: usize = 11;
/// Position of `stime`.
const STAT_STIME: usize = 12;
/// Position of `starttime`.
const STAT_START: usize = 19;
/// Position of `vsize`.
const STAT_VIRTUAL: usize = 20;
/// Position of `rss`, in pages.
const STAT_RESIDENT: usize = 21;

/// The soft limit of open descriptors before and after [`raise_descriptor_limit`]. None is "no limit".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RaisedLimit {
    /// The soft limit that the process was started with.
    pub before: Option<u64>,
    /// The soft limit now.
    pub now: Option<u64>,
}

/// Returns the soft limit of open descriptors; none if there is no limit.
pub fn descriptor_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Raises the soft limit of open descriptors to the hard limit. Needs no privileges.
///
/// # Errors
/// The operating system refuses.
pub fn raise_descriptor_limit() -> io::Result<RaisedLimit> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    }
    Ok(RaisedLimit { before: limit.current, now: descriptor_limit() })
}

/// Resources that the process uses at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Open descriptors.
    pub open_descriptors: u64,
    /// Bytes of physical memory.
    pub resident_bytes: u64,
    /// Bytes of address space.
    pub virtual_bytes: u64,
    /// Processor time of all threads, in user and in kernel mode, in seconds.
    pub cpu_seconds: f64,
    /// Start of the process, seconds since the epoch.
    pub started_seconds: f64,
}

impl Usage {
    /// Reads the figures of this process; none where there is no `/proc`.
    pub fn read() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let boot = fs::read_to_string("/proc/stat").ok()?;
        // The descriptor with which the folder itself is read is one of its entries.
        let open_descriptors = fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1);
        let scale = Scale {
            ticks_per_second: rustix::param::clock_ticks_per_second(),
            page_bytes: u64::try_from(rustix::param::page_size()).ok()?,
        };
        Self::parse(&stat, &boot, u64::try_from(open_descriptors).ok()?, &scale)
    }

    #[expect(clippy::cast_precision_loss, reason = "Prometheus counts time in floats")]
    fn parse(stat: &str, boot: &str, open_descriptors: u64, scale: &Scale) -> Option<Self> {
        // The program's name may hold anything, spaces and parentheses included: fields begin after its last parenthesis.
        let (_, fields) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let field = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let seconds = |ticks: u64| ticks as f64 / scale.ticks_per_second as f64;
        let booted: u64 = boot.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
        Some(Self {
            open_descriptors,
            resident_bytes: field(STAT_RESIDENT)?.checked_mul(scale.page_bytes)?,
            virtual_bytes: field(STAT_VIRTUAL)?,
            cpu_seconds: seconds(field(STAT_UTIME)?.checked_add(field(STAT_STIME)?)?),
            started_seconds: booted as f64 + seconds(field(STAT_START)?),
        })
    }
}

/// Units of `/proc/self/stat`.
struct Scale {
    ticks_per_second: u64,
    page_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "7 (a) b (c) R 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 3 0 12345 8192000 250 \
                        18446744073709551615 1 1 0";
    const SCALE: Scale = Scale { ticks_per_second: 100, page_bytes: 4_096 };

    #[test]
    fn figures_are_read_whatever_the_program_is_called() {
        let usage = Usage::parse(STAT, "cpu 1 2\nbtime 1000\n", 9, &SCALE).unwrap();
        let expected = Usage {
            open_descriptors: 9,
            resident_bytes: 250 * 4_096,
            virtual_bytes: 8_192_000,
            cpu_seconds: 2.0,
            started_seconds: 1_123.45,
        };
        assert_eq!(usage, expected);
        for (stat, boot) in [("", "btime 1\n"), (STAT, ""), ("7 (a) R 1 2", "btime 1\n"), (STAT, "btime x\n")]
        {
            assert_eq!(Usage::parse(stat, boot, 9, &SCALE), None);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_figures_and_an_open_file_is_one_descriptor_more() {
        let usage = Usage::read().unwrap();
        assert!(usage.open_descriptors >= 3 && usage.resident_bytes > 1 << 20, "{usage:?}");
        assert!(usage.virtual_bytes >= usage.resident_bytes && usage.started_seconds > 1e9, "{usage:?}");
        let limit = descriptor_limit();
        assert!(limit.is_none_or(|limit| limit > usage.open_descriptors), "{limit:?}");
    }
}
