//! The pass itself, the same for every kernel: bits, 64 at a time, the first byte lowest.

use std::ops::Range;

use super::{Tokens, runs};

/// What 64 bytes hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Classes {
    pub(super) quotes: u64,
    pub(super) backslashes: u64,
    /// `{ } [ ] : ,`, wherever they stand.
    pub(super) structural: u64,
}

/// What a processor can do with 64 bytes at once.
pub(super) trait Classify {
    /// What has been seen in any block: whether a control character, whether a byte that is not ASCII.
    type Seen: Copy;

    fn nothing(&self) -> Self::Seen;

    fn classes(&self, block: &[u8; 64], seen: &mut Self::Seen) -> Classes;

    /// (control characters, bytes that are not ASCII)
    fn summary(&self, seen: Self::Seen) -> (bool, bool);

    /// Each bit: the parity of the bits up to it.
    fn parity(&self, bits: u64) -> u64;

    /// Writes `base` and the place of each bit, in order; what follows them is of no account.
    fn places(&self, bits: u64, base: u32, out: &mut [u32; 64]);
}

/// What a pass has found.
pub(super) struct Found<'b> {
    pub(super) text: Text<'b>,
    pub(super) sound: bool,
    pub(super) escapes: Range<usize>,
}

/// The bytes of a log event, of which the pass knows whether they are ASCII.
pub(super) struct Text<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) is_ascii: bool,
}

impl Text<'_> {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// What one block tells the next. Bits are 0 or 1, of the last byte.
#[derive(Default)]
struct Carry {
    /// Backslashes in a row.
    run: u32,
    /// All ones inside a string.
    string: u64,
    closing: u64,
    structural: u64,
}

/// One block, told apart: where the event's own quotes are, those that end it, and what is unusual.
struct Quotes {
    inner: u64,
    outer: u64,
    odd: u64,
    /// Backslashes that follow another.
    runs: u64,
}

/// Scans `bytes` up to the quote that ends the log event, which must come before `len`; adds its tokens to `tokens`.
#[inline(always)]
pub(super) fn pass<'b, C: Classify>(
    kernel: &C,
    bytes: &'b [u8],
    len: usize,
    mut tokens: Tokens<'_>,
) -> Option<Found<'b>> {
    let (mut carry, mut seen) = (Carry::default(), kernel.nothing());
    let (mut wrong, mut escapes) = (0, 0..0);
    let mut at = 0;
    while at < len {
        let block: &[u8; 64] = bytes.get(at..)?.first_chunk()?;
        let classes = kernel.classes(block, &mut seen);
        let Classes { quotes, backslashes, .. } = classes;
        let follows = backslashes << 1 | u64::from(carry.run > 0);
        let runs = backslashes & follows;
        let found = if runs != 0 || carry.run > 1 {
            // A run may begin in the block before.
            escapes = if escapes.end == 0 { at.saturating_sub(64)..at + 64 } else { escapes.start..at + 64 };
            let found = runs::find(&bytes[at..], classes, carry.run);
            carry.run = found.run;
            Quotes { inner: found.inner, outer: found.outer, odd: found.odd, runs }
        } else {
            carry.run = (backslashes >> 63) as u32;
            Quotes { inner: quotes & follows, outer: quotes & !follows, odd: follows & !quotes, runs }
        };
        let base = u32::try_from(at).ok()?;
        if found.outer == 0 {
            // All of the block, and nothing to mask.
            let structural = block_of(kernel, classes, &found, !0, &mut carry, &mut wrong);
            tokens.put(kernel, structural, base)?;
            at += 64;
            continue;
        }
        let live = (1 << found.outer.trailing_zeros()) - 1;
        let structural = block_of(kernel, classes, &found, live, &mut carry, &mut wrong);
        tokens.put(kernel, structural, base)?;
        let end = at + found.outer.trailing_zeros() as usize;
        let (control, not_ascii) = kernel.summary(seen);
        let sound = wrong == 0 && !control && carry.string == 0;
        return Some(Found { text: Text { bytes: &bytes[..end], is_ascii: !not_ascii }, sound, escapes });
    }
    None
}

/// The structure of the `live` bytes of one block. Between two tokens there is nothing, one string or one run of other
/// characters when each string begins behind a token and ends before one.
#[inline(always)]
fn block_of<C: Classify>(
    kernel: &C,
    classes: Classes,
    found: &Quotes,
    live: u64,
    carry: &mut Carry,
    wrong: &mut u64,
) -> u64 {
    let inner = found.inner & live;
    // From an opening quote to the byte before the closing one.
    let strings = kernel.parity(inner) ^ carry.string;
    let outside = !strings & live;
    let structural = classes.structural & outside;
    let closing = inner & outside;
    // Outside a string a backslash stands before an opening quote, and alone.
    let opens = classes.backslashes & outside;
    *wrong |= (found.odd & live) | (found.runs & outside);
    *wrong |= opens & !(structural << 1 | carry.structural);
    *wrong |= (closing << 1 | carry.closing) & !structural & live;
    carry.string = 0_u64.wrapping_sub(strings >> 63);
    (carry.closing, carry.structural) = (closing >> 63, structural >> 63);
    structural
}
