//! What processes have taken of the cores, seconds (proc(5)).

use anyhow::Context;

/// This process.
pub(crate) fn own_s() -> anyhow::Result<f64> {
    ticks_s("self", [UTIME, STIME])
}

/// The children of this process that have ended.
pub(crate) fn of_children_s() -> anyhow::Result<f64> {
    ticks_s("self", [UTIME + 2, STIME + 2])
}

/// Another process.
pub(crate) fn of_s(process: u32) -> anyhow::Result<f64> {
    ticks_s(&process.to_string(), [UTIME, STIME])
}

/// Fields of `/proc/PID/stat` behind the command's name, which may hold blanks and ends with a parenthesis.
const UTIME: usize = 11;
const STIME: usize = 12;

fn ticks_s(process: &str, fields: [usize; 2]) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, rest) = stat.rsplit_once(") ").context("no command in a stat file")?;
    let fields = fields.map(|field| rest.split(' ').nth(field).and_then(|ticks| ticks.parse::<u64>().ok()));
    let ticks: u64 = fields.into_iter().sum::<Option<u64>>().context("no times in a stat file")?;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}
