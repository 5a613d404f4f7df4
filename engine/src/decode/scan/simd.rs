//! The kernels for processors that compare 32 or 64 bytes in one instruction.
//!
//! The one module with `unsafe`, for two reasons, each argued where it stands. An instruction may be run only where the
//! processor has it: a kernel can be had by [`Avx2::detect`] and [`Avx512::detect`] alone, and having it is the proof. And bytes
//! that a pass found to be ASCII need no second look to be text. Twin and judge: [`Scalar`].
#![expect(unsafe_code, reason = "SIMD: see above")]

use std::arch::x86_64::*;

use super::follow::{Reached, Room, follow, string};
use super::kernel::Scalar;
use super::pass::{Classes, Classify, Found, Text, pass};
use super::{Tokens, Unscanned};
use crate::decode::outline::Outline;

/// By low half byte, the one structural character with it, its bit 0x20 set: `{` for `[` too.
const STRUCTURAL: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b':', b'{', b',', b'}', 0, 0];

/// What a processor fetches at once, bytes.
const LINE: usize = 64;

/// The text of bytes that are ASCII.
pub(super) fn ascii<'b>(text: &Text<'b>) -> &'b str {
    debug_assert!(text.is_ascii && text.bytes.is_ascii());
    // SAFETY: only `Scanner::follow` and a pass make a `Text`. A pass says ASCII when no byte of any block had its high bit set, and its
    // blocks are all of these bytes, or all behind those that are known: a `Known` that is of these bytes is only had where they equal
    // an ASCII text. `follow` says so when what is behind these is made of an outline's literals, which are ASCII, and of runs of
    // characters that are. ASCII is UTF-8.
    unsafe { std::str::from_utf8_unchecked(text.bytes) }
}

/// Fetches what will be read soon into the nearest cache.
#[inline]
pub(super) fn fetch<T>(soon: &[T]) {
    let start = soon.as_ptr().cast::<i8>();
    for line in 0..size_of_val(soon).div_ceil(LINE) {
        // SAFETY: every x86-64 has SSE; what is fetched and not read is never seen, wherever it stands.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line * LINE)) }
    }
}

/// What a kernel does, compiled for the features that having it proves: everything below is inlined there.
macro_rules! featured {
    ($kernel:ident, $features:literal) => {
        impl $kernel {
            pub(super) fn pass<'b>(self, event: Unscanned<'b, '_>, tokens: Tokens<'_>) -> Option<Found<'b>> {
                #[target_feature(enable = $features)]
                fn featured<'b>(
                    kernel: $kernel,
                    event: Unscanned<'b, '_>,
                    tokens: Tokens<'_>,
                ) -> Option<Found<'b>> {
                    pass(&kernel, event, tokens)
                }
                // SAFETY: `self` exists, so the processor has these features.
                unsafe { featured(self, event, tokens) }
            }

            pub(super) fn follow(
                self,
                bytes: &[u8],
                reached: Reached,
                outline: Outline<'_>,
                room: &mut Room,
            ) -> Result<(usize, u64), Reached> {
                #[target_feature(enable = $features)]
                fn featured(
                    kernel: $kernel,
                    bytes: &[u8],
                    reached: Reached,
                    outline: Outline<'_>,
                    room: &mut Room,
                ) -> Result<(usize, u64), Reached> {
                    follow(&kernel, bytes, reached, outline, room)
                }
                // SAFETY: `self` exists, so the processor has these features.
                unsafe { featured(self, bytes, reached, outline, room) }
            }

            pub(super) fn string(self, bytes: &[u8], start: u32) -> Option<u32> {
                #[target_feature(enable = $features)]
                fn featured(kernel: $kernel, bytes: &[u8], start: u32) -> Option<u32> {
                    string(&kernel, bytes, start)
                }
                // SAFETY: `self` exists, so the processor has these features.
                unsafe { featured(self, bytes, start) }
            }
        }
    };
}

featured!(Avx2, "avx2,bmi1,popcnt,pclmulqdq");
featured!(Avx512, "avx512f,avx512bw,avx512vbmi2,avx2,bmi1,popcnt,pclmulqdq");

/// AVX2, BMI1 and CLMUL, on every server since 2013.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("pclmulqdq");
        has.then_some(Self(()))
    }
}

