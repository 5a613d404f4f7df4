//! What the fields reach in an event that fits an outline.

use std::ops::Range;

use tripline_rules::field::Span;

use crate::decode::scan::Followed;
use crate::decode::walk::Odd;

/// What a field reaches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fill {
    /// Among the spans of the event.
    pub(super) place: u32,
    pub(super) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// What fills a gap, the first being 1.
    Gap(u16),
    /// A string in a literal, so far behind a gap; 0 is the opening.
    Literal { behind: u16, offset: u16, len: u16 },
    /// The same in every event.
    Constant(Span),
}

impl Fill {
    /// Fills the span of an event whose gaps are filled so.
    #[inline(always)]
    pub(super) fn fill(&self, followed: &Followed<'_, '_>, spans: &mut [Span]) {
        spans[self.place as usize] = match self.what {
            What::Gap(gap) => followed.filled(usize::from(gap)).span,
            What::Literal { behind, offset, len } => {
                let start = followed.filled(usize::from(behind)).end as usize + usize::from(offset);
                Span::string(start, usize::from(len))
            }
            What::Constant(span) => span,
        };
    }
}

/// Fills the spans of those whose gaps hold escapes: `unescape` makes one of a part of the event's text.
#[cold]
pub(super) fn unescape(
    fills: &[Fill],
    followed: &Followed<'_, '_>,
    spans: &mut [Span],
    mut unescape: impl FnMut(Range<usize>) -> Result<Span, Odd>,
) -> Result<(), Odd> {
    for Fill { place, what } in fills {
        let What::Gap(gap) = *what else { continue };
        let gap = usize::from(gap);
        if !followed.is_escaped(gap) {
            continue;
        }
        let part = followed.filled(gap).span.stands_at().ok_or(Odd)?;
        // Fields of both languages share what one of them has made.
        let same = |other: &&Fill| other.what == *what && other.place < *place;
        spans[*place as usize] = match fills.iter().find(same) {
            Some(other) => spans[other.place as usize],
            None => unescape(part)?,
        };
    }
    Ok(())
}
