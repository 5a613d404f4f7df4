//! The pass itself, the same for every kernel: bits, 64 at a time, the first byte lowest.

use std::ops::Range;

use super::runs::{self, Quotes};
use super::{Known, Tokens, Unscanned};

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
    /// What has been seen in any block: whether a byte that is a control character or not ASCII.
    type Seen: Copy;

    fn nothing(&self) -> Self::Seen;

    fn classes(&self, block: &[u8; 64], seen: &mut Self::Seen) -> Classes;

    /// The bytes that are no plain characters of a string: quotes, backslashes, control characters, and what is not ASCII.
    fn unlike_plain(&self, block: &[u8; 64]) -> u64;

    /// Where two blocks differ.
    fn differs(&self, a: &[u8; 64], b: &[u8; 64]) -> u64;

    /// Whether every byte was ASCII and none a control character.
    fn is_plain(&self, seen: Self::Seen) -> bool;

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
    /// How many.
    pub(super) tokens: usize,
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

/// What one block tells the next.
#[derive(Default)]
struct Carry {
    /// Backslashes in a row.
    run: u32,
    /// All ones inside a string.
    string: u64,
    /// Of the last byte, 0 or 1: whether it closes a string, whether it is a token.
    closing: u64,
    structural: u64,
    /// Whatever was unusual.
    wrong: u64,
}

impl Carry {
    /// Behind these bytes: the last of them closes an object or an array.
    fn behind(known: Option<Known<'_>>) -> Self {
        Self { structural: u64::from(known.is_some()), ..Self::default() }
    }
}

/// Scans an event, behind what is known of it, up to the quote that ends it, which must come before its `len`; puts its tokens into
/// `tokens`.
#[inline(always)]
pub(super) fn pass<'b, C: Classify>(
    kernel: &C,
    event: Unscanned<'b, '_>,
    mut tokens: Tokens<'_>,
) -> Option<Found<'b>> {
    let Unscanned { bytes, len, known } = event;
    let known = known.filter(|known| known.is_of(bytes));
    let (mut carry, mut seen) = (Carry::behind(known), kernel.nothing());
    let mut escapes = 0..0;
    let mut count = 0;
    let start = known.map_or(0, |known| known.len);
    // Places are told in 32 bits.
    let (mut base, end) = (u32::try_from(start).ok()?, u32::try_from(len).ok()?);
    let blocks = end.checked_sub(base)?.div_ceil(64) as usize;
    for block in bytes[start..].as_chunks().0.get(..blocks)? {
        let classes = kernel.classes(block, &mut seen);
        let out = tokens.room(count)?;
        let (runs, mut quotes) = runs::none(classes, carry.run);
        let structural = if runs | quotes.outer | u64::from(carry.run >> 1) == 0 {
            // Most blocks: every quote is the event's own, and it goes on.
            structure(kernel, classes, &quotes, (0, !0), &mut carry)
        } else {
            if runs != 0 || carry.run > 1 {
                let at = base as usize;
                // A run may begin in the block before.
                let start = if escapes.end == 0 { at.saturating_sub(64) } else { escapes.start };
                escapes = start..at + 64;
                quotes = runs::find(&bytes[at..], classes, carry.run);
            }
            // What stands before the first of those that end it.
            let live = (quotes.outer & quotes.outer.wrapping_neg()).wrapping_sub(1);
            structure(kernel, classes, &quotes, (runs, live), &mut carry)
        };
        kernel.places(structural, base, out);
        count += structural.count_ones() as usize;
        if quotes.outer != 0 {
            let text = &bytes[..(base + quotes.outer.trailing_zeros()) as usize];
            // Blocks reach beyond the text: what is in doubt is looked at again.
            let is_plain = kernel.is_plain(seen);
            let is_ascii = is_plain || text.is_ascii();
            let is_clean = is_plain || text.iter().all(|byte| *byte >= 0x20);
            let sound = carry.wrong == 0 && is_clean && carry.string == 0;
            let text = Text { bytes: text, is_ascii };
            return Some(Found { text, sound, escapes, tokens: count });
        }
        carry.run = quotes.run;
        base += 64;
    }
    None
}

/// The tokens among the `live` bytes of one block. Between two of them there is nothing, one string or one run of other
/// characters when each string begins behind a token and ends before one.
#[inline(always)]
fn structure<C: Classify>(
    kernel: &C,
    classes: Classes,
    quotes: &Quotes,
    (runs, live): (u64, u64),
    carry: &mut Carry,
) -> u64 {
    let inner = quotes.inner & live;
    // From an opening quote to the byte before the closing one.
    let strings = kernel.parity(inner) ^ carry.string;
    let outside = !strings & live;
    let structural = classes.structural & outside;
    let closing = inner & outside;
    // Outside a string a backslash stands before an opening quote, and alone.
    let opens = classes.backslashes & outside;
    let misplaced = opens & !(structural << 1 | carry.structural);
    let unended = (closing << 1 | carry.closing) & !structural & live;
    carry.wrong |= (quotes.odd & live) | (runs & outside) | misplaced | unended;
    carry.string = 0_u64.wrapping_sub(strings >> 63);
    (carry.closing, carry.structural) = (closing >> 63, structural >> 63);
    structural
}
