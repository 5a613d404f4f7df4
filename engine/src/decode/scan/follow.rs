//! An event beside an outline: whether its text fits, and where its gaps are filled.

use tripline_rules::field::Span;

use super::PADDING;
use super::kernel::Kernel;
use super::pass::Classify;
use super::runs::is_escape;
use crate::decode::outline::{GAPS_MAX, Outline};
use crate::decode::tape::is_number;

/// What fills a gap, and where it ends.
#[derive(Debug, Clone, Copy)]
pub(in crate::decode) struct Filled {
    pub(in crate::decode) span: Span,
    pub(in crate::decode) end: u32,
}

/// How the gaps of an outline are filled, from the second place on; the first is nothing, and ends where the outline begins.
pub(super) type Room = [Filled; 1 + GAPS_MAX];

/// How far an event fits. Places are told in 32 bits.
#[derive(Debug, Clone, Copy)]
pub(in crate::decode) struct Reached {
    /// Gaps that are filled.
    pub(in crate::decode) gaps: usize,
    /// Bytes of the literals before them.
    pub(in crate::decode) literals: u32,
    /// Of the gaps those whose strings hold escapes: a bit each, by its place in the room.
    pub(super) escaped: u64,
    /// Where in the event the last of them ends.
    at: u32,
}

// A bit each.
const _: () = assert!(GAPS_MAX < 64);

impl Reached {
    /// The end of the opening, so far into the event that begins `bytes`; none when a place in these cannot be told.
    pub(super) fn opening(len: usize, bytes: &[u8], room: &mut Room) -> Option<Self> {
        let (at, _) = (u32::try_from(len).ok()?, u32::try_from(bytes.len()).ok()?);
        room[0] = Filled { span: Span::MISSING, end: at };
        Some(Self { gaps: 0, literals: 0, escaped: 0, at })
    }
}

/// Holds the event that begins `bytes` against an outline, from where it is known to fit. Puts what fills the gaps into `room`, strings as
/// if none held an escape; returns the end of the last literal, and which gaps hold escapes, or how far it fits.
#[inline(always)]
pub(super) fn follow<C: Classify>(
    kernel: &C,
    bytes: &[u8],
    mut reached: Reached,
    outline: Outline<'_>,
    room: &mut Room,
) -> Result<(usize, u64), Reached> {
    let (literals, gaps) = (outline.padded(), outline.gaps());
    while let (Some(gap), Some(filled)) = (gaps.get(reached.gaps), room.get_mut(1 + reached.gaps)) {
        let Some(start) = begins(kernel, (bytes, reached.at), (literals, reached.literals), gap.literal())
        else {
            return Err(reached);
        };
        let end = if gap.is_number() { number(bytes, start) } else { string(kernel, bytes, start) };
        let Some(end) = end else { return Err(reached) };
        let (at, len) = (start as usize, (end - start) as usize);
        let span = if gap.is_number() { Span::number(at, len) } else { Span::string(at, len) };
        *filled = Filled { span, end };
        let (gaps, literals) = (reached.gaps + 1, reached.literals + gap.literal());
        reached = Reached { gaps, literals, at: end, ..reached };
    }
    let len = u32::try_from(literals.len().saturating_sub(PADDING)).unwrap_or(u32::MAX);
    let last = len.saturating_sub(reached.literals);
    let end = begins(kernel, (bytes, reached.at), (literals, reached.literals), last);
    end.map(|end| (end as usize, reached.escaped)).ok_or(reached)
}

/// The string that fills the last gap which was reached ends further on when an escape stands where it seemed to end: no literal behind
/// a string begins like one. None when there is none.
#[inline]
pub(super) fn lengthen(
    kernel: Kernel,
    bytes: &[u8],
    reached: Reached,
    outline: Outline<'_>,
    room: &mut Room,
) -> Option<Reached> {
    let mut end = reached.at;
    if bytes.get(1 + end as usize) != Some(&b'\\') {
        return None;
    }
    let gap = outline.gaps().get(reached.gaps.checked_sub(1)?)?;
    while let Some(len) = escape(bytes, end).filter(|_| !gap.is_number()) {
        end = kernel.string(bytes, end + len)?;
    }
    let filled = room.get_mut(reached.gaps).filter(|filled| filled.end < end)?;
    let start = filled.span.stands_at()?.start;
    *filled = Filled { span: Span::string(start, (end as usize).checked_sub(start)?), end };
    Some(Reached { at: end, escaped: reached.escaped | 1 << reached.gaps, ..reached })
}

/// Where in an event `len` bytes of its outline end, one at least, if they stand there; both go on for a block behind them.
#[inline(always)]
fn begins<C: Classify>(
    kernel: &C,
    (bytes, mut at): (&[u8], u32),
    (literals, mut from): (&[u8], u32),
    len: u32,
) -> Option<u32> {
    let mut left = len;
    while left > 64 {
        if kernel.differs(block(bytes, at)?, block(literals, from)?) != 0 {
            return None;
        }
        (at, from, left) = (at + 64, from + 64, left - 64);
    }
    let differs = kernel.differs(block(bytes, at)?, block(literals, from)?);
    (differs << (64_u32.wrapping_sub(left) % 64) == 0).then_some(at + left)
}

/// The 64 bytes that start there.
#[inline(always)]
fn block(bytes: &[u8], start: u32) -> Option<&[u8; 64]> {
    let start = start as usize;
    bytes.get(start..start + 64)?.first_chunk()
}

/// Where the run of plain characters ends that starts there: nothing in it ends a string.
#[inline(always)]
pub(super) fn string<C: Classify>(kernel: &C, bytes: &[u8], start: u32) -> Option<u32> {
    let mut at = start;
    loop {
        let unlike = kernel.unlike_plain(block(bytes, at)?);
        if unlike != 0 {
            return Some(at + unlike.trailing_zeros());
        }
        at += 64;
    }
}

/// The length of the escape that starts there, as it stands in an event that is escaped itself; none when there is none, or one that is
/// not the event's (RFC 8259 §7).
#[cold]
fn escape(bytes: &[u8], at: u32) -> Option<u32> {
    match bytes.get(at as usize..)? {
        [b'\\', b'\\', b'\\', b'"' | b'\\', ..] => Some(4),
        [b'\\', b'\\', behind @ ..] if is_escape(behind) => Some(if behind[0] == b'u' { 7 } else { 3 }),
        _ => None,
    }
}

/// Where the number ends that starts there.
#[inline(never)]
fn number(bytes: &[u8], start: u32) -> Option<u32> {
    let rest = bytes.get(start as usize..)?;
    let len = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))?;
    let text = std::str::from_utf8(&rest[..len]).ok()?;
    if is_number(text) { Some(start + u32::try_from(len).ok()?) } else { None }
}
