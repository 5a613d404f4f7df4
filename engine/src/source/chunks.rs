//! A reader in parts that fit memory. Only lines can be parted: gzip and single documents come whole.

use std::io::{self, Read};

/// Bytes of a part: large enough that parts cost nothing, small enough that several fit a cache of the disk.
const CHUNK_BYTES: usize = 16 << 20;
/// Bytes of a part that has no end of line to be cut at: what the decoder refuses as too large anyway, and one more.
const PART_BYTES_MAX: usize = (1 << 30) + 1;

/// The parts of a reader, each ending at the end of a line, or the whole.
pub(super) struct Chunks<R> {
    reader: R,
    chunk_bytes: usize,
    /// Read, and not yet handed on.
    pending: Vec<u8>,
    /// Whether there are lines; known after the first read.
    lines: Option<bool>,
    ended: bool,
}

impl<R: Read> Chunks<R> {
    pub(super) fn new(reader: R) -> Self {
        Self::with_size(reader, CHUNK_BYTES)
    }

    fn with_size(reader: R, chunk_bytes: usize) -> Self {
        Self { reader, chunk_bytes, pending: Vec::new(), lines: None, ended: false }
    }

    fn read(&mut self) -> io::Result<()> {
        let read = (&mut self.reader).take(self.chunk_bytes as u64).read_to_end(&mut self.pending)?;
        self.ended = read < self.chunk_bytes;
        Ok(())
    }

    fn part(&mut self) -> io::Result<Option<Vec<u8>>> {
        let first = self.lines.is_none();
        loop {
            if !self.ended {
                self.read()?;
            }
            let lines = *self.lines.get_or_insert_with(|| has_lines(&self.pending));
            if self.ended || self.pending.len() >= PART_BYTES_MAX {
                // An empty source is one empty record, so that it is accounted for.
                let rest = std::mem::take(&mut self.pending);
                return Ok((first || !rest.is_empty()).then_some(rest));
            }
            if let Some(end) = memchr::memrchr(b'\n', &self.pending).filter(|_| lines) {
                let rest = self.pending.split_off(end + 1);
                return Ok(Some(std::mem::replace(&mut self.pending, rest)));
            }
        }
    }
}

impl<R: Read> Iterator for Chunks<R> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.part().transpose()
    }
}

/// Whether the first line is complete in itself: an object on one line, or no JSON. What is gzip, or begins a document of
/// several lines, cannot be parted.
fn has_lines(begin: &[u8]) -> bool {
    if begin.starts_with(&[0x1f, 0x8b]) {
        return false;
    }
    let begin = begin.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(begin).trim_ascii_start();
    let Some(end) = memchr::memchr(b'\n', begin) else { return false };
    match begin[..end].trim_ascii_end() {
        [b'{', .., b'}'] => true,
        [b'{' | b'[', ..] => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(bytes: &[u8], size: usize) -> Vec<Vec<u8>> {
        Chunks::with_size(bytes, size).collect::<io::Result<_>>().unwrap()
    }

    #[test]
    fn lines_are_parted_at_their_ends_and_documents_are_not() {
        assert_eq!(
            parts(b"{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n", 10),
            [&b"{\"a\":1}\n"[..], b"{\"b\":2}\n", b"{\"c\":3}\n"]
        );
        assert_eq!(parts(b"{\n  \"Records\": [\n {}\n]}\n", 4).len(), 1);
        assert_eq!(parts(b"\x1f\x8b\n\n\n\n\n\n", 4).len(), 1);
        assert_eq!(parts(b"", 4), [b""]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[a{}\\n]{0,80}", size in 1..20_usize) {
            let parts = parts(text.as_bytes(), size);
            prop_assert_eq!(parts.concat(), text.as_bytes());
            for part in parts.iter().rev().skip(1) {
                prop_assert_eq!(part.last(), Some(&b'\n'));
            }
        }
    }
}
