//! Gzip, with all its members, capped while it is read.
//!
//! What CloudWatch Logs writes is one member that says how large it becomes: libdeflate inflates it in one go, into a buffer
//! that is used again. It does not say how much of the input it took, and must not be believed that it took all: whoever can
//! append a member would hide it so. A member ends with its size, which libdeflate has checked: when these four bytes stand at the
//! end of the input and nowhere before, the member ends there. Anything else is read member by member.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;
use libdeflater::Decompressor;
use memchr::memmem;

use super::Reason;
use super::scan::PADDING;

const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Magic, deflate, no flags: the header of a member with nothing optional in it (RFC 1952 §2.3).
const PLAIN_HEADER: [u8; 4] = [0x1f, 0x8b, 8, 0];
const HEADER_BYTES: usize = 10;
const SIZE_BYTES: usize = 4;

/// Deflate cannot pack more than so much into one (zlib's technical details).
const RATIO_MAX: usize = 1032;

/// A buffer beyond this is given back after use.
const KEPT_BYTES_MAX: usize = 16 << 20;

/// What a gzip stream held.
pub(super) struct Inflated<'b> {
    /// It, and [`PADDING`] bytes at least behind it.
    pub(super) padded: &'b [u8],
    pub(super) len: usize,
    /// What follows the last good member and is no padding.
    pub(super) tail: Vec<u8>,
}

impl<'b> Inflated<'b> {
    pub(super) fn bytes(&self) -> &'b [u8] {
        &self.padded[..self.len]
    }
}

pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Inflates one record after the other.
pub(super) struct Inflater {
    decompressor: Decompressor,
    buffer: Vec<u8>,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self { decompressor: Decompressor::new(), buffer: Vec::new() }
    }

    /// Inflates every member. Stops when more than `inflatable` bytes come out, which a few kilobytes of input can (gzip packs
    /// 1,000 to 1), and takes from it what did, good or not.
    pub(super) fn inflate(&mut self, gzip: &[u8], inflatable: &mut usize) -> Result<Inflated<'_>, Reason> {
        if self.buffer.len() > KEPT_BYTES_MAX {
            self.buffer = Vec::new();
        }
        if let Some(len) = self.whole(gzip, *inflatable) {
            *inflatable -= len;
            return Ok(Inflated { padded: &self.buffer, len, tail: Vec::new() });
        }
        let (len, tail) = members(gzip, inflatable, &mut self.buffer)?;
        Ok(Inflated { padded: &self.buffer, len, tail })
    }

    /// Inflates what is one plain member and nothing else, into the beginning of the buffer; none when it is not that, or too large.
    fn whole(&mut self, gzip: &[u8], bytes_max: usize) -> Option<usize> {
        let (body, size) = gzip.split_last_chunk::<SIZE_BYTES>()?;
        let len = usize::try_from(u32::from_le_bytes(*size)).ok()?;
        let plain = gzip.starts_with(&PLAIN_HEADER) && body.len() > HEADER_BYTES;
        if !plain || len > bytes_max || len / RATIO_MAX > gzip.len() {
            return None;
        }
        if self.buffer.len() < len + PADDING {
            self.buffer.resize(len + PADDING, 0);
        }
        let inflated = self.decompressor.gzip_decompress(gzip, &mut self.buffer[..len]).ok()?;
        let before = &gzip[HEADER_BYTES..gzip.len() - 1];
        (inflated == len && memmem::find(before, size).is_none()).then_some(len)
    }
}

/// Inflates every member in turn, and returns how many bytes came out and what follows the last good one: a reader that stops
/// after the first would let whoever can append one hide the rest.
fn members(gzip: &[u8], inflatable: &mut usize, bytes: &mut Vec<u8>) -> Result<(usize, Vec<u8>), Reason> {
    let bytes_max = *inflatable;
    bytes.clear();
    let mut rest = gzip;
    while is_gzip(rest) {
        let good = bytes.len();
        let mut member = GzDecoder::new(rest);
        let read = (&mut member).take((bytes_max + 1 - good) as u64).read_to_end(bytes);
        *inflatable = bytes_max.checked_sub(bytes.len()).ok_or(Reason::InflatedTooLarge)?;
        match read {
            Ok(_) => rest = member.into_inner(),
            // The members before this one were whole and checked; only a first one that fails leaves nothing.
            Err(error) if good == 0 => return Err(reason(&error)),
            Err(_) => {
                bytes.truncate(good);
                break;
            }
        }
    }
    let len = bytes.len();
    bytes.resize(len + PADDING, 0);
    let padding = rest.iter().all(|byte| *byte == 0);
    Ok((len, if padding { Vec::new() } else { rest.to_vec() }))
}

fn reason(error: &io::Error) -> Reason {
    if error.kind() == io::ErrorKind::UnexpectedEof { Reason::GzipTruncated } else { Reason::GzipCorrupt }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::gzip;
    use super::*;

    /// What came out and what is left over, and how much more may come out.
    type Told = (Result<(Vec<u8>, Vec<u8>), Reason>, usize);

    fn inflated(gzip: &[u8], max: usize) -> Told {
        let mut left = max;
        let mut inflater = Inflater::new();
        let result = inflater.inflate(gzip, &mut left).map(|found| (found.bytes().to_vec(), found.tail));
        (result, left)
    }

    fn judged(gzip: &[u8], max: usize) -> Told {
        let (mut left, mut bytes) = (max, Vec::new());
        let result = members(gzip, &mut left, &mut bytes).map(|(len, tail)| (bytes[..len].to_vec(), tail));
        (result, left)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
        /// Members, their tails, changed bytes and cuts: what libdeflate may inflate, and what is read member by member, are the same.
        #[test]
        fn one_go_is_member_by_member(
            texts in prop::collection::vec("[a-c]{0,80}", 1..4),
            same in any::<bool>(),
            tail in prop::collection::vec(any::<u8>(), 0..12),
            change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
            cut in prop::option::of(any::<prop::sample::Index>()),
            max in 0..300_usize,
        ) {
            let mut bytes: Vec<u8> = texts.iter().flat_map(|text| gzip(if same { texts[0].as_bytes() } else { text.as_bytes() })).collect();
            bytes.extend(tail);
            if let Some((at, byte)) = change {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            // Whether a broken member or the limit is met first, and how far it was read, hangs on the room there was.
            let is_harmed = change.is_some() || cut.is_some();
            let max = if is_harmed { 1 << 20 } else { max };
            let (got, wanted) = (inflated(&bytes, max), judged(&bytes, max));
            prop_assert_eq!(&got.0, &wanted.0);
            if wanted.0.is_ok() && !is_harmed {
                prop_assert_eq!(got.1, wanted.1);
            }
        }
    }

    #[test]
    fn a_member_behind_one_like_it_is_not_hidden() {
        let one = gzip(b"{}");
        assert_eq!(inflated(&[&one[..], &one[..]].concat(), 100).0, Ok((b"{}{}".to_vec(), Vec::new())));
        // Bytes that end as the member does.
        let tail = [b"tail", &one[one.len() - 8..]].concat();
        assert_eq!(inflated(&[&one[..], &tail].concat(), 100).0, Ok((b"{}".to_vec(), tail)));
    }
}
