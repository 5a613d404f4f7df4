//! Named places at which a test lets the process die, or a call fail. In a build without debug assertions, such as a release,
//! there is nothing at them.
//!
//! `TRIPLINE_FAILPOINT=NAME:N` in the environment: the process dies when it comes to the place NAME for the N-th time. No
//! destructor runs and nothing is flushed, as with SIGKILL. [`arm`]: a call fails in this thread.
//!
//! `TRIPLINE_FAULTS=NAME=KIND:N,…` in the environment: every N-th call at the place NAME, in any thread, meets the fault KIND:
//! `io` is an I/O error, `full` a full disk, `slow-MS` a wait of so many milliseconds.

use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The variable that names a place.
const VARIABLE: &str = "TRIPLINE_FAILPOINT";

/// The variable that names faults.
const FAULTS_VARIABLE: &str = "TRIPLINE_FAULTS";

/// The places at which the disk can fail: reading rows, between the rows of a commit, at its end.
pub const DISK_PLACES: [&str; 3] = ["store.read", "store.rows", "store.commit"];

/// A way in which the disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An I/O error.
    Io,
    /// No room is left.
    Full,
}

/// A fault that the environment asks for.
#[derive(Debug)]
struct Planned {
    place: String,
    /// None is a wait only.
    fault: Option<Fault>,
    wait: Duration,
    every: u32,
    calls: AtomicU32,
}

/// Every place at which the process can die, in the order of the flow.
pub const PLACES: [&str; 14] = [
    "store.migrated",
    "source.received",
    "source.ended",
    "worker.decoded",
    "state.loaded",
    "state.folded",
    "store.rows",
    "store.commit",
    "store.committed",
    "state.acknowledged",
    "rules.adopted",
    "sink.called",
    "sink.accepted",
    "sink.settled",
];

thread_local! {
    static ARMED: RefCell<Option<(&'static str, u32)>> = const { RefCell::new(None) };
}

/// The process dies here, if a test wants it so.
pub(crate) fn die(place: &str) {
    static WISH: OnceLock<Option<(String, AtomicU32)>> = OnceLock::new();
    if !cfg!(debug_assertions) {
        return;
    }
    let wish = WISH.get_or_init(|| {
        let text = std::env::var(VARIABLE).ok()?;
        let (place, nth) = text.split_once(':')?;
        Some((place.to_owned(), AtomicU32::new(nth.parse().ok()?)))
    });
    let Some((wanted, left)) = wish else { return };
    if wanted == place && left.fetch_sub(1, Ordering::SeqCst) == 1 {
        std::process::abort();
    }
}

/// Whether the call at this place fails, because a test armed it.
pub(crate) fn fails(place: &'static str) -> bool {
    if !cfg!(debug_assertions) {
        return false;
    }
    ARMED.with_borrow_mut(|armed| match armed {
        Some((wanted, left)) if *wanted == place => {
            *left = left.saturating_sub(1);
            let fails = *left == 0;
            if fails {
                *armed = None;
            }
            fails
        }
        _ => false,
    })
}

/// The fault that the call at this place meets, if a test armed it or the environment asks for it. Waits where that is the fault.
pub(crate) fn fault(place: &'static str) -> Option<Fault> {
    static PLANNED: OnceLock<Vec<Planned>> = OnceLock::new();
    if !cfg!(debug_assertions) {
        return None;
    }
    if fails(place) {
        return Some(Fault::Full);
    }
    let planned = PLANNED.get_or_init(|| {
        let text = std::env::var(FAULTS_VARIABLE).unwrap_or_default();
        text.split(',').filter_map(Planned::parse).collect()
    });
    let is_met = |planned: &&Planned| {
        planned.place == place
            && (planned.calls.fetch_add(1, Ordering::SeqCst) + 1).is_multiple_of(planned.every)
    };
    // Each counts its calls, whatever comes of the others.
    let met: Vec<&Planned> = planned.iter().filter(is_met).collect();
    for planned in &met {
        if !planned.wait.is_zero() {
            std::thread::park_timeout(planned.wait);
        }
    }
    met.iter().find_map(|planned| planned.fault)
}

impl Planned {
    /// Reads `PLACE=KIND:N`; none if the text is anything else.
    fn parse(text: &str) -> Option<Self> {
        let (place, rest) = text.split_once('=')?;
        let (kind, every) = rest.split_once(':')?;
        let (fault, wait_ms) = match kind.strip_prefix("slow-") {
            Some(ms) => (None, ms.parse().ok()?),
            None if kind == "io" => (Some(Fault::Io), 0),
            None if kind == "full" => (Some(Fault::Full), 0),
            None => return None,
        };
        let every: u32 = every.parse().ok().filter(|every| *every > 0)?;
        let (place, wait) = (place.to_owned(), Duration::from_millis(wait_ms));
        Some(Self { place, fault, wait, every, calls: AtomicU32::new(0) })
    }
}

/// The call at a place fails for the N-th time that this thread comes there from now on; none: no more.
pub fn arm(fault: Option<(&'static str, u32)>) {
    ARMED.set(fault);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_and_anything_else_is_none() {
        let read = |text: &str| {
            Planned::parse(text).map(|one| (one.place, one.fault, one.wait.as_millis(), one.every))
        };
        assert_eq!(read("store.commit=io:3"), Some(("store.commit".to_owned(), Some(Fault::Io), 0, 3)));
        assert_eq!(read("store.read=full:1"), Some(("store.read".to_owned(), Some(Fault::Full), 0, 1)));
        assert_eq!(read("store.rows=slow-250:2"), Some(("store.rows".to_owned(), None, 250, 2)));
        for text in ["", "store.commit", "store.commit=io", "store.commit=io:0", "a=slow-x:1", "a=odd:1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