impl Classify for Avx2 {
    /// Of each lane the smallest byte, those that are not ASCII being negative.
    type Seen = __m256i;

    #[inline(always)]
    fn nothing(&self) -> Self::Seen {
        // SAFETY: `self` exists, so the processor has AVX2.
        unsafe { _mm256_set1_epi8(0x7f) }
    }

    #[inline(always)]
    fn classes(&self, block: &[u8; 64], seen: &mut Self::Seen) -> Classes {
        // SAFETY: `self` exists, so the processor has AVX2; both loads are inside the block and need no alignment.
        unsafe {
            let table = _mm256_broadcastsi128_si256(_mm_loadu_si128(STRUCTURAL.as_ptr().cast()));
            let low = _mm256_loadu_si256(block.as_ptr().cast());
            let high = _mm256_loadu_si256(block.as_ptr().add(32).cast());
            *seen = _mm256_min_epi8(*seen, _mm256_min_epi8(low, high));
            Classes {
                quotes: bits(equal(low, b'"'), equal(high, b'"')),
                backslashes: bits(equal(low, b'\\'), equal(high, b'\\')),
                structural: bits(structural(table, low), structural(table, high)),
            }
        }
    }

    #[inline(always)]
    fn unlike_plain(&self, block: &[u8; 64]) -> u64 {
        // SAFETY: `self` exists, so the processor has AVX2; both loads are inside the block and need no alignment.
        unsafe {
            let low = _mm256_loadu_si256(block.as_ptr().cast());
            let high = _mm256_loadu_si256(block.as_ptr().add(32).cast());
            bits(unlike_plain(low), unlike_plain(high))
        }
    }

    #[inline(always)]
    fn differs(&self, a: &[u8; 64], b: &[u8; 64]) -> u64 {
        // SAFETY: `self` exists, so the processor has AVX2; all loads are inside the blocks and need no alignment.
        unsafe {
            let low = _mm256_loadu_si256(a.as_ptr().cast());
            let high = _mm256_loadu_si256(a.as_ptr().add(32).cast());
            let other_low = _mm256_loadu_si256(b.as_ptr().cast());
            let other_high = _mm256_loadu_si256(b.as_ptr().add(32).cast());
            !bits(_mm256_cmpeq_epi8(low, other_low), _mm256_cmpeq_epi8(high, other_high))
        }
    }

    #[inline(always)]
    fn is_plain(&self, least: Self::Seen) -> bool {
        // SAFETY: `self` exists, so the processor has AVX2.
        unsafe { _mm256_movemask_epi8(_mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), least)) == 0 }
    }

    #[inline(always)]
    fn parity(&self, bits: u64) -> u64 {
        // SAFETY: `self` exists, so the processor has CLMUL.
        unsafe { parity(bits) }
    }

    #[inline(always)]
    fn places(&self, bits: u64, base: u32, out: &mut [u32; 64]) {
        Scalar.places(bits, base, out);
    }
}

// Functions, and no closures: these are not always inlined where the processor's features are known.

/// The highest bit of each byte of a block, by its halves.
///
/// # Safety
/// The processor must have AVX2.
#[inline(always)]
unsafe fn bits(low: __m256i, high: __m256i) -> u64 {
    // SAFETY: the caller's promise.
    let (low, high) = unsafe { (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high)) };
    u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32
}

/// Where this byte stands.
///
/// # Safety
/// The processor must have AVX2.
#[inline(always)]
unsafe fn equal(bytes: __m256i, byte: u8) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte.cast_signed())) }
}

/// Where structural characters stand, by [`STRUCTURAL`].
///
/// # Safety
/// The processor must have AVX2.
#[inline(always)]
unsafe fn structural(table: __m256i, bytes: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let folded = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
        _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, bytes), folded)
    }
}

/// Where what no plain run holds stands.
///
/// # Safety
/// The processor must have AVX2.
#[inline(always)]
unsafe fn unlike_plain(bytes: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        // What is not ASCII is negative.
        let small = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), bytes);
        _mm256_or_si256(small, _mm256_or_si256(equal(bytes, b'"'), equal(bytes, b'\\')))
    }
}

/// AVX-512 with VBMI2, which packs bytes by a mask: Ice Lake, Zen 4 and later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Avx512(());

