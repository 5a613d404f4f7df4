//! Runs of two backslashes and more: rare, and told one by one.

use super::pass::Classes;

/// The quotes of a block, told apart by the backslashes before them.
pub(super) struct Quotes {
    /// The event's own.
    pub(super) inner: u64,
    /// Those that end a log event.
    pub(super) outer: u64,
    /// What follows backslashes and is neither a quote nor an escape that can be left to a string's reader.
    pub(super) odd: u64,
    /// Backslashes at the end of the block.
    pub(super) run: u32,
}

/// Those of a block before which `run` backslashes stand, as if no backslash followed another; and those that do.
#[inline(always)]
pub(super) fn none(classes: Classes, run: u32) -> (u64, Quotes) {
    let Classes { quotes, backslashes, .. } = classes;
    let follows = backslashes << 1 | u64::from(run);
    let (inner, outer, odd) = (quotes & follows, quotes & !follows, follows & !quotes);
    (backslashes & follows, Quotes { inner, outer, odd, run: (backslashes >> 63) as u32 })
}

/// Tells the runs of the 64 bytes that begin `bytes`, before which `run` backslashes stand.
#[cold]
#[inline(never)]
pub(super) fn find(bytes: &[u8], classes: Classes, run: u32) -> Quotes {
    let Classes { quotes, backslashes, .. } = classes;
    let follows = backslashes << 1 | u64::from(run > 0);
    let mut runs = Quotes { inner: 0, outer: quotes & !follows, odd: 0, run: 0 };
    if run > 0 && backslashes & 1 == 0 {
        runs.tell(bytes, quotes, 0, run);
    }
    let mut rest = backslashes;
    while rest != 0 {
        let start = rest.trailing_zeros();
        let length = (!(rest >> start)).trailing_zeros();
        let total = length + if start == 0 { run } else { 0 };
        let next = start + length;
        if next >= 64 {
            runs.run = total;
            break;
        }
        runs.tell(bytes, quotes, next, total);
        rest &= !0 << next;
    }
    runs
}

impl Quotes {
    /// `at` follows a run of `length`.
    fn tell(&mut self, bytes: &[u8], quotes: u64, at: u32, length: u32) {
        let bit = 1 << at;
        match (length % 4, quotes & bit != 0) {
            (1, true) => self.inner |= bit,
            (0 | 2, true) => self.outer |= bit,
            (3, true) | (0, false) => {}
            (2, false) if is_escape(&bytes[at as usize..]) => {}
            _ => self.odd |= bit,
        }
    }
}

/// Whether what follows a backslash of an event's string makes an escape (RFC 8259 §7).
pub(super) fn is_escape(bytes: &[u8]) -> bool {
    match bytes {
        [b'b' | b'f' | b'n' | b'r' | b't' | b'/', ..] => true,
        [b'u', a, b, c, d, ..] => [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit),
        _ => false,
    }
}
