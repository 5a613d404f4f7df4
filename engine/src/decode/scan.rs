//! One pass over the *escaped* bytes of a log event: where its structure stands, and whether it is put together soundly.
//!
//! A data message holds each event as a JSON string, so the event's own quotes are escaped: `{\"eventName\":\"GetObject\"}`.
//! Nothing is unescaped here. Behind a run of k backslashes a quote ends the log event when k is even, is one of the event's
//! own when k mod 4 = 1, and is a character of one of its strings when k mod 4 = 3 (`spec/performance.md` §4). Between the
//! event's quotes nothing is structure; outside them there may be brackets, commas, colons and scalars only, no blanks.
//!
//! The pass finds the brackets, commas and colons (*tokens*) and proves, 64 bytes at a time, that between two of them there
//! is nothing, one string or one run of other characters. The [walk](super::walk) proves the rest: nesting, keys, scalars. What
//! the pass does not like is not wrong, only unusual: the pull parser reads it.

mod follow;
mod kernel;
mod pass;
mod runs;
#[cfg(target_arch = "x86_64")]
mod simd;
#[cfg(test)]
mod tests;

use std::ops::Range;

use tripline_rules::field::Span;

use super::opening::Known;
use super::outline::Outline;
pub(super) use follow::{Filled, Reached};
use follow::{Room, lengthen};
pub use kernel::Kernel;
pub(super) use kernel::fetch;
use pass::Text;

/// Room for more tokens than this is given back.
const KEPT_TOKENS_MAX: usize = 1 << 20;

/// Bytes that must be readable behind the last one that counts.
pub(super) const PADDING: usize = 64;

/// One log event as it stands in its message, scanned.
#[derive(Debug)]
pub(super) struct Scanned<'b, 't> {
    /// Its bytes, escaped, without the quotes around them.
    pub(super) bytes: &'b [u8],
    /// The same, and what stands behind, [`PADDING`] bytes at least.
    pub(super) padded: &'b [u8],
    /// The same bytes when they are text and soundly put together as far as a pass can tell: what may be walked.
    pub(super) sound: Option<&'b str>,
    /// Where strings of it may hold escapes.
    pub(super) escapes: Range<usize>,
    /// Its tokens behind what was known, and one that is none: its length.
    pub(super) tokens: &'t [u32],
}

/// One log event that fits an outline.
#[derive(Debug)]
pub(super) struct Followed<'b, 'f> {
    /// Its text, escaped.
    pub(super) text: &'b str,
    room: &'f Room,
    /// Of the gaps those that hold escapes, a bit each.
    escaped: u64,
}

/// A log event that begins `bytes`, before it is scanned.
#[derive(Debug, Clone, Copy)]
struct Unscanned<'b, 'k> {
    bytes: &'b [u8],
    /// Of them so many may be its own.
    len: usize,
    /// What need not be looked at again.
    known: Option<Known<'k>>,
}

/// Finds where structure stands, in one log event after another.
#[derive(Debug)]
pub(super) struct Scanner {
    kernel: Kernel,
    /// Room for tokens.
    room: Vec<u32>,
    /// What fills the gaps of the outline that was followed last.
    filled: Box<Room>,
}

impl Followed<'_, '_> {
    /// What fills a gap, the first being 1; 0 is nothing, and ends where the outline begins.
    pub(super) fn filled(&self, gap: usize) -> Filled {
        self.room[gap]
    }

    /// Whether any string in a gap holds an escape.
    pub(super) fn has_escapes(&self) -> bool {
        self.escaped != 0
    }

    /// Whether the one in this gap does.
    pub(super) fn is_escaped(&self, gap: usize) -> bool {
        self.escaped >> gap & 1 == 1
    }
}

impl Scanner {
    pub(super) fn new(kernel: Kernel) -> Self {
        Self { kernel, room: Vec::new(), filled: Box::new([Filled { span: Span::MISSING, end: 0 }; _]) }
    }

    /// Scans the log event that begins `padded`, behind its quote, and ends with another within its first `len` bytes; none
    /// when it does not. What is `known` of its beginning is not looked at again.
    pub(super) fn scan<'b>(
        &mut self,
        padded: &'b [u8],
        len: usize,
        known: Option<Known<'_>>,
    ) -> Option<Scanned<'b, '_>> {
        if self.room.len() > KEPT_TOKENS_MAX {
            self.room = Vec::new();
        }
        let found = self.kernel.pass(Unscanned { bytes: padded, len, known }, Tokens(&mut self.room))?;
        // Behind the last token, so that whoever walks on meets something that is none.
        self.room[found.tokens] = u32::try_from(found.text.len()).ok()?;
        let sound = if found.sound { found.text.get() } else { None };
        let bytes = &padded[..found.text.len()];
        let tokens = &self.room[..=found.tokens];
        Some(Scanned { bytes, padded, sound, escapes: found.escapes, tokens })
    }

    /// The text of the log event that begins `padded`, behind its quote, and whose opening is `known`, if what follows that fits one of
    /// some `outlines` and ends within its first `len` bytes; and which of them.
    pub(super) fn follow<'b, 'o, T>(
        &mut self,
        (padded, len): (&'b [u8], usize),
        known: Known<'_>,
        outlines: impl Iterator<Item = (Outline<'o>, T)>,
    ) -> Option<(Followed<'b, '_>, T)> {
        let known = Some(known).filter(|known| known.is_of(padded))?;
        let mut reached = Reached::opening(known.len, padded, &mut self.filled)?;
        let mut last: Option<Outline<'_>> = None;
        for (outline, which) in outlines {
            // What an event fits so far, the outline that it fits begins with.
            if last.is_some_and(|last| !outline.begins_like(last, reached)) {
                continue;
            }
            let room = &mut self.filled;
            let mut found = self.kernel.follow(padded, reached, outline, room);
            while let Err(further) = found
                && let Some(further) = lengthen(self.kernel, padded, further, outline, room)
            {
                found = self.kernel.follow(padded, further, outline, room);
            }
            match found {
                Ok((end, escaped)) => {
                    // The last byte of an outline is the quote that ends the log event.
                    let bytes = padded.get(..end.checked_sub(1)?).filter(|_| end <= len)?;
                    let text = Text { bytes, is_ascii: true }.get()?;
                    return Some((Followed { text, room: &self.filled, escaped }, which));
                }
                Err(further) => (reached, last) = (further, Some(outline)),
            }
        }
        None
    }
}

/// Where a pass puts the tokens it finds: there is always room for one more block of them.
pub(super) struct Tokens<'t>(&'t mut Vec<u32>);

impl Tokens<'_> {
    /// Room for the tokens of one block, behind `count`.
    #[inline(always)]
    fn room(&mut self, count: usize) -> Option<&mut [u32; 64]> {
        // And for one more token.
        if self.0.len().saturating_sub(count) <= 64 {
            self.grow();
        }
        self.0[count..].first_chunk_mut()
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.0.resize(2 * self.0.len() + 1024, 0);
    }
}
