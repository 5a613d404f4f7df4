//! A text as what stands in it one after the other: JSON documents, with any blanks or none between them, and lines of
//! other logs. On bytes, like *split*, and no better informed: what a document says is its reader's business.
//!
//! Invariant: every byte that is no blank is in exactly one piece, and the time is linear in the text, whatever it holds.

use super::split::{skip_blanks, value_end};

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'b> {
    /// An object or an array that ends.
    Document(&'b [u8]),
    /// One that does not.
    Broken(&'b [u8]),
    /// The rest of a line that holds neither.
    Line(&'b [u8]),
}

/// The pieces of a text, in its order.
pub(super) struct Pieces<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Where the line ends in which `at` stands. Both ends are looked for once, not once a piece.
    line_end: usize,
    /// Where the paragraph ends: the lines that can belong to one document printed over several.
    paragraph_end: usize,
}

impl<'b> Pieces<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0, line_end: 0, paragraph_end: 0 }
    }

    /// What begins at `at` and ends before `end`, if it ends there.
    fn document(&self, end: usize) -> Option<usize> {
        value_end(&self.bytes[self.at..end], 0).map(|length| self.at + length)
    }
}

impl<'b> Iterator for Pieces<'b> {
    type Item = Piece<'b>;

    fn next(&mut self) -> Option<Piece<'b>> {
        self.at = skip_blanks(self.bytes, self.at);
        let (bytes, start) = (self.bytes, self.at);
        if start == bytes.len() {
            return None;
        }
        if start >= self.line_end {
            self.line_end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |end| start + end);
        }
        if start >= self.paragraph_end {
            self.paragraph_end = paragraph_end(bytes, self.line_end);
        }
        if !begins_document(&bytes[start..]) {
            self.at = self.line_end;
            return Some(Piece::Line(bytes[start..self.at].trim_ascii_end()));
        }
        // A line by itself first: one that breaks off must not take those after it with it.
        Some(match self.document(self.line_end).or_else(|| self.document(self.paragraph_end)) {
            Some(end) => {
                self.at = end;
                Piece::Document(&bytes[start..end])
            }
            None => {
                self.at = self.paragraph_end;
                Piece::Broken(bytes[start..self.at].trim_ascii_end())
            }
        })
    }
}

/// Whether JSON of ours can begin so: `[INFO] {ready}` is a line of another log.
fn begins_document(bytes: &[u8]) -> bool {
    let inside = bytes.get(skip_blanks(bytes, 1));
    match bytes.first() {
        Some(b'{') => matches!(inside, Some(b'"' | b'}') | None),
        Some(b'[') => matches!(inside, Some(b'{')),
        _ => false,
    }
}

/// The end of the first line, from the one that ends at `line_end` on, whose next does not go on with the same document:
/// a document printed over several lines has its later ones indented, or closing; lines of NDJSON begin with their brace.
fn paragraph_end(bytes: &[u8], line_end: usize) -> usize {
    let goes_on = |end: &usize| bytes.get(end + 1).is_some_and(|first| b" \t\r\n}]\",".contains(first));
    let ends = memchr::memchr_iter(b'\n', &bytes[line_end..]).map(|end| line_end + end);
    ends.into_iter().find(|end| !goes_on(end)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &[(char, &str)]) {
        let shown: Vec<(char, &str)> = Pieces::new(text.as_bytes())
            .map(|piece| match piece {
                Piece::Document(bytes) => ('d', bytes),
                Piece::Broken(bytes) => ('b', bytes),
                Piece::Line(bytes) => ('l', bytes),
            })
            .map(|(kind, bytes)| (kind, std::str::from_utf8(bytes).unwrap()))
            .collect();
        assert_eq!(shown, wanted, "{text:?}");
    }

    #[test]
    fn documents_may_stand_with_or_without_blanks_between_them() {
        check(r#"{"a":1}{"b":2} [{}]"#, &[('d', r#"{"a":1}"#), ('d', r#"{"b":2}"#), ('d', "[{}]")]);
        check("{\n \"a\":1\n}{\n\"b\":2}\n{}", &[('d', "{\n \"a\":1\n}"), ('d', "{\n\"b\":2}"), ('d', "{}")]);
        check("{\"a\":1}\r\nINFO {}\n[x] y\n", &[('d', "{\"a\":1}"), ('l', "INFO {}"), ('l', "[x] y")]);
    }

    #[test]
    fn what_breaks_off_ends_with_its_paragraph() {
        check("{\"a\":{\n{\"b\":2}\nline", &[('b', "{\"a\":{"), ('d', "{\"b\":2}"), ('l', "line")]);
        check("{\"a\":\"x\n{\"b\":\"}\"}", &[('b', "{\"a\":\"x"), ('d', "{\"b\":\"}\"}")]);
        check("{\n  \"a\": {\n  }\n{\"b\":2}", &[('b', "{\n  \"a\": {\n  }"), ('d', "{\"b\":2}")]);
        check("{a}} b\n{}", &[('l', "{a}} b"), ('d', "{}")]);
    }

    proptest! {
        #[test]
        fn every_byte_but_blanks_is_in_one_piece(text in "[a1,:\"{}\\[\\] \n\\\\]{0,60}") {
            let pieces: Vec<u8> = Pieces::new(text.as_bytes())
                .flat_map(|piece| match piece {
                    Piece::Document(bytes) | Piece::Broken(bytes) | Piece::Line(bytes) => bytes.to_vec(),
                })
                .collect();
            let solid = |bytes: &[u8]| bytes.iter().copied().filter(|byte| !b" \n".contains(byte)).collect::<Vec<_>>();
            prop_assert_eq!(solid(&pieces), solid(text.as_bytes()));
        }
    }
}
