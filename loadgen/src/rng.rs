//! Numbers that look random and are the same on every machine.
//!
//! splitmix64, written out here: a generator from a crate may change its stream in a new version, and then every
//! stored fingerprint and every published benchmark row would silently mean other bytes.
//! Invariant: the same key gives the same numbers, for ever.

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// splitmix64.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

/// Mixes all bits of a number into all bits of another.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// One number for a pair, as good as random.
pub(crate) fn hash(a: u64, b: u64) -> u64 {
    mix(mix(a.wrapping_add(STEP)) ^ b.wrapping_mul(STEP))
}

/// One number for a text.
pub(crate) fn fold(text: &str) -> u64 {
    text.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

impl Rng {
    /// A stream of its own for each key: what is drawn for one thing never moves what is drawn for another.
    pub(crate) fn keyed(seed: u64, purpose: u64, n: u64) -> Self {
        Self(hash(hash(seed, purpose), n))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number below `n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        scale(self.next(), n)
    }

    /// True in so many of a million draws.
    pub(crate) fn chance(&mut self, ppm: u32) -> bool {
        self.below(1_000_000) < ppm
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let n = u32::try_from(list.len()).unwrap_or(u32::MAX);
        &list[self.below(n) as usize]
    }

    /// Appends lower-case hex digits.
    pub(crate) fn hex(&mut self, out: &mut String, digits: usize) {
        self.digits(out, digits, 4, b"0123456789abcdef");
    }

    /// Appends decimal digits, the first of which is not 0.
    pub(crate) fn decimal(&mut self, out: &mut String, digits: usize) {
        for n in 0..digits {
            let digit = if n == 0 { 1 + self.below(9) } else { self.below(10) };
            out.push(char::from_digit(digit, 10).unwrap_or('0'));
        }
    }

    /// Appends capitals and digits, as IAM's identifiers have them.
    pub(crate) fn base32(&mut self, out: &mut String, digits: usize) {
        self.digits(out, digits, 5, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    }

    /// Appends base64 without padding.
    pub(crate) fn base64(&mut self, out: &mut String, digits: usize) {
        self.digits(out, digits, 6, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    }

    /// Appends a version 4 UUID.
    pub(crate) fn uuid(&mut self, out: &mut String) {
        let (high, low) = (self.next(), self.next());
        let mut text = [b'-'; 36];
        for (at, digit) in UUID_DIGITS.iter().zip(0..32_u32) {
            let half = if digit < 16 { high } else { low };
            text[*at] = HEX[usize::from(nibble(half, digit % 16))];
        }
        text[14] = b'4';
        text[19] = b"89ab"[usize::from(nibble(low, 0) & 3)];
        push_ascii(out, &text);
    }

    fn digits(&mut self, out: &mut String, digits: usize, bits: u32, alphabet: &[u8]) {
        let each = (64 / bits) as usize;
        let mask = (1_u64 << bits) - 1;
        let mut left = digits;
        while left > 0 {
            let (mut draw, mut text) = (self.next(), [0_u8; 16]);
            let n = left.min(each);
            for slot in &mut text[..n] {
                *slot = alphabet[usize::try_from(draw & mask).unwrap_or(0)];
                draw >>= bits;
            }
            push_ascii(out, &text[..n]);
            left -= n;
        }
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";
const UUID_DIGITS: [usize; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 19, 20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35,
];

/// The high half of a draw, scaled to below `n`.
pub(crate) fn scale(draw: u64, n: u32) -> u32 {
    u32::try_from(((draw >> 32) * u64::from(n)) >> 32).unwrap_or(0)
}

fn nibble(word: u64, at: u32) -> u8 {
    u8::try_from((word >> (at * 4)) & 0xF).unwrap_or(0)
}

fn push_ascii(out: &mut String, bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_stream_is_the_published_one() {
        // The first outputs of splitmix64 from state 1234567, as its author's test has them.
        let mut rng = Rng(1_234_567);
        assert_eq!([rng.next(), rng.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn texts_have_their_lengths_and_alphabets() {
        let mut rng = Rng::keyed(1, 2, 3);
        let mut text = String::new();
        rng.hex(&mut text, 17);
        rng.base32(&mut text, 16);
        rng.base64(&mut text, 33);
        rng.uuid(&mut text);
        assert_eq!(text.len(), 17 + 16 + 33 + 36);
        assert_eq!(text.as_bytes()[text.len() - 22], b'4', "{text}");
    }
}
