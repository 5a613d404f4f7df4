//! Named places at which a test lets the process die, or a call fail. In a build without debug assertions, such as a release,
//! there is nothing at them.
//!
//! `TRIPLINE_FAILPOINT=NAME:N` in the environment: the process dies when it comes to the place NAME for the N-th time. No
//! destructor runs and nothing is flushed, as with SIGKILL. [`arm`]: a call fails in this thread.

use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable that names a place.
const VARIABLE: &str = "TRIPLINE_FAILPOINT";

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

/// The call at a place fails for the N-th time that this thread comes there from now on; none: no more.
pub fn arm(fault: Option<(&'static str, u32)>) {
    ARMED.set(fault);
}
