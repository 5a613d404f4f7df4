//! The dialect of `%…%`: what AWS allows, checked character by character, and its spelling for our engine.
//!
//! No groups, no laziness, no back references; ASCII only. `{,n}` is legal, and `.` does not match a line break.

use super::error::RegexProblem as Problem;

/// Checks an expression; the offset of the first problem is in bytes.
pub(super) fn check(source: &str) -> Result<(), (usize, Problem)> {
    if source.is_empty() {
        return Err((0, Problem::Empty));
    }
    translate(source).map(|_| ())
}

/// The same expression as `regex-automata` spells it.
pub(super) fn translate(source: &str) -> Result<String, (usize, Problem)> {
    let bytes = source.as_bytes();
    let mut out = String::new();
    let mut at = 0;
    // Whether the last item can be repeated.
    let mut atom = false;
    let mut repeated = false;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'\\' => {
                out.push_str(escape(source, &mut at)?);
                (atom, repeated) = (true, false);
            }
            b'[' => {
                class(source, &mut at, &mut out)?;
                (atom, repeated) = (true, false);
            }
            b'{' | b'*' | b'+' | b'?' => {
                if repeated {
                    return Err((at, Problem::Repetition));
                }
                if !atom {
                    return Err((at, Problem::NothingToRepeat));
                }
                if bytes[at] == b'{' {
                    bound(source, &mut at, &mut out)?
                } else {
                    literal(&mut at, bytes, &mut out)
                }
                repeated = true;
            }
            b'|' | b'^' | b'$' => {
                literal(&mut at, bytes, &mut out);
                (atom, repeated) = (false, false);
            }
            b'.' => {
                literal(&mut at, bytes, &mut out);
                (atom, repeated) = (true, false);
            }
            byte if is_plain(byte) => {
                // `#`, blank and the like have no meaning to us; `}` and `]` alone stand for themselves.
                literal(&mut at, bytes, &mut out);
                (atom, repeated) = (true, false);
            }
            b'}' | b']' => {
                out.push('\\');
                literal(&mut at, bytes, &mut out);
                (atom, repeated) = (true, false);
            }
            _ => {
                let c = source[start..].chars().next().unwrap_or('\u{fffd}');
                return Err((start, Problem::Character(c)));
            }
        }
    }
    Ok(out)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b":_#=@/;,- ".contains(&byte)
}

fn literal(at: &mut usize, bytes: &[u8], out: &mut String) {
    out.push(char::from(bytes[*at]));
    *at += 1;
}

/// The escape at `at`, which is a backslash.
fn escape<'s>(source: &'s str, at: &mut usize) -> Result<&'s str, (usize, Problem)> {
    let start = *at;
    let Some(c) = source[start + 1..].chars().next() else { return Err((start, Problem::Escape('\\'))) };
    let length = match c {
        'd' | 'D' | 's' | 'S' | 'w' | 'W' => 2,
        'x' => {
            let digits = source.as_bytes().get(start + 2..start + 4).unwrap_or_default();
            if digits.len() != 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
                return Err((start, Problem::Escape('x')));
            }
            4
        }
        '^' | '$' | '?' | '[' | ']' | '{' | '}' | '|' | '\\' | '*' | '+' | '.' | '-' | '/' => 2,
        other => return Err((start, Problem::Escape(other))),
    };
    *at += length;
    Ok(&source[start..*at])
}

/// `[…]`, copied with what our engine would read differently escaped.
fn class(source: &str, at: &mut usize, out: &mut String) -> Result<(), (usize, Problem)> {
    let bytes = source.as_bytes();
    let open = *at;
    literal(at, bytes, out);
    if bytes.get(*at) == Some(&b'^') {
        literal(at, bytes, out);
    }
    let mut items = 0;
    let mut range = Range::default();
    loop {
        let start = *at;
        match bytes.get(start) {
            Some(b']') if items > 0 => {
                literal(at, bytes, out);
                return Ok(());
            }
            None | Some(b']') => return Err((open, Problem::Class)),
            Some(b'\\') => out.push_str(escape(source, at)?),
            Some(b'[' | b'{' | b'}' | b'^' | b'$' | b'?' | b'|' | b'*' | b'+' | b'.') => {
                out.push('\\');
                literal(at, bytes, out);
            }
            // Two dashes in a row are a set difference to our engine, and a range's end to AWS.
            Some(b'-') if bytes[start - 1] == b'-' => {
                out.push('\\');
                literal(at, bytes, out);
            }
            Some(byte) if is_plain(*byte) => literal(at, bytes, out),
            Some(_) => {
                let c = source[start..].chars().next().unwrap_or('\u{fffd}');
                return Err((start, Problem::Character(c)));
            }
        }
        if !range.take(&source[start..*at], bytes.get(*at)) {
            return Err((start, Problem::Range));
        }
        items += 1;
    }
}

/// The ranges of a class, as its items come.
#[derive(Default)]
struct Range {
    /// The item before, where a range can begin with it.
    last: Option<u8>,
    /// Where the range begins whose dash has come.
    from: Option<u8>,
}

impl Range {
    /// Takes the next item in, which `next` follows; false when it ends a range that it cannot end.
    fn take(&mut self, item: &str, next: Option<&u8>) -> bool {
        let value = match item.as_bytes() {
            [b'\\', b'x', ..] => u8::from_str_radix(&item[2..], 16).ok(),
            [b'\\', b'd' | b'D' | b's' | b'S' | b'w' | b'W'] => None,
            [b'\\', byte] | [byte] => Some(*byte),
            _ => None,
        };
        match (self.from.take(), self.last) {
            (Some(from), _) => {
                self.last = None;
                return value.is_some_and(|to| from <= to);
            }
            (None, Some(last)) if item == "-" && next != Some(&b']') => {
                (self.from, self.last) = (Some(last), None);
            }
            (None, _) => self.last = value,
        }
        true
    }
}

/// `{m}`, `{m,}`, `{,n}`, `{m,n}`.
fn bound(source: &str, at: &mut usize, out: &mut String) -> Result<(), (usize, Problem)> {
    let open = *at;
    let Some(length) = source[open..].find('}') else { return Err((open, Problem::Bound)) };
    let inside = &source[open + 1..open + length];
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let problem = if is_number { Problem::TooLarge } else { Problem::Bound };
        text.parse::<u16>().map_err(|_| (open, problem))
    };
    match inside.split_once(',') {
        None => out.push_str(&format!("{{{}}}", number(inside)?)),
        Some(("", "")) => return Err((open, Problem::Bound)),
        Some(("", most)) => out.push_str(&format!("{{0,{}}}", number(most)?)),
        Some((least, "")) => out.push_str(&format!("{{{},}}", number(least)?)),
        Some((least, most)) => {
            let (least, most) = (number(least)?, number(most)?);
            if least > most {
                return Err((open, Problem::Bound));
            }
            out.push_str(&format!("{{{least},{most}}}"));
        }
    }
    *at = open + length + 1;
    Ok(())
}