impl Avx512 {
    pub(super) fn detect() -> Option<Self> {
        let has = Avx2::detect().is_some()
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi2");
        has.then_some(Self(()))
    }
}

impl Classify for Avx512 {
    /// Of each lane the smallest byte, and the bits that were ever set.
    type Seen = (__m512i, __m512i);

    #[inline(always)]
    fn nothing(&self) -> Self::Seen {
        // SAFETY: `self` exists, so the processor has AVX-512.
        unsafe { (_mm512_set1_epi8(0x7f), _mm512_setzero_si512()) }
    }

    #[inline(always)]
    fn classes(&self, block: &[u8; 64], seen: &mut Self::Seen) -> Classes {
        // SAFETY: `self` exists, so the processor has AVX-512; the load is the block and needs no alignment.
        unsafe {
            let table = _mm512_broadcast_i32x4(_mm_loadu_si128(STRUCTURAL.as_ptr().cast()));
            let bytes = _mm512_loadu_si512(block.as_ptr().cast());
            seen.0 = _mm512_min_epu8(seen.0, bytes);
            seen.1 = _mm512_or_si512(seen.1, bytes);
            let equal = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte.cast_signed()));
            let folded = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
            Classes {
                quotes: equal(b'"'),
                backslashes: equal(b'\\'),
                structural: _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table, bytes), folded),
            }
        }
    }

    #[inline(always)]
    fn unlike_plain(&self, block: &[u8; 64]) -> u64 {
        // SAFETY: `self` exists, so the processor has AVX-512; the load is the block and needs no alignment.
        unsafe {
            let bytes = _mm512_loadu_si512(block.as_ptr().cast());
            let equal = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte.cast_signed()));
            // What is not ASCII is negative.
            _mm512_cmplt_epi8_mask(bytes, _mm512_set1_epi8(0x20)) | equal(b'"') | equal(b'\\')
        }
    }

    #[inline(always)]
    fn differs(&self, a: &[u8; 64], b: &[u8; 64]) -> u64 {
        // SAFETY: `self` exists, so the processor has AVX-512; the loads are the blocks and need no alignment.
        unsafe {
            let (a, b) = (_mm512_loadu_si512(a.as_ptr().cast()), _mm512_loadu_si512(b.as_ptr().cast()));
            _mm512_cmpneq_epi8_mask(a, b)
        }
    }

    #[inline(always)]
    fn is_plain(&self, (least, ever): Self::Seen) -> bool {
        // SAFETY: `self` exists, so the processor has AVX-512.
        unsafe {
            let control = _mm512_cmple_epu8_mask(least, _mm512_set1_epi8(0x1f));
            control == 0 && _mm512_movepi8_mask(ever) == 0
        }
    }

    #[inline(always)]
    fn parity(&self, bits: u64) -> u64 {
        // SAFETY: `self` exists, so the processor has CLMUL.
        unsafe { parity(bits) }
    }

    #[inline(always)]
    fn places(&self, bits: u64, base: u32, out: &mut [u32; 64]) {
        const PLACES: [u8; 64] = {
            let mut places = [0; 64];
            let mut at = 0;
            while at < 64 {
                places[at as usize] = at;
                at += 1;
            }
            places
        };
        // SAFETY: `self` exists, so the processor has AVX-512 with VBMI2; the loads are of whole arrays, each store of one
        // sixteenth of `out` after the other, at most four.
        unsafe {
            let mut places = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(PLACES.as_ptr().cast()));
            let base = _mm512_set1_epi32(base.cast_signed());
            let mut left = bits.count_ones();
            for sixteen in out.as_chunks_mut::<16>().0 {
                let wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(places));
                _mm512_storeu_si512(sixteen.as_mut_ptr().cast(), _mm512_add_epi32(wide, base));
                if left <= 16 {
                    break;
                }
                left -= 16;
                places = _mm512_alignr_epi64::<2>(places, places);
            }
        }
    }
}

/// # Safety
/// The processor must have CLMUL.
#[inline(always)]
unsafe fn parity(bits: u64) -> u64 {
    // SAFETY: the caller's promise; SSE2, which the rest is, every x86-64 has.
    unsafe {
        let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits.cast_signed()), _mm_set1_epi8(-1));
        _mm_cvtsi128_si64(product).cast_unsigned()
    }
}
