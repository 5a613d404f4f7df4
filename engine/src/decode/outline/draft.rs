//! From an event that was walked to its outline.

use tripline_rules::field::Span;

use super::fill::{Fill, What};
use super::{GAPS_MAX, Gap};
use crate::decode::opening::TEXT_BYTES_MAX;
use crate::decode::scan::Scanned;
use crate::decode::walk::QUOTE;

/// Members of an event whose strings are no gaps: of these there are few, and rules ask for them.
const SPELLED: [&[u8]; 6] =
    [b"eventSource", b"eventName", b"errorCode", b"eventType", b"eventCategory", b"apiVersion"];

/// An outline that is being drawn, and room for the next.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// One literal after another.
    pub(super) text: Vec<u8>,
    pub(super) gaps: Vec<Gap>,
    /// Where each literal starts in the event: the opening's end, and one past each gap.
    literals: Vec<usize>,
    /// Where each gap starts in it.
    starts: Vec<usize>,
}

impl Draft {
    /// Draws the outline of an event behind its first `opening` bytes; `false` when it cannot be kept.
    pub(super) fn draw(&mut self, scanned: &Scanned<'_, '_>, opening: usize) -> bool {
        let Scanned { bytes, padded, tokens, .. } = *scanned;
        self.text.clear();
        self.gaps.clear();
        self.starts.clear();
        self.literals.clear();
        self.literals.push(opening);
        let (mut depth, mut key) = (1_usize, &[][..]);
        for pair in tokens.windows(2) {
            let (at, next) = (pair[0] as usize, pair[1] as usize);
            let value = at + 1..next;
            match bytes[at] {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            let is_key = bytes.get(next) == Some(&b':');
            if is_key && value.len() >= 2 * QUOTE {
                key = &bytes[value.start + QUOTE..value.end - QUOTE];
            }
            let is_spelled = bytes[at] == b':' && depth == 1 && SPELLED.contains(&key);
            let fits = match &bytes[value.clone()] {
                _ if is_key => true,
                b"" | b"true" | b"false" | b"null" => true,
                [b'\\', ..] if is_spelled => true,
                [b'\\', ..] => self.gap(bytes, value.start + QUOTE, value.end - QUOTE, false),
                _ => self.gap(bytes, value.start, value.end, true),
            };
            if !fits {
                return false;
            }
        }
        // And the quote that ends the log event.
        self.literal(padded, bytes.len() + 1);
        self.text.len() <= TEXT_BYTES_MAX && self.text.is_ascii()
    }

    fn gap(&mut self, bytes: &[u8], start: usize, end: usize, is_number: bool) -> bool {
        let before = self.text.len();
        self.literal(bytes, start);
        let Some(gap) = Gap::new(self.text.len() - before, is_number) else { return false };
        self.gaps.push(gap);
        self.starts.push(start);
        self.literals.push(end);
        self.gaps.len() <= GAPS_MAX && self.text.len() <= TEXT_BYTES_MAX
    }

    /// Adds the literal that ends at `end`.
    fn literal(&mut self, bytes: &[u8], end: usize) {
        let start = self.literals.last().copied().unwrap_or(end);
        self.text.extend_from_slice(&bytes[start..end]);
    }

    /// What was filled behind the opening, whose spans come first, and then those of the event. None when one was made of a string that
    /// holds escapes: where that stood is not known any more.
    pub(super) fn fills(&self, opening: &[Span], event: &[Span]) -> Option<Box<[Fill]>> {
        // The last is nobody's.
        let fields = (0..).zip(opening.iter().zip(event)).take(event.len().saturating_sub(1));
        let filled = fields.filter(|(_, (before, after))| before != after);
        let fill = |(place, (_, span)): (u32, (&Span, &Span))| Some(Fill { place, what: self.what(*span)? });
        let mut fills: Vec<Fill> = filled.map(fill).collect::<Option<_>>()?;
        // Those of a kind together: that is guessed right more often.
        fills.sort_by_key(|fill| match fill.what {
            What::Gap(_) => 0,
            What::Literal { .. } => 1,
            What::Constant(_) => 2,
        });
        Some(fills.into())
    }

    #[expect(clippy::cast_possible_truncation, reason = "gaps and bytes of an outline are few")]
    fn what(&self, span: Span) -> Option<What> {
        let Some(stands) = span.stands_at() else { return (!span.is_made()).then_some(What::Constant(span)) };
        Some(match self.starts.binary_search(&stands.start) {
            Ok(at) => What::Gap(1 + at as u16),
            Err(behind) => {
                let offset = stands.start - self.literals[behind];
                What::Literal { behind: behind as u16, offset: offset as u16, len: stands.len() as u16 }
            }
        })
    }
}
