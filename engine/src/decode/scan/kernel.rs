//! Which kernel this processor can run, and the one that every processor can.

use super::follow::{Reached, Room, follow, string};
use super::pass::{Classes, Classify, Found, Text, pass};
#[cfg(target_arch = "x86_64")]
use super::simd;
use super::{Tokens, Unscanned};
use crate::decode::outline::Outline;

/// A way to look at 64 bytes at once, which this processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2(simd::Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(simd::Avx512),
}

impl Kernel {
    /// The one that every processor has: the twin of the others, and their judge.
    pub const SCALAR: Kernel = Kernel(Kind::Scalar);

    /// Every kernel that this processor has, the fastest last.
    pub fn all() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "there is one only"))]
        let mut all = vec![Kind::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(simd::Avx2::detect().map(Kind::Avx2));
            all.extend(simd::Avx512::detect().map(Kind::Avx512));
        }
        all.into_iter().map(Self).collect()
    }

    /// The fastest that this processor has.
    pub fn best() -> Self {
        Self::all().pop().unwrap_or(Self::SCALAR)
    }

    /// What the processor's manual calls it.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512",
        }
    }

    pub(super) fn pass<'b>(self, event: Unscanned<'b, '_>, tokens: Tokens<'_>) -> Option<Found<'b>> {
        match self.0 {
            Kind::Scalar => pass(&Scalar, event, tokens),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(kernel) => kernel.pass(event, tokens),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(kernel) => kernel.pass(event, tokens),
        }
    }

    pub(super) fn follow(
        self,
        bytes: &[u8],
        reached: Reached,
        outline: Outline<'_>,
        room: &mut Room,
    ) -> Result<(usize, u64), Reached> {
        match self.0 {
            Kind::Scalar => follow(&Scalar, bytes, reached, outline, room),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(kernel) => kernel.follow(bytes, reached, outline, room),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(kernel) => kernel.follow(bytes, reached, outline, room),
        }
    }

    pub(super) fn string(self, bytes: &[u8], start: u32) -> Option<u32> {
        match self.0 {
            Kind::Scalar => string(&Scalar, bytes, start),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(kernel) => kernel.string(bytes, start),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(kernel) => kernel.string(bytes, start),
        }
    }
}

/// Has the processor fetch what will be read soon, where it can be told to.
#[inline]
pub(in crate::decode) fn fetch<T>(soon: &[T]) {
    #[cfg(target_arch = "x86_64")]
    simd::fetch(soon);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = soon;
}

/// Byte by byte.
pub(super) struct Scalar;

impl Classify for Scalar {
    type Seen = bool;

    fn nothing(&self) -> Self::Seen {
        false
    }

    fn classes(&self, block: &[u8; 64], seen: &mut Self::Seen) -> Classes {
        let mut classes = Classes { quotes: 0, backslashes: 0, structural: 0 };
        for (at, byte) in block.iter().enumerate() {
            classes.quotes |= u64::from(*byte == b'"') << at;
            classes.backslashes |= u64::from(*byte == b'\\') << at;
            classes.structural |= u64::from(b"{}[]:,".contains(byte)) << at;
            *seen |= !(0x20..0x80).contains(byte);
        }
        classes
    }

    fn unlike_plain(&self, block: &[u8; 64]) -> u64 {
        bits(block.iter().map(|byte| !matches!(byte, 0x20..0x80) || matches!(byte, b'"' | b'\\')))
    }

    fn differs(&self, a: &[u8; 64], b: &[u8; 64]) -> u64 {
        bits(a.iter().zip(b).map(|(a, b)| a != b))
    }

    fn is_plain(&self, seen: Self::Seen) -> bool {
        !seen
    }

    fn parity(&self, bits: u64) -> u64 {
        [1, 2, 4, 8, 16, 32].into_iter().fold(bits, |bits, by| bits ^ bits << by)
    }

    #[inline(always)]
    fn places(&self, bits: u64, base: u32, out: &mut [u32; 64]) {
        let mut rest = bits;
        // Eight at a time, wanted or not: most blocks hold fewer, and nothing has to be guessed.
        for eight in out.as_chunks_mut::<8>().0 {
            for out in eight {
                *out = base + rest.trailing_zeros();
                rest &= rest.wrapping_sub(1);
            }
            if rest == 0 {
                break;
            }
        }
    }
}

/// The first lowest.
fn bits(of: impl Iterator<Item = bool>) -> u64 {
    of.enumerate().fold(0, |bits, (at, is)| bits | u64::from(is) << at)
}

impl<'b> Text<'b> {
    /// The text, if it is text.
    pub(super) fn get(&self) -> Option<&'b str> {
        #[cfg(target_arch = "x86_64")]
        if self.is_ascii {
            return Some(simd::ascii(self));
        }
        std::str::from_utf8(self.bytes).ok()
    }
}
