//! Gzip, with all its members, capped while it is read.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;

use super::Reason;

const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What a gzip stream held.
pub(super) struct Inflated {
    pub(super) bytes: Vec<u8>,
    /// What follows the last good member and is no padding.
    pub(super) tail: Vec<u8>,
}

pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Inflates every member in turn: a reader that stops after the first would let whoever can append one hide the
/// rest. Stops when more than `inflatable` bytes come out, which a few kilobytes of input can (gzip packs 1,000 to 1),
/// and takes from it what did, good or not.
pub(super) fn inflate(gzip: &[u8], inflatable: &mut usize) -> Result<Inflated, Reason> {
    let bytes_max = *inflatable;
    let mut bytes = Vec::new();
    let mut rest = gzip;
    while is_gzip(rest) {
        let good = bytes.len();
        let mut member = GzDecoder::new(rest);
        let read = (&mut member).take((bytes_max + 1 - good) as u64).read_to_end(&mut bytes);
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
    let padding = rest.iter().all(|byte| *byte == 0);
    Ok(Inflated { bytes, tail: if padding { Vec::new() } else { rest.to_vec() } })
}

fn reason(error: &io::Error) -> Reason {
    if error.kind() == io::ErrorKind::UnexpectedEof { Reason::GzipTruncated } else { Reason::GzipCorrupt }
}
