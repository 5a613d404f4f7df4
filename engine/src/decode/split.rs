//! Cuts JSON containers into the source slices of their parts, on bytes and without understanding them, so that one
//! bad part never takes its neighbours with it. Each part is judged later, by itself.

use std::ops::Range;

/// One past the value that begins at `at` (blanks skipped); none when it never ends. Only strings and brackets are
/// looked at; the nesting is a count, so depth costs nothing.
pub(super) fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = skip_blanks(bytes, at);
    let mut depth = 0_usize;
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b',' | b':' if depth == 0 => return None,
            _ if depth > 0 => at += 1,
            _ => {
                let rest = &bytes[at..];
                at += rest.iter().position(|byte| b",:]} \t\r\n".contains(byte)).unwrap_or(rest.len());
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

fn string_end(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The elements of the array that begins at `at`; `false` beside them when it breaks off, so that what came before
/// the break is not lost.
pub(super) fn elements(bytes: &[u8], at: usize) -> (Vec<Range<usize>>, bool) {
    let mut found = Vec::new();
    let mut at = skip_blanks(bytes, at + 1);
    if bytes.get(at) == Some(&b']') {
        return (found, true);
    }
    loop {
        let start = skip_blanks(bytes, at);
        let Some(end) = value_end(bytes, start) else { return (found, false) };
        found.push(start..end);
        at = skip_blanks(bytes, end);
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b']') => return (found, true),
            _ => return (found, false),
        }
    }
}

/// A member: key without its quotes, value.
pub(super) type Member<'b> = (&'b [u8], Range<usize>);

/// The members of the object that begins at `at`. Stops where it breaks off.
pub(super) fn members(bytes: &[u8], at: usize) -> Vec<Member<'_>> {
    members_and_break(bytes, at).0
}

/// The same, and the member whose value never ends: its key and where the value begins.
pub(super) fn members_and_break(bytes: &[u8], at: usize) -> (Vec<Member<'_>>, Option<(&[u8], usize)>) {
    let mut found = Vec::new();
    let mut at = skip_blanks(bytes, at + 1);
    while bytes.get(at) == Some(&b'"') {
        let Some(key_end) = string_end(bytes, at) else { break };
        let key = &bytes[at + 1..key_end - 1];
        let colon = skip_blanks(bytes, key_end);
        let start = skip_blanks(bytes, colon + 1);
        if bytes.get(colon) != Some(&b':') || start >= bytes.len() {
            break;
        }
        let Some(end) = value_end(bytes, start) else { return (found, Some((key, start))) };
        found.push((key, start..end));
        at = skip_blanks(bytes, end);
        if bytes.get(at) == Some(&b',') {
            at = skip_blanks(bytes, at + 1);
        }
    }
    (found, None)
}

#[inline]
pub(super) fn skip_blanks(bytes: &[u8], at: usize) -> usize {
    // There is rarely any.
    if bytes.get(at).is_some_and(|byte| *byte > b' ') {
        return at;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !b" \t\r\n".contains(byte)).unwrap_or(rest.len())
}
